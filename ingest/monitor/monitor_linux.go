package monitor

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"eagre/ingest/header"
)

// Monitor is an interface that is listened to. One goroutine calls Run, once; any
// goroutine may call Drops, Index and Close at any time.
type Monitor struct {
	name   string
	index  uint32
	link   header.LinkType
	once   bool // leave out what the host sends, as it comes back
	file   *os.File
	raw    syscall.RawConn
	memory []byte // the ring
	block  int    // which one comes next
	fault  error  // what the kernel says of the interface
	drops  atomic.Uint64

	mu    sync.Mutex
	state state
}

type state uint8

const (
	open state = iota
	running
	closed
)

// Index is the interface number under which flows appear.
func (m *Monitor) Index() uint32 { return m.index }

// Run hands all frames to a handler, from its own goroutine, until the context
// ends or Close is called; it then returns nil. Any other end is an error, such as
// ENETDOWN when the interface goes down. It lets go of the interface in any case,
// and starts no goroutine that outlives it. After Close or an earlier Run there is
// nothing to hear and it returns nil at once.
func (m *Monitor) Run(ctx context.Context, handle Handler) error {
	if !m.enter(open, running) {
		return nil
	}
	defer m.release()
	stop := context.AfterFunc(ctx, m.interrupt)
	defer stop()
	if ctx.Err() != nil {
		return nil
	}
	for {
		err := m.raw.Read(m.ready)
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded):
			return nil
		case err != nil:
			return fmt.Errorf("monitor %s: %w", m.name, err)
		case m.fault != nil:
			return fmt.Errorf("monitor %s: the interface went down or away: %w", m.name, m.fault)
		}
		m.walk(handle)
		m.Drops()
	}
}

// interrupt lets a wait end.
func (m *Monitor) interrupt() { _ = m.file.SetReadDeadline(time.Unix(1, 0)) }

// ready tells whether there is something to do: a block of frames, or an error of
// the interface.
func (m *Monitor) ready(fd uintptr) bool {
	if m.current().ready() {
		return true
	}
	code, err := unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_ERROR)
	if err == nil && code != 0 {
		m.fault = syscall.Errno(code)
	}
	return m.fault != nil
}

// walk hands over the frames of all blocks that are ready, at most once around.
func (m *Monitor) walk(handle Handler) {
	for range len(m.memory) / blockSize {
		b := m.current()
		if !b.ready() {
			return
		}
		b.frames(m.once, m.link, handle)
		b.giveBack()
		m.block = (m.block + 1) % (len(m.memory) / blockSize)
	}
}

func (m *Monitor) current() block {
	return block(m.memory[m.block*blockSize : (m.block+1)*blockSize])
}

// Drops is how many frames the kernel had no room for since Open.
func (m *Monitor) Drops() uint64 {
	_ = m.raw.Control(func(fd uintptr) {
		if s, err := unix.GetsockoptTpacketStatsV3(int(fd), unix.SOL_PACKET, unix.PACKET_STATISTICS); err == nil {
			m.drops.Add(uint64(s.Drops)) // the kernel counts anew each time
		}
	})
	return m.drops.Load()
}

// Close ends Run, or lets go of an interface that was never run.
func (m *Monitor) Close() error {
	if m.enter(open, running) {
		m.release()
		return nil
	}
	m.interrupt()
	return nil
}

func (m *Monitor) enter(from, to state) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.state != from {
		return false
	}
	m.state = to
	return true
}

// release gives ring and socket back; the last count of drops stays.
func (m *Monitor) release() {
	m.Drops()
	m.enter(running, closed)
	_ = unix.Munmap(m.memory)
	_ = m.file.Close()
}
