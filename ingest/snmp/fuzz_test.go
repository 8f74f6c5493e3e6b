package snmp

import (
	"net"
	"os"
	"testing"
	"time"

	"github.com/gosnmp/gosnmp"
)

// wire is a connection on which the same answers come again and again, and then
// nothing any more.
type wire struct {
	net.Conn
	answers [][]byte
	reads   int
}

func (w *wire) Read(b []byte) (int, error) {
	if len(w.answers) == 0 || w.reads == 1000 {
		return 0, os.ErrDeadlineExceeded
	}
	w.reads++
	return copy(b, w.answers[w.reads%len(w.answers)]), nil
}

func (w *wire) Write(b []byte) (int, error) { return len(b), nil }
func (w *wire) Close() error                { return nil }
func (w *wire) SetDeadline(time.Time) error { return nil }
func (w *wire) LocalAddr() net.Addr         { return &net.UDPAddr{} }
func (w *wire) RemoteAddr() net.Addr        { return &net.UDPAddr{} }

// anyRequest makes an answer one to every request (gosnmp takes the number 0 so).
var anyRequest = &gosnmp.SnmpPacket{Community: "x"}

// FuzzAnswers lets an agent answer anything at all. No answer may hang a poll, stop
// the program, pass the limit, or give a table and a fault at once.
func FuzzAnswers(f *testing.F) {
	known := mib{}.uptime(time.Hour).wide(1, "a", 10, side{1, 2, 3, 4, 5, 6}, side{}).wide(2, "b", 10, side{}, side{})
	request := &gosnmp.SnmpPacket{NonRepeaters: 1, MaxRepetitions: 4}
	for _, name := range askedFor(walks(wideColumns)) {
		request.Variables = append(request.Variables, gosnmp.SnmpPDU{Name: name})
	}
	good := response(anyRequest, gosnmp.NoError, known.bulk(request)...)
	f.Add(good, good, false)
	f.Add(good, []byte{0x30, 0x80}, true)
	f.Add(response(anyRequest, gosnmp.TooBig), response(anyRequest, gosnmp.NoError), false)
	f.Fuzz(func(t *testing.T, one, two []byte, withUser bool) {
		target := targetAt(router4, "127.0.0.1:161")
		if withUser {
			target.Community, target.User = nil, &User{Name: "eagre"}
		}
		target.Interfaces = 50
		// Connecting sends nothing; the socket gives way to the wire.
		s, err := target.dial(t.Context(), func() time.Time { return began })
		if err != nil {
			t.Fatal(err)
		}
		s.line.Close()
		s.line.Conn = &wire{answers: [][]byte{one, two}}
		got, err := s.table(target.Interfaces)
		if (got == nil) == (err == nil) {
			t.Fatalf("got table %v and error %v", got, err)
		}
		if got != nil && (len(got.rows) == 0 || len(got.rows) > target.Interfaces) {
			t.Fatalf("got %d interfaces, limit %d", len(got.rows), target.Interfaces)
		}
		if err != nil && target.explain(err, s.line).Error() == "" {
			t.Fatal("a fault without words")
		}
	})
}
