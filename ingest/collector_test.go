package ingest

import (
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"eagre/flow"
	"eagre/ingest/header"
	"eagre/ingest/wire"
)

func TestFlowsArePublishedByPartitionAndStep(t *testing.T) {
	s := newStation(t, nil)
	s.netflow(10*time.Millisecond, edge1, v5(0, 2))
	s.netflow(90*time.Millisecond, edge1, v5(2, 1))
	s.netflow(120*time.Millisecond, edge1, v5(3, 1))
	s.Advance(began.Add(450 * time.Millisecond))
	s.Finish(began.Add(450 * time.Millisecond))
	mine := uint16(flow.FromAddr(edge1.Addr()).Hash(0) % 2)
	var got []batch
	for _, b := range s.batches {
		if b.Partition == mine {
			got = append(got, b)
		}
	}
	// After step 1 comes silence: one empty batch says that it is complete to 3.
	want := []batch{{mine, 0, true, 3}, {mine, 1, true, 1}, {mine, 3, true, 0}, {mine, 4, true, 0}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("batches of the exporter's partition (-want +got):\n%s", diff)
	}
	s.balanced(t)
}

func TestIdlePartitionSaysThatItIsComplete(t *testing.T) {
	s := newStation(t, nil)
	s.Advance(began)
	s.Advance(began.Add(100 * time.Millisecond))
	s.Advance(began.Add(150 * time.Millisecond))
	s.Advance(began.Add(24 * time.Hour))
	const day = 24 * 60 * 60 * 10
	want := []batch{{0, 0, true, 0}, {1, 0, true, 0}, {0, day - 1, true, 0}, {1, day - 1, true, 0}}
	if diff := cmp.Diff(want, s.batches); diff != "" {
		t.Errorf("batches (-want +got):\n%s", diff)
	}
}

func TestFullBatchIsPublishedWithinItsStep(t *testing.T) {
	s := newStation(t, nil)
	for i := range uint32(40) {
		s.netflow(0, edge1, v5(i*30, 30))
	}
	s.netflow(0, edge1, v5(1200, 1365))
	s.Finish(began)
	for i, b := range s.batches[:2] {
		if b.Complete || b.Rows < publishAt {
			t.Errorf("batch %d: %+v, want a full one before the step is complete", i, b)
		}
	}
	if len(s.flows) != 1200+1365 {
		t.Errorf("got %d flows, want %d", len(s.flows), 1200+1365)
	}
	s.balanced(t)
}

func TestTimeThatGoesBackCountsIntoTheOpenStep(t *testing.T) {
	s := newStation(t, nil)
	s.netflow(time.Second, edge1, v5(0, 1))
	s.netflow(0, edge1, v5(1, 1))
	s.Advance(began)
	s.Finish(began)
	for _, b := range s.batches {
		if b.Step != 10 {
			t.Errorf("got %+v, want nothing but step 10", b)
		}
	}
	// Event time follows the datagram's own arrival all the same.
	if got := s.flows[1].End; !got.Equal(began.Add(-100 * time.Millisecond)) {
		t.Errorf("second flow ended at %v", got)
	}
}

func TestPublisherThatRefusesCostsTheRecordsAndIsCounted(t *testing.T) {
	s := newStation(t, nil)
	s.netflow(0, edge1, v5(0, 5))
	s.refuse = errors.New("stream is down")
	s.Advance(began.Add(100 * time.Millisecond))
	s.refuse = nil
	s.netflow(150*time.Millisecond, edge1, v5(5, 3))
	s.Finish(began.Add(150 * time.Millisecond))
	sum := s.Totals()
	if sum.Shed != 5 || sum.Published != 3 || testutil.ToFloat64(s.metrics.shed) != 5 {
		t.Errorf("got %d shed and %d published, want 5 and 3", sum.Shed, sum.Published)
	}
	// The next complete batch still says so for all steps through its own.
	last := s.batches[len(s.batches)-1]
	if !last.Complete || last.Step != 1 {
		t.Errorf("last batch %+v, want step 1 complete", last)
	}
	if !strings.Contains(s.log.String(), "stream is down") {
		t.Errorf("the log does not say why: %s", s.log.String())
	}
	s.balanced(t)
}

func TestStrangersLeaveNoState(t *testing.T) {
	s := newStation(t, nil)
	for i := range uint32(100_000) {
		from := netip.AddrPortFrom(flow.V4(0x0b000000+i).Addr(), 2055)
		s.netflow(time.Duration(i)*time.Millisecond, from, v5(0, 1))
	}
	sum := s.Totals()
	if sum.Dispositions[wire.Refused] != 100_000 || len(s.Accounts()) != 0 {
		t.Errorf("got %d refused and %d exporters, want all and none", sum.Dispositions[wire.Refused], len(s.Accounts()))
	}
	if got := testutil.ToFloat64(s.metrics.datagrams[wire.Refused]); got != 100_000 {
		t.Errorf("the counter says %v", got)
	}
	if lines := strings.Count(s.log.String(), "\n"); lines != 2 {
		t.Errorf("got %d log lines in 100 s, want 2:\n%s", lines, s.log.String())
	}
	s.balanced(t)
}

func TestReplayHearsEveryone(t *testing.T) {
	s := newStation(t, nil)
	s.everyone = true
	s.netflow(0, nobody, v5(0, 1))
	s.Finish(began)
	if len(s.flows) != 1 || s.flows[0].Exporter != nobody.Addr() {
		t.Errorf("got %v, want one flow of %v", s.flows, nobody.Addr())
	}
}

func TestExportersAreBounded(t *testing.T) {
	s := newStation(t, func(c *Config) { c.Exporters = 100 })
	s.everyone = true
	for i := range uint32(1000) {
		s.netflow(0, netip.AddrPortFrom(flow.V4(i).Addr(), 1), v5(0, 1))
	}
	if got := s.Totals().Dispositions[wire.Shed]; got != 900 || len(s.Accounts()) != 100 {
		t.Errorf("got %d exporters and %d datagrams shed, want 100 and 900", len(s.Accounts()), got)
	}
	if got := testutil.ToFloat64(s.metrics.exporters); got != 100 {
		t.Errorf("the gauge says %v", got)
	}
	s.balanced(t)
}

// 4,294,967,296 sub-agents cannot fill memory: the one silent longest makes way.
func TestDomainsAreBounded(t *testing.T) {
	s := newStation(t, nil)
	for i := range uint32(200) {
		s.Datagram(began.Add(time.Duration(i)*time.Millisecond), SFlowDoor, edge1, sflowOf(7, i), false)
		s.Datagram(began.Add(time.Duration(i)*time.Millisecond), SFlowDoor, edge1, sflowOf(8+i, 0), false)
	}
	x := s.exporters[flow.FromAddr(edge1.Addr())]
	if len(x.domains) != 64 || x.account.Noted[wire.DomainLimit] != 200-64 {
		t.Errorf("got %d domains and %d forgotten, want 64 and 136", len(x.domains), x.account.Noted[wire.DomainLimit])
	}
	if s.Finish(began); len(s.flows) != 400 || x.account.Lost != 0 {
		t.Errorf("got %d flows and %d lost, want 400 and 0", len(s.flows), x.account.Lost)
	}
	if !strings.Contains(s.log.String(), "sFlow from 192.0.2.1/64: domain 64 is one more than are kept (limit 64); the one silent longest is forgotten") {
		t.Errorf("log: %s", s.log.String())
	}
}

func TestOperatorsSamplingRateIsTaken(t *testing.T) {
	s := newStation(t, nil)
	s.netflow(0, edge2, v5(0, 1))
	s.Finish(began)
	if got := s.flows[0]; got.SamplingRate != 100 || got.Sampling != flow.SamplingOperator || got.Exporter != edge2.Addr() {
		t.Errorf("got %+v", got)
	}
}

// Every datagram delivered twice counts once: the sums are those of one.
func TestReplayTwiceEqualsOnce(t *testing.T) {
	once, twice := newStation(t, nil), newStation(t, nil)
	for i := range uint32(300) {
		at := time.Duration(i) * 20 * time.Millisecond
		once.netflow(at, edge1, v5(i*3, 3))
		twice.netflow(at, edge1, v5(i*3, 3))
		twice.netflow(at+time.Millisecond, edge1, v5(i*3, 3))
	}
	once.Finish(began.Add(6 * time.Second))
	twice.Finish(began.Add(6 * time.Second))
	if diff := cmp.Diff(once.flows, twice.flows, cmp.Comparer(func(a, b flow.Record) bool { return a == b })); diff != "" {
		t.Errorf("flows (-once +twice):\n%s", diff)
	}
	if got := twice.Totals(); got.Dispositions[wire.Duplicate] != 300 || got.Lost != 0 {
		t.Errorf("got %d duplicates, %d lost; want 300, 0", got.Dispositions[wire.Duplicate], got.Lost)
	}
	twice.balanced(t)
}

func TestSameBytesAfterTheWindowAreNoDuplicate(t *testing.T) {
	s := newStation(t, nil)
	s.netflow(0, edge1, v5(0, 1))
	s.netflow(2001*time.Millisecond, edge1, v5(0, 1))
	s.netflow(2002*time.Millisecond, edge2, v5(0, 1))
	if got := s.Totals(); got.Dispositions[wire.Duplicate] != 0 || got.Decoded != 3 {
		t.Errorf("got %d duplicates, %d decoded; want 0, 3", got.Dispositions[wire.Duplicate], got.Decoded)
	}
}

func TestLostDatagramsAreCountedPerEngine(t *testing.T) {
	s := newStation(t, nil)
	s.netflow(0, edge1, v5(0, 30))
	s.netflow(0, edge1, v5(60, 30)) // 30 flows are missing
	s.Datagram(began, SFlowDoor, edge1, sflowOf(5, 1), false)
	s.Datagram(began, SFlowDoor, edge1, sflowOf(9, 1), false) // 3 datagrams are missing
	s.Finish(began)
	if got := s.Totals().Lost; got != 33 {
		t.Errorf("got %d lost, want 33", got)
	}
	for p, want := range map[proto]float64{protoV5: 30, protoSFlow: 3} {
		if got := testutil.ToFloat64(s.metrics.lost[p]); got != want {
			t.Errorf("%s: the counter says %v, want %v", protoLabels[p], got, want)
		}
	}
}

func TestPacketsAreMeteredIntoTheStepInWhichTheyExpire(t *testing.T) {
	s := newStation(t, nil)
	frame := []byte{0x45, 0, 0x01, 0x94, 0, 0, 0, 0, 64, 17, 0, 0, 192, 0, 2, 7, 198, 51, 100, 7, 0x0d, 0xf7, 0x05, 0x9a}
	s.Frame(began, header.Raw, frame, 404, 3)
	s.Frame(began.Add(50*time.Millisecond), header.Raw, frame, 404, 3)
	s.Frame(began, header.Ethernet, make([]byte, 60), 60, 3)
	s.Advance(began.Add(time.Hour))
	s.Finish(began.Add(time.Hour))
	if len(s.flows) != 1 || s.flows[0].Packets != 2 || s.flows[0].Bytes != 808 || s.flows[0].InIf != 3 {
		t.Fatalf("got %+v, want one flow of two packets", s.flows)
	}
	for _, b := range s.batches {
		if b.Rows > 0 && b.Step != 150 {
			t.Errorf("the flow came out in step %d, want 150 (15.05 s)", b.Step)
		}
	}
	a := s.Accounts()[0]
	if a.Frames != 3 || a.Noted[wire.NotIP] != 1 || a.Exporter != netip.MustParseAddr("127.0.0.1") {
		t.Errorf("got account %+v", a)
	}
	s.balanced(t)
}

// Good, bad, doubled and foreign datagrams and packets of every kind: whatever
// comes, nothing goes missing inside.
func TestConservation(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	s := newStation(t, nil)
	var last []byte
	for i := range 20_000 {
		at := time.Duration(i) * 3 * time.Millisecond
		payload := mixed(r, uint32(i), last)
		last = payload
		from := []netip.AddrPort{edge1, edge2, nobody}[r.IntN(3)]
		s.Datagram(began.Add(at), Door(r.IntN(3)), from, payload, r.IntN(50) == 0)
		s.Frame(began.Add(at), header.Raw, payload, len(payload), 0)
		if s.refuse = nil; r.IntN(20) == 0 {
			s.refuse = errors.New("stream is down")
		}
	}
	s.balanced(t)
	s.Finish(began.Add(time.Hour))
	s.balanced(t)
	sum := s.Totals()
	if sum.Datagrams != 20_000 || sum.Frames != 20_000 || sum.Open != 0 {
		t.Errorf("got %d datagrams, %d frames, %d records open; want 20000, 20000, 0", sum.Datagrams, sum.Frames, sum.Open)
	}
	for d, n := range sum.Dispositions {
		if got := testutil.ToFloat64(s.metrics.datagrams[d]); got != float64(n) {
			t.Errorf("%v: the counter says %v, the account %d", wire.Disposition(d), got, n)
		}
		if n == 0 && wire.Disposition(d) != wire.Shed && wire.Disposition(d) != wire.Waiting {
			t.Errorf("no datagram was %v: the mix is too tame", wire.Disposition(d))
		}
	}
}

func mixed(r *rand.Rand, i uint32, last []byte) []byte {
	switch r.IntN(8) {
	case 0, 1:
		return v5(i*7, r.IntN(40))
	case 2:
		return sflowOf(i, r.Uint32N(100))
	case 3:
		payload := v5(i, 3)
		return payload[:r.IntN(len(payload))]
	case 4:
		payload := sflowOf(i, 1)
		return payload[:r.IntN(len(payload))]
	case 5:
		return last
	case 6:
		payload := []byte{0x45, 0, 0, 40, 0, 0, 0, 0, 64, 6, 0, 0, byte(i), 2, 3, 4, 5, 6, 7, 8, 0, 80, 0, 81}
		return payload
	}
	payload := make([]byte, r.IntN(1400))
	for i := range payload {
		payload[i] = byte(r.Uint32())
	}
	return payload
}

func TestViolatedAccountingSaysWhere(t *testing.T) {
	a := Accounting{Exporter: edge1.Addr(), Datagrams: 2}
	a.Dispositions[wire.OK] = 1
	if err := a.Check(); err == nil || err.Error() != "accounting of 192.0.2.1: 2 datagrams came in, 1 have a disposition" {
		t.Errorf("got %v", err)
	}
	a = Accounting{Exporter: edge1.Addr(), Decoded: 9, Published: 4, Shed: 3, Open: 1}
	if err := a.Check(); err == nil || err.Error() != "accounting of 192.0.2.1: 9 records were decoded, 4 published + 3 shed + 1 open" {
		t.Errorf("got %v", err)
	}
}

// A defect in the books shows by itself within a minute.
func TestBooksAreProvedEveryMinute(t *testing.T) {
	s := newStation(t, nil)
	s.netflow(0, edge1, v5(0, 1))
	s.Advance(began.Add(time.Second))
	s.exporters[flow.FromAddr(edge1.Addr())].account.Datagrams++
	s.Advance(began.Add(59 * time.Second))
	before := testutil.ToFloat64(s.metrics.mismatches)
	s.Advance(began.Add(60 * time.Second))
	if after := testutil.ToFloat64(s.metrics.mismatches); before != 0 || after != 1 {
		t.Errorf("got %v mismatches, then %v; want 0, then 1", before, after)
	}
	if !strings.Contains(s.log.String(), "2 datagrams came in, 1 have a disposition") {
		t.Errorf("log: %s", s.log.String())
	}
}

// discard is a publisher for measuring.
type discard struct{ rows int }

func (d *discard) Publish(b *flow.Batch) error {
	d.rows += b.N
	return nil
}

func TestReceivingDoesNotAllocate(t *testing.T) {
	s := newStation(t, nil)
	out := &discard{}
	s.publisher = out
	at, sequence := began, uint32(0)
	good, bad, samples := v5(0, 30), v5(0, 30)[:100], sflowOf(0, 1)
	work := func() {
		for range 100 {
			at = at.Add(time.Millisecond)
			sequence++
			binary.BigEndian.PutUint32(good[16:], sequence*30)
			binary.BigEndian.PutUint32(bad[16:], sequence)
			binary.BigEndian.PutUint32(samples[16:], sequence)
			s.Datagram(at, NetFlowDoor, edge1, good, false)
			s.Datagram(at, NetFlowDoor, edge2, bad, false)
			s.Datagram(at, SFlowDoor, edge1, samples, false)
			s.Datagram(at, SFlowDoor, edge1, samples, false)
			s.Datagram(at, SFlowDoor, nobody, samples, false)
		}
	}
	work()
	if n := testing.AllocsPerRun(20, work); n != 0 || out.rows == 0 {
		t.Errorf("got %v allocations per 500 datagrams (%d rows out), want 0", n, out.rows)
	}
}

func BenchmarkCollectorDatagram(b *testing.B) {
	s := newStation(b, nil)
	s.publisher = &discard{}
	payload := v5(0, 30)
	at, sequence := began, uint32(0)
	b.ReportAllocs()
	for b.Loop() {
		at = at.Add(30 * time.Microsecond)
		sequence += 30
		binary.BigEndian.PutUint32(payload[16:], sequence)
		s.Datagram(at, NetFlowDoor, edge1, payload, false)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/30, "ns/record")
}

func BenchmarkStranger(b *testing.B) {
	s := newStation(b, nil)
	payload := v5(0, 30)
	b.ReportAllocs()
	i := uint32(0)
	for b.Loop() {
		i++
		s.Datagram(began, NetFlowDoor, netip.AddrPortFrom(flow.V4(0x0b000000+i).Addr(), 1), payload, false)
	}
}
