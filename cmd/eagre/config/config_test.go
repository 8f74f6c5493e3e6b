package config

import (
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"eagre/alert"
	"eagre/network"
)

// opaque lets cmp compare addresses, prefixes and URLs, whose fields are hidden.
var opaque = cmpopts.EquateComparable(netip.Addr{}, netip.Prefix{}, alert.Endpoint{})

// parsed is a configuration that must be good.
func parsed(t *testing.T, text string, environ ...string) Config {
	t.Helper()
	c, problems := ParseEnv("eagre.yaml", []byte(text), environ)
	if len(problems) > 0 {
		t.Fatalf("problems: got\n%swant none", textOf(problems))
	}
	return c
}

func wantSame[T any](t *testing.T, what string, want, got T) {
	t.Helper()
	if diff := cmp.Diff(want, got, opaque); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func TestAnEmptyFileIsTheDefault(t *testing.T) {
	for _, text := range []string{"", "# nothing\n", "---\n", "{}"} {
		wantSame(t, text, Default(), parsed(t, text))
	}
}

func TestTheExampleLoadsWithoutAProblem(t *testing.T) {
	data, err := os.ReadFile("example.yaml")
	if err != nil {
		t.Fatal(err)
	}
	c := parsed(t, string(data))
	if _, err := network.New(c.Network()); err != nil {
		t.Errorf("its map does not compile: %v", err)
	}
	if got, want := len(c.Network().Managed), 3; got != want {
		t.Errorf("managed objects: got %d, want %d", got, want)
	}
}

func TestTheBenchmarkConfigurationLoadsAsItIs(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(repository(t), "..", "shared", "perf", "bench.yaml"))
	if err != nil {
		t.Skipf("the shared benchmark is not here: %v", err)
	}
	c := parsed(t, strings.ReplaceAll(string(data), "@RUN@", "/run/bench"))
	want := Default()
	want.Listen = Listen{NetFlow: []string{"127.0.0.1:2055"}, SFlow: []string{"127.0.0.1:6343"}}
	want.Data.Dir, want.NATS.Embedded.Dir = "/run/bench", "/run/bench/nats"
	want.Exporters = []Exporter{{Exporter: network.Exporter{Address: netip.MustParseAddr("127.0.0.1"), Name: "bench"}}}
	want.Networks.Managed = []Managed{{ManagedObject: network.ManagedObject{Name: "bench", Prefixes: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/12")}}}}
	want.Thresholds.UDPFlood = &Limit{PPS: 20e3}
	want.Thresholds.TotalTraffic = &Limit{PPS: 20e3, BPS: 1e9}
	want.Signatures.Dir = "/run/bench/rules"
	want.Alerts.Receivers = []Receiver{{Name: "log", File: &File{Path: "/run/bench/events.jsonl"}}}
	want.Alerts.Route.Receivers, want.Alerts.Route.GroupWait = []string{"log"}, 0
	wantSame(t, "bench.yaml", want, c)
}

// repository is the folder of go.mod.
func repository(t *testing.T) string {
	t.Helper()
	dir, err := os.Getwd()
	for ; err == nil && dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
	}
	t.Fatalf("no go.mod above: %v", err)
	return ""
}

func TestListeningOpensUpOnlyWithAnAllowList(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       Listen
	}{
		{"no exporters: loopback", "", listenOn("127.0.0.1")},
		{"exporters: every address", "exporters: [{address: 192.0.2.1}]", listenOn("")},
		{"a v6 exporter too", `exporters: [{address: "2001:db8::1"}]`, listenOn("")},
		{"an empty allow-list is none", "exporters: []", listenOn("127.0.0.1")},
		{
			"a written section is all of it", `{exporters: [{address: 192.0.2.1}], listen: {sflow: ["[2001:db8::9]:6343"]}}`,
			Listen{SFlow: []string{"[2001:db8::9]:6343"}},
		},
		{"an empty section listens on nothing", "exporters: [{address: 192.0.2.1}]\nlisten: {netflow: [], sflow: []}", Listen{}},
		{"an emptied list listens on nothing", `listen: {netflow: ["localhost:9995"], sflow: []}`, Listen{NetFlow: []string{"localhost:9995"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, problems := Parse("eagre.yaml", []byte(c.text))
			wantSame(t, "listen", c.want, got.Listen)
			if silent := len(c.want.NetFlow)+len(c.want.SFlow) == 0; (len(problems) == 1) != silent || HasErrors(problems) {
				t.Errorf("problems: got\n%swant a warning only where nothing is heard", textOf(problems))
			}
		})
	}
}

func TestTheDataFolderAndTheStreamFolderFollowEachOther(t *testing.T) {
	type dirs struct{ Data, NATS string }
	for text, want := range map[string]dirs{
		"":                                 {"/var/lib/eagre", "/var/lib/eagre/nats"},
		"data: {dir: /srv/eagre/}":         {"/srv/eagre", "/srv/eagre/nats"},
		"nats: {embedded: {dir: /mnt/js}}": {"/mnt", "/mnt/js"},
		"{nats: {embedded: {dir: /mnt/js}}, data: {dir: /srv/eagre}}": {"/srv/eagre", "/mnt/js"},
		`nats: {url: "tls://nats.example.net"}`:                       {"/var/lib/eagre", ""},
		`nats: {embedded: {listen: "127.0.0.1:4222"}}`:                {"/var/lib/eagre", "/var/lib/eagre/nats"},
	} {
		c := parsed(t, text)
		wantSame(t, text, want, dirs{c.Data.Dir, c.NATS.Embedded.Dir})
	}
}

func TestThresholdsReplaceOneDefaultEach(t *testing.T) {
	c := parsed(t, "thresholds: {syn-flood: [2 kpps, 10Mbps], udp-flood: [], total-traffic: 20Gbps}")
	want := map[string]Limit{
		"syn-flood": {PPS: 2e3, BPS: 10e6}, "udp-flood": {}, "icmp-flood": {PPS: 5e3},
		"dns-amplification": {BPS: 100e6}, "total-traffic": {BPS: 20e9},
	}
	got := map[string]Limit{}
	c.Thresholds.Each(func(subclass string, limit Limit) { got[subclass] = limit })
	wantSame(t, "thresholds", want, got)
}

func TestAManagedObjectHasOnlyTheLimitsItNames(t *testing.T) {
	c := parsed(t, "networks: {managed: [{name: a, prefixes: [192.0.2.0/24], thresholds: {in: {syn-flood: []}, out: {udp-flood: 1kpps}}}]}")
	want := Sides{In: Thresholds{SYNFlood: &Limit{}}, Out: Thresholds{UDPFlood: &Limit{PPS: 1e3}}}
	wantSame(t, "thresholds", want, c.Networks.Managed[0].Thresholds)
}

func TestAnExporterWithoutANameIsCalledByItsAddress(t *testing.T) {
	c := parsed(t, `exporters: [{address: 192.0.2.1}, {address: "2001:DB8::0:1"}, {address: "::ffff:198.51.100.1"}]`)
	var got []string
	for _, e := range c.Exporters {
		got = append(got, e.Name)
	}
	wantSame(t, "names", []string{"192.0.2.1", "2001:db8::1", "198.51.100.1"}, got)
}

func TestAnAgentIsAskedAtTheAddressOfItsExporter(t *testing.T) {
	c := parsed(t, `exporters:
  - {address: 192.0.2.1, snmp: {community: {env: C}, retries: 0}}
  - {address: "2001:db8::1", snmp: {community: {env: C}}}
  - {address: 192.0.2.3, snmp: {address: "[2001:db8::3]:1161", community: {env: C}}}
  - {address: 192.0.2.4}`)
	var got []*SNMP
	for _, e := range c.Exporters {
		got = append(got, e.SNMP)
	}
	asked := func(address string, retries uint32) *SNMP {
		s := DefaultSNMP()
		s.Address, s.Community, s.Retries = address, alert.SecretSource{Env: "C"}, retries
		return &s
	}
	want := []*SNMP{asked("192.0.2.1:161", 0), asked("[2001:db8::1]:161", 2), asked("[2001:db8::3]:1161", 2), nil}
	wantSame(t, "agents", want, got)
}

func TestSecretsAreOnlyPlaces(t *testing.T) {
	c := parsed(t, `alerts: {receivers: [{name: a, slack: {channel: "#soc", token: {env: TOKEN}}}]}`)
	got, err := c.Alerts.Receivers[0].Slack.Token.Resolve(func(name string) string { return "xoxb-" + name })
	if err != nil || got.Reveal() != "xoxb-TOKEN" {
		t.Errorf("token: got %q, %v", got.Reveal(), err)
	}
}

func TestLoadSaysWhyAFileCannotBeRead(t *testing.T) {
	dir := t.TempDir()
	for path, want := range map[string]string{
		filepath.Join(dir, "none.yaml"): "cannot be read: no such file or directory",
		dir:                             "cannot be read: is a directory",
	} {
		_, problems := Load(path)
		wantSame(t, path, path+": "+want+"\n", textOf(problems))
	}
}

func TestLoadReadsTheFileAndTheEnvironment(t *testing.T) {
	path := filepath.Join(t.TempDir(), "eagre.yaml")
	if err := os.WriteFile(path, []byte("learning: {until: 1h}\nadmin: {listen: 'localhost:9999'}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("EAGRE_LEARNING_UNTIL", "2h")
	c, problems := Load(path)
	if len(problems) > 0 || c.Learning.Until != 2*time.Hour || c.Admin.Listen != "localhost:9999" {
		t.Errorf("got %v, %s, %s", problems, c.Learning.Until, c.Admin.Listen)
	}
	if c, problems = Load(""); len(problems) > 0 || c.Learning.Until != 2*time.Hour {
		t.Errorf("without a file: got %v, %s", problems, c.Learning.Until)
	}
}
