package score

import (
	"bytes"
	"encoding/json"
	"math"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"eagre/anomaly"
	"eagre/quality"
)

var (
	monday  = time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC)
	tuesday = monday.AddDate(0, 0, 1)
	victim  = netip.MustParsePrefix("20.0.0.7/32")
	victim6 = netip.MustParsePrefix("2a00:1::7/128")
	edge    = netip.MustParseAddr("10.255.0.1")
)

// world has one customer, learns on Monday and is judged on Tuesday; its profiles make
// one finding one a day and 1000 profiles.
func world(events ...quality.Event) *quality.World {
	acme := quality.Customer{Name: "acme", Prefix4: netip.MustParsePrefix("20.0.0.0/24"), Prefix6: netip.MustParsePrefix("2a00:1::/48")}
	w := &quality.World{Start: monday, Days: 2, Train: 1, Profiles: 1000, Routers: []quality.Router{{Name: "edge1", Address: edge}}, Customers: []quality.Customer{acme}}
	for n := range events {
		events[n].ID = n
	}
	w.Events = events
	return w
}

func number16(n uint16) *uint16 { return &n }

// flood is an attack from ten to half past ten.
func flood(victim netip.Prefix) quality.Event {
	return quality.Event{
		Kind: "udp-flood", Nature: quality.Attack, Start: tuesday.Add(10*time.Hour + 20*time.Second), End: tuesday.Add(10*time.Hour + 30*time.Minute),
		Victim: victim, Breadth: 1, Multiple: 3, SamplesPerTick: 50, Samples: 1500,
		Vectors: []quality.Vector{{Kind: "udp-flood", Protocol: 17, DstPort: number16(4000), PacketSize: 500, Share: 1}},
		Entries: []quality.EntryShare{{Exporter: edge, Interface: 1, Share: 0.95}, {Exporter: edge, Interface: 2, Share: 0.05}},
	}
}

// finding is what a detector says that sees everything, a minute after the start.
func finding(e quality.Event) anomaly.Event {
	proto, size := e.Vectors[0].Protocol, e.Vectors[0].PacketSize
	end := e.End
	f := anomaly.Event{Event: anomaly.Opened, ID: "a-" + e.Kind, Revision: 1, At: e.Start.Add(70 * time.Second)}
	f.Class, f.Subclass, f.Importance, f.Stage = anomaly.Misuse, e.Kind, anomaly.High, anomaly.Stable
	f.Start, f.End = e.Start, &end
	f.Victim = &e.Victim
	f.Fingerprint = anomaly.Fingerprint{Protocol: &proto, PacketSize: &size, DstPort: e.Vectors[0].DstPort}
	f.NetworkElements = []anomaly.NetworkElement{{Address: edge, Interface: 1, Entry: true, Share: 0.95}, {Address: edge, Interface: 9, Share: 0.95}}
	return f
}

// told prints events and reads them back, as a run does.
func told(t *testing.T, events ...anomaly.Event) []Incident {
	t.Helper()
	var b bytes.Buffer
	for _, e := range events {
		if err := json.NewEncoder(&b).Encode(e); err != nil {
			t.Fatal(err)
		}
	}
	out, err := ReadIncidents(&b)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// values are the rows that measured something.
func values(s *Sheet) map[string]float64 {
	out := map[string]float64{}
	for _, r := range s.Rows() {
		if !math.IsNaN(r.Value) {
			out[r.Name] = r.Value
		}
	}
	return out
}

func TestADetectorThatSeesEverythingReachesEveryGoal(t *testing.T) {
	for _, v := range []netip.Prefix{victim, victim6} {
		e := flood(v)
		for _, r := range Judge(world(e), told(t, finding(e))).Rows() {
			if got := r.Verdict(); got != Reached && got != Unmeasured {
				t.Errorf("%s: %s is %s", v, r.Name, r)
			}
		}
	}
}

func TestADetectorThatIsMuteFindsNothingAndAlarmsNobody(t *testing.T) {
	got := values(Judge(world(flood(victim)), nil))
	want := map[string]float64{
		"core attacks detected": 0, "core reported within 2 ticks": 0, "High false alarms a day and 1000 profiles": 0,
		"… in restart, sampling, clock, timeout, failover, holiday": 0, "notices of nothing a day and 1000 profiles": 0,
		"one day of learning: core detected": 0,
	}
	want["… High false alarms a day and 1000 profiles"] = 0
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Each case changes one thing of what a detector says that sees everything.
func TestWhatIsWrongShowsInItsRowAlone(t *testing.T) {
	lone := netip.MustParsePrefix("20.0.0.0/24")
	other := netip.MustParsePrefix("20.0.9.9/32")
	for name, c := range map[string]struct {
		change func(f *anomaly.Event)
		row    string
		want   float64
	}{
		"three minutes later":     {func(f *anomaly.Event) { f.At = f.At.Add(3 * time.Minute) }, "core reported within 2 ticks", 0},
		"the whole customer":      {func(f *anomaly.Event) { f.Victim = &lone }, "victim or source right", 0},
		"a neighbour":             {func(f *anomaly.Event) { f.Victim = &other }, "core attacks detected", 0},
		"a neighbour is an alarm": {func(f *anomaly.Event) { f.Victim = &other }, "High false alarms a day and 1000 profiles", 1},
		"before it began":         {func(f *anomaly.Event) { f.At = tuesday.Add(9 * time.Hour) }, "core attacks detected", 0},
		"long after it ended":     {func(f *anomaly.Event) { f.At = tuesday.Add(11 * time.Hour) }, "core attacks detected", 0},
		"while learning":          {func(f *anomaly.Event) { f.At = monday.Add(10 * time.Hour) }, "core attacks detected", 0},
		"in shadow":               {func(f *anomaly.Event) { f.Stage = anomaly.Shadow }, "core attacks detected", 0},
		"an alarm in shadow":      {func(f *anomaly.Event) { f.Stage, f.Victim = anomaly.Shadow, &other }, "High false alarms a day and 1000 profiles", 0},
		"another class":           {func(f *anomaly.Event) { f.Subclass = anomaly.SYNFlood }, "class right", 0},
		"a vector names it": {func(f *anomaly.Event) {
			f.Vectors = []anomaly.Vector{{Class: f.Class, Subclass: f.Subclass}}
			f.Subclass = "x"
		}, "class right", 100},
		"another port":             {func(f *anomaly.Event) { f.Fingerprint.DstPort = number16(4001) }, "fingerprint right", 0},
		"no port":                  {func(f *anomaly.Event) { f.Fingerprint.DstPort = nil }, "fingerprint right", 0},
		"a port that is none":      {func(f *anomaly.Event) { f.Fingerprint.SrcPort = number16(4001) }, "fingerprint right", 0},
		"a size a tenth off":       {func(f *anomaly.Event) { *f.Fingerprint.PacketSize = 549 }, "fingerprint right", 100},
		"a size further off":       {func(f *anomaly.Event) { *f.Fingerprint.PacketSize = 551 }, "fingerprint right", 0},
		"the small entry as well":  {func(f *anomaly.Event) { f.NetworkElements[1].Interface, f.NetworkElements[1].Entry = 2, true }, "entry points F1", 1},
		"an entry that is none":    {func(f *anomaly.Event) { f.NetworkElements[1].Interface, f.NetworkElements[1].Entry = 3, true }, "entry points F1", 2.0 / 3},
		"no entry":                 {func(f *anomaly.Event) { f.NetworkElements = nil }, "entry points F1", 0},
		"five minutes too long":    {func(f *anomaly.Event) { *f.End = f.End.Add(5 * time.Minute) }, "end of attack, error in s: median", 300},
		"a neighbour, not loudly":  {func(f *anomaly.Event) { f.Importance, f.Victim = anomaly.Medium, &other }, "notices of nothing a day and 1000 profiles", 1},
		"about the watch":          {func(f *anomaly.Event) { f.Class = anomaly.Operation }, "core attacks detected", 0},
		"about the customer":       {func(f *anomaly.Event) { f.Victim = nil; f.Resource = anomaly.Resource{Name: "acme"} }, "core attacks detected", 100},
		"about another customer":   {func(f *anomaly.Event) { f.Victim = nil; f.Resource = anomaly.Resource{Name: "other"} }, "core attacks detected", 0},
		"IPv6 of another customer": {func(f *anomaly.Event) { p := netip.MustParsePrefix("2a00:2::7/128"); f.Victim = &p }, "core attacks detected", 0},
	} {
		e := flood(victim)
		f := finding(e)
		c.change(&f)
		if got := values(Judge(world(e), told(t, f)))[c.row]; math.Abs(got-c.want) > 1e-9 {
			t.Errorf("%s: %s: got %v, want %v", name, c.row, got, c.want)
		}
	}
}

func TestASecondIncidentOfAnAttackIsExtra(t *testing.T) {
	e := flood(victim)
	first, second := finding(e), finding(e)
	second.ID, second.At = "a-second", first.At.Add(time.Minute)
	got := Judge(world(e), told(t, second, first)).Outcomes[0] // whatever is printed first
	if got.Extra != 1 || got.After != 70*time.Second {
		t.Errorf("got %d extra, first after %v", got.Extra, got.After)
	}
}

func TestAHonestDayMayBeMentionedButNotShoutedAbout(t *testing.T) {
	surge := flood(netip.MustParsePrefix("20.0.0.0/24"))
	surge.Kind, surge.Nature = "flash-crowd", quality.Surge
	for importance, want := range map[anomaly.Importance][3]float64{anomaly.Medium: {0, 0, 0}, anomaly.High: {100, 1, 0}} {
		f := finding(flood(victim))
		f.Importance = importance
		got := values(Judge(world(surge), told(t, f)))
		rows := [3]float64{got["honest surges called High"], got["High false alarms a day and 1000 profiles"], got["notices of nothing a day and 1000 profiles"]}
		if rows != want {
			t.Errorf("%s: surges called High, false alarms, notices: got %v, want %v", importance, rows, want)
		}
	}
}

func TestWhatRoutersDoExcusesNoAlarm(t *testing.T) {
	change := quality.Event{Kind: "sampling-change", Nature: quality.Disruption, Customer: quality.Everyone, Start: tuesday.Add(9 * time.Hour), End: tuesday.Add(15 * time.Hour)}
	got := values(Judge(world(change), told(t, finding(flood(victim)))))
	if got["… in restart, sampling, clock, timeout, failover, holiday"] != 1 || got["High false alarms a day and 1000 profiles"] != 1 {
		t.Errorf("got %v", got)
	}
}

func TestOfTwoEventsTheOneThatIsNamedIsTaken(t *testing.T) {
	one, two := flood(victim), flood(victim)
	two.Kind, two.Vectors = "icmp-flood", []quality.Vector{{Kind: "icmp-flood", Protocol: 1}}
	two.Start = two.Start.Add(time.Second) // began last
	got := Judge(world(one, two), told(t, finding(one)))
	if !got.Outcomes[0].Found || got.Outcomes[1].Found {
		t.Errorf("found %v and %v", got.Outcomes[0].Found, got.Outcomes[1].Found)
	}
}

func TestAScanIsKnownByItsSource(t *testing.T) {
	source := netip.MustParsePrefix("99.9.9.9/32")
	e := flood(netip.MustParsePrefix("20.0.0.0/24"))
	e.Kind, e.Source, e.Breadth, e.Vectors[0].Kind = "horizontal-scan", source, 0, "horizontal-scan"
	f := finding(e)
	f.Victim, f.Source, f.Class, f.Subclass = nil, &source, anomaly.Scan, "horizontal"
	if got := Judge(world(e), told(t, f)).Outcomes[0]; !got.Found || !got.Who || !got.Class {
		t.Errorf("by its source: %+v", got)
	}
	f.Source, f.Victim = nil, &victim
	if got := Judge(world(e), told(t, f)).Outcomes[0]; !got.Found || got.Who {
		t.Errorf("by its victim: %+v", got)
	}
	f.Class, f.Subclass = anomaly.Misuse, anomaly.UDPFlood
	if got := Judge(world(e), told(t, f)).Outcomes[0]; got.Found {
		t.Error("a flood of one host was taken for a sweep")
	}
}

func TestAnAttackOfTooFewSamplesIsNotAskedFor(t *testing.T) {
	e := flood(victim)
	e.Samples = 7
	if got := Judge(world(e), nil); got.Unaskable != 1 || len(got.Outcomes) != 0 {
		t.Errorf("%+v", got)
	}
}

func TestTheOrderOfLinesOfDifferentIncidentsChangesNothing(t *testing.T) {
	w, err := quality.New(quality.DefaultConfig())
	if err != nil {
		t.Fatal(err)
	}
	var all []anomaly.Event
	for _, e := range w.Events {
		if len(e.Vectors) > 0 && e.Victim.IsValid() {
			f := finding(e)
			f.ID += e.Start.String()
			all = append(all, f)
		}
	}
	print := func(events []anomaly.Event) string {
		var b strings.Builder
		if err := Print(&b, Column{"x", Judge(w, told(t, events...))}); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	forwards := print(all)
	slices.Reverse(all)
	if diff := cmp.Diff(forwards, print(all)); diff != "" {
		t.Errorf("(-forwards +backwards):\n%s", diff)
	}
}

func TestSheetsAddUp(t *testing.T) {
	e := flood(victim)
	sum := Judge(world(e), nil)
	sum.Add(Judge(world(e), told(t, finding(e))))
	got := values(sum)
	if got["core attacks detected"] != 50 || got["one day of learning: core detected"] != 50 || sum.ProfileDays != 2000 {
		t.Errorf("%v of %v profile days", got, sum.ProfileDays)
	}
}

// The slow twin of quantile: count how many do not exceed each candidate.
func TestQuantilesAreTheSmallestValueThatSoManyDoNotExceed(t *testing.T) {
	for n := 1; n < 60; n++ {
		var all []Outcome
		for k := range n {
			all = append(all, Outcome{Found: true, Ticks: (k * 37) % 23})
		}
		for _, q := range []float64{0.5, 0.9, 0.99} {
			want := 0
			for below := 0; float64(below) < q*float64(n); want++ {
				below = 0
				for _, o := range all {
					if o.Ticks <= want {
						below++
					}
				}
			}
			if got := quantile("", all, ticks, q, 0, 0).Value; got != float64(want-1) {
				t.Errorf("%d values, quantile %v: got %v, want %d", n, q, got, want-1)
			}
		}
	}
}

func TestVerdicts(t *testing.T) {
	for _, c := range []struct {
		row  Row
		want Verdict
	}{
		{Row{Value: 97, Gate: 98, Goal: 100}, Below},
		{Row{Value: 98, Gate: 98, Goal: 100}, Gated},
		{Row{Value: 100, Gate: 98, Goal: 100}, Reached},
		{Row{Value: 0.05, Gate: 1, Goal: 0.1, Less: true}, Reached},
		{Row{Value: 0.5, Gate: 1, Goal: 0.1, Less: true}, Gated},
		{Row{Value: 2, Gate: 1, Goal: 0.1, Less: true}, Below},
		{Row{Value: 400, Gate: math.NaN(), Goal: 300, Less: true}, Gated},
		{Row{Value: math.NaN(), Gate: 1, Goal: 0.1}, Unmeasured},
	} {
		if got := c.row.Verdict(); got != c.want {
			t.Errorf("%+v: got %s, want %s", c.row, got, c.want)
		}
	}
}

func TestBrokenEventsAreRefusedWithTheirPlace(t *testing.T) {
	good, err := json.Marshal(finding(flood(victim)))
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		"{":                       "score: event 2: unexpected EOF",
		`{"event":"opened"}`:      "score: event 2: no id or no time",
		`{"importance":"urgent"}`: "score: event 2: ",
	} {
		_, err := ReadIncidents(strings.NewReader(string(good) + "\n" + text))
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", text, err, want)
		}
	}
}

// FuzzReadIncidents: whatever a file of events holds can be judged or is refused.
func FuzzReadIncidents(f *testing.F) {
	e := flood(victim)
	line, err := json.Marshal(finding(e))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(line)
	f.Add([]byte(`{"id":"a","at":"2026-01-06T10:02:00Z","importance":"low","victim":"20.0.0.7/32"}`))
	w := world(e)
	f.Fuzz(func(t *testing.T, data []byte) {
		incidents, err := ReadIncidents(bytes.NewReader(data))
		if err != nil {
			return
		}
		s := Judge(w, incidents)
		if len(s.Outcomes) != 1 || s.Outcomes[0].F1 > 1 || len(s.Rows()) == 0 {
			t.Errorf("%+v", s)
		}
	})
}
