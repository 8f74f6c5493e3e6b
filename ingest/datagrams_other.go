//go:build !linux

package ingest

import (
	"net"
	"net/netip"
)

// datagrams reads a UDP socket, datagram by datagram. One goroutine reads; any may
// close.
type datagrams struct {
	conn   *net.UDPConn
	buffer []byte
	length int
	from   netip.AddrPort
}

// takeOver makes a reader of an open socket.
func takeOver(conn *net.UDPConn) (*datagrams, error) {
	return &datagrams{conn: conn, buffer: make([]byte, largestDatagram)}, nil
}

// read waits for a datagram. The error is net.ErrClosed after close.
func (d *datagrams) read() (n int, err error) {
	d.length, d.from, err = d.conn.ReadFromUDPAddrPort(d.buffer)
	if err != nil {
		return 0, err
	}
	return 1, nil
}

// datagram is what was read last, with its sender; payload is valid until the next
// read. That it was truncated is never told here.
func (d *datagrams) datagram(int) (from netip.AddrPort, payload []byte, truncated bool) {
	return d.from, d.buffer[:d.length], false
}

// dropped needs Linux.
func (d *datagrams) dropped(int) (uint32, bool) { return 0, false }

func (d *datagrams) close() error { return d.conn.Close() }
