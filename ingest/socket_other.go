//go:build !linux

package ingest

import (
	"net"
	"syscall"
	"time"
)

// truncatedFlag is not known here; a datagram never exceeds the read buffer.
const truncatedFlag = 0

func prepare(syscall.RawConn) error { return nil }

func receiveBuffer(conn *net.UDPConn, want int) (got int, hint string, err error) {
	return want, "", conn.SetReadBuffer(want)
}

// kernelDrops needs Linux.
func kernelDrops([]byte) (uint32, bool) { return 0, false }

// rest waits for a moment.
func rest(d time.Duration) { time.Sleep(d) }
