package detector

import (
	"cmp"
	"math"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"
	"time"

	"eagre/detector/tally"
	"eagre/flow"
	"eagre/network"
)

// truth is the slow obvious twin of the ledger: packets by minute, of flows that are
// spread over the time they lasted in exact fractions.
type truth map[int64]float64

func (m truth) add(r flow.Record, length int64) {
	start, end := r.Start.UnixMilli(), r.End.UnixMilli()
	if start/length == end/length {
		m[end/length] += float64(r.Packets)
		return
	}
	for cell := start / length; cell <= end/length; cell++ {
		within := min(end, (cell+1)*length) - max(start, cell*length)
		m[cell] += float64(r.Packets) * float64(within) / float64(end-start)
	}
}

// journal is what random routers told of random flows.
type journal struct {
	arrivals []arrival
	minutes  map[netip.Addr]truth // by host
	panes    map[netip.Addr]truth
	link     truth
	packets  uint64
}

// record is told by the router after a delay.
func (j *journal) record(r flow.Record, delay time.Duration) {
	j.arrivals = append(j.arrivals, arrival{r.End.Sub(morning) + delay, r})
	if j.minutes[r.DstAddr] == nil {
		j.minutes[r.DstAddr], j.panes[r.DstAddr] = truth{}, truth{}
	}
	j.minutes[r.DstAddr].add(r, tally.TickLength)
	j.panes[r.DstAddr].add(r, tally.PaneLength)
	j.link.add(r, tally.TickLength)
	j.packets += r.Packets
}

// randomly writes a journal of n flows of up to two hours, cut by a random timeout.
func randomly(r *rand.Rand, n int) *journal {
	j := &journal{minutes: map[netip.Addr]truth{}, panes: map[netip.Addr]truth{}, link: truth{}}
	timeout := []time.Duration{time.Minute, 5 * time.Minute, 30 * time.Minute, 3 * time.Hour}[r.IntN(4)]
	for i := range n {
		start := time.Duration(r.IntN(7_200_000)) * time.Millisecond
		left := []time.Duration{0, time.Duration(r.IntN(5000)), time.Duration(r.IntN(120_000)), time.Duration(r.IntN(7_200_000))}[r.IntN(4)] * time.Millisecond
		dst := families[r.IntN(2)]
		for first := true; first || left > 0; first = false {
			part := min(left, timeout)
			j.record(flow.Record{
				Exporter: edge, SrcAddr: neighbourOf(dst), DstAddr: dst, Proto: 17, SrcPort: uint16(i), DstPort: uint16(i >> 16), InIf: streamIf, OutIf: 9,
				Packets: 1 + r.Uint64N(100_000), Bytes: 100_000_000, Start: morning.Add(start), End: morning.Add(start + part), SamplingRate: 1,
			}, time.Duration(r.IntN(15_000))*time.Millisecond)
			start, left = start+part, left-part
		}
	}
	slices.SortStableFunc(j.arrivals, func(a, b arrival) int { return cmp.Compare(a.at, b.at) })
	return j
}

// TestAnOpenTickIsNeverAboveTheTruthAndTheLedgerIsTheTruth plays random flows to a
// counter, looks at all that is open again and again, and at the ledger in the end.
func TestAnOpenTickIsNeverAboveTheTruthAndTheLedgerIsTheTruth(t *testing.T) {
	nw, err := network.New(network.Config{})
	if err != nil {
		t.Fatal(err)
	}
	everything := &tally.Heats{}
	for side := range everything {
		everything[side][tally.Total].Rows = 1
	}
	for seed := range uint64(15) {
		j := randomly(rand.New(rand.NewPCG(seed, 1)), 300)
		c, ledger := tally.New(tally.DefaultConfig(), 0, nw, tally.Warmth{everything}, nil), tally.NewLedger(tally.DefaultLedgerConfig())
		panes := map[netip.Addr]map[int64]uint64{victim: {}, victim6: {}}
		seen := 0
		end := j.arrivals[len(j.arrivals)-1].at + 5*time.Minute
		for rest, b := j.arrivals, flow.NewBatch(); len(rest) > 0 || end >= 0; {
			at := end
			if len(rest) > 0 {
				at = rest[0].at
			} else {
				end = -1
			}
			step := flow.StepOf(morning.Add(at))
			b.Reset(0, step)
			for len(rest) > 0 && flow.StepOf(morning.Add(rest[0].at)) == step {
				b.Append(rest[0].rec)
				rest = rest[1:]
			}
			c.Count(b)
			p := c.EndStep(step, func(count func(*flow.Batch)) { count(b) })
			keep(ledger, p, morning.Add(at))
			for _, s := range p.Series {
				if s.Key.Kind == tally.Host {
					for _, q := range s.Panes {
						panes[s.Key.Addr.Addr()][q.At] += q.Packets
					}
				}
			}
			seen += j.holdOpen(t, c, morning.Add(at))
		}
		if seen < 1000 {
			t.Fatalf("seed %d: looked at %d open ticks, want more", seen, seed)
		}
		j.holdPanes(t, panes)
		j.holdLedger(t, ledger)
	}
}

// keep hands the ledger what the judge would.
func keep(l *tally.Ledger, p *tally.Partial, now time.Time) {
	l.Late(now.UnixMilli()/tally.TickLength, p.Late)
	for _, tick := range p.Settled {
		sums := map[tally.Key]tally.Sum{}
		for _, s := range tick.Sums {
			sums[s.Key] = s.Sum
		}
		l.Settle(tick.At, sums)
	}
}

// rounding is what whole units of 1/256 leave of so many flows.
const rounding = 2.0

// holdOpen holds the open ticks of both hosts and of the link against the truth, and
// tells how many there were.
func (j *journal) holdOpen(t *testing.T, c *tally.Counter, now time.Time) (looked int) {
	t.Helper()
	running := now.UnixMilli() / tally.TickLength
	keys := map[tally.Key]truth{{Kind: tally.Interface, Side: tally.To, Addr: flow.FromAddr(edge), Index: streamIf}: j.link}
	for host, minutes := range j.minutes {
		keys[tally.Key{Kind: tally.Host, Addr: flow.FromAddr(host), Bits: uint8(host.BitLen()), Observer: tally.Observer(flow.FromAddr(edge))}] = minutes
	}
	for k, minutes := range keys {
		for _, tick := range []int64{running - 1, running} {
			sum, open := c.Tick(k, tick)
			if open && !sum.IsZero() {
				looked++
			}
			if got, most := sum.PacketCount(), minutes[tick]; got > most+rounding {
				t.Fatalf("%s: %s: open tick %d holds %v packets, more than the %v that there were", now, k, tick, got, most)
			}
		}
	}
	return looked
}

func (j *journal) holdPanes(t *testing.T, panes map[netip.Addr]map[int64]uint64) {
	t.Helper()
	for host, cells := range panes {
		for at, units := range cells {
			if got, most := float64(units)/tally.Unit, j.panes[host][at]; got > most+60 { // up to 28800 panes share one flow's rounding
				t.Fatalf("%s: pane %d holds %v packets, more than the %v that there were", host, at, got, most)
			}
		}
	}
}

func (j *journal) holdLedger(t *testing.T, l *tally.Ledger) {
	t.Helper()
	var sum tally.Sum
	for _, m := range l.Minutes(flow.FromAddr(edge), streamIf, tally.To, morning, morning.Add(5*time.Hour)) {
		sum.Add(m.Sum)
		if got, want := m.PacketCount(), j.link[m.At.UnixMilli()/tally.TickLength]; math.Abs(got-want) > rounding {
			t.Fatalf("%s: the ledger holds %v packets, want %v", m.At, got, want)
		}
	}
	if sum.Packets != j.packets*tally.Unit {
		t.Errorf("the ledger holds %d units in all, want %d", sum.Packets, j.packets*tally.Unit)
	}
}
