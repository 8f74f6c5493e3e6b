package ingest

import (
	"context"
	"errors"
	"net"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"eagre/ingest/wire"
	"eagre/network"
)

// streaming is a collector that listens for IPFIX over TCP on loopback, with
// room for one connection.
func streaming(t *testing.T, exporters []network.Exporter) (*station, *StreamListener) {
	t.Helper()
	s := newStation(t, func(c *Config) {
		c.NetFlow, c.SFlow, c.TCP, c.Connections = nil, nil, []string{"127.0.0.1:0"}, 1
	})
	s.network, _ = network.New(network.Config{Exporters: exporters})
	r, err := NewReceiver(t.Context(), s.Collector, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	l := r.Listeners()[0].(*StreamListener)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- l.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("Run ended with %v", err)
		}
	})
	return s, l
}

func dial(t *testing.T, l *StreamListener) net.Conn {
	t.Helper()
	conn, err := (&net.Dialer{Timeout: 5 * time.Second}).DialContext(t.Context(), "tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

func write(t *testing.T, conn net.Conn, b []byte) {
	t.Helper()
	if _, err := conn.Write(b); err != nil {
		t.Fatal(err)
	}
}

// closed waits until the other side has closed the connection.
func closed(t *testing.T, conn net.Conn) {
	t.Helper()
	_ = conn.SetReadDeadline(time.Now().Add(10 * time.Second))
	_, err := conn.Read(make([]byte, 1))
	switch {
	case err == nil:
		t.Error("the collector answers")
	case errors.Is(err, os.ErrDeadlineExceeded):
		t.Error("the connection stays open")
	}
}

// Two messages in one write, one message in many: the stream has no datagrams.
// Over TCP a withdrawal of all templates counts.
func TestMessagesAreCutOutOfAStream(t *testing.T) {
	s, l := streaming(t, nil)
	conn := dial(t, l)
	write(t, conn, join(v10(0, t10(plain()...)), v10(0, set(300, record()...))))
	for _, b := range v10(1, set(300, record()...)) {
		write(t, conn, []byte{b})
	}
	write(t, conn, join(v10(2, set(2, words(2, 0)...)), v10(2, set(300, record()...))))
	sum := s.arrived(t, 5)
	s.Finish(time.Now())
	if len(s.flows) != 2 || sum.Dispositions[wire.OK] != 4 || sum.Dispositions[wire.Waiting] != 1 {
		t.Errorf("got %d flows and dispositions %v, want 2 flows, four messages ok, one without its template", len(s.flows), sum.Dispositions)
	}
	s.balanced(t)
}

// After what is no header nobody knows where the next message begins.
func TestStreamThatIsNoIPFIXIsCutOff(t *testing.T) {
	for name, b := range map[string][]byte{
		"NetFlow v5 on a connection": v5(0, 1),
		"a length below the header":  with(v10(0), 2, 15),
		"a web browser":              []byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
	} {
		t.Run(name, func(t *testing.T) {
			s, l := streaming(t, nil)
			conn := dial(t, l)
			write(t, conn, b)
			closed(t, conn)
			if sum := s.arrived(t, 1); sum.Dispositions[wire.Malformed] != 1 {
				t.Errorf("got %v, want one malformed", sum.Dispositions)
			}
			s.balanced(t)
		})
	}
}

func TestConnectionsAreBounded(t *testing.T) {
	s, l := streaming(t, nil)
	first := dial(t, l)
	write(t, first, v10(0, t10(plain()...)))
	s.arrived(t, 1)
	closed(t, dial(t, l))
	if got := testutil.ToFloat64(s.metrics.refused); got != 1 {
		t.Errorf("the counter says %v refused, want 1", got)
	}
	write(t, first, v10(0, set(300, record()...)))
	if s.arrived(t, 2); testutil.ToFloat64(s.metrics.streams) != 1 {
		t.Errorf("the gauge says %v, want 1", testutil.ToFloat64(s.metrics.streams))
	}
}

func TestConnectionOfAStrangerIsClosedUnread(t *testing.T) {
	s, l := streaming(t, []network.Exporter{{Address: edge1.Addr(), Name: "edge1"}})
	closed(t, dial(t, l))
	if got := testutil.ToFloat64(s.metrics.refused); got != 1 || s.Totals().Datagrams != 0 {
		t.Errorf("got %v refused and %d messages, want 1 and none", got, s.Totals().Datagrams)
	}
}

// A connection that ends within a message gives what came of it, and nothing of
// the message before, which is still in the buffer.
func TestConnectionThatIsCutGivesOnlyWhatCame(t *testing.T) {
	s, l := streaming(t, nil)
	conn := dial(t, l)
	write(t, conn, join(v10(0, t10(plain()...)), v10(0, set(300, join(record(), record(), record())...))))
	whole := v10(3, set(300, join(record(), record(), record())...))
	write(t, conn, whole[:16+4+len(record())+1])
	_ = conn.Close()
	sum := s.arrived(t, 3)
	s.Finish(time.Now())
	if len(s.flows) > 4 || sum.Dispositions[wire.OK] != 2 {
		t.Errorf("got %d flows and dispositions %v, want 4 flows at most, two messages ok", len(s.flows), sum.Dispositions)
	}
	s.balanced(t)
}

// A template is announced, withdrawn and announced again within a second: the
// third message is the first, byte for byte, and no duplicate.
func TestSameMessageTwiceOnAConnectionIsNoDuplicate(t *testing.T) {
	s, l := streaming(t, nil)
	conn := dial(t, l)
	announce := v10(0, t10(plain()...))
	write(t, conn, join(announce, v10(0, set(2, words(300, 0)...)), announce, v10(0, set(300, record()...))))
	sum := s.arrived(t, 4)
	s.Finish(time.Now())
	if len(s.flows) != 1 || sum.Dispositions[wire.OK] != 4 {
		t.Errorf("got %d flows and dispositions %v, want one flow, four messages ok", len(s.flows), sum.Dispositions)
	}
}

// When the process may open no more files, what is open goes on and the listener
// tries again.
func TestNoRoomForAConnectionIsNoEnd(t *testing.T) {
	for err, want := range map[error]bool{
		&net.OpError{Op: "accept", Err: os.NewSyscallError("accept4", syscall.EMFILE)}: true,
		net.ErrClosed: false,
	} {
		if got := exhausted(err); got != want {
			t.Errorf("%v: got %v, want %v", err, got, want)
		}
	}
}
