package crosscheck

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"eagre/detector/tally"
	"eagre/network/counters"
)

// Honest routers, sampled one in 1 to one in 4096, for 10,000 intervals each, with
// traffic that comes and goes: nobody is accused, and the error that is shown covers
// the truth in 95 of 100.
func TestHonestRouterStaysInBand(t *testing.T) {
	for _, rate := range []uint64{1, 64, 1000, 4096} {
		dice := rand.New(rand.NewPCG(rate, 3))
		s := newStory(t, rate, nil)
		judged, covered := 0, 0
		count := func(all []Verdict) {
			for _, v := range all {
				judged++
				if math.Abs(v.Ratio-1) <= v.Error+1e-9 {
					covered++
				}
				if v.Opened {
					t.Errorf("1:%d: accused: %s", rate, v.Sentence())
				}
			}
		}
		for i := range 10_000 {
			packets := math.Floor(2e6 * math.Exp(-5*dice.Float64()))
			router := router4
			if i%2 == 0 {
				router = router6
			}
			s.world.cells = recent(s.world.cells)
			s.move(router, 3, movedBy(uint64(packets)), sampled(dice, packets, size, rate))
			count(s.settle())
		}
		count(s.pass(60))
		got := s.Counts()
		if share := float64(covered) / float64(judged); share < 0.945 || rate > 1 && share > 0.975 {
			t.Errorf("1:%d: the error covers the truth in %.1f of 100 intervals, want 95", rate, 100*share)
		}
		if want := uint64(10_000); got.Judged+got.Uncertain != want || judged < 2000 {
			t.Errorf("1:%d: got %d intervals judged and %d uncertain, want %d in all", rate, got.Judged, got.Uncertain, want)
		}
		if share := float64(got.OutOfBand) / float64(got.Judged); share > 0.01 {
			t.Errorf("1:%d: %d of %d intervals out of band", rate, got.OutOfBand, got.Judged)
		}
	}
}

// recent forgets the cells that nobody asks for any more.
func recent(cells map[key][]cell) map[key][]cell {
	for k, c := range cells {
		cells[k] = c[max(0, len(c)-60):]
	}
	return cells
}

// What goes wrong in the field, after an hour in which all was well: when it is
// noticed, and what the operator is told.
func TestMismatchIsFoundAndItsCauseNamed(t *testing.T) {
	cases := []struct {
		name     string
		rate     uint64
		factor   float64
		minutes  int // from the change to the third interval that is judged
		sentence string
	}{
		{"a sampling rate announced twice as large", 1000, 2, 5, "flows into interface 3 (xe-0) of 2001:db8::1 tell of 2 times the packets that were counted (±0.028): flows are probably exported at ingress"},
		{"exported at ingress and egress", 1, 2, 5, "flows are probably exported at ingress and egress"},
		{"the sampling rate applied twice", 1000, 1000, 5, "the sampling rate of 1:1000 is probably applied twice"},
		{"sampled twice", 64, 1. / 64, 38, "the sampling rate of 1:64 is probably not applied at all, or packets are sampled twice"},
		{"sampled, and nobody says so", 1, 1. / 512, 38, "probably sampled, near 1:512, and the exporter does not say so"},
		{"half of it", 100, 0.5, 38, "half of it is missing"},
		{"export switched off", 100, 0, 38, "no flows for this interface: export is probably not enabled on it"},
		{"another sampling rate", 100, 5, 5, "the sampling rate is taken to be 1:100; the counters speak for one near 1:20"},
		{"lost on the way", 1, 0.7, 38, "flows are lost on the way"},
		{"counted three times", 1, 3, 5, "exported more than once"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s := newStory(t, c.rate, nil)
			for range 60 {
				for _, v := range s.minute(router6, 3, 10_000_000, 1) {
					if v.Band != Inside {
						t.Fatalf("before: %s", v.Sentence())
					}
				}
			}
			var opened *Verdict
			minutes := 0
			for range 60 {
				minutes++
				for _, v := range s.minute(router6, 3, 10_000_000, c.factor) {
					if v.Opened && opened == nil {
						opened = &v
					}
				}
				if opened != nil {
					break
				}
			}
			if opened == nil || minutes != c.minutes {
				t.Fatalf("got %v after %d minutes, want a mismatch after %d", opened, minutes, c.minutes)
			}
			if got := opened.Sentence(); !strings.Contains(got, c.sentence) {
				t.Errorf("got %q, want %q", got, c.sentence)
			}
			if math.Abs(opened.Ratio-c.factor) > 0.01*c.factor {
				t.Errorf("got ratio %v, want %v", opened.Ratio, c.factor)
			}
		})
	}
}

// A mismatch is repaired after a while; three intervals in band end it, and nothing
// is left of it.
func TestRepairedMismatchEnds(t *testing.T) {
	s := newStory(t, 1000, nil)
	var got []string
	note := func(all []Verdict) {
		for _, v := range all {
			switch {
			case v.Opened:
				got = append(got, v.To.Format(time.TimeOnly)+" opened")
			case v.Ended:
				got = append(got, v.To.Format(time.TimeOnly)+" ended")
				if !strings.Contains(v.Sentence(), "agree with its counters again: they tell of 1 times the packets that were counted") {
					t.Errorf("got %q", v.Sentence())
				}
			}
		}
	}
	for i := range 100 {
		factor := 1.0
		if i >= 20 && i < 40 || i == 50 || i == 52 { // two single minutes are no mismatch
			factor = 2
		}
		note(s.minute(router4, 3, 10_000_000, factor))
	}
	if diff := cmp.Diff([]string{"12:23:00 opened", "12:43:00 ended"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if c := s.Counts(); c.Opened != 1 || c.Ended != 1 || c.Open != 0 || c.OutOfBand != 22 {
		t.Errorf("got %+v", c)
	}
}

// An interface with a mismatch is shut down. Nobody claims for ever that its flows
// are wrong.
func TestMismatchOfAnInterfaceThatFellSilentLapses(t *testing.T) {
	s := newStory(t, 1, nil)
	for range 10 {
		s.minute(router4, 3, 1_000_000, 2)
	}
	if c, known := s.Confidence(router4); !known || c.OutOfBand != 1 {
		t.Fatalf("got %+v, known %v, want one interface out of band", c, known)
	}
	var lapsed []Verdict
	for range 90 { // it is still read, but carries nothing
		lapsed = append(lapsed, s.minute(router4, 3, 12, 1)...)
	}
	lapsed = lapsed[len(lapsed)-1:]
	if v := lapsed[0]; !v.Lapsed || !v.Ended || v.Open || !strings.Contains(v.Sentence(), "cannot be compared with its counters any more; before, up to 12:10:00") {
		t.Errorf("got %+v: %s", v, v.Sentence())
	}
	if _, known := s.Confidence(router4); known {
		t.Error("there is still confidence in what nobody can judge")
	}
	c := s.Counts()
	if c.Open != 0 || c.Ended != 1 || c.Lines != 2 || c.Quiet == 0 {
		t.Errorf("got %+v", c)
	}
	s.pass(180) // it is not even read any more
	if c := s.Counts(); c.Lines != 0 || c.Exporters != 0 || c.Forgotten != 2 {
		t.Errorf("got %+v, want everything forgotten", c)
	}
}

// A router with an active timeout of 30 minutes tells of most packets half an hour
// late. It is not accused of losing them.
func TestLateFlowsAreWaitedFor(t *testing.T) {
	s := newStory(t, 1, nil)
	k := key{router4, 3, tally.To}
	var all []Verdict
	for range 120 {
		s.move(router4, 3, movedBy(1_000_000), flows(200_000, size, 1, 1))
		if late := s.now.Add(-30 * time.Minute); !late.Before(began) {
			s.world.say(k, late, late.Add(within), flows(800_000, size, 1, 1))
		}
		all = append(all, s.settle()...)
	}
	for _, v := range all {
		if v.Band != Inside {
			t.Errorf("got %s", v.Sentence())
		}
	}
	if len(all) != 90 { // 120 minutes; flows of the last half hour are still to come
		t.Errorf("got %d verdicts, want 90", len(all))
	}
	if s.world.asked > 3*120 {
		t.Errorf("the ledger was asked %d times for 120 intervals, want twice each", s.world.asked)
	}
}

// The ledger of package tally answers for polls that keep to no minute: a router is
// polled 17 seconds after each, for flows that are steady, at the start and the end
// of what the ledger holds too.
func TestLedgerOfFlowsIsAskedForPartsOfMinutes(t *testing.T) {
	ledger := tally.NewLedger(tally.DefaultLedgerConfig())
	c := New(DefaultConfig(), ledger)
	first := began.UnixMilli() / tally.TickLength
	into := tally.Key{Kind: tally.Interface, Side: tally.To, Addr: router6, Index: 3}
	var got []Verdict
	for minute := range int64(30) {
		ledger.Settle(first+minute, map[tally.Key]tally.Sum{into: flows(6_000_000, size, 1, 1000)})
		from := began.Add(time.Duration(minute)*time.Minute + 17*time.Second)
		c.Observe(counters.Movement{Exporter: router6, Index: 3, From: from.UnixMilli(), To: from.Add(time.Minute).UnixMilli(), In: movedBy(6_000_000)})
		got = append(got, c.Settle(began.Add(time.Duration(minute+1)*time.Minute))...)
	}
	for _, v := range got {
		if math.Abs(v.Ratio-1) > 1e-6 || math.Abs(v.Rate-1000) > 1e-3 {
			t.Errorf("got ratio %v and sampling 1:%v, want 1 and 1:1000", v.Ratio, v.Rate)
		}
	}
	if len(got) != 27 {
		t.Errorf("got %d verdicts of 30 minutes, want 27", len(got))
	}
}

// Counter samples that come every 20 seconds are judged a minute at a time; a gap
// ends an interval.
func TestShortMovementsAreJoined(t *testing.T) {
	s := newStory(t, 1, nil)
	at := began
	move := func(seconds int) {
		from := at
		at = at.Add(time.Duration(seconds) * time.Second)
		s.world.say(key{router6, 9, tally.To}, from, at, flows(20_000, size, 1, 1))
		s.Observe(counters.Movement{Exporter: router6, Agent: router4, Index: 9, From: from.UnixMilli(), To: at.UnixMilli(), In: movedBy(20_000)})
	}
	for range 6 {
		move(20)
	}
	move(20)
	at = at.Add(time.Minute) // a sample was lost
	move(5)
	at = at.Add(time.Minute) // and another one
	move(20)
	s.world.settled = at
	var got []string
	for _, v := range s.Settle(at.Add(time.Hour)) {
		got = append(got, v.From.Format(time.TimeOnly)+" to "+v.To.Format(time.TimeOnly))
	}
	want := []string{"12:00:00 to 12:01:00", "12:01:00 to 12:02:00", "12:02:00 to 12:02:20", "12:04:25 to 12:04:45"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("intervals (-want +got):\n%s", diff)
	}
	if c := s.Counts(); c.Short != 2 || c.Waiting != 0 { // five seconds, in both directions
		t.Errorf("got %+v, want one interval too short in each direction", c)
	}
}
