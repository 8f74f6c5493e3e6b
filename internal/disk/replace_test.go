package disk

import (
	"os"
	"path/filepath"
	"testing"
)

func TestReplacedFileIsTheNewOneAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	for _, want := range []string{"a longer one at first", "short", ""} {
		if err := Replace(path, []byte(want)); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(path)
		if err != nil || string(got) != want {
			t.Errorf("got %q (%v), want %q", got, err, want)
		}
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("got %v (%v), want mode 0600", info.Mode(), err)
	}
	if _, err := os.Stat(path + ".new"); !os.IsNotExist(err) {
		t.Errorf("the new file is still there by its first name: %v", err)
	}
}

func TestFolderThatIsNotThereIsAnError(t *testing.T) {
	path := filepath.Join(t.TempDir(), "nowhere", "state")
	if err := Replace(path, nil); !os.IsNotExist(err) {
		t.Errorf("got %v", err)
	}
	if err := SyncFolder(filepath.Dir(path)); !os.IsNotExist(err) {
		t.Errorf("got %v", err)
	}
}
