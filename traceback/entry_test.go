package traceback

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"eagre/flow"
	"eagre/network"
)

// seen is what a test wants to know about a network element.
type seen struct {
	Where string
	Entry bool
	Share float64
}

func places(t Trace) []seen {
	var out []seen
	for _, e := range t.Elements {
		out = append(out, seen{fmt.Sprintf("%s/%d", e.Exporter, e.Interface), e.Entry, e.Share})
	}
	return out
}

// flood is n SYNs, one each 10 ms, as one interface sees them.
func flood(at interface{ String() string }, in uint32, n int, from time.Duration, victim string) []flow.Record {
	var out []flow.Record
	for i := range n {
		source := flow.V4(0xcb007100 | uint32(i)).Addr().String()
		if addr(victim).Is6() {
			source = flow.IP{Hi: 0x20010db8ffff0000, Lo: uint64(i + 1)}.Addr().String()
		}
		out = append(out, syn(addr(at.String()), in, from+time.Duration(i)*10*time.Millisecond, source, victim))
	}
	return out
}

func TestTwoRoutersInAChainGiveOneEntryPoint(t *testing.T) {
	for _, victim := range []string{"198.51.100.7", "2001:db8:1::7"} {
		t.Run(victim, func(t *testing.T) {
			records := flood(edge1, 1, 100, time.Second, victim)
			records = append(records, flood(core1, 1, 100, time.Second+time.Millisecond, victim)...) // the same, a hop later
			got := traceOne(hold(Config{}, records...), isp(t), minute(hostOf(victim)))
			want := []seen{{"edge1/1", true, 1}, {"core1/1", false, 0}}
			if diff := cmp.Diff(want, places(got)); diff != "" {
				t.Errorf("elements (-want +got):\n%s", diff)
			}
			if got, want := got.Snapshot.Total.Packets, uint64(100); got != want {
				t.Errorf("counted %d packets, want each once: %d", got, want)
			}
		})
	}
}

func hostOf(a string) string {
	return flow.FromAddr(addr(a)).Prefix(addr(a).BitLen()).String()
}

func TestTwoEntriesShareTheAttackAndComeBeforeTransit(t *testing.T) {
	victim := "198.51.100.7"
	records := flood(edge1, 1, 70, 2*time.Second, victim)
	records = append(records, flood(edge2, 1, 30, 3*time.Second, victim)...)
	records = append(records, flood(core1, 1, 70, time.Second, victim)...) // seems to come first: its clock is wrong
	records = append(records, flood(edge2, 9, 70, 4*time.Second, victim)...)
	got := places(traceOne(hold(Config{}, records...), isp(t), minute(victim+"/32")))
	want := []seen{{"edge1/1", true, .7}, {"edge2/1", true, .3}, {"core1/1", false, 0}, {"edge2/9", false, 0}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("elements (-want +got):\n%s", diff)
	}
}

func TestAFewInnocentLookAlikesAreNoEntryPoint(t *testing.T) {
	victim := "198.51.100.7"
	records := flood(edge1, 1, 97, time.Second, victim)
	records = append(records, flood(edge2, 11, 3, time.Second, victim)...) // three customers who open connections
	got := places(traceOne(hold(Config{}, records...), isp(t), minute(victim+"/32")))
	want := []seen{{"edge1/1", true, .97}, {"edge2/11", false, .03}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("elements (-want +got):\n%s", diff)
	}
}

func TestTwentyEqualEntriesAreAllEntries(t *testing.T) {
	var interfaces []network.Interface
	var records []flow.Record
	for i := range uint32(20) {
		interfaces = append(interfaces, network.Interface{Index: i + 1, Role: network.RoleExternal})
		records = append(records, flood(edge1, i+1, 10, time.Second, "198.51.100.7")...)
	}
	nw, err := network.New(network.Config{Exporters: []network.Exporter{{Address: edge1, Name: "edge1", Interfaces: interfaces}}})
	if err != nil {
		t.Fatal(err)
	}
	got := traceOne(hold(Config{}, records...), nw, minute("198.51.100.7/32"))
	for _, e := range got.Elements {
		if !e.Entry {
			t.Errorf("interface %d with a share of %.2f is no entry", e.Interface, e.Share)
		}
	}
}

func TestWithNoRolesTheExporterThatSawMostCounts(t *testing.T) {
	victim := "198.51.100.7"
	records := flood(edge1, 4, 60, time.Second, victim)
	records = append(records, flood(edge1, 5, 30, time.Second, victim)...)
	records = append(records, flood(core1, 1, 80, time.Second, victim)...) // lost ten of the same ninety
	got := traceOne(hold(Config{}, records...), nil, minute(victim+"/32"))
	want := []seen{{"192.0.2.1/4", true, 60. / 90}, {"192.0.2.1/5", true, 30. / 90}, {"192.0.2.9/1", false, 0}}
	if diff := cmp.Diff(want, places(got)); diff != "" {
		t.Errorf("elements (-want +got):\n%s", diff)
	}
	if got := got.Snapshot.Total.Packets; got != 90 {
		t.Errorf("counted %d packets, want the maximum over exporters, 90", got)
	}
}

func TestAnInterfaceMissingFromTheMapIsFoundByWhatItCarries(t *testing.T) {
	victim := "198.51.100.7"
	records := flood(edge1, 1, 10, time.Second, victim)
	records = append(records, flood(edge1, 77, 90, time.Second, victim)...) // nobody declared 77
	got := places(traceOne(hold(Config{}, records...), isp(t), minute(victim+"/32")))
	want := []seen{{"edge1/1", true, .1}, {"edge1/77", true, .9}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("elements (-want +got):\n%s", diff)
	}
}

func TestWhenOnlyTheCoreExportsThereIsNoEntryButACount(t *testing.T) {
	records := flood(core1, 1, 50, time.Second, "198.51.100.7")
	got := traceOne(hold(Config{}, records...), isp(t), minute("198.51.100.7/32"))
	want := []seen{{"core1/1", false, 1}}
	if diff := cmp.Diff(want, places(got)); diff != "" {
		t.Errorf("elements (-want +got):\n%s", diff)
	}
	if got := got.Snapshot.Total.Packets; got != 50 {
		t.Errorf("counted %d packets, want 50", got)
	}
}

func TestAnElementSaysHowMuchAndHowMuchOfItsLink(t *testing.T) {
	r := syn(edge1, 1, 10*time.Second, "203.0.113.1", "198.51.100.7")
	r.End, r.Packets, r.Bytes, r.SamplingRate = r.Start.Add(20*time.Second), 1000, 1_000_000, 100
	peak := syn(edge1, 1, 40*time.Second, "203.0.113.1", "198.51.100.7")
	peak.Packets, peak.Bytes = 6000, 12_500_000
	got := traceOne(hold(Config{}, r, peak), isp(t), minute("198.51.100.7/32")).Elements[0]
	if got.MaxPPS != 6000 || got.MaxBPS != 1e8 || got.LinkSeverityPercent != 10 {
		t.Errorf("maximum %v pps, %v bps, %v %% of the link, want 6000, 1e8, 10", got.MaxPPS, got.MaxBPS, got.LinkSeverityPercent)
	}
	if got, want := got.MeanPPS, 106_000./60; got != want {
		t.Errorf("mean %v pps, want %v", got, want)
	}
	if got, want := got.FirstSeen, t0.Add(10*time.Second); !got.Equal(want) {
		t.Errorf("first seen %v, want %v", got, want)
	}
}

func TestTrafficBeforeTheAttackIsWhatIsExpected(t *testing.T) {
	quiet := syn(edge1, 1, 0, "203.0.113.1", "198.51.100.7")
	quiet.Start, quiet.End, quiet.Packets = t0.Add(-40*time.Second), t0, 400 // 10 pps
	attack := flood(edge1, 1, 500, time.Second, "198.51.100.7")
	r := NewRecent(Config{})
	add := func(at time.Duration, records ...flow.Record) {
		step := flow.StepOf(t0.Add(at))
		r.Add(step, pack(step, records)[0])
	}
	add(-40*time.Second, syn(edge2, 1, -40*time.Second, "203.0.113.1", "192.0.2.77")) // what is held begins here
	add(0, quiet)
	add(10*time.Second, attack...)
	got := traceOne(r, isp(t), Pattern{Victim: prefix("198.51.100.7/32"), From: t0, To: t0.Add(10 * time.Second)})
	if got := got.Elements[0].ExpectedPPS; got != 10 {
		t.Errorf("expected %v pps, want 10", got)
	}
	if got := got.Snapshot.Total.Packets; got != 500 {
		t.Errorf("the attack has %d packets, want 500", got)
	}
}

func TestMoreInterfacesThanTheBoundAreLeftOutAndCounted(t *testing.T) {
	c := Config{MaxElements: 3, Metrics: NewMetrics(nil)}
	var records []flow.Record
	for in := uint32(20); in > 0; in-- {
		records = append(records, flood(edge1, in, 5, time.Second, "198.51.100.7")...)
	}
	got := traceOne(hold(c, records...), nil, minute("198.51.100.7/32"))
	if got := len(got.Elements); got != 3 {
		t.Errorf("%d elements, want 3", got)
	}
	if got := bounded(c.Metrics, boundElements); got != 1 {
		t.Errorf("bound counted %v, want 1", got)
	}
}
