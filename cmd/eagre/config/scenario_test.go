package config

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"eagre/flow"
	"eagre/simulate"
)

// Every bad scenario says beside it, in a .txt, all that is wrong with it.
func TestScenariosAndWhatIsSaidAboutThem(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("testdata", "scenario", "*.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no files: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".yaml"), func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			s, problems := ParseScenario("scenario.yaml", data)
			golden(t, strings.TrimSuffix(file, ".yaml")+".txt", textOf(problems))
			if !HasErrors(problems) || len(s.Routers) > 0 {
				t.Errorf("accepted, or a refused file still gave %d routers", len(s.Routers))
			}
		})
	}
}

const provider = "../../../simulate/testdata/provider.yaml"

// exampleScenario is the documented example.
func exampleScenario(t *testing.T) Scenario {
	t.Helper()
	s, problems := LoadScenario(provider)
	if len(problems) > 0 {
		t.Fatal(textOf(problems))
	}
	return s
}

func TestTheExampleScenarioIsReadAsItIsMeant(t *testing.T) {
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	c := exampleScenario(t).Simulation(start)
	edge1, core1, old1 := c.Routers[0], c.Routers[2], c.Routers[3]
	if edge1.Format != flow.NetFlowV9 || edge1.Domain != 256 || edge1.Sampling != 100 || edge1.Announce != simulate.AnnounceOptions ||
		edge1.TemplatesEvery != 30*time.Second || !edge1.Boot.Equal(start.Add(-49*day-17*time.Hour)) || edge1.Exporter.Interfaces[1].SpeedBPS != 10e9 {
		t.Errorf("edge1 %+v", edge1)
	}
	if !core1.Deterministic || core1.Skew != -3*time.Second || core1.Faults.Loss != .005 || !core1.RestartAt[0].Equal(start.Add(90*time.Second)) {
		t.Errorf("core1 %+v", core1)
	}
	if old1.Format != flow.NetFlowV5 || old1.Sampling != 0 || old1.Active != 20*time.Second || old1.Boot != start.Add(-day) {
		t.Errorf("old1 %+v", old1)
	}
	if c.Seed != 7 || len(c.Steady) != 4 || c.Load != nil {
		t.Errorf("seed %d, %d kinds of traffic", c.Seed, len(c.Steady))
	}
}

func TestTheExampleScenarioPlays(t *testing.T) {
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	played, err := simulate.New(exampleScenario(t).Simulation(start))
	if err != nil {
		t.Fatal(err)
	}
	formats := map[int]int{}
	played.Advance(start.Add(40*time.Second), func(d simulate.Datagram) { formats[d.Router] += d.Records })
	for i, r := range played.Routers() {
		if formats[i] == 0 {
			t.Errorf("%s exported nothing", r.Exporter.Name)
		}
	}
	var got []string
	for _, a := range played.Truth(start.Add(time.Hour)) {
		got = append(got, a.Subclass+" at "+a.Start.Sub(start).String())
	}
	if diff := cmp.Diff([]string{"syn-flood at 30s", "slammer at 1m40s"}, got); diff != "" {
		t.Errorf("attacks (-want +got):\n%s", diff)
	}
}

func TestTheSameScenarioIsTheSameDayToTheByte(t *testing.T) {
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	capture := func(seed uint32) []byte {
		s := exampleScenario(t)
		s.Seed = seed
		played, err := simulate.New(s.Simulation(start))
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if err := simulate.PCAP(&b, played, simulate.DefaultTargets(), start.Add(10*time.Second)); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	if !bytes.Equal(capture(1), capture(1)) {
		t.Error("the same seed gave another capture")
	}
	if bytes.Equal(capture(1), capture(2)) {
		t.Error("another seed gave the same capture")
	}
}

func TestTrafficComesAndGoesWhenTheScenarioSays(t *testing.T) {
	const text = `
routers: [{name: a, address: 127.0.0.1, format: sflow}]
traffic:
  - {name: w, per_second: 50, port: 80, clients: [198.18.0.0/15], servers: [198.51.100.1/32], lasts: 100ms, from: 5s, until: 8s,
     up: {packets: 1, length: 100}, down: {packets: 1, length: 100}, path: [{router: a, in: 1, out: 2}]}
`
	s, problems := ParseScenario("scenario.yaml", []byte(text))
	if len(problems) > 0 {
		t.Fatal(textOf(problems))
	}
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	played, err := simulate.New(s.Simulation(start))
	if err != nil {
		t.Fatal(err)
	}
	var first, last time.Duration
	played.Advance(start.Add(20*time.Second), func(d simulate.Datagram) {
		if first == 0 {
			first = d.At.Sub(start)
		}
		last = d.At.Sub(start)
	})
	if first < 5*time.Second || first > 5500*time.Millisecond || last < 7500*time.Millisecond || last > 8500*time.Millisecond {
		t.Errorf("traffic from %v to %v, want 5 s to 8 s", first, last)
	}
}

func TestNamesOfFormatsAndShares(t *testing.T) {
	for _, name := range FormatNames() {
		if _, known := ParseFormat(name); !known {
			t.Errorf("%s is not known", name)
		}
	}
	for _, name := range AnnounceNames() {
		if a, known := ParseAnnounce(name); !known || a.String() != name {
			t.Errorf("%s is %s", name, a)
		}
	}
	for text, want := range map[string]float64{"0%": 0, "5%": .05, "0.1 %": .001, "100%": 1} {
		if got, err := ParseShare(text); err != nil || got != want {
			t.Errorf("%s: %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"5", "-1%", "101%", "%", "1e1%", "NaN%"} {
		if v, err := ParseShare(text); err == nil {
			t.Errorf("%q is %v", text, v)
		}
	}
}

// FuzzScenario: whatever a file holds, it is refused with places or it can be played.
func FuzzScenario(f *testing.F) {
	files, _ := filepath.Glob(filepath.Join("testdata", "scenario", "*.yaml"))
	for _, file := range append(files, provider) {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, data []byte) {
		s, problems := ParseScenario("scenario.yaml", data)
		if HasErrors(problems) {
			return
		}
		played, err := simulate.New(s.Simulation(start))
		if err != nil {
			t.Fatalf("accepted, but cannot be played: %v", err)
		}
		if !heavy(s) {
			played.Advance(start.Add(200*time.Millisecond), func(simulate.Datagram) {})
		}
	})
}

// heavy scenarios would be right, and slow.
func heavy(s Scenario) bool {
	sum := 0.0
	if s.Load != nil {
		sum = s.Load.PerSecond
	}
	for _, t := range s.Traffic {
		sum += t.PerSecond
	}
	for _, a := range s.Attacks {
		sum += a.PPS
	}
	return sum > 10_000 || len(s.Routers) > 10
}
