package monitor

import (
	"errors"
	"fmt"
)

// Config says where to look.
type Config struct {
	// Interface is the name of the network interface, such as eth1.
	Interface string
	// Promiscuous also hears what is not addressed to this host, as a mirror port
	// needs it.
	Promiscuous bool
	// SnapLen is how many bytes of each frame are looked at: enough for link
	// header, tags, an IPv6 header with extensions, and the ports.
	SnapLen int
	// Buffer is how many bytes of frames the kernel may hold when a burst comes.
	// That much memory is taken for good.
	Buffer int
	// Index is the interface number under which the flows appear; 0 takes that of
	// the system.
	Index uint32
}

// DefaultConfig hears everything, looks at 256 bytes and takes 32 MiB, which is a
// tenth of a second at a million packets per second. The interface is missing.
func DefaultConfig() Config {
	return Config{Promiscuous: true, SnapLen: 256, Buffer: 32 << 20}
}

const (
	leastSnapLen = 64
	mostSnapLen  = 64 << 10
	leastBuffer  = 4 * blockSize
	mostBuffer   = 1 << 30

	// blockSize is how much the kernel fills before it hands over. It is a
	// multiple of any page size.
	blockSize = 256 << 10
)

// Validate reports everything that is wrong.
func (c Config) Validate() error {
	var errs []error
	if c.Interface == "" {
		errs = append(errs, errors.New("monitor.interface: no name"))
	}
	if c.SnapLen < leastSnapLen || c.SnapLen > mostSnapLen {
		errs = append(errs, fmt.Errorf("monitor.snap_len: %d bytes, want %d to %d", c.SnapLen, leastSnapLen, mostSnapLen))
	}
	if c.Buffer < leastBuffer || c.Buffer > mostBuffer {
		errs = append(errs, fmt.Errorf("monitor.buffer: %d bytes, want %d to %d", c.Buffer, leastBuffer, mostBuffer))
	}
	return errors.Join(errs...)
}
