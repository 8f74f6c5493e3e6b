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
	"eagre/internal/installed"
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

// realExporter is a program that reads packets and exports flows to an address.
type realExporter struct {
	name    string
	program string
	sflow   bool                     // exports sFlow
	args    func(to string) []string // besides what is in its configuration
	config  func(to string) string   // written to the file "conf"; nil: none
}

func softflowd(version string) realExporter {
	return realExporter{
		name: "softflowd NetFlow " + version, program: "softflowd",
		args: func(to string) []string {
			return []string{"-r", "worm.pcap", "-v", version, "-d", "-n", to, "-p", "pid", "-c", "ctl"}
		},
	}
}

func pmacctd(plugin string, more ...string) realExporter {
	return realExporter{
		name: "pmacctd " + plugin, program: "pmacctd", sflow: plugin == "sfprobe",
		args: func(string) []string { return []string{"-f", "conf"} },
		config: func(to string) string {
			lines := append([]string{
				"daemonize: false", "pcap_savefile: worm.pcap", "plugins: " + plugin + "[x]", plugin + "_receiver: " + to,
			}, more...)
			return strings.Join(lines, "\n") + "\n"
		},
	}
}

// Two families of third-party exporters, in every format they speak.
var realExporters = []realExporter{
	softflowd("1"), softflowd("5"), softflowd("9"), softflowd("10"),
	pmacctd("sfprobe", "sampling_rate: 10"),
	pmacctd("nfprobe", "nfprobe_version: 10", "aggregate: src_host, dst_host, src_port, dst_port, proto, tos",
		"nfprobe_timeouts: udp=1:general=1:maxlife=2:expint=1"),
}

// Each of them reads a capture of the worm and exports to the running engine,
// which tells of it.
func TestRealExportersTellOfTheWorm(t *testing.T) {
	for _, x := range realExporters {
		t.Run(x.name, func(t *testing.T) {
			program := installed.Program(t, x.program)
			l := startEngine(t, nil)
			stop := x.start(t, program, l.listenerFor(x.sflow))
			e := l.expect(t, "worm", func(e anomaly.Event) bool { return e.Subclass == "slammer" })
			stop()
			if want := netip.MustParsePrefix("192.0.2.66/32"); *e.Source != want || e.Importance != anomaly.High {
				t.Errorf("source %v, importance %s; want %s, high", e.Source, e.Importance, want)
			}
			if got := tell(e); got.DstPort != 1434 || got.Proto != 17 || got.Size != 404 {
				t.Errorf("fingerprint %+v, want udp to 1434 of 404 bytes", got)
			}
			if s := l.collector.Exporters(); len(s) != 1 || !s[0].Balanced || s[0].Became["malformed"]+s[0].Became["partial"] > 0 {
				t.Errorf("status %+v, want one exporter without a fault", s)
			}
		})
	}
}

func (l *listening) listenerFor(sflow bool) string {
	if sflow {
		return l.receiver.Listeners()[1].Addr().String()
	}
	return l.receiver.Listeners()[0].Addr().String()
}

// start runs the exporter in a folder of its own; it is ended by stop, or after
// 20 seconds, as not every exporter leaves by itself.
func (x realExporter) start(t *testing.T, program, to string) (stop func()) {
	t.Helper()
	dir := t.TempDir()
	wormCapture(t, filepath.Join(dir, "worm.pcap"), 4000)
	if x.config != nil {
		if err := os.WriteFile(filepath.Join(dir, "conf"), []byte(x.config(to)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	cmd := exec.CommandContext(ctx, program, x.args(to)...)
	cmd.Dir = dir // with longer names for its files softflowd hangs
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 2 * time.Second
	var said strings.Builder
	cmd.Stdout, cmd.Stderr = &said, &said
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = cmd.Run() // how it ends says nothing: it is told to
	}()
	stop = func() { cancel(); <-done }
	t.Cleanup(func() {
		stop()
		if t.Failed() {
			t.Logf("%s said:\n%s", x.program, said.String())
		}
	})
	return stop
}
