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
)

// Clock tells the time. It is asked at the sockets only.
type Clock func() time.Time

// Listener is one UDP socket whose datagrams go to a collector.
type Listener struct {
	name      string
	door      Door
	address   netip.AddrPort
	granted   int // bytes of receive buffer
	datagrams *datagrams
	collector *Collector
	clock     Clock
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
		name: name, door: door, address: udp.LocalAddr().(*net.UDPAddr).AddrPort(),
		collector: c, clock: clock, drops: c.metrics.kernel.WithLabelValues(name),
	}
	l.enlarge(udp, c.config.ReadBuffer, c.log)
	if l.datagrams, err = takeOver(udp); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
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

// enlarge asks for a receive buffer.
func (l *Listener) enlarge(conn *net.UDPConn, want int, log *slog.Logger) {
	got, hint, err := receiveBuffer(conn, want)
	if err != nil {
		log.Warn("receive buffer cannot be set", slog.String("listener", l.name), slog.Any("error", err))
	} else if got < want {
		log.Warn("receive buffer is smaller than asked for; bursts may be lost",
			slog.String("listener", l.name), slog.Int("bytes", got), slog.Int("wanted", want), slog.String("hint", hint))
	}
	l.granted = got
}

// Addr is the address that is listened on, with the port that was chosen where
// the configuration said 0.
func (l *Listener) Addr() netip.AddrPort { return l.address }

// Network is "udp".
func (l *Listener) Network() string { return "udp" }

// Drops is how many datagrams the kernel had no room for, as far as it has told:
// it tells with the next datagram.
func (l *Listener) Drops() uint64 { return l.total.Load() }

// Close ends the listener; Run then returns.
func (l *Listener) Close() error { return l.datagrams.close() }

// Run reads datagrams until the context ends, then closes the socket and
// returns nil. Any other end is an error. When it has read all that was there it
// lets more gather for a moment: being woken for every datagram costs more than
// reading it, and the kernel's buffer holds many times what a moment brings.
func (l *Listener) Run(ctx context.Context) error {
	defer context.AfterFunc(ctx, func() { _ = l.datagrams.close() })()
	for {
		n, err := l.datagrams.read()
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s: %w", l.name, err)
		}
		l.handle(n)
		if 0 < n && n < datagramsPerRead {
			rest(gathering)
		}
	}
}

// handle gives what was read in one go to the collector.
func (l *Listener) handle(n int) {
	at := l.clock()
	for i := range n {
		from, payload, truncated := l.datagrams.datagram(i)
		l.collector.Datagram(at, l.door, from, payload, truncated)
	}
	if n > 0 {
		l.countDrops(l.datagrams.dropped(n - 1))
	}
}

// countDrops takes in the kernel's count of datagrams it had no room for.
func (l *Listener) countDrops(count uint32, told bool) {
	if !told || count == l.dropped {
		return
	}
	l.drops.Add(float64(count - l.dropped))
	l.total.Add(uint64(count - l.dropped))
	l.dropped = count
}
