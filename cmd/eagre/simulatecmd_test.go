package main

import (
	"bytes"
	"context"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"
	"github.com/google/go-cmp/cmp"
	"github.com/gopacket/gopacket/pcapgo"

	"eagre/cmd/eagre/config"
	"eagre/flow"
)

// simulated runs eagre simulate with some arguments.
func simulated(ctx context.Context, t *testing.T, args ...string) (code int, out, complaints string) {
	t.Helper()
	var cli struct {
		Simulate simulateCommand `cmd:""`
	}
	var stdout, stderr bytes.Buffer
	parser, err := kong.New(&cli, kong.Writers(&stdout, &stderr), kong.BindTo(ctx, (*context.Context)(nil)), kong.Bind(console{strings.NewReader(""), &stdout, &stderr}))
	if err != nil {
		t.Fatal(err)
	}
	command, err := parser.Parse(append([]string{"simulate"}, args...))
	if err != nil {
		return exitUsage, "", err.Error()
	}
	code = exitCode(command.Run(), &stderr)
	return code, stdout.String(), stderr.String()
}

func TestALoadIsSentAndTold(t *testing.T) {
	collector, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.MustParseAddrPort("127.0.0.1:0")))
	if err != nil {
		t.Fatal(err)
	}
	defer collector.Close()
	at := collector.LocalAddr().String()
	code, out, complaints := simulated(t.Context(), t, "--format", "v5", "--rate", "1000", "--for", "200ms", "--to", "udp://"+at)
	if code != exitGood || complaints != "" || !strings.HasPrefix(out, "sent 200 flows in ") || !strings.Contains(out, " to "+at+" in ") || !strings.HasSuffix(out, " flows/s of 1,000\n") {
		t.Errorf("code %d, said %q and %q", code, out, complaints)
	}
	flows := 0
	for b := make([]byte, 2000); flows < 200; {
		collector.SetReadDeadline(time.Now().Add(10 * time.Second))
		n, err := collector.Read(b)
		if err != nil {
			t.Fatalf("after %d flows: %v", flows, err)
		}
		flows += (n - 24) / 48
	}
}

func TestAnEndedContextEndsWithTheSummary(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	stop()
	collector, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer collector.Close()
	code, out, _ := simulated(ctx, t, "--to", collector.LocalAddr().String())
	if code != exitGood || !strings.HasPrefix(out, "sent ") || !strings.Contains(out, "\ninterrupted at ") {
		t.Errorf("code %d, said %q", code, out)
	}
}

func TestNobodyListeningIsAFailure(t *testing.T) {
	collector, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	at := collector.LocalAddr().String()
	collector.Close()
	code, out, complaints := simulated(t.Context(), t, "--format", "v5", "--rate", "100000", "--for", "100ms", "--to", at)
	if code != exitFailed || !strings.Contains(out, "nobody listens there") || !strings.Contains(complaints, "could not be sent") {
		t.Errorf("code %d, said %q and %q", code, out, complaints)
	}
}

func TestALoadBecomesACaptureThatIsTheSameEachTime(t *testing.T) {
	var files [2][]byte
	for i := range files {
		path := filepath.Join(t.TempDir(), "load.pcap")
		code, out, complaints := simulated(t.Context(), t, "--pcap", path, "--for", "2s", "--rate", "500", "--ipv6", "20%", "--loss", "10%", "--restart-every", "1s",
			"--format", "ipfix", "--sampling", "100", "--routers", "3", "--long-flows", "10%", "--skew=-5s", "--uptime", "1193h", "--duplication", "1%", "--reordering", "1%")
		if code != exitGood || complaints != "" || !strings.Contains(out, "lost on purpose: ") || !strings.Contains(out, "restarts: 6, ") {
			t.Fatalf("code %d, said %q and %q", code, out, complaints)
		}
		var err error
		if files[i], err = os.ReadFile(path); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(files[0], files[1]) {
		t.Error("two runs with one seed differ")
	}
	if _, err := pcapgo.NewReader(bytes.NewReader(files[0])); err != nil {
		t.Error(err)
	}
}

func TestACaptureOnStandardOutputIsNothingElse(t *testing.T) {
	code, out, told := simulated(t.Context(), t, "--pcap", "-", "--for", "100ms")
	if _, err := pcapgo.NewReader(strings.NewReader(out)); code != exitGood || err != nil || !strings.HasPrefix(told, "wrote 100 flows in ") {
		t.Errorf("code %d, %v, told %q", code, err, told)
	}
}

func TestTheExampleScenarioBecomesACapture(t *testing.T) {
	path := filepath.Join(t.TempDir(), "provider.pcap")
	code, out, complaints := simulated(t.Context(), t, "../../simulate/testdata/provider.yaml", "--for", "20s", "--seed", "3", "--pcap", path)
	if code != exitGood || complaints != "" || !strings.HasPrefix(out, "wrote ") {
		t.Errorf("code %d, said %q and %q", code, out, complaints)
	}
}

func TestWrongUseOfSimulateIsExplained(t *testing.T) {
	bad := filepath.Join(t.TempDir(), "bad.yaml")
	if err := os.WriteFile(bad, []byte("routers: []\nfor: 5\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"--format", "v55"}, `eagre: --format: "v55": want v1, v5, v6, v7, v8, v9, ipfix, sflow`},
		{[]string{"--format", "v5", "--sampling", "20000", "--rate", "0"}, "eagre: NetFlow v5 says at most 1:16383, got 1:20000\neagre: load: 0 flows a second, want more than 0 and at most 10000000"},
		{[]string{"--format", "v8", "--aggregation", "as-port"}, `eagre: --aggregation: no NetFlow v8 scheme is called "as-port": want as, `},
		{[]string{"--announce", "header"}, "eagre: netflow-v9 does not tell its sampling rate by header"},
		{[]string{"--announce", "mail"}, `eagre: --announce: "mail": want header, options, record, nothing`},
		{[]string{"--routers", "0"}, "eagre: --routers 0: want 1 to 1000"},
		{[]string{"--to", "192.0.2.1:2055"}, "eagre: --to 192.0.2.1:2055 is not this machine: datagrams stay on loopback unless --anywhere is given"},
		{[]string{"--to", "127.0.0.1"}, "eagre: --to 127.0.0.1: want udp://HOST:PORT, as udp://127.0.0.1:2055"},
		{[]string{"--to", "tcp://127.0.0.1:2055"}, "eagre: --to tcp://127.0.0.1:2055: want udp://HOST:PORT"},
		{[]string{"--to", "127.0.0.1:70000"}, "eagre: --to 127.0.0.1:70000: port 70000: want a number in 1–65535"},
		{[]string{"--pcap", "x.pcap"}, "eagre: --pcap needs --for: a capture has an end"},
		{[]string{"--pcap", "x.pcap", "--for", "1s", "--anywhere"}, "eagre: --pcap sends nothing: --anywhere does not belong to it"},
		{[]string{"--for=-1s"}, "eagre: --for -1s: want a time above 0"},
		{[]string{"--start", "noon"}, "eagre: --start noon: want a time as 2026-01-01T00:00:00Z"},
		{[]string{"--ipv6", "20"}, `--ipv6: "20": want a share in percent, as 5% or 0.1%`},
		{[]string{bad}, bad + `:1:10: 0 values in this list, want 1 to 1000` + "\n" + bad + `:2:6: duration "5" needs a unit (5s, 5m, 5h)` + "\neagre: " + bad + ": the scenario has errors\n"},
		{[]string{bad, "--rate", "5", "--loss", "1%"}, "eagre: --rate, --loss: for a load without a scenario file; with one, " + bad + " says it"},
	} {
		code, _, said := simulated(t.Context(), t, c.args...)
		if code != exitUsage || !strings.HasPrefix(said, c.want) {
			t.Errorf("%v: code %d, said %q, want %q", c.args, code, said, c.want)
		}
	}
}

func TestFlagsReachTheRouters(t *testing.T) {
	var cli simulateCommand
	parser, err := kong.New(&cli)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parser.Parse([]string{"--format=v8", "--aggregation=as-tos", "--routers=300", "--sampling=9", "--active=30s", "--hosts=50", "--templates-every=5s"}); err != nil {
		t.Fatal(err)
	}
	s, err := cli.quickLoad.scenario()
	if err != nil {
		t.Fatal(err)
	}
	r := s.Routers[255]
	got := []any{len(s.Routers), r.Format, r.Scheme.String(), r.Sampling, r.Active, r.TemplatesEvery, r.OptionsEvery, r.Exporter.Address.String(), s.Load.Hosts, s.Load.PerSecond}
	want := []any{300, flow.NetFlowV8, "as-tos", uint32(9), 30 * time.Second, 5 * time.Second, 5 * time.Second, "127.0.1.0", 50, 1000.0}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the last router (-want +got):\n%s", diff)
	}
	for _, name := range config.FormatNames() {
		if err := setFormat(&r, name); err != nil {
			t.Error(err)
		}
	}
}

func TestNumbersArePrintedInGroups(t *testing.T) {
	for n, want := range map[uint64]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567"} {
		if got := grouped(n); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
}
