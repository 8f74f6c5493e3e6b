package ingest

import (
	"encoding/binary"
	"fmt"
	"net"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// prepare asks the kernel to say how many datagrams it dropped (socket(7),
// SO_RXQ_OVFL). Kernels that cannot are fine: the count then stays at zero.
func prepare(raw syscall.RawConn) error {
	return raw.Control(func(fd uintptr) {
		_ = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RXQ_OVFL, 1)
	})
}

// receiveBuffer asks for a receive buffer, beyond the system's limit where the
// process may, and returns what was granted and how to get more.
func receiveBuffer(conn *net.UDPConn, want int) (got int, hint string, err error) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return 0, "", err
	}
	var inner error
	err = raw.Control(func(fd uintptr) {
		if unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, want) != nil {
			inner = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUF, want)
		}
		if inner == nil {
			got, inner = unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUF)
		}
	})
	if err == nil {
		err = inner
	}
	// The kernel doubles what is asked for and reports the double (socket(7)).
	return got / 2, fmt.Sprintf("sysctl -w net.core.rmem_max=%d", want), err
}

// kernelDrops finds the drop count among the control messages of a datagram. The
// kernel adds it only once something was dropped.
func kernelDrops(control []byte) (uint32, bool) {
	for len(control) > 0 {
		h, data, rest, err := unix.ParseOneSocketControlMessage(control)
		if err != nil {
			return 0, false
		}
		if h.Level == unix.SOL_SOCKET && h.Type == unix.SO_RXQ_OVFL && len(data) >= 4 {
			return binary.NativeEndian.Uint32(data), true
		}
		control = rest
	}
	return 0, false
}

// rest stops the calling thread for a moment. It is the system's sleep and not
// the runtime's: what the scheduler does to look for other work and to wake up
// again was a fifth of the time of a collector that is busy (measured at a million
// flows per second).
func rest(d time.Duration) {
	moment := unix.NsecToTimespec(d.Nanoseconds())
	_ = unix.Nanosleep(&moment, nil) // a signal cuts it short: no harm
}
