//go:build !linux

package ingest

import (
	"net"
	"syscall"
	"time"
)

func prepare(syscall.RawConn) error { return nil }

func receiveBuffer(conn *net.UDPConn, want int) (got int, hint string, err error) {
	return want, "", conn.SetReadBuffer(want)
}

// rest waits for a moment.
func rest(d time.Duration) { time.Sleep(d) }
