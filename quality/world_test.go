package quality

import (
	"math"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"eagre/flow"
)

func newTestWorld(t *testing.T, seed uint64) *World {
	t.Helper()
	c := DefaultConfig()
	c.Seed = seed
	w, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// texts are the files of a world.
func texts(t *testing.T, w *World) map[string]string {
	t.Helper()
	dir, out := t.TempDir(), map[string]string{}
	if err := w.Save(dir); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{worldFile, labelsFile, configFile} {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		out[name] = string(data)
	}
	return out
}

func TestTheSameSeedIsTheSameWorldToTheByte(t *testing.T) {
	if diff := cmp.Diff(texts(t, newTestWorld(t, 5)), texts(t, newTestWorld(t, 5))); diff != "" {
		t.Errorf("(-first +second):\n%s", diff)
	}
	for name, text := range texts(t, newTestWorld(t, 6)) {
		if text == texts(t, newTestWorld(t, 5))[name] {
			t.Errorf("another seed gave the same %s", name)
		}
	}
}

func TestAWorldIsReadBackAsItWas(t *testing.T) {
	w, dir := newTestWorld(t, 2), t.TempDir()
	if err := w.Save(dir); err != nil {
		t.Fatal(err)
	}
	got, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(w, got, cmpopts.EquateComparable(netip.Addr{}, netip.Prefix{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestAConfigurationSaysAllThatIsWrongWithIt(t *testing.T) {
	err := Config{Customers: 1, Days: 1, Train: 1, PerKind: -1, Noise: math.NaN(), Sampling: 1 << 20}.Validate()
	want := "quality: customers: 1 out of 2–200\nquality: days: 1 out of 2–400\nquality: train: 1 out of 1–0\n" +
		"quality: per kind: -1 out of 0–1000\nquality: sampling: 16384 out of 0–16383\nquality: noise: NaN out of 0–5"
	if err == nil || err.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
	if err := DefaultConfig().Validate(); err != nil {
		t.Errorf("the default is refused: %v", err)
	}
}

// Every label is held against the network that it is about.
func TestEveryEventCanHappenWhereItIsSaidTo(t *testing.T) {
	for seed := range uint64(4) {
		w := newTestWorld(t, seed)
		natures := map[Nature]int{}
		for i := range w.Events {
			e := &w.Events[i]
			natures[e.Nature]++
			checkTime(t, w, e)
			checkEntries(t, w, e)
			checkVictim(t, w, e)
		}
		if natures[Attack] < 40 || natures[Outage] < 1 || natures[Surge] < 20 || natures[Disruption] < 7 {
			t.Errorf("seed %d: too little happens: %v", seed, natures)
		}
	}
}

func checkTime(t *testing.T, w *World, e *Event) {
	t.Helper()
	if !e.Start.Before(e.End) || e.Start.Before(w.Start) || e.End.After(w.End()) {
		t.Errorf("%s %d from %v to %v is not in its world", e.Kind, e.ID, e.Start, e.End)
	}
	if (e.Nature == Attack && e.Kind != "poisoning" || e.Nature == Outage) && e.Start.Before(w.Tested()) {
		t.Errorf("%s %d begins while detectors learn", e.Kind, e.ID)
	}
}

func checkEntries(t *testing.T, w *World, e *Event) {
	t.Helper()
	sum := 0.0
	for _, s := range e.Entries {
		sum += s.Share
		r := w.Routers[s.Router]
		if r.Address != s.Exporter || s.Interface == toCore {
			t.Errorf("%s %d: entry %+v is no way in", e.Kind, e.ID, s)
		}
		if e.Victim.IsValid() && e.Victim.Addr().Is6() && !r.Speaks6() {
			t.Errorf("%s %d: %s cannot say IPv6", e.Kind, e.ID, r.Name)
		}
	}
	if len(e.Vectors) > 0 && math.Abs(sum-1) > 1e-9 {
		t.Errorf("%s %d: shares of entries sum to %v", e.Kind, e.ID, sum)
	}
}

func checkVictim(t *testing.T, w *World, e *Event) {
	t.Helper()
	if e.Nature != Attack || e.Customer == Everyone {
		return
	}
	c := w.Customers[e.Customer]
	mine := e.Victim
	if e.Outgoing() {
		mine = e.Source
	}
	if !c.Prefix4.Overlaps(mine) && !c.Prefix6.Overlaps(mine) {
		t.Errorf("%s %d: %v is not of %s", e.Kind, e.ID, mine, c.Name)
	}
}

func TestAttacksOnACustomerHaveQuietAroundThem(t *testing.T) {
	w := newTestWorld(t, 3)
	for i, a := range w.Events {
		for _, b := range w.Events[i+1:] {
			if a.Nature == Attack && b.Nature == Attack && a.Customer == b.Customer && a.Customer != Everyone && b.Start.Sub(a.End) < quiet {
				t.Errorf("%s %d begins %v after the end of %s %d", b.Kind, b.ID, b.Start.Sub(a.End), a.Kind, a.ID)
			}
		}
	}
}

func TestHowHighAnEventIs(t *testing.T) {
	start := time.Date(2026, 1, 5, 0, 0, 30, 0, time.UTC)
	hour := func(c Course) Event { return Event{Start: start, End: start.Add(time.Hour), Course: c} }
	for name, c := range map[string]struct {
		event Event
		want  map[time.Duration]float64 // after the start
	}{
		"flat":  {hour(Course{}), map[time.Duration]float64{-1: 0, 0: 1, time.Hour - 1: 1, time.Hour: 0}},
		"ramp":  {hour(Course{Kind: Ramp}), map[time.Duration]float64{0: 0, 30 * time.Minute: 0.5, 45 * time.Minute: 0.75}},
		"swell": {hour(Course{Kind: Swell, Rise: 10 * time.Minute}), map[time.Duration]float64{5 * time.Minute: 0.5, 20 * time.Minute: 1, 58 * time.Minute: 0.2}},
		"step":  {hour(Course{Kind: Step, Rise: 10 * time.Minute}), map[time.Duration]float64{5 * time.Minute: 0.5, 59 * time.Minute: 1}},
		"pulse": {hour(Course{Kind: Pulse, On: time.Minute, Off: 2 * time.Minute}), map[time.Duration]float64{30 * time.Second: 1, 90 * time.Second: 0, 3 * time.Minute: 1}},
	} {
		for after, want := range c.want {
			if got := c.event.Height(start.Add(after)); got != want {
				t.Errorf("%s after %v: got %v, want %v", name, after, got, want)
			}
		}
	}
	pulse := hour(Course{Kind: Pulse, On: time.Minute, Off: 2 * time.Minute})
	if got := pulse.meanHeight(); math.Abs(got-1.0/3) > 1e-9 {
		t.Errorf("a pulse of one minute in three is on for %v of the time", got)
	}
}

func TestDaysHaveMeanOne(t *testing.T) {
	for _, r := range []Rhythm{{Kind: Office, Peak: 13, Depth: 0.8}, {Kind: Eyeballs, Peak: 20, Depth: 0.6}, {Kind: Hosting, Peak: 16, Depth: 0.3}} {
		sum := 0.0
		for m := range 1440 {
			sum += r.day(float64(m) / 60)
		}
		if mean := sum / 1440; math.Abs(mean-1) > 0.05 {
			t.Errorf("%s: a day has mean %.3f", r.Kind, mean)
		}
		if r.day(r.Peak) < 2*r.day(r.Peak-11)*(1-r.Depth) {
			t.Errorf("%s: no peak at %v", r.Kind, r.Peak)
		}
	}
}

func TestHostsOfACustomerAreAllDifferentAndItsOwn(t *testing.T) {
	w := newTestWorld(t, 1)
	for _, six := range []bool{false, true} {
		for _, c := range w.Customers {
			seen := map[flow.IP]bool{}
			for rank := range c.Hosts {
				ip := c.Host(rank, six)
				if seen[ip] || !c.Prefix(six).Contains(ip.Addr()) {
					t.Fatalf("%s: host %d is %v", c.Name, rank, ip)
				}
				seen[ip] = true
			}
		}
	}
}

func TestNoAddressOutsideIsOneOfOurs(t *testing.T) {
	w := newTestWorld(t, 1)
	for n := range uint64(100_000) {
		for _, six := range []bool{false, true} {
			a := w.Space.Outside(n, six).Addr()
			if a.Is4() == six || w.Space.Ours4.Contains(a) || w.Space.Ours6.Contains(a) || !a.IsGlobalUnicast() || a.IsPrivate() {
				t.Fatalf("outside %d is %v", n, a)
			}
		}
	}
}

func TestWhatAFindingMustCallAnEvent(t *testing.T) {
	for _, c := range []struct {
		kind  string
		class Class
		want  bool
	}{
		{"syn-flood", Class{"misuse", "syn-flood"}, true},
		{"syn-flood", Class{"misuse", "udp-flood"}, false},
		{"syn-flood", Class{"profiled", "packet-rate"}, false},
		{"own-mix", Class{"profiled", "packet-rate"}, true},
		{"poisoning", Class{"profiled", "anything"}, true},
		{"poisoning", Class{"operation", "slow-drift"}, true},
		{"poisoning", Class{"operation", "new-normal"}, false},
		{"slammer", Class{"signature", "slammer"}, true},
		{"worm", Class{"scan", "horizontal"}, true},
		{"vertical-scan", Class{"scan", "horizontal"}, false},
		{"outage", Class{"profiled", "drop"}, true},
	} {
		if got := Called(c.kind, c.class); got != c.want {
			t.Errorf("%s called %s: got %v, want %v", c.kind, c.class, got, c.want)
		}
	}
}

// The number of addresses of a mask is a twin of Mine that anyone can check.
func TestMineStaysInsideThePrefix(t *testing.T) {
	for _, text := range []string{"192.0.2.7/32", "192.0.2.6/31", "192.0.2.0/29", "10.0.0.0/12", "2001:db8::/40", "2001:db8::/64", "2001:db8::1/128", "2001:db8::/112"} {
		p := netip.MustParsePrefix(text)
		for n := range uint64(2000) {
			if ip := Mine(p, n); !p.Contains(ip.Addr()) {
				t.Fatalf("%s: %v", text, ip)
			}
		}
	}
}
