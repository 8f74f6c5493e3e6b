package stream

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

func TestDirectoryIsMadeForUsAlone(t *testing.T) {
	c := embeddedConfig(t)
	c.Dir = filepath.Join(c.Dir, "new", "nats")
	open(t, c)
	info, err := os.Stat(c.Dir)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "mode", info.Mode().Perm(), 0o700)
}

func TestDirectoryOthersMayWriteToIsRefused(t *testing.T) {
	for _, mode := range []os.FileMode{0o777, 0o770, 0o702} {
		c := embeddedConfig(t)
		if err := os.Chmod(c.Dir, mode); err != nil {
			t.Fatal(err)
		}
		_, err := Open(t.Context(), c, Deps{})
		wantError(t, err, fmt.Sprintf("nats dir %s is owned by uid %d mode %04o; need 0700 owned by uid %d",
			c.Dir, os.Getuid(), mode, os.Getuid()))
	}
}

func TestDirectoryOfSomebodyElseIsRefused(t *testing.T) {
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	wantError(t, checkDir(dir, os.Getuid()+1), fmt.Sprintf("nats dir %s is owned by uid %d mode 0700; need 0700 owned by uid %d",
		dir, os.Getuid(), os.Getuid()+1))
}

func TestDirectoryBehindASymbolicLinkIsRefused(t *testing.T) {
	c := embeddedConfig(t)
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(c.Dir, link); err != nil {
		t.Fatal(err)
	}
	c.Dir = link
	_, err := Open(t.Context(), c, Deps{})
	wantError(t, err, fmt.Sprintf("nats dir %s is a symbolic link; name the directory it leads to", link))
}

func TestSecondEngineOnOneDirectoryIsRefused(t *testing.T) {
	c := embeddedConfig(t)
	first := open(t, c)
	_, err := Open(t.Context(), c, Deps{})
	wantError(t, err, fmt.Sprintf("nats dir %s is in use by another eagre", c.Dir))

	mustClose(t, first)
	open(t, c)
}
