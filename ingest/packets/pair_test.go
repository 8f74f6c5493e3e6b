package packets

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"eagre/flow"
	"eagre/ingest/header"
)

func newPairing(flows int, endTCP bool) *bench {
	c := DefaultConfig()
	c.Flows, c.Pair, c.EndTCP = flows, true, endTCP
	return newBenchOf(c)
}

// tcp is a packet between port 40000 of one end and port 80 of the other.
func tcp(client, server uint32, bytes uint32, flags uint8) *header.Header {
	return packet(client, server, 80, bytes, flags)
}

// answer is a packet the other way.
func answer(h *header.Header, bytes uint32, flags uint8) *header.Header {
	out := *h
	out.Src, out.Dst, out.SrcPort, out.DstPort = h.Dst, h.Src, h.DstPort, h.SrcPort
	out.IPBytes, out.TCPFlags = bytes, flags
	return &out
}

// row is what the tests say about a flow.
type row struct {
	Src, Dst         string
	SrcPort, DstPort uint16
	Packets, Bytes   uint64
	Flags            uint8
	RTT              uint32
}

func rows(flows []flow.Record) (out []row) {
	for _, r := range flows {
		out = append(out, row{r.SrcAddr.String(), r.DstAddr.String(), r.SrcPort, r.DstPort, r.Packets, r.Bytes, r.TCPFlags, r.RTT})
	}
	return out
}

const micros = microsPerMilli

// The monitor stands 2 ms from the server and 3 ms from the client, there and
// back, so the ends are 5 ms apart.
func TestBothDirectionsLeaveTogetherWithTheRoundTripTime(t *testing.T) {
	for name, end := range map[string][2]uint32{"the client is the lower end": {1, 2}, "the client is the higher end": {2, 1}} {
		b, at := newPairing(100, false), start*micros
		open := tcp(end[0], end[1], 60, syn)
		b.PacketMicros(at, 4, open)
		b.PacketMicros(at+2000, 4, answer(open, 60, syn|ack))
		b.PacketMicros(at+5000, 4, tcp(end[0], end[1], 52, ack))
		b.PacketMicros(at+5100, 4, tcp(end[0], end[1], 500, ack|8))
		b.PacketMicros(at+9000, 4, answer(open, 1500, ack))
		client, server := flow.V4(end[0]).String(), flow.V4(end[1]).String()
		want := []row{
			{client, server, 40000, 80, 3, 612, syn | ack | 8, 5000},
			{server, client, 80, 40000, 2, 1560, syn | ack, 5000},
		}
		got := b.all()
		if diff := cmp.Diff(want, rows(got)); diff != "" {
			t.Errorf("%s: rows (-want +got):\n%s", name, diff)
		}
		if there, back := got[0], got[1]; there.Start.UnixMilli() != start || back.Start.UnixMilli() != start+2 || there.End.UnixMilli() != start+5 || back.End.UnixMilli() != start+9 || back.InIf != 4 {
			t.Errorf("%s: each direction has its own times, got %+v and %+v", name, there, back)
		}
	}
}

func TestIPv6ConnectionIsPaired(t *testing.T) {
	b, at := newPairing(100, false), start*micros
	open := tcp(1, 2, 80, syn)
	open.Src, open.Dst = flow.IP{Hi: 0x20010db800000000, Lo: 9}, flow.IP{Hi: 0x20010db800000000, Lo: 1}
	b.PacketMicros(at, 0, open)
	b.PacketMicros(at+300, 0, answer(open, 80, syn|ack))
	want := []row{
		{"2001:db8::9", "2001:db8::1", 40000, 80, 1, 80, syn, 300},
		{"2001:db8::1", "2001:db8::9", 80, 40000, 1, 80, syn | ack, 300},
	}
	if diff := cmp.Diff(want, rows(b.all())); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}

func TestRoundTripTimeIsWhatWasSeenOfTheHandshake(t *testing.T) {
	type step struct {
		after  int64 // µs
		client bool
		flags  uint8
	}
	cases := []struct {
		name  string
		steps []step
		want  uint32
	}{
		{"a SYN flood is answered by nobody", []step{{0, true, syn}, {1000, true, syn}}, 0},
		{"the acknowledgement was missed: the half to the server", []step{{0, true, syn}, {700, false, syn | ack}}, 700},
		{"the first SYN was lost behind the monitor and counts", []step{{0, true, syn}, {1000, true, syn}, {1700, false, syn | ack}}, 1700},
		{"the SYN-ACK came twice: the first counts", []step{{0, true, syn}, {700, false, syn | ack}, {900, false, syn | ack}, {1000, true, ack}}, 1000},
		{"only the first acknowledgement counts", []step{{0, true, syn}, {700, false, syn | ack}, {900, true, ack}, {5000, true, ack}}, 900},
		{"captured from the SYN-ACK on", []step{{0, false, syn | ack}, {900, true, ack}}, 0},
		{"captured from the middle on", []step{{0, true, ack}, {900, false, ack}}, 0},
		{"a late first packet of the server, then the handshake", []step{{0, false, ack}, {100, true, syn}, {350, false, syn | ack}, {400, true, ack}}, 300},
		{"the client answers itself", []step{{0, true, syn}, {700, true, syn | ack}}, 0},
		{"within the clock's resolution", []step{{0, true, syn}, {0, false, syn | ack}}, 1},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			b, open := newPairing(100, false), tcp(1, 2, 60, syn)
			for _, s := range c.steps {
				h := tcp(1, 2, 60, s.flags)
				if !s.client {
					h = answer(open, 60, s.flags)
				}
				b.PacketMicros(start*micros+s.after, 0, h)
			}
			for _, r := range b.all() {
				if r.RTT != c.want {
					t.Errorf("got %d µs, want %d", r.RTT, c.want)
				}
			}
		})
	}
}

func TestOneWayTrafficIsOneRow(t *testing.T) {
	b := newPairing(100, false)
	b.Packet(start, 0, tcp(1, 2, 60, syn))
	b.Packet(start, 0, packet(7, 7, 40000, 40, 0)) // a packet to itself has no other direction
	b.Packet(start, 0, packet(7, 7, 40000, 40, 0))
	want := []row{{"0.0.0.1", "0.0.0.2", 40000, 80, 1, 60, syn, 0}, {"0.0.0.7", "0.0.0.7", 40000, 40000, 2, 80, 0, 0}}
	if diff := cmp.Diff(want, rows(b.all())); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}

func TestSilenceOfOneDirectionDoesNotEndAConnection(t *testing.T) {
	b, open := newPairing(100, false), tcp(1, 2, 60, syn)
	b.Packet(start, 0, open)
	for i := range int64(4) {
		b.Packet(start+10*i*second, 0, answer(open, 1500, ack))
	}
	b.Expire(start + 45*second - 1)
	if b.Len() != 1 {
		t.Fatalf("got %d connections, want the one that is still heard", b.Len())
	}
	if at, _ := b.NextExpiry(); at != start+45*second {
		t.Errorf("next expiry after %d ms, want 45 s", at-start)
	}
	if b.Expire(start + 45*second); b.Len() != 0 {
		t.Error("the connection outlived the inactive timeout")
	}
	if b.collect(); len(b.flows) != 2 {
		t.Errorf("got %d rows, want 2", len(b.flows))
	}
}

func TestLaterPartsOfALongConnectionHaveNoRoundTripTime(t *testing.T) {
	b, open := newPairing(100, false), tcp(1, 2, 60, syn)
	b.Packet(start, 0, open)
	b.Packet(start+20, 0, answer(open, 60, syn|ack))
	for i := range int64(7) {
		b.Packet(start+10*(i+1)*second, 0, tcp(1, 2, 100, ack))
	}
	var got []uint32
	for _, r := range b.all() {
		got = append(got, r.RTT)
	}
	if diff := cmp.Diff([]uint32{10_000_000, 10_000_000, 0}, got); diff != "" {
		t.Errorf("round-trip times (-want +got):\n%s", diff)
	}
}

func TestFullCacheOfPairsCountsConnections(t *testing.T) {
	b := newPairing(8, false)
	for i := range uint32(20) {
		open := tcp(1000+i, 9, 60, syn)
		b.Packet(start+int64(i), 0, open)
		b.Packet(start+int64(i), 0, answer(open, 40, rst|ack))
	}
	if got := b.all(); b.Evicted() != 12 || len(got) != 40 {
		t.Errorf("got %d evicted, %d rows; want 12 and 40", b.Evicted(), len(got))
	}
}

func TestTCPEndsAFlowEarly(t *testing.T) {
	c := DefaultConfig()
	c.EndTCP = true
	b, open := newBenchOf(c), tcp(1, 2, 60, syn)
	b.Packet(start, 0, open)
	b.Packet(start+100, 0, tcp(1, 2, 40, fin|ack))
	b.Packet(start+200, 0, tcp(1, 2, 40, ack)) // the last acknowledgement
	b.Packet(start+200, 0, answer(open, 1500, ack))
	b.Expire(start + 1100 - 1)
	if b.Len() != 2 {
		t.Fatalf("got %d flows, want 2 until a second after the FIN", b.Len())
	}
	b.Expire(start + 1100)
	want := []row{{"0.0.0.1", "0.0.0.2", 40000, 80, 3, 140, syn | fin | ack, 0}}
	if b.collect(); len(b.flows) != 1 || rows(b.flows)[0] != want[0] {
		t.Errorf("rows (-want +got):\n%s", cmp.Diff(want, rows(b.flows)))
	}
}

func TestConnectionEndsWhenBothSidesHaveSaidSo(t *testing.T) {
	b, open := newPairing(100, true), tcp(1, 2, 60, syn)
	b.Packet(start, 0, open)
	b.Packet(start+1, 0, tcp(1, 2, 40, fin|ack))
	if b.Expire(start + 5000); b.Len() != 1 {
		t.Fatal("a connection that is closed on one side only has left")
	}
	b.Packet(start+5000, 0, answer(open, 40, fin|ack))
	b.Packet(start+5001, 0, tcp(1, 2, 40, ack))
	if b.Expire(start + 6000); b.Len() != 0 {
		t.Error("a connection that is closed on both sides has not left")
	}
	reset := tcp(3, 4, 60, syn)
	b.Packet(start+7000, 0, reset)
	b.Packet(start+7000, 0, answer(reset, 40, rst|ack))
	if b.Expire(start + 8000); b.Len() != 0 {
		t.Error("a connection that was refused has not left")
	}
}

func TestNewConnectionOnTheSamePortsDoesNotWait(t *testing.T) {
	b := newPairing(100, true)
	for range 3 {
		b.Packet(start, 0, tcp(1, 2, 60, syn))
		b.Packet(start, 0, tcp(1, 2, 40, rst))
	}
	for _, r := range b.all() {
		if r.Packets != 2 {
			t.Errorf("got a flow of %d packets, want one flow for each connection", r.Packets)
		}
	}
	if len(b.flows) != 3 {
		t.Errorf("got %d flows, want 3", len(b.flows))
	}
}

// slowPair pairs in the plainest way: all connections in one slice of pairs of
// records, every one looked at for every packet.
type slowPair struct {
	open []*[2]flow.Record
	out  []flow.Record
}

func (s *slowPair) expire(now time.Time) {
	for {
		best, bestAt := -1, time.Time{}
		for i, p := range s.open {
			last := p[0].End
			if p[1].Packets > 0 && p[1].End.After(last) {
				last = p[1].End
			}
			at := last.Add(15 * time.Second)
			if active := p[0].Start.Add(time.Minute); active.Before(at) {
				at = active
			}
			if !at.After(now) && (best < 0 || at.Before(bestAt)) {
				best, bestAt = i, at
			}
		}
		if best < 0 {
			return
		}
		s.out = append(s.out, s.open[best][0])
		if s.open[best][1].Packets > 0 {
			s.out = append(s.out, s.open[best][1])
		}
		s.open = slices.Delete(s.open, best, best+1)
	}
}

func (s *slowPair) packet(at int64, h *header.Header) {
	now := time.UnixMilli(at).UTC()
	s.expire(now)
	same := func(r *flow.Record) bool {
		return r.SrcAddr == h.Src.Addr() && r.DstAddr == h.Dst.Addr() && r.SrcPort == h.SrcPort && r.DstPort == h.DstPort
	}
	for _, p := range s.open {
		for side := range p {
			if r := &p[side]; same(r) {
				if r.Packets == 0 {
					r.Start, r.TOS = now, h.TOS
				}
				r.End, r.Packets, r.Bytes, r.TCPFlags = now, r.Packets+1, r.Bytes+uint64(h.IPBytes), r.TCPFlags|h.TCPFlags
				return
			}
		}
	}
	there := flow.Record{
		Exporter: flow.V4(0x7f000001).Addr(), Version: flow.Packets, SrcAddr: h.Src.Addr(), DstAddr: h.Dst.Addr(),
		SrcPort: h.SrcPort, DstPort: h.DstPort, Proto: h.Proto, TCPFlags: h.TCPFlags, TOS: h.TOS,
		Start: now, End: now, Bytes: uint64(h.IPBytes), Packets: 1, SamplingRate: 1, Sampling: flow.SamplingAssumed,
	}
	back := there
	back.SrcAddr, back.DstAddr, back.SrcPort, back.DstPort = there.DstAddr, there.SrcAddr, there.DstPort, there.SrcPort
	back.Packets, back.Bytes, back.TCPFlags = 0, 0, 0
	s.open = append(s.open, &[2]flow.Record{there, back})
}

func TestPairingAgreesWithItsSlowTwin(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	fast, twin, at := newPairing(1000, false), &slowPair{}, start
	for range 5000 {
		at += r.Int64N(400) * r.Int64N(2)
		h := packet(r.Uint32N(5), r.Uint32N(5), uint16(r.Uint32N(3)), 40+r.Uint32N(1460), ack)
		if r.Uint32N(2) == 0 {
			h = answer(h, h.IPBytes, 8)
		}
		fast.Packet(at, 0, h)
		twin.packet(at, h)
	}
	end := at + 120*second
	fast.Expire(end)
	fast.collect()
	twin.expire(time.UnixMilli(end).UTC())
	slices.SortFunc(fast.flows, byTime)
	slices.SortFunc(twin.out, byTime)
	if diff := cmp.Diff(twin.out, fast.flows, cmp.Comparer(func(a, b flow.Record) bool { return a == b })); diff != "" {
		t.Errorf("flows (-twin +meter):\n%s", diff)
	}
}

func TestWarmPairingMeterDoesNotAllocate(t *testing.T) {
	b, at := newPairing(64, true), start
	b.Meter.room = func() *flow.Batch { b.batch.Reset(0, 0); return b.batch }
	headers := make([]*header.Header, 0, 400)
	for i := range uint32(200) {
		open := tcp(i, 900, 60, syn)
		headers = append(headers, open, answer(open, 40, rst|ack))
	}
	work := func() {
		for _, h := range headers {
			at += 5
			b.Packet(at, 0, h)
		}
	}
	work()
	if n := testing.AllocsPerRun(20, work); n != 0 {
		t.Errorf("got %v allocations per 400 packets, want none", n)
	}
}
