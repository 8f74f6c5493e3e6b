package ingest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/net/ipv4"
)

// Clock tells the time. It is asked at the sockets only.
type Clock func() time.Time

// Listener is one UDP socket whose datagrams go to a collector.
type Listener struct {
	name      string
	door      Door
	conn      *net.UDPConn
	batch     *ipv4.PacketConn
	collector *Collector
	clock     Clock
	messages  []ipv4.Message
	dropped   uint32 // as the kernel counted last
	total     atomic.Uint64
	drops     prometheus.Counter
}

const (
	datagramsPerRead = 64
	largestDatagram  = 65535
	controlBytes     = 64
	// gathering is a hundredth of a step, so nothing is found later for it.
	gathering = time.Millisecond
)

// Listen opens a socket on an address such as ":2055". It warns in the
// collector's log when the kernel grants a smaller receive buffer than asked.
func Listen(ctx context.Context, address string, door Door, c *Collector, clock Clock) (*Listener, error) {
	name := "udp " + readable(address)
	lc := net.ListenConfig{Control: func(_, _ string, raw syscall.RawConn) error { return prepare(raw) }}
	conn, err := lc.ListenPacket(ctx, "udp", address)
	if err != nil {
		return nil, occupied(name, err)
	}
	udp := conn.(*net.UDPConn)
	l := &Listener{
		name: name, door: door, conn: udp, batch: ipv4.NewPacketConn(udp),
		collector: c, clock: clock, messages: newMessages(), drops: c.metrics.kernel.WithLabelValues(name),
	}
	l.enlarge(c.config.ReadBuffer, c.log)
	return l, nil
}

// occupied says in plain words why an address cannot be listened on.
func occupied(name string, err error) error {
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("%s in use by another socket", name)
	}
	return fmt.Errorf("%s: %w", name, err)
}

// readable spells out the host of an address that names only a port.
func readable(address string) string {
	if strings.HasPrefix(address, ":") {
		return "0.0.0.0" + address
	}
	return address
}

func newMessages() []ipv4.Message {
	out := make([]ipv4.Message, datagramsPerRead)
	for i := range out {
		out[i].Buffers = [][]byte{make([]byte, largestDatagram)}
		out[i].OOB = make([]byte, controlBytes)
	}
	return out
}

// enlarge asks for a receive buffer.
func (l *Listener) enlarge(want int, log *slog.Logger) {
	got, hint, err := receiveBuffer(l.conn, want)
	if err != nil {
		log.Warn("receive buffer cannot be set", slog.String("listener", l.name), slog.Any("error", err))
	} else if got < want {
		log.Warn("receive buffer is smaller than asked for; bursts may be lost",
			slog.String("listener", l.name), slog.Int("bytes", got), slog.Int("wanted", want), slog.String("hint", hint))
	}
}

// Addr is the address that is listened on, with the port that was chosen where
// the configuration said 0.
func (l *Listener) Addr() netip.AddrPort {
	return l.conn.LocalAddr().(*net.UDPAddr).AddrPort()
}

// Network is "udp".
func (l *Listener) Network() string { return "udp" }

// Drops is how many datagrams the kernel had no room for, as far as it has told:
// it tells with the next datagram.
func (l *Listener) Drops() uint64 { return l.total.Load() }

// Close ends the listener; Run then returns.
func (l *Listener) Close() error { return l.conn.Close() }

// Run reads datagrams until the context ends, then closes the socket and
// returns nil. Any other end is an error. When it has read all that was there it
// lets more gather for a moment: being woken for every datagram costs more than
// reading it, and the kernel's buffer holds many times what a moment brings.
func (l *Listener) Run(ctx context.Context) error {
	defer context.AfterFunc(ctx, func() { _ = l.conn.Close() })()
	for {
		n, err := l.batch.ReadBatch(l.messages, 0)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s: %w", l.name, err)
		}
		l.handle(l.messages[:n])
		if n < datagramsPerRead {
			rest(gathering)
		}
	}
}

// handle gives what was read in one go to the collector.
func (l *Listener) handle(messages []ipv4.Message) {
	at := l.clock()
	for i := range messages {
		m := &messages[i]
		from, ok := m.Addr.(*net.UDPAddr)
		if !ok {
			continue
		}
		l.collector.Datagram(at, l.door, from.AddrPort(), m.Buffers[0][:m.N], m.Flags&truncatedFlag != 0)
	}
	if len(messages) > 0 {
		l.countDrops(&messages[len(messages)-1])
	}
}

// countDrops reads the kernel's count of datagrams it had no room for.
func (l *Listener) countDrops(m *ipv4.Message) {
	count, ok := kernelDrops(m.OOB[:m.NN])
	if !ok || count == l.dropped {
		return
	}
	l.drops.Add(float64(count - l.dropped))
	l.total.Add(uint64(count - l.dropped))
	l.dropped = count
}
