package crosscheck

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"eagre/detector/tally"
	"eagre/flow"
	"eagre/network/counters"
)

// slow is the obvious twin of one line: with all movements and all flows before it,
// it makes intervals, judges each by itself, and for each looks back over all before
// it to say whether there is a mismatch.
func slow(movements []counters.Movement, side tally.Side, l Ledger, cfg Config) []Verdict {
	var out []Verdict
	for _, i := range joined(movements, side, cfg.Span) {
		if i.Span() < shortest || !i.loud(cfg.Packets) {
			continue
		}
		sum, _ := l.Between(i.Exporter, i.Index, side, i.begin(), i.end())
		rate := 1.0
		if sum.Packets > 0 {
			rate += float64(sum.Variance) / sum.PacketCount()
		}
		if c := i.compare(sum, rate).judge(cfg); c.band != Unsure {
			out = append(out, Verdict{Exporter: i.Exporter, Index: i.Index, Side: side, From: i.begin(), To: i.end(), Ratio: c.ratio, Band: c.band})
		}
	}
	for n := range out {
		before, now := mismatch(out[:n]), mismatch(out[:n+1])
		out[n].Open, out[n].Opened, out[n].Ended = now, now && !before, before && !now
	}
	return out
}

// mismatch tells whether the last three that agree are out of band.
func mismatch(all []Verdict) bool {
	for n := len(all); n >= 3; n-- {
		a, b, c := all[n-3].Band == Inside, all[n-2].Band == Inside, all[n-1].Band == Inside
		if a == b && b == c {
			return !a
		}
	}
	return false
}

func joined(movements []counters.Movement, side tally.Side, span time.Duration) []interval {
	var out []interval
	for _, m := range movements {
		if n := len(out); n > 0 && out[n-1].Span() < span && out[n-1].To == m.From {
			out[n-1].Join(&m)
			continue
		}
		out = append(out, interval{m, side})
	}
	return out
}

// Whenever Settle is called, and whatever happens to an interface, the verdicts are
// those of the twin.
func TestVerdictsAreThoseOfTheSlowTwin(t *testing.T) {
	opened, ended := 0, 0
	for seed := range uint64(60) {
		dice := rand.New(rand.NewPCG(seed, 17))
		s := newStory(t, 1, nil)
		s.world.settled = began.Add(24 * time.Hour)
		movements, at, factor := map[flow.IP][]counters.Movement{}, began, 1.0
		got := map[key][]Verdict{}
		keep := func(all []Verdict) {
			for _, v := range all {
				k := key{v.Exporter, v.Index, v.Side}
				got[k] = append(got[k], Verdict{Exporter: v.Exporter, Index: v.Index, Side: v.Side, From: v.From, To: v.To, Ratio: v.Ratio, Band: v.Band, Open: v.Open, Opened: v.Opened, Ended: v.Ended})
			}
		}
		for range 150 {
			if dice.IntN(8) == 0 {
				factor = []float64{1, 1, 2, 0.5, 0}[dice.IntN(5)]
			}
			from := at
			at = at.Add(time.Duration(4+dice.IntN(70)) * time.Second)
			for _, router := range []flow.IP{router4, router6} {
				m := counters.Movement{Exporter: router, Index: 5, From: from.UnixMilli(), To: at.UnixMilli(), In: movedBy(dice.Uint64N(60_000)), Out: movedBy(dice.Uint64N(60_000))}
				s.world.say(key{router, 5, tally.To}, from, at, flows(float64(m.In.Packets), size, factor, 10))
				s.world.say(key{router, 5, tally.From}, from, at, flows(float64(m.Out.Packets), size, 1, 10))
				movements[router] = append(movements[router], m)
				s.Observe(m)
			}
			if dice.IntN(4) == 0 {
				at = at.Add(time.Duration(dice.IntN(20)) * time.Second)
			}
			if dice.IntN(3) > 0 {
				keep(s.Settle(at))
			}
		}
		keep(s.Settle(at.Add(DefaultConfig().Patience)))
		for router, all := range movements {
			for _, side := range []tally.Side{tally.To, tally.From} {
				want := slow(all, side, s.world, DefaultConfig())
				if diff := cmp.Diff(want, got[key{router, 5, side}]); diff != "" {
					t.Fatalf("seed %d, %v, side %d (-want +got):\n%s", seed, router, side, diff)
				}
				for _, v := range want {
					opened, ended = opened+count(v.Opened), ended+count(v.Ended)
				}
			}
		}
	}
	if opened < 20 || ended < 20 {
		t.Errorf("got %d mismatches, %d of them ended; too few to prove anything", opened, ended)
	}
}

func count(happened bool) int {
	if happened {
		return 1
	}
	return 0
}
