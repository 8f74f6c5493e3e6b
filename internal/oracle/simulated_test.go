package oracle

import (
	"math/rand/v2"
	"net/netip"
	"time"

	"eagre/flow"
	"eagre/simulate"
)

var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

// simulated are datagrams of our own routers that are not there, in every format
// that any of the judges knows.
func simulated() (all []exports) {
	r := rand.New(rand.NewPCG(3, 14))
	for _, format := range []struct {
		name  string
		six   bool
		write func(sequence uint32, records []flow.Record) []byte
	}{
		{"netflow-v1", false, func(_ uint32, records []flow.Record) []byte {
			return simulate.AppendV1(nil, simulate.V1Header{Time: noon, Uptime: time.Hour}, records)
		}},
		{"netflow-v5", false, func(sequence uint32, records []flow.Record) []byte {
			return simulate.AppendV5(nil, simulate.V5Header{Time: noon, Uptime: time.Hour, Sequence: sequence, EngineID: 3}, records)
		}},
		{"netflow-v5-sampled", false, func(sequence uint32, records []flow.Record) []byte {
			return simulate.AppendV5(nil, simulate.V5Header{Time: noon, Uptime: time.Hour, Sequence: sequence, SamplingMode: 1, SamplingInterval: 100}, records)
		}},
		{"netflow-v7", false, func(sequence uint32, records []flow.Record) []byte {
			return simulate.AppendV7(nil, simulate.V7Header{Time: noon, Uptime: time.Hour, Sequence: sequence, Shortcut: netip.MustParseAddr("192.0.2.9")}, records)
		}},
		{"netflow-v9", true, templated(flow.NetFlowV9, simulate.NaturalTimes, false)},
		{"netflow-v9-sampled", true, templated(flow.NetFlowV9, simulate.NaturalTimes, true)},
		{"ipfix", true, templated(flow.IPFIX, simulate.NaturalTimes, false)},
		{"ipfix-sampled", true, templated(flow.IPFIX, simulate.NaturalTimes, true)},
		{"ipfix-seconds", true, templated(flow.IPFIX, simulate.Seconds, false)},
		{"ipfix-microseconds", true, templated(flow.IPFIX, simulate.Microseconds, false)},
		{"ipfix-nanoseconds", true, templated(flow.IPFIX, simulate.Nanoseconds, false)},
		{"ipfix-delta-microseconds", true, templated(flow.IPFIX, simulate.DeltaMicroseconds, false)},
		{"sflow-v5", true, func(sequence uint32, records []flow.Record) []byte {
			return sFlow(sequence, records)
		}},
	} {
		e := exports{name: "simulated/" + format.name}
		for n := range 5 {
			var records []flow.Record
			for range perDatagram {
				records = append(records, anyFlow(r, format.six && r.IntN(2) == 0))
			}
			e.add(noon, format.write(uint32(n*perDatagram), records))
		}
		all = append(all, e)
	}
	return all
}

const perDatagram = 6

// templated writes NetFlow v9 or IPFIX, the templates with every datagram. Sampled
// it also says its rate for all, as options data.
func templated(format flow.Version, times simulate.Times, sampled bool) func(uint32, []flow.Record) []byte {
	four, six := simulate.FlowTemplate(format, 256, false, times), simulate.FlowTemplate(format, 257, true, times)
	rate := simulate.IntervalTemplate(format, 258)
	return func(sequence uint32, records []flow.Record) []byte {
		m := simulate.BeginV9(nil, simulate.V9Header{Time: noon, Uptime: time.Hour, Sequence: sequence / perDatagram, SourceID: 7})
		if format == flow.IPFIX {
			m = simulate.BeginIPFIX(nil, simulate.IPFIXHeader{Time: noon, Sequence: sequence, Domain: 7, Boot: noon.Add(-time.Hour)})
		}
		m.Templates(four, six)
		if sampled {
			m.Templates(rate)
			m.Data(&rate, simulate.IntervalRow(7, 1000, true))
		}
		for i := range records {
			t := &four
			if records[i].SrcAddr.Is6() {
				t = &six
			}
			m.Records(t, records[i:i+1])
		}
		return m.End()
	}
}

func sFlow(sequence uint32, records []flow.Record) []byte {
	var samples []simulate.SFlowSample
	for i, r := range records {
		samples = append(samples, simulate.SFlowSample{Sequence: sequence + uint32(i), Pool: 1000 * (sequence + uint32(i)), Record: r, Expanded: i%2 == 1})
	}
	h := simulate.SFlowHeader{Agent: netip.MustParseAddr("192.0.2.1"), Sequence: sequence / perDatagram, Uptime: time.Hour}
	return simulate.AppendSFlow(nil, h, samples)
}

// anyFlow has something in every field that a format may carry.
func anyFlow(r *rand.Rand, six bool) flow.Record {
	at := func() netip.Addr {
		if six {
			b := [16]byte{0x20, 0x01, 0x0d, 0xb8, 15: byte(r.Uint32())}
			b[8] = byte(r.Uint32())
			return netip.AddrFrom16(b)
		}
		return netip.AddrFrom4([4]byte{byte(1 + r.UintN(223)), byte(r.Uint32()), byte(r.Uint32()), byte(1 + r.UintN(254))})
	}
	start := noon.Add(-time.Duration(r.IntN(50_000)+1000) * time.Millisecond)
	n := 1 + r.Uint64N(50)
	f := flow.Record{
		SrcAddr: at(), DstAddr: at(), NextHop: at(), SrcPort: uint16(r.Uint32()), DstPort: uint16(r.Uint32()), Proto: 17, TOS: uint8(r.Uint32()),
		SrcMask: uint8(r.UintN(33)), DstMask: uint8(r.UintN(33)), SrcAS: r.Uint32N(1 << 16), DstAS: r.Uint32N(1 << 16),
		InIf: 1 + r.Uint32N(60000), OutIf: 1 + r.Uint32N(60000), Packets: n, Bytes: n * (64 + r.Uint64N(1400)),
		Start: start, End: start.Add(time.Duration(r.IntN(900)) * time.Millisecond), SamplingRate: 1000,
	}
	if r.IntN(2) == 0 {
		f.Proto, f.TCPFlags = 6, uint8(r.UintN(64))
	}
	return f
}
