package netflow

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"eagre/flow"
	"eagre/ingest/wire"
)

// twin decodes one record at a time in the plainest way, with the same rules. It
// returns nothing of a datagram that cannot be decoded.
func twin(payload []byte, source wire.Source) (out []flow.Record) {
	k, h, ok := twinHeader(payload)
	if !ok {
		return nil
	}
	rate, sampling := twinSampling(k, h.Sampling, payload, source.SamplingRate)
	domain := uint32(h.EngineType)*256 + uint32(h.EngineID) + uint32(k.scheme)*65536
	r := bytes.NewReader(payload[k.header():])
	for range twinHeld(k, h, payload) {
		v, _ := k.read(r)
		f := flow.Record{
			Exporter: source.Exporter.Addr(), Domain: domain, Version: k.format(),
			SrcPort: v.SrcPort, DstPort: v.DstPort, Proto: v.Proto, TCPFlags: v.Flags, TOS: v.TOS,
			SrcAS: uint32(v.SrcAS), DstAS: uint32(v.DstAS), InIf: uint32(v.Input), OutIf: uint32(v.Output),
			Bytes: uint64(v.Octets), Packets: uint64(v.Packets), SamplingRate: rate, Sampling: sampling,
		}
		twinAddresses(&f, &v)
		twinTimes(&f, h.Uptime, &v.v5Record, source.Arrival)
		twinCounters(&f)
		out = append(out, f)
	}
	return out
}

// twinHeader reads any header as one of version 5; what version 1 does not have is
// zero.
func twinHeader(payload []byte) (k kind, h v5Header, ok bool) {
	var c clock
	if binary.Read(bytes.NewReader(payload), binary.BigEndian, &c) != nil {
		return k, h, false
	}
	h = v5Header{Version: c.Version, Count: c.Count, Uptime: c.Uptime, Seconds: c.Seconds, NanoSecs: c.NanoSecs}
	if c.Version != 1 && binary.Read(bytes.NewReader(payload), binary.BigEndian, &h) != nil {
		return k, h, false
	}
	for _, k := range kinds {
		if k.version == c.Version && len(payload) >= k.header() && (k.version != 8 || k.scheme == payload[22]) {
			if k.version == 1 && c.Count > 0 && len(payload) == 16+52*int(c.Count) {
				k = kinds[1]
			}
			return k, h, true
		}
	}
	return k, h, false
}

// twinHeld is how many records a datagram holds, which is none when it holds
// exactly those of another scheme.
func twinHeld(k kind, h v5Header, payload []byte) int {
	body := len(payload) - k.header()
	if said := int(h.Count); k.version == 8 && said > 0 && body != said*k.record {
		for _, other := range []int{28, 32, 40, 44} {
			if body == said*other {
				return 0
			}
		}
	}
	return min(int(h.Count), body/k.record)
}

func twinSampling(k kind, word uint16, payload []byte, override uint32) (uint32, flow.Sampling) {
	switch k.version {
	case 5, 6:
	case 8:
		word = uint16(payload[24])<<8 | uint16(payload[25])
	default:
		word = 0
	}
	switch mode, interval := word>>14, word%(1<<14); {
	case override != 0:
		return override, flow.SamplingOperator
	case word == 0:
		return 1, flow.SamplingAssumed
	case interval == 0 && mode != 0:
		return 0, flow.SamplingUnknown
	default:
		return uint32(interval), flow.SamplingHeader
	}
}

func twinAddresses(f *flow.Record, v *seen) {
	if !v.noSrc {
		f.SrcAddr = flow.V4(v.Src).Addr()
	}
	if !v.noDst {
		f.DstAddr = flow.V4(v.Dst).Addr()
	}
	if !v.noHop {
		f.NextHop = flow.V4(v.NextHop).Addr()
	}
	if v.SrcMask <= 32 {
		f.SrcMask = v.SrcMask
	}
	if v.DstMask <= 32 {
		f.DstMask = v.DstMask
	}
	if v.aggregated {
		f.Quality |= flow.Aggregated
	}
}

// signed is the difference of two moments on a clock that wraps.
func signed(a, b uint32) time.Duration {
	d := int64(a) - int64(b)
	if d >= 1<<31 {
		d -= 1 << 32
	}
	if d < -(1 << 31) {
		d += 1 << 32
	}
	return time.Duration(d) * time.Millisecond
}

func twinTimes(f *flow.Record, up uint32, v *v5Record, arrival int64) {
	now := time.UnixMilli(arrival).UTC()
	end, lasted := now.Add(-signed(up, v.Last)), signed(v.Last, v.First)
	future, late := end.After(now), now.Sub(end) > 2*time.Hour
	start := end.Add(-max(lasted, 0))
	tooLong := now.Sub(start) > 24*24*time.Hour
	if future || lasted < 0 || tooLong && !late {
		f.Quality |= flow.BadDuration
	}
	if late {
		f.Quality |= flow.LateReceived
	}
	if tooLong {
		start = now.Add(-24 * 24 * time.Hour)
	}
	if late || end.Sub(now) > time.Minute {
		start, end = now, now
	}
	if end.After(now) {
		end = now
	}
	if start.After(end) {
		start = end
	}
	f.Start, f.End = start, end
}

func twinCounters(f *flow.Record) {
	seconds := max(f.End.Sub(f.Start).Seconds(), 1)
	bits := float64(f.Bytes) * 8 * float64(max(f.SamplingRate, 1))
	if f.Bytes < 20*f.Packets || f.Packets == 0 && f.Bytes > 0 || bits/seconds > 100e12 {
		f.Quality |= flow.Implausible
	}
}

func TestDecoderAgreesWithItsPlainTwin(t *testing.T) {
	for i, k := range kinds {
		t.Run(k.name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(uint64(i), 48))
			for range 400 {
				payload, source := k.random(r)
				got, _, _ := decode(payload, source)
				if diff := cmp.Diff(twin(payload, source), got, compareAddr); diff != "" {
					t.Fatalf("datagram %x\nflows (-twin +decoder):\n%s", payload, diff)
				}
			}
		})
	}
}

// random is a datagram that is wild in every field, with times that are often near
// the edges of what is believed.
func (k kind) random(r *rand.Rand) ([]byte, wire.Source) {
	n := r.IntN(70)
	payload := make([]byte, k.header()+n*k.record+r.IntN(2)*r.IntN(k.record))
	for i := range payload {
		payload[i] = byte(r.Uint32())
	}
	binary.BigEndian.PutUint16(payload, k.version)
	binary.BigEndian.PutUint16(payload[2:], uint16(n+r.IntN(8)/7))
	switch {
	case k.version == 8:
		payload[offScheme] = k.scheme
	case k.version > 1 && r.IntN(2) == 0:
		binary.BigEndian.PutUint16(payload[22:], uint16(r.IntN(3)<<14))
	}
	for i := range n {
		k.tame(payload[k.header()+i*k.record:], binary.BigEndian.Uint32(payload[4:]), r)
	}
	source := exporter
	if r.IntN(4) == 0 {
		source.SamplingRate = r.Uint32N(2000)
	}
	return payload, source
}

// tame gives a wild record times, counters and masks that are often ordinary.
func (k kind) tame(record []byte, up uint32, r *rand.Rand) {
	at := k.traffic()
	if r.IntN(3) > 0 {
		packets := r.Uint32N(50)
		binary.BigEndian.PutUint32(record[at:], packets)
		binary.BigEndian.PutUint32(record[at+4:], packets*(20+r.Uint32N(1400)))
	}
	last := up - near(r)
	binary.BigEndian.PutUint32(record[at+8:], last-near(r))
	binary.BigEndian.PutUint32(record[at+12:], last)
	if k.version != 1 && k.version != 8 && r.IntN(2) == 0 {
		record[44], record[45], record[36], record[46], record[47] = uint8(r.IntN(34)), uint8(r.IntN(34)), uint8(r.IntN(2)), 0, 0
	}
	if k.version == 7 && r.IntN(2) == 0 {
		clear(record[4*r.IntN(3) : 12])
	}
	if r.IntN(2) == 0 && at == 4 && len(record) >= 30 { // prefixes that are ones
		binary.BigEndian.PutUint32(record[20:], r.Uint32()<<r.IntN(33))
		binary.BigEndian.PutUint32(record[24:], r.Uint32()<<r.IntN(33))
		record[28], record[29] = uint8(r.IntN(34)), uint8(r.IntN(34))
	}
}

func near(r *rand.Rand) uint32 {
	edges := []uint32{0, 1000, 1000, 1000, believed, believed / 2, 1 << 31, 1 << 32 / 4, farthest, 22 * hour, 1<<32 - ahead}
	return edges[r.IntN(len(edges))] + uint32(r.IntN(5)) - 2
}

// What the vector instructions do is what the plain loop does, at every number of
// records and at every row.
func TestFoursDoWhatThePlainLoopDoes(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	var d Datagram
	var report wire.Report
	for n := range 70 {
		payload, source := kinds[2].random(r)
		for len(payload) < 24+n*recordLength {
			payload = append(payload, payload[24:]...)
			payload = append(payload, make([]byte, recordLength)...)
		}
		d.Open(payload, source, &report)
		records := payload[24 : 24+n*recordLength]
		fast, plain := dirty(r), dirty(r)
		fast.N = r.IntN(flow.MaxRows - n + 1)
		plain.N = fast.N
		oddFast, oddPlain := d.columns(fast, records), d.plain(plain, records)
		if oddFast != oddPlain {
			t.Fatalf("%d records: odd is %t, want %t", n, oddFast, oddPlain)
		}
		for i := fast.N; i < fast.N+n; i++ {
			if diff := cmp.Diff(plain.Record(i), fast.Record(i), compareAddr); diff != "" {
				t.Fatalf("%d records, row %d (-plain +fours):\n%s", n, i, diff)
			}
		}
	}
}

// Nothing is written outside the new rows.
func TestRowsOfOthersStayAsTheyAre(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	var d Datagram
	var report wire.Report
	for range 50 {
		payload, source := kinds[2].random(r)
		d.Open(payload, source, &report)
		b := dirty(r)
		b.N = r.IntN(flow.MaxRows)
		before := copyOf(b)
		from := b.N
		d.Next(b, &report)
		for i := range flow.MaxRows {
			if (i < from || i >= b.N) && b.Record(i) != before[i] {
				t.Fatalf("rows %d to %d were added and row %d has changed", from, b.N, i)
			}
		}
	}
}

// dirty is a batch full of rubbish from earlier use.
func dirty(r *rand.Rand) *flow.Batch {
	b := flow.NewBatch()
	wild := make([]byte, 48)
	for i := range flow.MaxRows {
		for j := range wild {
			wild[j] = byte(r.Uint32())
		}
		b.Exporter[i], b.SrcAddr[i], b.DstAddr[i], b.NextHop[i] = flow.V6(wild), flow.V6(wild[1:]), flow.V6(wild[2:]), flow.V6(wild[3:])
		b.Start[i], b.End[i], b.Bytes[i], b.Packets[i], b.App[i] = r.Int64N(1e12), r.Int64N(1e12), r.Uint64(), r.Uint64(), r.Uint64()
		b.Domain[i], b.InIf[i], b.OutIf[i], b.SrcAS[i], b.DstAS[i] = r.Uint32(), r.Uint32(), r.Uint32(), r.Uint32(), r.Uint32()
		b.SamplingRate[i], b.RTT[i], b.SrcPort[i], b.DstPort[i] = r.Uint32(), r.Uint32(), uint16(r.Uint32()), uint16(r.Uint32())
		b.Proto[i], b.TCPFlags[i], b.TOS[i], b.SrcMask[i], b.DstMask[i], b.Forwarding[i] = wild[4], wild[5], wild[6], wild[7], wild[8], wild[9]
		b.Direction[i], b.Version[i], b.Sampling[i], b.Quality[i] = flow.Direction(wild[10]), flow.Version(wild[11]), flow.Sampling(wild[12]), flow.Quality(wild[13])
	}
	return b
}

func copyOf(b *flow.Batch) (out [flow.MaxRows]flow.Record) {
	for i := range out {
		out[i] = b.Record(i)
	}
	return out
}
