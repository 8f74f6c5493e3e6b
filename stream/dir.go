package stream

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// claimDir makes the directory of the embedded server if need be, refuses one
// that others may write to, and locks it: two servers on one directory would
// destroy each other's files, and the server itself does not look. The lock
// lasts until the file is closed, or the process is gone.
func claimDir(dir string) (*os.File, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("nats dir: %w", err)
	}
	if err := checkDir(dir, os.Getuid()); err != nil {
		return nil, err
	}
	lock, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_RDWR|os.O_CREATE|unix.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, fmt.Errorf("nats dir: %w", err)
	}
	if err := unix.Flock(int(lock.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		lock.Close()
		if errors.Is(err, unix.EWOULDBLOCK) {
			return nil, fmt.Errorf("nats dir %s is in use by another eagre", dir)
		}
		return nil, fmt.Errorf("nats dir %s: lock: %w", dir, err)
	}
	return lock, nil
}

// checkDir looks at the directory itself, not at what a symbolic link names, so
// that nobody can swap it afterwards.
func checkDir(dir string, uid int) error {
	var st unix.Stat_t
	if err := unix.Lstat(dir, &st); err != nil {
		return fmt.Errorf("nats dir %s: %w", dir, err)
	}
	if st.Mode&unix.S_IFMT == unix.S_IFLNK {
		return fmt.Errorf("nats dir %s is a symbolic link; name the directory it leads to", dir)
	}
	perm := fs.FileMode(st.Mode & 0o7777)
	if int(st.Uid) != uid || perm&0o022 != 0 {
		return fmt.Errorf("nats dir %s is owned by uid %d mode %04o; need 0700 owned by uid %d", dir, st.Uid, perm, uid)
	}
	return nil
}
