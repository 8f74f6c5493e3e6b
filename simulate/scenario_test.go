package simulate

import (
	"hash/fnv"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"eagre/flow"
	"eagre/network"
)

// oneRouter is a scenario with one router.
func oneRouter(t *testing.T, r Router, traffic ...Traffic) *Scenario {
	t.Helper()
	r.Exporter.Name = "r1"
	if !r.Exporter.Address.IsValid() {
		r.Exporter = network.Exporter{Name: "r1", Address: addr("127.0.0.21")}
	}
	if r.Active == 0 {
		r.Active, r.Inactive = 15*time.Second, 5*time.Second
	}
	r.Boot = t0.Add(-time.Hour)
	s, err := New(Config{Start: t0, Seed: 7, Routers: []Router{r}, Steady: traffic})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// steady sends one packet of a flow each tick, for a while.
type steady struct {
	flow   flow.Record
	length int
	each   int
	until  time.Time
}

func (s steady) Send(from, _ time.Time, _ *rand.Rand, emit func(Burst)) {
	if from.Before(s.until) {
		emit(Burst{At: from, Flow: s.flow, Length: s.length, Count: s.each, Path: []Hop{{0, 1, 2}}})
	}
}

// collect runs a scenario and reads back what its v5 router sent.
func collectV5(t *testing.T, s *Scenario, to time.Time, finish bool) []v5 {
	t.Helper()
	var out []v5
	read := func(d Datagram) { out = append(out, readV5(t, d.Payload)) }
	s.Advance(to, read)
	if finish {
		s.Finish(read)
	}
	return out
}

func udpFlow() flow.Record {
	return flow.Record{SrcAddr: addr("198.51.100.7"), DstAddr: addr("203.0.113.9"), SrcPort: 5000, DstPort: 53, Proto: protoUDP}
}

func TestALongFlowIsExportedEachActiveTimeoutAndOnceMoreWhenSilent(t *testing.T) {
	s := oneRouter(t, Router{Format: flow.NetFlowV5}, steady{udpFlow(), 100, 1, t0.Add(40 * time.Second)})
	type sent struct {
		At, Start, End time.Duration
		Packets        uint64
	}
	var got []sent
	s.Advance(t0.Add(time.Minute), func(d Datagram) {
		for _, r := range readV5(t, d.Payload).records {
			got = append(got, sent{d.At.Sub(t0), r.Start.Sub(t0), r.End.Sub(t0), r.Packets})
		}
	})
	ms := time.Millisecond
	want := []sent{{15000 * ms, 0, 14900 * ms, 150}, {30000 * ms, 15000 * ms, 29900 * ms, 150}, {44900 * ms, 30000 * ms, 39900 * ms, 100}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("exports (-want +got):\n%s", diff)
	}
}

func TestTCPFlowsLeaveTheCacheWhenTheyEnd(t *testing.T) {
	f := udpFlow()
	f.Proto, f.TCPFlags = protoTCP, tcpFin|tcpAck
	s := oneRouter(t, Router{Format: flow.NetFlowV5}, steady{f, 52, 1, t0.Add(Tick)})
	if got := collectV5(t, s, t0.Add(2*Tick), false); len(got) != 1 || got[0].records[0].TCPFlags != tcpFin|tcpAck {
		t.Errorf("after two ticks %d datagrams, want the ended flow", len(got))
	}
}

func TestSequenceNumbersCountFlowsAndTheHeaderTellsTheTime(t *testing.T) {
	s := oneRouter(t, Router{Format: flow.NetFlowV5, Sampling: 1, Domain: 3}, attackTraffic(t, 2000))
	var sequence uint32
	for _, d := range collectV5(t, s, t0.Add(10*time.Second), true) {
		if d.header.Sequence != sequence || d.header.EngineID != 3 || d.header.SamplingMode != 0 {
			t.Fatalf("header %+v, want sequence %d", d.header, sequence)
		}
		sequence += uint32(len(d.records))
		if got := d.header.Time.Sub(t0) + time.Hour; got != d.header.Uptime {
			t.Fatalf("uptime %v at %v, want %v", d.header.Uptime, d.header.Time, got)
		}
	}
	if sequence == 0 {
		t.Error("nothing was exported")
	}
}

// attackTraffic is a spoofed SYN flood at the only router.
func attackTraffic(t *testing.T, pps int) Traffic {
	t.Helper()
	return SYNFlood(When{t0, time.Minute}, addr("198.51.100.80"), 443, pps, []Entry{{Path: []Hop{{0, 1, 2}}, Share: 1}})
}

func TestEveryPacketThatEntersIsExportedOrCounted(t *testing.T) {
	six := udpFlow()
	six.SrcAddr, six.DstAddr = addr("2001:db8::1"), addr("2001:db8:1::1")
	s := oneRouter(t, Router{Format: flow.NetFlowV5}, attackTraffic(t, 3000), steady{udpFlow(), 404, 50, t0.Add(20 * time.Second)}, steady{six, 80, 3, t0.Add(time.Second)})
	var packets, bytes uint64
	for _, d := range collectV5(t, s, t0.Add(20*time.Second), true) {
		for _, r := range d.records {
			packets += r.Packets
			bytes += r.Bytes
		}
	}
	c := s.Counters(0)
	if want := uint64(3000*20 + 50*200); packets != want || c.Exported != want || bytes != 3000*20*40+50*200*404 {
		t.Errorf("exported %d packets (counter %d), %d bytes, want %d", packets, c.Exported, bytes, want)
	}
	if c.Seen != c.Exported+c.Unexportable || c.Unexportable != 30 {
		t.Errorf("seen %d, exported %d, unexportable %d, want 30 IPv6 packets left over", c.Seen, c.Exported, c.Unexportable)
	}
}

func TestAFullCacheIsExportedEarlyAndLosesNothing(t *testing.T) {
	s := oneRouter(t, Router{Format: flow.NetFlowV5, Active: time.Hour, Inactive: time.Hour}, attackTraffic(t, 50_000))
	var packets uint64
	for _, d := range collectV5(t, s, t0.Add(3*time.Second), true) {
		for _, r := range d.records {
			packets += r.Packets
		}
	}
	if c := s.Counters(0); packets != 150_000 || c.CacheFlushes == 0 {
		t.Errorf("exported %d packets after %d flushes, want 150000 after some", packets, c.CacheFlushes)
	}
}

func TestSamplingIsUnbiased(t *testing.T) {
	for _, c := range []struct {
		format flow.Version
		rate   uint32
	}{{flow.NetFlowV5, 10}, {flow.NetFlowV5, 1000}, {flow.SFlowV5, 100}, {flow.SFlowV5, 512}} {
		s := oneRouter(t, Router{Format: c.format, Sampling: c.rate}, attackTraffic(t, 20_000), steady{udpFlow(), 404, 777, t0.Add(time.Minute)})
		s.Advance(t0.Add(30*time.Second), func(Datagram) {})
		got := s.Counters(0)
		mean := float64(got.Seen) / float64(c.rate)
		sigma := math.Sqrt(mean * (1 - 1/float64(c.rate)))
		if off := (float64(got.Sampled) - mean) / sigma; math.Abs(off) > 4 {
			t.Errorf("%s 1:%d: %d of %d packets sampled, %.1f sigma from %.0f", c.format, c.rate, got.Sampled, got.Seen, off, mean)
		}
	}
}

func TestDiceSpreadTheirHitsAsSingleThrowsWould(t *testing.T) {
	d := newDice(50, false, 1, 2)
	var gaps []float64
	for gap := 0.0; len(gaps) < 20_000; gap++ {
		if d.take(1) == 1 {
			gaps = append(gaps, gap)
			gap = -1
		}
	}
	var sum, squares float64
	for _, g := range gaps {
		sum += g
		squares += g * g
	}
	mean := sum / float64(len(gaps))
	deviation := math.Sqrt(squares/float64(len(gaps)) - mean*mean)
	// Geometric: mean N-1, deviation sqrt(N(N-1)).
	if math.Abs(mean-49) > 4*49.5/math.Sqrt(20_000) || math.Abs(deviation-49.5) > 2 {
		t.Errorf("gaps have mean %.2f and deviation %.2f, want 49 and 49.5", mean, deviation)
	}
}

func TestSFlowSamplesCarryRatePoolAndSequence(t *testing.T) {
	six := udpFlow()
	six.SrcAddr, six.DstAddr = addr("2001:db8::1"), addr("2001:db8:1::1")
	s := oneRouter(t, Router{Format: flow.SFlowV5, Sampling: 20, Agent: addr("192.0.2.12"), Domain: 5},
		steady{udpFlow(), 404, 100, t0.Add(time.Minute)}, steady{six, 1280, 100, t0.Add(time.Minute)})
	var datagrams, samples, v6 uint32
	var pool uint32
	s.Advance(t0.Add(10*time.Second), func(d Datagram) {
		got := readSFlow(t, d.Payload)
		if got.header.Sequence != datagrams || got.header.SubAgent != 5 || got.header.Agent != addr("192.0.2.12") {
			t.Fatalf("header %+v, want sequence %d", got.header, datagrams)
		}
		datagrams++
		for _, sample := range got.samples {
			if sample.Sequence != samples || sample.Record.SamplingRate != 20 || sample.Pool < pool {
				t.Fatalf("sample %+v, want sequence %d", sample.SFlowSample, samples)
			}
			samples++
			pool = sample.Pool
			if sample.Record.SrcAddr.Is6() {
				v6++
			}
		}
	})
	if c := s.Counters(0); uint64(samples) != c.Exported || uint64(samples) != c.Records || v6 == 0 || pool > uint32(c.Seen) {
		t.Errorf("%d samples, %d of them IPv6, pool %d; counters %+v", samples, v6, pool, c)
	}
}

func TestTheSameSeedGivesTheSameBytes(t *testing.T) {
	digest := func(seed uint64, steps time.Duration) uint64 {
		h := fnv.New64a()
		s := Demo(t0, seed)
		for at := steps; at <= 20*time.Second; at += steps {
			s.Advance(t0.Add(at), func(d Datagram) {
				h.Write([]byte{byte(d.Router)})
				h.Write([]byte(d.At.String()))
				h.Write(d.Payload)
			})
		}
		return h.Sum64()
	}
	want := digest(1, time.Second)
	if got := digest(1, time.Second); got != want {
		t.Error("the same seed gave other datagrams")
	}
	if got := digest(1, 5*time.Second); got != want {
		t.Error("larger steps gave other datagrams")
	}
	if got := digest(2, time.Second); got == want {
		t.Error("another seed gave the same datagrams")
	}
}

func TestAScenarioSaysAllThatIsWrongWithIt(t *testing.T) {
	name := func(n string) network.Exporter { return network.Exporter{Name: n, Address: addr("127.0.0.1")} }
	_, err := New(Config{Routers: []Router{
		{Exporter: name("a"), Format: flow.Packets},
		{Exporter: name("b"), Format: flow.NetFlowV5},
		{Exporter: name("c"), Format: flow.NetFlowV5, Active: 1, Inactive: 1, Sampling: 20_000},
		{Exporter: network.Exporter{Name: "d"}, Format: flow.SFlowV5},
	}})
	if err == nil {
		t.Fatal("accepted")
	}
	for _, want := range []string{"router a: cannot export packets", "router b: a flow cache needs both timeouts", "router c: NetFlow v5 says at most 1:16383", "router d: no address"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q lacks %q", err, want)
		}
	}
	if _, err := New(Config{}); err == nil {
		t.Error("accepted a scenario without routers")
	}
}
