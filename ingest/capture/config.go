package capture

import (
	"errors"
	"fmt"
	"time"
)

// Config bounds how a capture is put in order.
type Config struct {
	// LookAhead is how far frames may stand out of order in the file.
	LookAhead time.Duration
	// Buffer is how many bytes of frames may be held for that.
	Buffer int
}

// DefaultConfig looks 60 s ahead, within 64 MiB.
func DefaultConfig() Config {
	return Config{LookAhead: 60 * time.Second, Buffer: 64 << 20}
}

// Validate reports everything that is wrong.
func (c Config) Validate() error {
	var errs []error
	if c.LookAhead < 0 {
		errs = append(errs, fmt.Errorf("capture.look_ahead: %v, want 0 or more", c.LookAhead))
	}
	if c.Buffer < 1 {
		errs = append(errs, fmt.Errorf("capture.buffer: %d bytes, want at least 1", c.Buffer))
	}
	return errors.Join(errs...)
}
