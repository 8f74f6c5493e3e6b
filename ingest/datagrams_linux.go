package ingest

import (
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"os"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// datagrams reads a UDP socket, many datagrams with one call (recvmmsg(2)), into
// memory that is laid out once. Its socket is unknown to the runtime's poller: that
// is woken by every datagram that comes in, whether anyone waits for it or not,
// which was a third of the time of a busy collector. One goroutine reads; any may
// close.
type datagrams struct {
	file    *os.File // keeps the descriptor alive while a read is under way
	raw     syscall.RawConn
	receive func(fd uintptr) (done bool)
	got     int
	failed  syscall.Errno

	headers [datagramsPerRead]unix.Mmsghdr
	vectors [datagramsPerRead]unix.Iovec
	senders [datagramsPerRead]unix.RawSockaddrInet6 // room for either family
	control [datagramsPerRead][controlBytes]byte
	buffers [datagramsPerRead][]byte
}

// patience is how long a read waits for a first datagram, so that whoever reads
// sees in time that it should end.
const patience = 100 * time.Millisecond

// takeOver makes a reader of an open socket. It closes conn, whose descriptor the
// poller knows, and goes on with one of its own.
func takeOver(conn *net.UDPConn) (*datagrams, error) {
	fd, err := duplicate(conn)
	if err = errors.Join(err, conn.Close()); err != nil {
		return nil, err
	}
	d := &datagrams{file: os.NewFile(fd, "udp socket")}
	d.receive = d.recvmmsg
	d.layOut()
	d.raw, err = d.file.SyscallConn()
	return d, err
}

// duplicate is a second descriptor of a socket, which blocks for a while.
func duplicate(conn *net.UDPConn) (uintptr, error) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return 0, err
	}
	var fd int
	var inner error
	err = raw.Control(func(old uintptr) {
		if fd, inner = unix.FcntlInt(old, unix.F_DUPFD_CLOEXEC, 0); inner != nil {
			return
		}
		if inner = blockFor(fd, patience); inner != nil {
			_ = unix.Close(fd)
		}
	})
	return uintptr(fd), errors.Join(err, inner)
}

// blockFor lets reads of a socket wait so long and no longer.
func blockFor(fd int, d time.Duration) error {
	wait := unix.NsecToTimeval(d.Nanoseconds())
	return errors.Join(
		unix.SetNonblock(fd, false),
		unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &wait))
}

// layOut points the headers at the memory that datagrams, their senders and the
// kernel's remarks are written to.
func (d *datagrams) layOut() {
	for i := range d.headers {
		d.buffers[i] = make([]byte, largestDatagram)
		d.vectors[i].Base = &d.buffers[i][0]
		d.vectors[i].SetLen(largestDatagram)
		h := &d.headers[i].Hdr
		h.Name, h.Iov, h.Control = (*byte)(unsafe.Pointer(&d.senders[i])), &d.vectors[i], &d.control[i][0]
		h.SetIovlen(1)
		d.offer(i)
	}
}

// offer tells the kernel the room for a sender and remarks, which it overwrites
// with what it used.
func (d *datagrams) offer(i int) {
	h := &d.headers[i].Hdr
	h.Namelen = unix.SizeofSockaddrInet6
	h.SetControllen(controlBytes)
}

// read waits for datagrams and returns how many there are; none after a while in
// which none came. The error is os.ErrClosed after close.
func (d *datagrams) read() (int, error) {
	for i := range d.got {
		d.offer(i)
	}
	if err := d.raw.Read(d.receive); err != nil {
		return 0, err
	}
	switch d.failed {
	case 0:
		return d.got, nil
	case unix.EAGAIN, unix.EINTR:
		return 0, nil
	}
	return 0, os.NewSyscallError("recvmmsg", d.failed)
}

// recvmmsg is the call itself. It is always done: the descriptor blocks.
func (d *datagrams) recvmmsg(fd uintptr) bool {
	n, _, failed := unix.Syscall6(unix.SYS_RECVMMSG, fd,
		uintptr(unsafe.Pointer(&d.headers)), datagramsPerRead, unix.MSG_WAITFORONE, 0, 0)
	d.got, d.failed = int(n), failed
	if failed != 0 {
		d.got = 0
	}
	return true
}

// datagram is the i-th of those read last, with its sender; payload is valid until
// the next read. A truncated one was longer than its buffer.
func (d *datagrams) datagram(i int) (from netip.AddrPort, payload []byte, truncated bool) {
	h := &d.headers[i]
	return sender(&d.senders[i]), d.buffers[i][:h.Len], h.Hdr.Flags&unix.MSG_TRUNC != 0
}

// sender reads a socket address of either family, whose port stands in network
// order at the same place.
func sender(raw *unix.RawSockaddrInet6) netip.AddrPort {
	port := binary.BigEndian.Uint16((*[2]byte)(unsafe.Pointer(&raw.Port))[:])
	if raw.Family == unix.AF_INET {
		return netip.AddrPortFrom(netip.AddrFrom4((*unix.RawSockaddrInet4)(unsafe.Pointer(raw)).Addr), port)
	}
	return netip.AddrPortFrom(netip.AddrFrom16(raw.Addr), port)
}

// dropped is the kernel's count of datagrams it had no room for, which it tells
// with a datagram once there were any.
func (d *datagrams) dropped(i int) (uint32, bool) {
	return kernelDrops(d.control[i][:d.headers[i].Hdr.Controllen])
}

func (d *datagrams) close() error { return d.file.Close() }
