package traceback

import (
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"eagre/flow"
	"eagre/network"
)

// t0 is the minute in which the test attacks run.
var t0 = time.Date(2008, 2, 20, 10, 0, 0, 0, time.UTC)

func addr(s string) netip.Addr     { return netip.MustParseAddr(s) }
func prefix(s string) netip.Prefix { return netip.MustParsePrefix(s) }

var (
	edge1 = addr("192.0.2.1")
	edge2 = addr("192.0.2.2")
	core1 = addr("192.0.2.9")
)

// isp is two edges and a core router in a chain.
func isp(t testing.TB) *network.Map {
	t.Helper()
	m, err := network.New(network.Config{Exporters: []network.Exporter{
		{Address: edge1, Name: "edge1", Interfaces: []network.Interface{
			{Index: 1, Name: "transit-a", Role: network.RoleExternal, SpeedBPS: 1e9},
			{Index: 9, Name: "to-core1", Role: network.RoleCore},
		}},
		{Address: edge2, Name: "edge2", Interfaces: []network.Interface{
			{Index: 1, Name: "peering", Role: network.RoleExternal},
			{Index: 11, Name: "acme", Role: network.RoleCustomer},
			{Index: 9, Name: "to-core1", Role: network.RoleCore},
		}},
		{Address: core1, Name: "core1", Interfaces: []network.Interface{
			{Index: 1, Name: "to-edge1", Role: network.RoleCore},
			{Index: 2, Name: "to-edge2", Role: network.RoleCore},
		}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// syn is a SYN of a spoofed flood as one router sees it at t0 + after.
func syn(exporter netip.Addr, in uint32, after time.Duration, source, victim string) flow.Record {
	return flow.Record{
		Exporter: exporter, Version: flow.NetFlowV5, InIf: in, OutIf: 9,
		SrcAddr: addr(source), DstAddr: addr(victim), SrcPort: 4000, DstPort: 443, Proto: protoTCP, TCPFlags: 2,
		Start: t0.Add(after), End: t0.Add(after), Packets: 1, Bytes: 40, SamplingRate: 1, Sampling: flow.SamplingAssumed,
	}
}

// pack packs records into batches of a step.
func pack(step int64, records []flow.Record) [][]byte {
	var packer flow.Packer
	var out [][]byte
	b := flow.NewBatch()
	for len(records) > 0 {
		n := min(len(records), flow.MaxRows)
		b.Reset(0, step)
		for _, r := range records[:n] {
			b.Append(r)
		}
		out, records = append(out, packer.Append(nil, b)), records[n:]
	}
	return out
}

// hold makes a Recent that listens from t0 on and receives all records in one
// step a minute later.
func hold(c Config, records ...flow.Record) *Recent {
	r := NewRecent(c)
	var packer flow.Packer
	r.Add(flow.StepOf(t0), packer.Append(nil, flow.NewBatch())) // an idle step
	step := flow.StepOf(t0.Add(time.Minute)) - 1
	for _, p := range pack(step, records) {
		r.Add(step, p)
	}
	return r
}

// minute is a pattern for everything to a victim in the minute from t0.
func minute(victim string) Pattern {
	return Pattern{ID: "a-1", Victim: prefix(victim), From: t0, To: t0.Add(time.Minute)}
}

// traceOne traces a single pattern.
func traceOne(r *Recent, nw *network.Map, p Pattern) Trace { return r.Trace([]Pattern{p}, nw)[0] }

func random(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 1)) }

// randomFlows are flows of several exporters, protocols, rates and lengths to
// a few victims, as a seed draws them.
func randomFlows(r *rand.Rand, n int) []flow.Record {
	exporters, protos := []netip.Addr{edge1, edge2, core1}, []uint8{protoTCP, protoUDP, protoICMP}
	out := make([]flow.Record, n)
	for i := range out {
		v := &out[i]
		v.Exporter, v.InIf, v.OutIf = exporters[r.IntN(3)], uint32(1+r.IntN(3)), 9
		v.SrcAddr = flow.V4(0x0a000000 | r.Uint32N(1<<20)).Addr()
		v.DstAddr = flow.V4(0xc6336400 | r.Uint32N(4)).Addr()
		if r.IntN(4) == 0 {
			v.SrcAddr = flow.IP{Hi: 0x20010db800000000 | r.Uint64N(1<<20), Lo: r.Uint64()}.Addr()
			v.DstAddr = flow.IP{Hi: 0x20010db800010000, Lo: r.Uint64N(4)}.Addr()
		}
		v.Proto, v.SrcPort, v.DstPort, v.TCPFlags = protos[r.IntN(3)], uint16(r.Uint32()), uint16(r.IntN(3)*80), uint8(r.IntN(3))
		v.Start = t0.Add(time.Duration(r.IntN(70_000)-5_000) * time.Millisecond)
		v.End = v.Start.Add(time.Duration(r.IntN(20_000)) * time.Millisecond)
		v.Packets = 1 + r.Uint64N(50)
		v.Bytes, v.SamplingRate = v.Packets*(40+r.Uint64N(1460)), 1+r.Uint32N(3)
		v.SrcAS = r.Uint32N(30)
	}
	return out
}

var prefix0 netip.Prefix

// cmpAddr compares addresses as values.
var cmpAddr = cmp.Comparer(func(a, b netip.Addr) bool { return a == b })
