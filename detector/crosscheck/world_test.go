package crosscheck

import (
	"math"
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"

	"eagre/detector/tally"
	"eagre/flow"
	"eagre/network/counters"
)

// The ledger of package tally is one.
var _ Ledger = (*tally.Ledger)(nil)

var (
	began   = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	router4 = flow.V4(0xc0000201)
	router6 = flow.FromAddr(netip.MustParseAddr("2001:db8::1"))
)

// world is a ledger of flows that a test makes up: what they say of each interval,
// and up to when they are known. Spans are summed from whole intervals.
type world struct {
	cells   map[key][]cell
	settled time.Time
	asked   int
}

type cell struct {
	from, to time.Time
	sum      tally.Sum
}

func (w *world) Between(exporter flow.IP, index uint32, side tally.Side, from, to time.Time) (sum tally.Sum, complete bool) {
	w.asked++
	for _, c := range w.cells[key{exporter, index, side}] {
		if !c.from.Before(from) && !c.to.After(to) {
			sum.Add(c.sum)
		}
	}
	return sum, !to.After(w.settled)
}

func (w *world) say(k key, from, to time.Time, sum tally.Sum) {
	w.cells[k] = append(w.cells[k], cell{from, to, sum})
}

// flows are what packets of a size look like when one in rate is seen for sure, and
// counted by a factor too often.
func flows(packets, size, factor float64, rate uint64) tally.Sum {
	estimate := packets * factor
	return tally.Sum{
		Packets: uint64(estimate * tally.Unit), Bytes: uint64(estimate * size * tally.Unit),
		Variance: uint64(estimate * float64(rate-1)), Samples: uint32(packets / float64(rate)), Flows: 1,
	}
}

// sampled is the same when chance decides which packets are seen and how large they
// are.
func sampled(dice *rand.Rand, packets, size float64, rate uint64) tally.Sum {
	n := float64(rate)
	seen := math.Max(0, math.Round(packets/n+math.Sqrt(packets/n*(1-1/n))*dice.NormFloat64()))
	if packets/n < 100 {
		seen = 0
		for gap := geometric(dice, n); gap <= packets; gap += geometric(dice, n) {
			seen++
		}
	}
	bytes := math.Max(0, seen*size+math.Sqrt(seen)*0.9*size*dice.NormFloat64())
	if rate == 1 {
		bytes = packets * size
	}
	return tally.Sum{
		Packets: uint64(seen*n) * tally.Unit, Bytes: uint64(bytes * n * tally.Unit),
		Variance: uint64(seen * n * (n - 1)), Samples: uint32(seen), Flows: uint32(seen),
	}
}

// geometric is after how many packets the next is chosen, of one in n.
func geometric(dice *rand.Rand, n float64) float64 {
	return math.Ceil(math.Log(1-dice.Float64()) / math.Log1p(-1/n))
}

// story is a check in a made-up world, minute by minute.
type story struct {
	*Check
	world *world
	t     *testing.T
	now   time.Time
	rate  uint64
}

func newStory(t *testing.T, rate uint64, change func(*Config)) *story {
	t.Helper()
	cfg := DefaultConfig()
	if change != nil {
		change(&cfg)
	}
	if errs := cfg.Validate(); errs != nil {
		t.Fatal(errs)
	}
	w := &world{cells: map[key][]cell{}}
	return &story{Check: New(cfg, w), world: w, t: t, now: began, rate: rate}
}

const (
	size   = 700.0 // bytes of the usual packet
	within = time.Minute
)

// moved is the direction of a movement with packets of the usual size.
func movedBy(packets uint64) counters.Moved {
	return counters.Moved{Packets: packets, Octets: packets * (size + linkOctets)}
}

// minute lets an interface move packets in and nothing out, flows tell of them by a
// factor, and gives the verdicts of what is settled by the end of it.
func (s *story) minute(router flow.IP, index uint32, packets uint64, factor float64) []Verdict {
	s.move(router, index, movedBy(packets), flows(float64(packets), size, factor, s.rate))
	return s.settle()
}

// move lets an interface move in the minute at hand, and flows say something of it.
func (s *story) move(router flow.IP, index uint32, in counters.Moved, sum tally.Sum) {
	from, to := s.now, s.now.Add(within)
	s.world.say(key{router, index, tally.To}, from, to, sum)
	s.Observe(counters.Movement{Exporter: router, Index: index, Name: "xe-0", From: from.UnixMilli(), To: to.UnixMilli(), In: in})
}

// settle ends the minute at hand; the ledger knows all of it.
func (s *story) settle() []Verdict {
	s.now = s.now.Add(within)
	s.world.settled = s.now
	return s.Settle(s.now)
}

// pass lets minutes pass in which nothing is read.
func (s *story) pass(minutes int) (out []Verdict) {
	for range minutes {
		out = append(out, s.settle()...)
	}
	return out
}
