package simulate

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"

	"eagre/flow"
	"eagre/network"
)

// The judges: other people's decoders read what the encoders wrote. They run with a
// deadline and a limit on what they may write, as they may hang on odd input.

// judge is the path of a tool; without it a test is skipped, in CI it fails.
func judge(t *testing.T, tool string) string {
	t.Helper()
	path, err := exec.LookPath(tool)
	switch {
	case err == nil:
		return path
	case os.Getenv("CI") != "":
		t.Fatalf("%s is not installed, and CI wants it", tool)
	default:
		t.Skipf("%s is not installed", tool)
	}
	return ""
}

const judgeDeadline = 20 * time.Second

// run runs a tool in a shell that limits files to 100 MB, and gives its output.
func run(t *testing.T, tool string, args ...string) string {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), judgeDeadline)
	defer stop()
	limited := append([]string{"-c", `ulimit -f 200000; exec "$0" "$@"`, tool}, args...)
	cmd := exec.CommandContext(ctx, "sh", limited...)
	cmd.Env = append(os.Environ(), "TZ=UTC")
	var complaints strings.Builder
	cmd.Stderr = &complaints
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", filepath.Base(tool), err, complaints.String())
	}
	return string(out)
}

// captureOf writes datagrams, each as a UDP packet to a port, and names the file.
func captureOf(t *testing.T, port uint16, payloads ...[]byte) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "export.pcap")
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	w := pcapgo.NewWriter(f)
	if err := w.WriteFileHeader(0xffff, layers.LinkTypeEthernet); err != nil {
		t.Fatal(err)
	}
	from := Router{Exporter: network.Exporter{Address: addr("127.0.0.21")}}
	for _, p := range payloads {
		frame := appendDatagram(nil, from, targetPort(port), p)
		if err := w.WritePacket(gopacket.CaptureInfo{Timestamp: t0, CaptureLength: len(frame), Length: len(frame)}, frame); err != nil {
			t.Fatal(err)
		}
	}
	return file
}

// dissect is what tshark sees: for each frame the values of some fields, and whatever
// it complains about.
func dissect(t *testing.T, protocol string, port uint16, fields []string, payloads ...[]byte) []map[string]string {
	t.Helper()
	tshark := judge(t, "tshark")
	args := []string{"-n", "-r", captureOf(t, port, payloads...), "-d", "udp.port==" + decimal(port) + "," + protocol, "-T", "fields"}
	all := append([]string{"_ws.expert.message", "_ws.malformed"}, fields...)
	for _, f := range all {
		args = append(args, "-e", f)
	}
	var frames []map[string]string
	for line := range strings.Lines(run(t, tshark, args...)) {
		values := strings.Split(strings.TrimRight(line, "\n"), "\t")
		frame := map[string]string{}
		for i, f := range all {
			frame[f] = values[i]
		}
		if complaint := frame["_ws.expert.message"] + frame["_ws.malformed"]; complaint != "" {
			t.Errorf("frame %d: tshark complains: %s", len(frames), complaint)
		}
		frames = append(frames, frame)
	}
	if len(frames) != len(payloads) {
		t.Fatalf("tshark saw %d frames, want %d", len(frames), len(payloads))
	}
	return frames
}

// each joins a value of every record as tshark prints a field that comes again.
func each(records []flow.Record, of func(flow.Record) string) string {
	var values []string
	for _, r := range records {
		values = append(values, of(r))
	}
	return strings.Join(values, ",")
}
