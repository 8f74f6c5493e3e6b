package reference

import (
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"eagre/anomaly"
	"eagre/flow"
	"eagre/network"
)

var (
	monday = time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC)
	edge   = netip.MustParseAddr("10.255.0.1")
	host4  = netip.MustParseAddr("20.0.0.7")
	host6  = netip.MustParseAddr("2a00:1::7")
	world4 = netip.MustParseAddr("99.9.9.9")
	world6 = netip.MustParseAddr("2600::9")
)

// bench is a meter and what it said.
type bench struct {
	t     *testing.T
	meter *Meter
	said  []anomaly.Event
}

func newBench(t *testing.T, of func(*network.Map, func(anomaly.Event) error) *Meter) *bench {
	t.Helper()
	nw, err := network.New(network.Config{
		Exporters: []network.Exporter{{Address: edge, Name: "edge1", Interfaces: []network.Interface{{Index: 1, Role: network.RoleExternal}, {Index: 9, Role: network.RoleCore}}}},
		Managed:   []network.ManagedObject{{Name: "acme", Prefixes: []netip.Prefix{netip.MustParsePrefix("20.0.0.0/24"), netip.MustParsePrefix("2a00:1::/48")}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{t: t}
	b.meter = of(nw, func(e anomaly.Event) error { b.said = append(b.said, e); return nil })
	return b
}

// record is packets of 100 bytes from the world to a host, by the edge's transit.
func record(to netip.Addr, packets uint64) flow.Record {
	from := world4
	if to.Is6() {
		from = world6
	}
	return flow.Record{Exporter: edge, SrcAddr: from, DstAddr: to, InIf: 1, Packets: packets, Bytes: 100 * packets, SamplingRate: 1}
}

func (b *bench) hear(at time.Time, records ...flow.Record) {
	b.t.Helper()
	batch := flow.NewBatch()
	batch.Reset(0, flow.StepOf(at))
	for _, r := range records {
		batch.Append(r)
	}
	if err := b.meter.Count(batch); err != nil {
		b.t.Fatal(err)
	}
}

// story is what was said, in words.
func (b *bench) story() (out []string) {
	b.t.Helper()
	if err := b.meter.Finish(); err != nil {
		b.t.Fatal(err)
	}
	for _, e := range b.said {
		words := []string{string(e.Event), e.At.Sub(monday).String(), string(e.Class) + "/" + e.Subclass}
		if e.Victim != nil {
			words = append(words, "to "+e.Victim.String())
		}
		if e.Source != nil {
			words = append(words, "from "+e.Source.String())
		}
		out = append(out, strings.Join(words, " "))
	}
	return out
}

func (b *bench) want(want ...string) {
	b.t.Helper()
	if diff := cmp.Diff(want, b.story()); diff != "" {
		b.t.Errorf("(-want +got):\n%s", diff)
	}
}

// steady is a rate for some seconds, a record each second.
func (b *bench) steady(from time.Time, seconds int, to netip.Addr, pps uint64) {
	b.t.Helper()
	for s := range seconds {
		b.hear(from.Add(time.Duration(s)*time.Second), record(to, pps))
	}
}

func TestAFloodAboveTwentyThousandPacketsIsFoundAndABusyHostIsNot(t *testing.T) {
	for _, host := range []netip.Addr{host4, host6} {
		b := newBench(t, NewFixed)
		b.steady(monday, 30, host, 19_900) // busy
		b.steady(monday.Add(time.Minute), 30, host, 20_100)
		victim := netip.PrefixFrom(host, host.BitLen()).String()
		b.want("opened 1m5s misuse/total-traffic to "+victim, "ended 3m30s misuse/total-traffic to "+victim)
		if got, want := b.said[1].Mean, (anomaly.Rates{PPS: 20_100, BPS: 800 * 20_100}); got != want {
			t.Errorf("mean %v, want %v", got, want)
		}
	}
}

// The pain that event time cures: the rule believes that what arrives now is now.
func TestAnAudioStreamOfADayIsAnAlarmForFixedLimits(t *testing.T) {
	b := newBench(t, NewFixed)
	stream := record(host4, 5_000_000)
	stream.Start, stream.End = monday.Add(-22*time.Hour), monday
	b.hear(monday, stream)
	b.want("opened 5s misuse/total-traffic to 20.0.0.7/32", "ended 2m5s misuse/total-traffic to 20.0.0.7/32")
}

func TestBitsAndFlowsHaveLimitsAsWell(t *testing.T) {
	b := newBench(t, NewFixed)
	big := record(host4, 50_000)
	big.Bytes = 5 * 1000e6 / 8 * 1.01
	b.hear(monday, big)
	for range 18 {
		many := make([]flow.Record, 1000)
		for i := range many {
			many[i] = record(host6, 1)
		}
		b.hear(monday.Add(10*time.Second), many...)
	}
	b.want("opened 5s misuse/total-traffic to 20.0.0.7/32", "opened 15s misuse/total-traffic to 2a00:1::7/128",
		"ended 2m5s misuse/total-traffic to 20.0.0.7/32", "ended 2m15s misuse/total-traffic to 2a00:1::7/128")
	if got := []anomaly.Unit{b.said[0].Threshold.Unit, b.said[1].Threshold.Unit}; !cmp.Equal(got, []anomaly.Unit{anomaly.BPS, anomaly.FPS}) {
		t.Errorf("limits broken: %v", got)
	}
}

func TestWhatAHostSendsIsCountedForItself(t *testing.T) {
	b := newBench(t, NewFixed)
	r := record(host4, 200_000)
	r.SrcAddr, r.DstAddr = r.DstAddr, r.SrcAddr
	b.hear(monday, r)
	b.want("opened 5s misuse/total-traffic from 20.0.0.7/32", "ended 2m5s misuse/total-traffic from 20.0.0.7/32")
}

func TestWhatCameFromAnotherRouterOfOursDoesNotCountAgain(t *testing.T) {
	b := newBench(t, NewFixed)
	again := record(host4, 60_000)
	again.InIf = 9
	b.hear(monday, record(host4, 60_000), again)
	b.want()
}

func TestSampledPacketsStandForThoseThatWereNot(t *testing.T) {
	b := newBench(t, NewFixed)
	r := record(host4, 101)
	r.SamplingRate = 1000
	b.hear(monday, r)
	b.want("opened 5s misuse/total-traffic to 20.0.0.7/32", "ended 2m5s misuse/total-traffic to 20.0.0.7/32")
}

// week is seven days of a host with a peak of a thousand packets a second each.
func (b *bench) week(host netip.Addr) {
	b.t.Helper()
	for day := range 7 {
		b.steady(monday.AddDate(0, 0, day).Add(12*time.Hour), 60, host, 1000)
	}
}

const nextMonday = 7 * 24 * time.Hour

func TestTwiceTheMaximumOfAWeekIsAllowedAndMoreIsNot(t *testing.T) {
	for _, host := range []netip.Addr{host4, host6} {
		b := newBench(t, NewMaximum)
		b.week(host)
		b.steady(monday.Add(nextMonday+time.Hour), 60, host, 1990) // a busy day
		b.steady(monday.Add(nextMonday+2*time.Hour), 60, host, 2010)
		victim := netip.PrefixFrom(host, host.BitLen()).String()
		b.want("opened 170h1m0s profiled/packet-rate to "+victim, "ended 170h3m0s profiled/packet-rate to "+victim)
	}
}

func TestTheMaximumLearnsFromAnAttackAndForgetsItAfterAWeek(t *testing.T) {
	b := newBench(t, NewMaximum)
	b.week(host4)
	at := func(days int) time.Time { return monday.Add(nextMonday).AddDate(0, 0, days) }
	b.steady(at(0), 60, host4, 5000) // is found
	b.steady(at(1), 60, host4, 9000) // is not: 5000 × 2 is usual now
	for day := 2; day < 9; day++ {
		b.steady(at(day), 60, host4, 1000)
	}
	b.steady(at(9), 60, host4, 5000) // the attacks are forgotten
	b.want("opened 168h1m0s profiled/packet-rate to 20.0.0.7/32", "ended 168h3m0s profiled/packet-rate to 20.0.0.7/32",
		"opened 384h1m0s profiled/packet-rate to 20.0.0.7/32", "ended 384h3m0s profiled/packet-rate to 20.0.0.7/32")
}

func TestAHostThatWasNeverSeenHasTheFloor(t *testing.T) {
	b := newBench(t, NewMaximum)
	b.steady(monday, 60, host4, 990)
	b.steady(monday.Add(time.Hour), 60, host4, 1010)
	b.want("opened 1h1m0s profiled/packet-rate to 20.0.0.7/32", "ended 1h3m0s profiled/packet-rate to 20.0.0.7/32")
}

func TestHostsWithoutRoomAreCounted(t *testing.T) {
	b := newBench(t, NewFixed)
	b.meter.most = 1
	b.hear(monday, record(host4, 1), record(host6, 1_000_000), record(host6, 1), record(host4, 1_000_000))
	b.want("opened 5s misuse/total-traffic to 20.0.0.7/32", "ended 2m5s misuse/total-traffic to 20.0.0.7/32")
	if got := b.meter.Refused(); got != 2 {
		t.Errorf("%d records refused, want 2", got)
	}
}

func TestWhoCannotBeToldEndsTheCount(t *testing.T) {
	b := newBench(t, NewFixed)
	deaf := errors.New("the pipe is broken")
	b.meter.tell = func(anomaly.Event) error { return deaf }
	b.hear(monday, record(host4, 1_000_000))
	if err := b.meter.Finish(); !errors.Is(err, deaf) {
		t.Errorf("got %v", err)
	}
}

func TestTheSameAlarmHasTheSameIdAndAnotherHasAnother(t *testing.T) {
	ids := func(host netip.Addr) string {
		b := newBench(t, NewFixed)
		b.hear(monday, record(host, 1_000_000))
		b.story()
		if b.said[0].ID != b.said[1].ID || b.said[1].Revision != 2 {
			t.Errorf("%s revision %d ended as %s revision %d", b.said[0].ID, b.said[0].Revision, b.said[1].ID, b.said[1].Revision)
		}
		return b.said[0].ID
	}
	first, again, other := ids(host4), ids(host4), ids(host6)
	if first != again || first == other {
		t.Error("ids are not made from what they are of")
	}
}
