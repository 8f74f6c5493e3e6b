package ingest

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"sync"
	"syscall"
	"time"

	"eagre/flow"
	"eagre/ingest/wire"
)

// StreamListener accepts connections for IPFIX over TCP (RFC 7011 §10.4): messages
// one behind the other, told apart by the length in their header.
type StreamListener struct {
	name      string
	listener  net.Listener
	collector *Collector
	clock     Clock
	places    chan struct{} // one for each connection that may be open
}

const (
	ipfixHeader = 16
	// idleLimit is how long a connection may be silent: exporters resend nothing
	// over TCP, so it is long, but the dead must not hold places for ever.
	idleLimit = 30 * time.Minute
	// acceptPause is how long a system without room is left alone.
	acceptPause = 100 * time.Millisecond
)

// ListenTCP opens a socket for IPFIX over TCP on an address such as ":4739".
func ListenTCP(ctx context.Context, address string, c *Collector, clock Clock) (*StreamListener, error) {
	name := "tcp " + readable(address)
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, occupied(name, err)
	}
	return &StreamListener{
		name: name, listener: l, collector: c, clock: clock, places: make(chan struct{}, c.config.Connections),
	}, nil
}

// Addr is the address that is listened on.
func (l *StreamListener) Addr() netip.AddrPort { return l.listener.Addr().(*net.TCPAddr).AddrPort() }

// Network is "tcp".
func (l *StreamListener) Network() string { return "tcp" }

// Drops is 0: a connection waits instead.
func (l *StreamListener) Drops() uint64 { return 0 }

// Close ends the listener; Run then returns.
func (l *StreamListener) Close() error { return l.listener.Close() }

// Run serves connections until the context ends, then closes them and returns
// nil. Any other end is an error.
func (l *StreamListener) Run(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	var open sync.WaitGroup
	defer open.Wait()
	defer stop()
	defer context.AfterFunc(ctx, func() { _ = l.listener.Close() })()
	for {
		conn, err := l.listener.Accept()
		if ctx.Err() != nil {
			return nil
		}
		if exhausted(err) {
			l.collector.metrics.refused.Inc()
			pause(ctx)
			continue
		}
		if err != nil {
			return fmt.Errorf("%s: %w", l.name, err)
		}
		l.admit(ctx, conn.(*net.TCPConn), &open)
	}
}

// exhausted tells whether a connection could not be accepted because the system
// has no room for it now: no reason to stop listening.
func exhausted(err error) bool {
	for _, lack := range []syscall.Errno{syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ENOMEM} {
		if errors.Is(err, lack) {
			return true
		}
	}
	return false
}

// pause waits a moment, or until the context ends.
func pause(ctx context.Context) {
	moment := time.NewTimer(acceptPause)
	defer moment.Stop()
	select {
	case <-ctx.Done():
	case <-moment.C:
	}
}

// admit serves a connection if its sender is an exporter of ours and there is a
// place; else it is closed before a byte is read.
func (l *StreamListener) admit(ctx context.Context, conn *net.TCPConn, open *sync.WaitGroup) {
	from := conn.RemoteAddr().(*net.TCPAddr).AddrPort()
	if !l.collector.welcomes(flow.FromAddr(from.Addr())) {
		l.collector.metrics.refused.Inc()
		_ = conn.Close()
		return
	}
	select {
	case l.places <- struct{}{}:
	default:
		l.collector.metrics.refused.Inc()
		_ = conn.Close()
		return
	}
	open.Go(func() {
		defer func() { <-l.places }()
		l.serve(ctx, conn, from)
	})
}

func (l *StreamListener) serve(ctx context.Context, conn *net.TCPConn, from netip.AddrPort) {
	l.collector.metrics.streams.Inc()
	defer l.collector.metrics.streams.Dec()
	defer func() { _ = conn.Close() }()
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	buffer := make([]byte, largestDatagram)
	for {
		message, err := l.read(conn, buffer)
		if len(message) > 0 {
			l.collector.Datagram(l.clock(), StreamDoor, from, message, false)
		}
		if err != nil {
			return
		}
	}
}

// errFraming says that what came is not the beginning of a message: where the
// next one begins cannot be known.
var errFraming = errors.New("no message header")

// read reads one message. What cannot be one is handed on as far as its header,
// and one that the connection did not live to end as far as it came, to be
// counted, together with an error.
func (l *StreamListener) read(conn *net.TCPConn, buffer []byte) ([]byte, error) {
	_ = conn.SetReadDeadline(l.clock().Add(idleLimit))
	if _, err := io.ReadFull(conn, buffer[:ipfixHeader]); err != nil {
		return nil, err
	}
	format, _ := wire.Recognise(buffer[:ipfixHeader])
	length := int(binary.BigEndian.Uint16(buffer[2:]))
	if format != wire.IPFIX || length < ipfixHeader {
		return buffer[:ipfixHeader], errFraming
	}
	n, err := io.ReadFull(conn, buffer[ipfixHeader:length])
	return buffer[:ipfixHeader+n], err
}
