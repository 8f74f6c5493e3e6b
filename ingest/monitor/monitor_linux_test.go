package monitor

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/sys/unix"

	"eagre/ingest/header"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// frame is an Ethernet frame from an invented address to another with a UDP packet
// of a length, and a number in it.
func frame(number uint32, payload int) []byte {
	b := append([]byte{2, 0, 0, 0, 0, 9, 2, 0, 0, 0, 0, 8, 8, 0}, make([]byte, 28+max(payload, 4))...)
	ip := b[14:]
	ip[0], ip[8], ip[9] = 0x45, 64, 17
	binary.BigEndian.PutUint16(ip[2:], uint16(len(ip)))
	copy(ip[12:], []byte{192, 0, 2, 1, 198, 51, 100, 7})
	binary.BigEndian.PutUint16(ip[20:], 5353)
	binary.BigEndian.PutUint16(ip[22:], 1434)
	binary.BigEndian.PutUint16(ip[24:], uint16(len(ip)-20))
	binary.BigEndian.PutUint32(ip[28:], number)
	return b
}

// ours tells the frames of the test from what the system itself sends, and reads
// their number.
func ours(data []byte) (uint32, bool) {
	if len(data) < 46 || !bytes.HasPrefix(data, []byte{2, 0, 0, 0, 0, 9}) {
		return 0, false
	}
	return binary.BigEndian.Uint32(data[42:]), true
}

func config(name string) Config {
	c := DefaultConfig()
	c.Interface, c.Buffer = name, 4<<20
	return c
}

// opened is a monitor that is closed with the test.
func opened(t *testing.T, c Config) *Monitor {
	t.Helper()
	m, err := Open(c)
	check(t, err)
	t.Cleanup(func() { _ = m.Close() })
	return m
}

// patience is how long a test waits for what must come.
const patience = 20 * time.Second

// collect runs a monitor until it has seen so many of our frames.
func collect(t *testing.T, m *Monitor, want int, see func(number uint32, at time.Time, link header.LinkType, data []byte, wireBytes int)) {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), patience)
	defer stop()
	seen := 0
	err := m.Run(ctx, func(at time.Time, link header.LinkType, data []byte, wireBytes int) {
		if number, ok := ours(data); ok {
			see(number, at, link, data, wireBytes)
			if seen++; seen == want {
				stop()
			}
		}
	})
	if err != nil || seen != want {
		t.Fatalf("got %d frames, want %d: %v", seen, want, err)
	}
}

func TestFramesOnTheWireAreHeard(t *testing.T) {
	namespace(t)
	m := opened(t, config(tap))
	out := newSender(t, index(t, wire))
	before := time.Now()
	for number := range uint32(1000) {
		out.send(t, frame(number, 1000))
	}
	next := uint32(0)
	var h header.Header
	collect(t, m, 1000, func(number uint32, at time.Time, link header.LinkType, data []byte, wireBytes int) {
		if number != next || at.Before(before.Add(-time.Second)) || at.After(time.Now().Add(time.Second)) || link != header.Ethernet || len(data) != 256 || wireBytes != 1042 {
			t.Fatalf("frame %d instead of %d at %v, link type %d, %d of %d bytes", number, next, at, link, len(data), wireBytes)
		}
		if !header.Parse(link, data, wireBytes, &h) || h.IPBytes != 1028 || h.DstPort != 1434 {
			t.Fatalf("frame %d reads as %+v", number, h)
		}
		next++
	})
	if m.Drops() != 0 || m.Index() != uint32(index(t, tap)) {
		t.Errorf("got %d drops, index %d", m.Drops(), m.Index())
	}
	check(t, m.Run(t.Context(), nil)) // there is nothing more to hear
}

func index(t *testing.T, name string) int {
	t.Helper()
	i, err := net.InterfaceByName(name)
	check(t, err)
	return i.Index
}

// A tag is taken off by the kernel, so that a frame is heard as if it had none.
func TestTaggedFramesAreHeardWithoutTheirTag(t *testing.T) {
	namespace(t)
	m := opened(t, config(tap))
	plain := frame(7, 100)
	tagged := append(append(bytes.Clone(plain[:12]), 0x81, 0, 0, 42), plain[12:]...)
	newSender(t, index(t, wire)).send(t, tagged)
	var h header.Header
	collect(t, m, 1, func(_ uint32, _ time.Time, link header.LinkType, data []byte, wireBytes int) {
		if !header.Parse(link, data, wireBytes, &h) || h.IPBytes != 128 || wireBytes != len(plain) {
			t.Errorf("%d of %d bytes read as %+v", len(data), wireBytes, h)
		}
	})
}

func TestWhatThisHostSendsIsHeardOnceOnLoopbackToo(t *testing.T) {
	namespace(t)
	for _, name := range []string{tap, "lo"} {
		m := opened(t, config(name))
		out := newSender(t, index(t, name))
		for number := range uint32(10) {
			out.send(t, frame(number, 10))
		}
		next := uint32(0)
		collect(t, m, 10, func(number uint32, _ time.Time, _ header.LinkType, _ []byte, _ int) {
			if number != next {
				t.Fatalf("%s: frame %d instead of %d", name, number, next)
			}
			next++
		})
	}
}

// The kernel holds what fits and counts the rest.
func TestFramesBeyondTheBufferAreCounted(t *testing.T) {
	namespace(t)
	c := config(tap)
	c.Buffer = leastBuffer
	m := opened(t, c)
	out := newSender(t, index(t, wire))
	const sent = 20_000
	for number := range uint32(sent) {
		out.send(t, frame(number, 300))
	}
	seen := uint64(0)
	ctx, stop := context.WithTimeout(t.Context(), patience)
	defer stop()
	check(t, m.Run(ctx, func(_ time.Time, _ header.LinkType, data []byte, _ int) {
		if _, ok := ours(data); !ok {
			return
		}
		if seen++; seen+m.Drops() >= sent {
			stop()
		}
	}))
	if drops := m.Drops(); drops == 0 || seen+drops < sent {
		t.Errorf("got %d frames and %d drops of %d", seen, drops, sent)
	}
}

func TestRunEndsWithItsContextAndWithClose(t *testing.T) {
	namespace(t)
	ended, stop := context.WithCancel(t.Context())
	stop()
	check(t, opened(t, config(tap)).Run(ended, nil))

	for name, end := range map[string]func(*Monitor, context.CancelFunc){
		"context": func(_ *Monitor, stop context.CancelFunc) { stop() },
		"close":   func(m *Monitor, _ context.CancelFunc) { _ = m.Close() },
	} {
		m := opened(t, config(tap))
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		done := make(chan error, 1)
		go func() { done <- m.Run(ctx, func(time.Time, header.LinkType, []byte, int) {}) }()
		end(m, stop)
		select {
		case err := <-done:
			check(t, err)
		case <-time.After(patience):
			t.Fatalf("%s: still running", name)
		}
		_ = m.Close()
		if m.Drops() != 0 {
			t.Errorf("%s: %d drops afterwards", name, m.Drops())
		}
	}
}

func TestInterfaceThatGoesDownEndsTheRun(t *testing.T) {
	namespace(t)
	m := opened(t, config(tap))
	ip(t, "link", "set", tap, "down")
	ctx, stop := context.WithTimeout(t.Context(), patience)
	defer stop()
	err := m.Run(ctx, func(time.Time, header.LinkType, []byte, int) {})
	if !errors.Is(err, unix.ENETDOWN) || !strings.HasPrefix(err.Error(), "monitor tap: the interface went down or away") {
		t.Errorf("got %v", err)
	}
	if _, err := Open(config(tap)); !errors.Is(err, unix.ENETDOWN) || !strings.Contains(err.Error(), "`ip link set tap up`") {
		t.Errorf("opened while down: got %v", err)
	}
}

func TestErrorsSayWhatToDo(t *testing.T) {
	if _, err := Open(config("no-such")); err == nil || !strings.HasPrefix(err.Error(), "monitor no-such: no such interface; there are ") || !strings.Contains(err.Error(), "lo") {
		t.Errorf("got %v", err)
	}
	if _, err := Open(Config{}); err == nil || !strings.Contains(err.Error(), "monitor.interface: no name") {
		t.Errorf("got %v", err)
	}
	for err, want := range map[error]string{
		unix.EPERM:        "the capability CAP_NET_RAW is missing",
		unix.EAFNOSUPPORT: "RestrictAddressFamilies",
		unix.ENOMEM:       "packet socket: cannot allocate memory",
	} {
		if got := explain(err); !strings.Contains(got.Error(), want) || !errors.Is(got, err) {
			t.Errorf("%v: got %v", err, got)
		}
	}
	if _, err := linkType(801); err == nil || !strings.Contains(err.Error(), "kind 801") {
		t.Errorf("got %v", err)
	}
}

// ring builds a block as the kernel does.
func kernelBlock(frames ...[]byte) block {
	b := make(block, blockSize)
	native.PutUint32(b[blockStatus:], unix.TP_STATUS_USER)
	native.PutUint32(b[blockFrames:], uint32(len(frames)))
	native.PutUint32(b[blockFirst:], 48)
	at := 48
	for _, data := range frames {
		f := b[at:]
		next := (frameHeader + 32 + len(data) + 15) / 16 * 16
		native.PutUint32(f[frameNext:], uint32(next))
		native.PutUint32(f[frameSeconds:], 1_700_000_000)
		native.PutUint32(f[frameKept:], uint32(len(data)))
		native.PutUint32(f[frameLength:], uint32(len(data)))
		native.PutUint16(f[frameMAC:], frameHeader+32)
		copy(f[frameHeader+32:], data)
		at += next
	}
	return b
}

func TestWalkingABlockDoesNotAllocate(t *testing.T) {
	frames := make([][]byte, 200)
	for i := range frames {
		frames[i] = frame(uint32(i), 100)
	}
	b, seen := kernelBlock(frames...), 0
	handle := func(_ time.Time, _ header.LinkType, data []byte, _ int) {
		if number, ok := ours(data); ok && int(number) == seen%200 {
			seen++
		}
	}
	if n := testing.AllocsPerRun(10, func() { b.frames(true, header.Ethernet, handle) }); n != 0 || seen != 11*200 {
		t.Errorf("got %v allocations and %d frames, want 0 and %d", n, seen, 11*200)
	}
}

// The kernel is trusted, but not with our memory.
func FuzzBlock(f *testing.F) {
	f.Add([]byte(kernelBlock(frame(1, 10), frame(2, 20))[:512]))
	f.Fuzz(func(t *testing.T, data []byte) {
		b := make(block, blockSize)
		copy(b, data)
		native.PutUint32(b[blockFrames:], native.Uint32(b[blockFrames:])%4096)
		b.frames(false, header.Ethernet, func(_ time.Time, _ header.LinkType, data []byte, _ int) {
			if len(data) > len(b) {
				t.Fatalf("%d bytes in a block of %d", len(data), len(b))
			}
		})
	})
}

func BenchmarkBlock(b *testing.B) {
	frames := make([][]byte, 500)
	for i := range frames {
		frames[i] = frame(uint32(i), 100)
	}
	filled, seen := kernelBlock(frames...), 0
	b.ReportAllocs()
	for b.Loop() {
		filled.frames(false, header.Ethernet, func(time.Time, header.LinkType, []byte, int) { seen++ })
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(seen), "ns/frame")
}
