package crosscheck

import (
	"math"
	"testing"

	"eagre/detector/tally"
	"eagre/network/counters"
)

// What is compared, and how it comes out, for one interval.
func TestQuantitiesAreComparedWhereTheyCanBe(t *testing.T) {
	frames := func(packets, octets uint64) counters.Moved {
		return counters.Moved{Packets: packets, Octets: packets * octets}
	}
	with := func(m counters.Moved, discards uint64) counters.Moved {
		m.Discards = discards
		return m
	}
	const many = 1_000_000
	cases := []struct {
		name     string
		counted  counters.Moved
		sum      tally.Sum
		rate     float64
		quantity Quantity
		ratio    float64
		band     Band
	}{
		{"packets and bytes agree", frames(many, 718), flows(many, 700, 1, 1), 1, Packets, 1, Inside},
		{"bytes are IP bytes", frames(many, 118), flows(many, 100, 1, 1), 1, Packets, 1, Inside},
		{"packets agree, bytes do not", frames(many, 1518), flows(many, 700, 1, 1), 1, Octets, 700. / 1500, Below},
		{"bytes of padded frames are not compared", frames(many, 64), flows(many, 28, 1, 1), 1, Packets, 1, Inside},
		{"bytes where much was discarded are not compared", with(frames(many, 300), many/2), flows(many, 700, 1, 1), 1, Packets, 1, Inside},
		{"packets are not counted", counters.Moved{Octets: many * 718}, flows(many, 700, 1, 1), 1, Octets, 1, Inside},
		{"packets are not counted, and bytes come twice", counters.Moved{Octets: many * 718}, flows(many, 700, 2, 1), 1, Octets, 2, Above},
		{"packets are not counted, and no flows come", counters.Moved{Octets: many * 718}, tally.Sum{}, 1, Octets, 0, Below},
		{"a third too many of few samples may be chance", frames(30_000, 718), flows(30_000, 700, 4./3, 1000), 1000, Packets, 4. / 3, Inside},
		{"a third too many of many samples is not", frames(2_000_000, 718), flows(2_000_000, 700, 4./3, 1000), 1000, Packets, 4. / 3, Above},
		{"ten samples say nothing", frames(10_000, 718), flows(10_000, 700, 1, 1000), 1000, Packets, 1, Unsure},
		{"nothing sampled of few packets says nothing", frames(10_000, 718), tally.Sum{}, 4096, Packets, 0, Unsure},
		{"nothing sampled of many packets says all", frames(many, 718), tally.Sum{}, 4096, Packets, 0, Below},
		{"ten times too many says much, whatever the error", frames(10_000, 718), flows(10_000, 700, 10, 1000), 1000, Packets, 10, Above},
	}
	for _, c := range cases {
		for _, side := range []tally.Side{tally.To, tally.From} {
			i := interval{Movement: counters.Movement{In: c.counted}, side: side}
			if side == tally.From {
				i.In, i.Out = counters.Moved{}, c.counted
			}
			got := i.compare(c.sum, c.rate).judge(DefaultConfig())
			if got.quantity != c.quantity || math.Abs(got.ratio-c.ratio) > 0.001 || got.band != c.band {
				t.Errorf("%s: got %s, ratio %.3f ± %.3f, %v; want %s, %.3f, %v", c.name, got.quantity, got.ratio, got.err, got.band, c.quantity, c.ratio, c.band)
			}
		}
	}
}

// The error is the standard error of Bernoulli sampling, tried out by chance.
func TestErrorIsThatOfSampling(t *testing.T) {
	i := interval{Movement: counters.Movement{In: movedBy(400_000)}}
	got := i.compare(flows(400_000, size, 1, 1000), 1000)
	// One in 1000 of 400,000 packets: 400 ± 20 samples, 1.96 × 5 %; bytes by the root of two more.
	if math.Abs(got[0].err-0.098) > 0.0005 || math.Abs(got[1].err-0.1386) > 0.0005 {
		t.Errorf("got errors %.4f and %.4f, want 0.0980 and 0.1386", got[0].err, got[1].err)
	}
}

func TestConfigurationIsJudgedWhole(t *testing.T) {
	if errs := DefaultConfig().Validate(); errs != nil {
		t.Errorf("the default: %v", errs)
	}
	bad := Config{Low: 1.1, High: 1.25, Span: 1, Settle: 5, Patience: 4, Forget: 3}
	if errs := bad.Validate(); len(errs) != 6 {
		t.Errorf("got %d complaints, want 6: %v", len(errs), errs)
	}
}
