package monitor

import "testing"

func TestConfigSaysWhatIsWrong(t *testing.T) {
	c := DefaultConfig()
	c.Interface = "eth1"
	if err := c.Validate(); err != nil {
		t.Errorf("the default is refused: %v", err)
	}
	want := "monitor.interface: no name\nmonitor.snap_len: 0 bytes, want 64 to 65536\nmonitor.buffer: 0 bytes, want 1048576 to 1073741824"
	if err := (Config{}).Validate(); err == nil || err.Error() != want {
		t.Errorf("got %v\nwant %s", err, want)
	}
}
