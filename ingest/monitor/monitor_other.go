//go:build !linux

package monitor

import (
	"context"
	"fmt"
	"runtime"
)

// Monitor is an interface that is listened to; this system has none.
type Monitor struct{}

// Open fails: packets are read from interfaces on Linux only.
func Open(c Config) (*Monitor, error) {
	return nil, fmt.Errorf("monitor %s: packets are read from interfaces on Linux only, and this is %s; a capture of tcpdump can be replayed", c.Interface, runtime.GOOS)
}

// Run is never reached.
func (m *Monitor) Run(context.Context, Handler) error { return nil }

// Drops is never reached.
func (m *Monitor) Drops() uint64 { return 0 }

// Index is never reached.
func (m *Monitor) Index() uint32 { return 0 }

// Close is never reached.
func (m *Monitor) Close() error { return nil }
