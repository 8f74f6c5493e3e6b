package main

import (
	"context"
	"encoding/binary"
	"io"
	"log/slog"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"eagre/alert"
	"eagre/anomaly"
	"eagre/cmd/eagre/config"
)

// wormCapture leaves the capture of writeWorm in a file.
func wormCapture(t *testing.T, path string, packets int) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := writeWorm(f, packets); err != nil {
		t.Fatal(err)
	}
}

// udpFrame is an Ethernet frame with a UDP packet of so many IP bytes.
func udpFrame(src, dst uint32, srcPort, dstPort uint16, size int) []byte {
	b := make([]byte, 14+size)
	copy(b, []byte{2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0, 0x45, 0})
	binary.BigEndian.PutUint16(b[16:], uint16(size))
	b[22], b[23] = 64, 17
	binary.BigEndian.PutUint32(b[26:], src)
	binary.BigEndian.PutUint32(b[30:], dst)
	var sum uint32
	for i := 14; i < 34; i += 2 {
		sum += uint32(binary.BigEndian.Uint16(b[i:]))
	}
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	binary.BigEndian.PutUint16(b[24:], ^uint16(sum))
	binary.BigEndian.PutUint16(b[34:], srcPort)
	binary.BigEndian.PutUint16(b[36:], dstPort)
	binary.BigEndian.PutUint16(b[38:], uint16(size-20))
	return b
}

// listening is a running engine and what it tells.
type listening struct {
	*engine
	told chan anomaly.Event
}

// Notify implements alert.Notifier.
func (l *listening) Notify(_ context.Context, e anomaly.Event) error {
	l.told <- e
	return nil
}

// startEngine runs an engine on free ports until the test ends.
func startEngine(t *testing.T, change func(*config.Config)) *listening {
	t.Helper()
	cfg := config.Default()
	dir := t.TempDir()
	cfg.Data.Dir = dir
	cfg.NATS = config.NATS{Embedded: config.Embedded{Dir: filepath.Join(dir, "nats")}}
	cfg.Listen = config.Listen{NetFlow: []string{"127.0.0.1:0"}, SFlow: []string{"127.0.0.1:0"}}
	cfg.Admin.Listen = "127.0.0.1:0"
	cfg.Alerts.Route.GroupWait = 0
	if change != nil {
		change(&cfg)
	}
	rules, err := loadSignatures(true, nil, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	l := &listening{told: make(chan anomaly.Event, 1000)}
	ctx, stop := context.WithCancel(t.Context())
	l.engine, err = newEngine(ctx, engineOptions{
		cfg: cfg, signatures: rules, log: slog.New(slog.DiscardHandler), tell: map[string]alert.Notifier{"test": l},
	})
	if err != nil {
		stop()
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- l.run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
		l.close()
	})
	return l
}

// expect waits for an event.
func (l *listening) expect(t *testing.T, what string, is func(anomaly.Event) bool) anomaly.Event {
	t.Helper()
	patience := time.After(30 * time.Second)
	for {
		select {
		case e := <-l.told:
			if is(e) {
				return e
			}
		case <-patience:
			t.Fatalf("no %s was told", what)
		}
	}
}

// TestARealExporterTellsOfTheWorm: softflowd reads packets and exports NetFlow
// v5 to the running engine.
func TestARealExporterTellsOfTheWorm(t *testing.T) {
	softflowd, err := exec.LookPath("softflowd")
	if err != nil {
		if softflowd, err = exec.LookPath("/usr/sbin/softflowd"); err != nil {
			if os.Getenv("CI") != "" {
				t.Fatal("softflowd is not installed, and here it must be")
			}
			t.Skip("softflowd is not installed")
		}
	}
	l := startEngine(t, nil)
	dir := t.TempDir()
	wormCapture(t, filepath.Join(dir, "worm.pcap"), 4000)
	ctx, stop := context.WithTimeout(t.Context(), 20*time.Second) // it does not always leave by itself
	defer stop()
	cmd := exec.CommandContext(ctx, softflowd, "-r", "worm.pcap", "-v", "5", "-d",
		"-n", l.receiver.Listeners()[0].Addr().String(), "-p", "pid", "-c", "ctl")
	cmd.Dir = dir // with longer names for its files softflowd hangs
	var said strings.Builder
	cmd.Stdout, cmd.Stderr = &said, &said
	exported := make(chan error, 1)
	go func() { exported <- cmd.Run() }()
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("softflowd said:\n%s", said.String())
		}
	})
	e := l.expect(t, "worm", func(e anomaly.Event) bool { return e.Subclass == "slammer" })
	stop()
	if err := <-exported; err != nil && ctx.Err() == nil {
		t.Errorf("softflowd: %v\n%s", err, said.String())
	}
	if want := netip.MustParsePrefix("192.0.2.66/32"); *e.Source != want || e.Importance != anomaly.High {
		t.Errorf("source %v, importance %s; want %s, high", e.Source, e.Importance, want)
	}
	got := tell(e)
	if got.DstPort != 1434 || got.Proto != 17 || got.Size != 404 {
		t.Errorf("fingerprint %+v, want udp to 1434 of 404 bytes", got)
	}
}
