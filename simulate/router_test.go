package simulate

import (
	"bytes"
	"encoding/binary"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"eagre/flow"
	"eagre/network"
)

var allFormats = []flow.Version{
	flow.NetFlowV1, flow.NetFlowV5, flow.NetFlowV6, flow.NetFlowV7, flow.NetFlowV8, flow.NetFlowV9, flow.IPFIX, flow.SFlowV5,
}

// sentBy are all datagrams of a scenario up to a time.
func sentBy(s *Scenario, until time.Time) (out []Datagram) {
	keep := func(d Datagram) {
		d.Payload = bytes.Clone(d.Payload)
		out = append(out, d)
	}
	s.Advance(until, keep)
	s.Finish(keep)
	return out
}

func sixFlow() flow.Record {
	f := udpFlow()
	f.SrcAddr, f.DstAddr = addr("2001:db8::1"), addr("2001:db8:1::1")
	return f
}

func TestEveryFormatAccountsForEveryPacket(t *testing.T) {
	for _, format := range allFormats {
		r := Router{Format: format, Scheme: V8PrefixPort, Sampling: 10, RestartAt: []time.Time{t0.Add(7 * time.Second)}}
		s := oneRouter(t, r, attackTraffic(t, 500), steady{udpFlow(), 404, 50, t0.Add(20 * time.Second)}, steady{sixFlow(), 80, 30, t0.Add(20 * time.Second)})
		datagrams := sentBy(s, t0.Add(20*time.Second))
		records := 0
		for _, d := range datagrams {
			records += d.Records
		}
		c := s.Counters(0)
		if c.Sampled != c.Exported+c.Unexportable+c.Forgotten || c.Records != uint64(records) || c.Datagrams != uint64(len(datagrams)) || records == 0 {
			t.Errorf("%s: %+v; %d datagrams with %d records", format, c, len(datagrams), records)
		}
		carriesSix := format == flow.NetFlowV9 || format == flow.IPFIX || format == flow.SFlowV5
		if carriesSix != (c.Unexportable == 0) || c.Restarts != 1 || format != flow.SFlowV5 && c.Forgotten == 0 {
			t.Errorf("%s: %d unexportable, %d restarts, %d forgotten", format, c.Unexportable, c.Restarts, c.Forgotten)
		}
	}
}

func TestAggregationsAddUpToTheFlows(t *testing.T) {
	for scheme := V8AS; scheme < v8Schemes; scheme++ {
		s := oneRouter(t, Router{Format: flow.NetFlowV8, Scheme: scheme, Sampling: 1}, attackTraffic(t, 2000), steady{udpFlow(), 404, 50, t0.Add(10 * time.Second)})
		var packets, records uint64
		at, catalyst := map[V8Scheme]int{V8Destination: 4, V8SourceDestination: 8, V8FullFlow: 12}[scheme] // where packets stand
		if !catalyst {
			at = 4 // behind the flows
		}
		for _, d := range sentBy(s, t0.Add(10*time.Second)) {
			b := d.Payload[28:]
			for ; len(b) > 0; b = b[scheme.RecordBytes():] {
				packets += uint64(binary.BigEndian.Uint32(b[at:]))
				records++
			}
		}
		if c := s.Counters(0); packets != c.Seen || packets != c.Exported || records != c.Records {
			t.Errorf("%s: %d packets in %d records, want %d in %d", scheme, packets, records, c.Seen, c.Records)
		}
	}
}

func TestPrefixSchemesHoldPrefixes(t *testing.T) {
	f := udpFlow()
	f.SrcMask = 20
	s := oneRouter(t, Router{Format: flow.NetFlowV8, Scheme: V8PrefixTOS}, steady{f, 404, 5, t0.Add(time.Second)})
	b := sentBy(s, t0.Add(time.Second))[0].Payload[28:]
	if got, want := hexOf(b[20:30]), hexOf([]byte{198, 51, 96, 0, 203, 0, 113, 0, 20, 24}); got != want {
		t.Errorf("prefixes and masks %s, want %s", got, want)
	}
}

// options are what a v9 or IPFIX router says about itself, by the element of the first
// field behind the scope.
func optionsOf(t *testing.T, s *Scenario, until time.Time) (options []map[uint16][]byte, data []map[uint16][]byte) {
	t.Helper()
	known := templateStore{}
	for _, d := range sentBy(s, until) {
		m := known.read(t, d.Payload)
		options = append(options, m.options...)
		data = append(data, m.data...)
	}
	return options, data
}

func TestTheSamplingRateIsToldAsTheRouterIsSet(t *testing.T) {
	traffic := steady{udpFlow(), 100, 100, t0.Add(2 * time.Second)}
	for _, c := range []struct {
		format                   flow.Version
		announce                 Announce
		option, field, sampler   uint16
		deterministic, announced bool
	}{
		{flow.NetFlowV9, AnnounceNaturally, SamplerRandomInterval, 0, SamplerID, false, true},
		{flow.NetFlowV9, AnnounceRecords, 0, SamplingInterval, 0, false, true},
		{flow.NetFlowV9, AnnounceNothing, 0, 0, 0, false, false},
		{flow.IPFIX, AnnounceOptions, SamplingPacketSpace, 0, SelectorID, true, true},
		{flow.IPFIX, AnnounceRecords, 0, SamplingPacketSpace, 0, false, true},
		{flow.IPFIX, AnnounceNothing, 0, 0, 0, false, false},
	} {
		s := oneRouter(t, Router{Format: c.format, Sampling: 10, Deterministic: c.deterministic, Announce: c.announce}, traffic)
		options, data := optionsOf(t, s, t0.Add(3*time.Second))
		rate := uint64(10)
		if c.format == flow.IPFIX {
			rate = 9 // the packets between two
		}
		for name, got := range map[string]struct {
			element uint16
			in      []map[uint16][]byte
			want    uint64
		}{"options": {c.option, options, rate}, "record": {c.field, data, rate}, "sampler": {c.sampler, data, 1}} {
			if got.element != 0 && (len(got.in) == 0 || uintOf(got.in[0][got.element]) != got.want) {
				t.Errorf("%s by %s: %s %v, want element %d to be %d", c.format, c.announce, name, got.in, got.element, got.want)
			}
		}
		if told := len(options) > 0 || data[0][SamplingInterval] != nil || data[0][SamplingPacketSpace] != nil; told != c.announced {
			t.Errorf("%s by %s: told %v", c.format, c.announce, told)
		}
	}
}

func TestDeterministicSamplingTakesEachNthPacket(t *testing.T) {
	s := oneRouter(t, Router{Format: flow.NetFlowV5, Sampling: 7, Deterministic: true}, steady{udpFlow(), 100, 10, t0.Add(7 * time.Second)})
	d := collectV5(t, s, t0.Add(8*time.Second), true)
	if c := s.Counters(0); c.Sampled != 100 || d[0].header.SamplingMode != 1 || d[0].header.SamplingInterval != 7 {
		t.Errorf("%d of %d packets sampled, header %+v", c.Sampled, c.Seen, d[0].header)
	}
}

func TestTemplatesAndOptionsComeAgainAndAgain(t *testing.T) {
	r := Router{Format: flow.NetFlowV9, Sampling: 10, TemplatesEvery: 2 * time.Second, OptionsEvery: 5 * time.Second}
	r.Exporter = network.Exporter{Address: addr("127.0.0.21"), Interfaces: []network.Interface{{Index: 1, Name: "transit-a"}, {Index: 2, Name: "lan"}}}
	s := oneRouter(t, r)
	known, templates, samplers := templateStore{}, []time.Duration{}, []time.Duration{}
	var names []string
	s.Advance(t0.Add(11*time.Second), func(d Datagram) {
		m := known.read(t, d.Payload)
		if _, ok := m.templates[256]; ok {
			templates = append(templates, d.At.Sub(t0))
		}
		for _, o := range m.options {
			if o[SamplerID] != nil {
				samplers = append(samplers, d.At.Sub(t0))
			} else if len(samplers) == 1 {
				names = append(names, string(bytes.TrimRight(o[InterfaceName], "\x00")))
			}
		}
	})
	ms := time.Millisecond
	if diff := cmp.Diff([]time.Duration{100 * ms, 2100 * ms, 4100 * ms, 6100 * ms, 8100 * ms, 10100 * ms}, templates); diff != "" {
		t.Errorf("templates (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]time.Duration{100 * ms, 5100 * ms, 10100 * ms}, samplers); diff != "" {
		t.Errorf("options (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"transit-a", "lan"}, names); diff != "" {
		t.Errorf("interfaces (-want +got):\n%s", diff)
	}
}

func TestARestartBeginsAnew(t *testing.T) {
	for _, format := range []flow.Version{flow.NetFlowV9, flow.IPFIX} {
		r := Router{Format: format, RestartAt: []time.Time{t0.Add(5 * time.Second)}, RestartEvery: 8 * time.Second, Active: 15 * time.Second, Inactive: time.Second}
		s := oneRouter(t, r, attackTraffic(t, 500))
		known, last, ids := templateStore{}, uint32(0), map[uint16]int{}
		var resets []time.Duration
		for _, d := range sentBy(s, t0.Add(20*time.Second)) {
			m := known.read(t, d.Payload)
			if m.sequence < last {
				resets = append(resets, d.At.Sub(t0))
			}
			last = m.sequence
			for _, id := range m.of {
				ids[id]++
			}
		}
		if diff := cmp.Diff([]time.Duration{5 * time.Second, 8 * time.Second, 16 * time.Second}, resets); diff != "" {
			t.Errorf("%s: sequence numbers begin anew at (-want +got):\n%s", format, diff)
		}
		if len(ids) < 3 || s.Counters(0).Restarts != 3 {
			t.Errorf("%s: %d restarts, records of templates %v", format, s.Counters(0).Restarts, ids)
		}
	}
}

func TestASkewedClockTellsEverythingInItsOwnTime(t *testing.T) {
	for _, skew := range []time.Duration{-3 * time.Second, time.Hour} {
		s := oneRouter(t, Router{Format: flow.NetFlowV5, Skew: skew}, steady{udpFlow(), 100, 1, t0.Add(time.Second)})
		d := collectV5(t, s, t0.Add(20*time.Second), true)[0]
		if got := d.records[0].Start.Sub(t0); got != skew || d.header.Uptime != d.header.Time.Add(-skew).Sub(t0)+time.Hour {
			t.Errorf("skew %v: the flow starts %v after the scenario, uptime %v at %v", skew, got, d.header.Uptime, d.header.Time)
		}
	}
}

func TestFlowsAcrossTheWrapOfSysUptimeKeepTheirTimes(t *testing.T) {
	const wrap = (1 << 32) * time.Millisecond
	s := oneRouter(t, Router{Format: flow.NetFlowV5}, steady{udpFlow(), 100, 1, t0.Add(4 * time.Second)})
	s.routers[0].Boot = t0.Add(2*time.Second - wrap)
	d := collectV5(t, s, t0.Add(10*time.Second), true)[0]
	if r := d.records[0]; !r.Start.Equal(t0) || r.End.Sub(t0) != 3900*time.Millisecond || d.header.Uptime > time.Minute {
		t.Errorf("flow from %v to %v, uptime %v", r.Start, r.End, d.header.Uptime)
	}
}

func TestTheNetworkLosesDoublesAndReorders(t *testing.T) {
	run := func(f Faults) (sequences []uint32, c Counters) {
		s := oneRouter(t, Router{Format: flow.NetFlowV5, Sampling: 1, Faults: f}, attackTraffic(t, 3000))
		for _, d := range sentBy(s, t0.Add(20*time.Second)) {
			sequences = append(sequences, readV5(t, d.Payload).header.Sequence)
		}
		return sequences, s.Counters(0)
	}
	whole, _ := run(Faults{})
	lossy, c := run(Faults{Loss: .1})
	if got := len(whole) - len(lossy); uint64(got) != c.Lost || got < len(whole)/20 || c.LostRecords < 10*c.Lost {
		t.Errorf("%d of %d datagrams are missing: %+v", got, len(whole), c)
	}
	doubled, c := run(Faults{Duplication: .1})
	if got := len(doubled) - len(whole); uint64(got) != c.Duplicated || got < len(whole)/20 {
		t.Errorf("%d datagrams more than %d: %+v", got, len(whole), c)
	}
	mixed, c := run(Faults{Reordering: .1})
	inversions := 0
	for i := 1; i < len(mixed); i++ {
		if mixed[i] < mixed[i-1] {
			inversions++
		}
	}
	slices.Sort(mixed)
	if diff := cmp.Diff(whole, mixed); diff != "" || uint64(inversions) > c.Reordered || inversions < len(whole)/20 {
		t.Errorf("%d inversions, %d reordered (-in order +sorted):\n%s", inversions, c.Reordered, diff)
	}
	again, _ := run(Faults{Loss: .1})
	if !slices.Equal(lossy, again) {
		t.Error("the same seed lost other datagrams")
	}
}

func TestPacketReportsAreOneForEachSampledPacket(t *testing.T) {
	s := oneRouter(t, Router{Format: flow.IPFIX, Sampling: 20, PacketReports: true}, steady{udpFlow(), 404, 100, t0.Add(5 * time.Second)}, steady{sixFlow(), 500, 100, t0.Add(5 * time.Second)})
	options, data := optionsOf(t, s, t0.Add(6*time.Second))
	if c := s.Counters(0); uint64(len(data)) != c.Sampled || c.Exported != c.Sampled || len(options) != 1 {
		t.Errorf("%d reports, %d options, counters %+v", len(data), len(options), c)
	}
	for _, d := range data {
		var r flow.Record
		readFrame(t, d[DataLinkFrameSection], &r)
		if r.DstPort != 53 || uintOf(d[DataLinkFrameSize]) != r.Bytes+18 || uintOf(d[SelectorID]) != 1 || uintOf(d[EgressInterface]) != 2 {
			t.Fatalf("report %v of packet %+v", d, r)
		}
	}
}

// sflowCounters reads the generic counters of a datagram that has nothing else.
func sflowCounters(t *testing.T, b []byte) map[uint32][2]uint64 {
	t.Helper()
	w := &words{t, b[28:]}
	out := map[uint32][2]uint64{}
	for len(w.b) > 0 {
		w.take(4 * 4) // format, length, sequence, source
		w.take(3 * 4) // one record, its format and length
		index := w.next()
		w.take(5 * 4) // type, speed, direction, status
		octets := uint64(w.next())<<32 | uint64(w.next())
		packets := uint64(w.next())
		out[index] = [2]uint64{octets, packets}
		w.take(5*4 + 8 + 5*4 + 4)
	}
	return out
}

func TestSFlowCountersCountWhatIsNotSampledToo(t *testing.T) {
	s := oneRouter(t, Router{Format: flow.SFlowV5, Sampling: 1000, CountersEvery: 5 * time.Second}, steady{udpFlow(), 404, 10, t0.Add(time.Minute)})
	var got []map[uint32][2]uint64
	s.Advance(t0.Add(11*time.Second), func(d Datagram) {
		if d.Records == 0 {
			got = append(got, sflowCounters(t, d.Payload))
		}
	})
	// At 5.1 s fifty ticks of ten packets were seen, at 10.1 s a hundred and one.
	want := []map[uint32][2]uint64{{1: {10 * 418, 10}, 2: {}}, {1: {510 * 418, 510}, 2: {}}, {1: {1010 * 418, 1010}, 2: {}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("counters of the input (-want +got):\n%s", diff)
	}
}

func TestARouterSaysAllThatIsWrongWithIt(t *testing.T) {
	r := Router{
		Exporter: network.Exporter{Name: "a"}, Format: flow.NetFlowV8, Announce: AnnounceOptions, PacketReports: true, Times: timesCount,
		Faults: Faults{Loss: 1.5}, RestartEvery: time.Millisecond,
	}
	var got []string
	for _, err := range r.Validate().(interface{ Unwrap() []error }).Unwrap() {
		got = append(got, err.Error())
	}
	want := []string{
		"simulate: router a: no address", "simulate: router a: netflow-v8 does not tell its sampling rate by options",
		"simulate: router a: NetFlow v8 needs an aggregation scheme", "simulate: router a: packet reports need IPFIX, not netflow-v8",
		"simulate: router a: no such way to say times", "simulate: router a: restarts each 1ms: want 1s or more",
		"simulate: router a: a share of 1.5 is not between 0 and 1",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
}
