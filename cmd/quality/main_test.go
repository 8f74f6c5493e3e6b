package main

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"eagre/cmd/eagre/config"
	"eagre/flow"
	"eagre/network"
	"eagre/quality"
	"eagre/quality/traffic"
)

// tell runs the program.
func tell(t *testing.T, args ...string) (code int, out, errors string) {
	t.Helper()
	var o, e bytes.Buffer
	code = run(t.Context(), console{strings.NewReader(""), &o, &e}, args)
	return code, o.String(), e.String()
}

// small is a folder with a small world and its capture.
func small(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	code, _, errors := tell(t, "gen", "-seed", "1", "-customers", "3", "-days", "2", "-train", "1", "-per-kind", "1", "-pcap", filepath.Join(dir, "flows.pcap"), dir)
	if code != exitGood || !strings.HasPrefix(errors, "world 1: 3 customers, 2 days, ") {
		t.Fatalf("exit %d: %s", code, errors)
	}
	return dir
}

func TestWorldToTable(t *testing.T) {
	dir := small(t)
	for _, rule := range []string{"fixed", "maximum"} {
		code, out, errors := tell(t, "reference", "-rule", rule, "-c", filepath.Join(dir, "eagre.yaml"), filepath.Join(dir, "flows.pcap"))
		if code != exitGood || errors != "" || !strings.Contains(out, `"class":`) {
			t.Fatalf("%s: exit %d, %d bytes: %s", rule, code, len(out), errors)
		}
		if err := os.WriteFile(filepath.Join(dir, rule+".jsonl"), []byte(out), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	code, out, errors := tell(t, "score", "-events", "fixed,maximum", dir)
	_, again, _ := tell(t, "score", "-events", "fixed,maximum", dir)
	if code != exitGood || !strings.HasPrefix(out, "|  | gate | goal | fixed | maximum |\n") || out != again {
		t.Errorf("exit %d: %s\n%s", code, errors, out)
	}
	if !strings.Contains(out, "| one day of learning: core detected | 97 % | 100 % | ") || strings.Contains(out, "NaN") {
		t.Error(out)
	}
}

func TestEagreReadsTheConfigurationOfAWorld(t *testing.T) {
	w, err := quality.New(quality.DefaultConfig())
	if err != nil {
		t.Fatal(err)
	}
	cfg, problems := config.Parse("eagre.yaml", []byte(w.YAML()))
	if len(problems) > 0 {
		t.Fatalf("%v\n%s", problems, w.YAML())
	}
	got := cfg.Network()
	if len(got.Exporters) != len(w.Routers) || len(got.Managed) != len(w.Customers) || len(got.Dark) != len(w.Dark) || len(got.Trusted) != 1 {
		t.Errorf("%d exporters, %d customers", len(got.Exporters), len(got.Managed))
	}
	if diff := cmp.Diff(w.Routers[0].Interfaces, got.Exporters[0].Interfaces); diff != "" {
		t.Errorf("interfaces of edge1 (-world +configuration):\n%s", diff)
	}
}

// sum is what a router told: flows, and packets and bytes renormalised.
type sum struct{ flows, packets, bytes float64 }

func (s *sum) add(packets, bytes, rate float64) {
	s.flows++
	s.packets += packets * rate
	s.bytes += bytes * rate
}

// What the collector decodes must be what the player gave to the encoders, up to the
// datagrams that the network loses.
func TestEveryFormatCarriesWhatWasSampled(t *testing.T) {
	dir := small(t)
	w, err := quality.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	want, got := map[string]*sum{}, map[string]*sum{}
	for _, r := range w.Routers {
		want[r.Address.String()], got[r.Address.String()] = &sum{}, &sum{}
	}
	err = traffic.NewPlayer(w).Play(func(s traffic.Second) error {
		for n := range s.Routers {
			for _, f := range s.Routers[n].Flows {
				want[w.Routers[n].Address.String()].add(float64(f.Packets), float64(f.Bytes), float64(f.Rate))
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	decode(t, filepath.Join(dir, "flows.pcap"), func(b *flow.Batch) error {
		for row := range b.N {
			got[b.Exporter[row].String()].add(float64(b.Packets[row]), float64(b.Bytes[row]), float64(b.SamplingRate[row]))
		}
		return nil
	})
	for n, r := range w.Routers {
		a := r.Address.String()
		for name, pair := range map[string][2]float64{
			"flows": {want[a].flows, got[a].flows}, "packets": {want[a].packets, got[a].packets}, "bytes": {want[a].bytes, got[a].bytes},
		} {
			if pair[0] == 0 || math.Abs(pair[1]-pair[0]) > 0.005*pair[0] {
				t.Errorf("router %d, %s: %.0f %s sent, %.0f decoded", n, r.Format, pair[0], name, pair[1])
			}
		}
	}
}

func decode(t *testing.T, file string, count func(*flow.Batch) error) {
	t.Helper()
	nobody, err := network.New(network.Config{})
	if err != nil {
		t.Fatal(err)
	}
	in, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	if err := feed(t.Context(), in, nobody, count); err != nil {
		t.Fatal(err)
	}
}

func TestMistakesAreSaidAndWorkThatFailedIsToldFromThem(t *testing.T) {
	empty := t.TempDir()
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{nil, exitUsage, "quality gen [flags] DIR\n"},
		{[]string{"paint"}, exitUsage, "quality gen [flags] DIR\n"},
		{[]string{"gen"}, exitUsage, "quality: quality gen: 0 arguments; -h says more\n"},
		{[]string{"gen", "-days", "1", empty}, exitUsage, "quality: quality: days: 1 out of 2–400\n"},
		{[]string{"gen", "-sampling", "99999", empty}, exitUsage, "quality: quality: sampling: 16384 out of 0–16383\n"},
		{[]string{"reference", "-rule", "thumb", "x.pcap"}, exitUsage, `quality: reference: rule "thumb": want fixed or maximum` + "\n"},
		{[]string{"reference", filepath.Join(empty, "none.pcap")}, exitFailed, "quality: open "},
		{[]string{"score", empty}, exitFailed, "quality: quality: open "},
	} {
		code, _, errors := tell(t, c.args...)
		if code != c.code || !strings.HasPrefix(errors, c.want) {
			t.Errorf("%v: exit %d, want %d: %s", c.args, code, c.code, errors)
		}
	}
}
