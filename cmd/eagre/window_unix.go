//go:build unix

package main

import (
	"os"

	"golang.org/x/sys/unix"
)

// windowSize asks a terminal how large it is; what is none does not answer.
func windowSize(f *os.File) (columns, rows int, ok bool) {
	size, err := unix.IoctlGetWinsize(int(f.Fd()), unix.TIOCGWINSZ)
	if err != nil {
		return 0, 0, false
	}
	return int(size.Col), int(size.Row), true
}
