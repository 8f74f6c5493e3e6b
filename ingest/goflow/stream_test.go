package goflow

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"google.golang.org/protobuf/encoding/protowire"

	"eagre/flow"
)

// drain reads a stream to its end and returns the source ports it saw.
func drain(s *Stream) (ports []uint16, end error) {
	var r flow.Record
	for {
		_, err := s.Next(&r)
		if errors.Is(err, io.EOF) {
			return ports, nil
		}
		if err != nil {
			return ports, err
		}
		ports = append(ports, r.SrcPort)
	}
}

// numbered is a record that is told by its source port.
func numbered(port uint16) *flow.Record {
	r := slammerRecord()
	r.SrcPort = port
	return &r
}

func TestBadLinesAreCountedAndPassedOver(t *testing.T) {
	good := func(port uint16) string { return string(AppendJSON(nil, numbered(port), arrived)) }
	text := strings.Join([]string{
		good(1), "", "  \r", "garbage", good(2) + "\r", `{"bytes":1,` + strings.Repeat(`"x":1,`, MaxLine) + `"packets":1}`,
		`{"etype":"ARP","bytes":64,"packets":1}`, `{"proto":"TCP"`, good(3),
	}, "\n")
	s := NewLines(strings.NewReader(text), time.Time{})
	ports, err := drain(s)
	check(t, err)
	if want := (Counts{Records: 3, Skipped: 1, Broken: 3}); s.Counts() != want || len(ports) != 3 || ports[2] != 3 {
		t.Errorf("got ports %v, %+v; want %+v", ports, s.Counts(), want)
	}
	if got := s.Complaint(); got == nil || got.Error() != "line 2: goflow2 JSON: not a JSON object" {
		t.Errorf("got complaint %v", got)
	}
}

func TestLineAsLongAsTheLimitIsRead(t *testing.T) {
	line := AppendJSON(nil, numbered(1), arrived)
	for _, c := range []struct {
		length int
		want   Counts
	}{{MaxLine, Counts{Records: 2}}, {MaxLine + 1, Counts{Records: 1, Broken: 1}}, {3 * MaxLine, Counts{Records: 1, Broken: 1}}} {
		padded := append(bytes.Clone(line[:len(line)-1]), bytes.Repeat([]byte{' '}, c.length-len(line))...)
		s := NewLines(bytes.NewReader(append(append(padded, '}', '\n'), line...)), time.Time{})
		if _, err := drain(s); err != nil || s.Counts() != c.want {
			t.Errorf("%d bytes: got %+v, %v; want %+v", c.length, s.Counts(), err, c.want)
		}
	}
}

func TestDelimitedStreamGoesOnBehindABrokenMessage(t *testing.T) {
	file := AppendDelimited(nil, numbered(1), arrived)
	file = protowire.AppendBytes(file, []byte{0x32, 3, 1, 2, 3, 0x48, 1, 0x50, 1})
	file = protowire.AppendBytes(file, nil)
	file = AppendDelimited(file, numbered(2), arrived)
	s := NewDelimited(iotest.OneByteReader(bytes.NewReader(file)), time.Time{})
	ports, err := drain(s)
	check(t, err)
	if want := (Counts{Records: 2, Skipped: 1, Broken: 1}); s.Counts() != want || len(ports) != 2 {
		t.Errorf("got ports %v, %+v; want %+v", ports, s.Counts(), want)
	}
}

func TestDelimitedStreamThatIsLostSaysWhere(t *testing.T) {
	good := AppendDelimited(nil, numbered(1), arrived)
	cases := []struct {
		name string
		tail []byte
		want string
	}{
		{"a length beyond the limit", binary.AppendUvarint(nil, MaxMessage+1), "goflow2 message 2: length 65537, limit 65536"},
		{"a length of 2^63", binary.AppendUvarint(nil, 1<<63), "goflow2 message 2: length 9223372036854775808, limit 65536"},
		{"a length that never ends", bytes.Repeat([]byte{0xff}, 20), "goflow2 message 2: binary: varint overflows a 64-bit integer"},
		{"cut inside a length", []byte{0xff}, "goflow2 message 2: it ends inside the message"},
		{"cut inside a message", good[:40], "goflow2 message 2: it ends inside the message"},
	}
	for _, c := range cases {
		s := NewDelimited(bytes.NewReader(append(bytes.Clone(good), c.tail...)), time.Time{})
		ports, err := drain(s)
		if err == nil || err.Error() != c.want || len(ports) != 1 {
			t.Errorf("%s: got %d records, %v; want 1, %s", c.name, len(ports), err, c.want)
		}
		if _, again := drain(s); again == nil || again.Error() != c.want {
			t.Errorf("%s: asked again, got %v", c.name, again)
		}
	}
}

func TestReadErrorIsNotTakenForTheEnd(t *testing.T) {
	broken := errors.New("the disk is gone")
	for _, s := range []*Stream{
		NewLines(io.MultiReader(strings.NewReader("{}\n"), iotest.ErrReader(broken)), time.Time{}),
		NewLines(io.MultiReader(strings.NewReader(strings.Repeat("x", 3*MaxLine)), iotest.ErrReader(broken)), time.Time{}),
		NewDelimited(iotest.ErrReader(broken), time.Time{}),
	} {
		if _, err := drain(s); !errors.Is(err, broken) {
			t.Errorf("got %v, want %v", err, broken)
		}
	}
}

func TestPayloadOfABusIsRecognised(t *testing.T) {
	var single, several, lines []byte
	single = AppendProtobuf(nil, numbered(1), arrived)
	for port := range uint16(3) {
		several = AppendDelimited(several, numbered(1+port), arrived)
		lines = append(AppendJSON(lines, numbered(1+port), arrived), '\n')
	}
	for name, c := range map[string]struct {
		payload []byte
		want    int
		counts  Counts
	}{
		"single message":     {single, 1, Counts{Records: 1}},
		"one with length":    {AppendDelimited(nil, numbered(1), arrived), 1, Counts{Records: 1}},
		"several":            {several, 3, Counts{Records: 3}},
		"JSON lines":         {lines, 3, Counts{Records: 3}},
		"a cut message":      {single[:len(single)-1], 0, Counts{Broken: 1}},
		"nothing":            {nil, 0, Counts{}},
		"text of some other": {[]byte("hello"), 0, Counts{Broken: 1}},
	} {
		s := NewPayload(c.payload, arrived)
		ports, err := drain(s)
		check(t, err)
		if len(ports) != c.want || s.Counts() != c.counts {
			t.Errorf("%s: got ports %v, %+v; want %d, %+v", name, ports, s.Counts(), c.want, c.counts)
		}
	}
}

func TestFilesAreRecognisedByTheirBeginning(t *testing.T) {
	delimited, line := AppendDelimited(nil, numbered(1), arrived), AppendJSON(nil, numbered(1), arrived)
	if !LooksDelimited(delimited) || LooksDelimited(delimited[1:]) || LooksDelimited(delimited[:20]) || LooksDelimited(line) || LooksDelimited(nil) || LooksDelimited(make([]byte, 100)) {
		t.Error("delimited protobuf is not told apart")
	}
	if !LooksLikeJSON(append([]byte("\r\n "), line...)) || LooksLikeJSON([]byte("[]")) || LooksLikeJSON(nil) {
		t.Error("JSON lines are not told apart")
	}
	text := append(append([]byte("{}\n"), line...), '\n')
	if err := LooksLikeLines(append(text, '{'), false); err != nil {
		t.Errorf("a good second line is not enough: %v", err)
	}
	for text, want := range map[string]string{"{\n\"a\":1}\n": "goflow2 JSON: not a JSON object", "{\"a\":1}\n": "goflow2 JSON: no packets and no bytes"} {
		if err := LooksLikeLines([]byte(text), true); err == nil || err.Error() != want {
			t.Errorf("%q: got %v, want %s", text, err, want)
		}
	}
}
