package detector

import (
	"testing"

	"eagre/detector/tally"
	"eagre/flow"
)

// minutes lets an exporter deliver a share on time for so many ticks.
func (h *health) minutes(from int64, n int, share float64) (next int64) {
	for i := range int64(n) {
		h.settle(from+i, []tally.ExporterTick{{
			Exporter: flow.V4(1), OnTime: uint64(1000 * share), Late: uint64(1000 * (1 - share)),
		}})
	}
	return from + int64(n)
}

// TestALongerTimeoutIsNoticedAndForgotten: somebody sets the active timeout to half
// an hour. The share on time falls for good, which is said at once and not for ever.
func TestALongerTimeoutIsNoticedAndForgotten(t *testing.T) {
	var h health
	at := h.minutes(0, 60, 0.95)
	if p := h.list()[0]; p.Jumped || p.OnTime < 0.94 || p.OnTime > 0.96 {
		t.Fatalf("an hour of 95 %%: got %+v", p)
	}
	at = h.minutes(at, 1, 0.3)
	if p := h.list()[0]; !p.Jumped || h.jumps != 1 {
		t.Errorf("the minute of the change: got %+v after %d jumps", p, h.jumps)
	}
	at = h.minutes(at, 60, 0.3)
	if p := h.list()[0]; p.Jumped || p.OnTime > 0.31 || h.jumps != 1 {
		t.Errorf("an hour later: got %+v after %d jumps, want the new share taken for what is usual", p, h.jumps)
	}
	h.minutes(at, 60, 0.95)
	if p := h.list()[0]; p.Jumped || p.OnTime < 0.94 || h.jumps != 2 {
		t.Errorf("an hour after it was set back: got %+v after %d jumps", p, h.jumps)
	}
}

func TestAnOrdinaryMinuteIsNoJump(t *testing.T) {
	var h health
	at := int64(0)
	for range 50 {
		at = h.minutes(at, 1, 0.9)
		at = h.minutes(at, 1, 0.75)
	}
	if h.jumps != 0 {
		t.Errorf("got %d jumps of an exporter that delivers between 75 and 90 %%", h.jumps)
	}
}

func TestAnExporterThatIsGoneIsForgotten(t *testing.T) {
	var h health
	at := h.minutes(0, 1, 1)
	h.settle(at+silentTicks, nil)
	if got := h.list(); len(got) != 0 {
		t.Errorf("got %+v", got)
	}
	if got := h.of(flow.V4(1)).OnTime; got != 1 {
		t.Errorf("of whom nothing is known: got %v on time, want 1", got)
	}
}

// TestAnUnknownSamplingRateIsSaidWhileItIsUnknown: a sampler is announced some minutes
// after its first flows.
func TestAnUnknownSamplingRateIsSaidWhileItIsUnknown(t *testing.T) {
	var h health
	for tick, unknown := range []uint64{1000, 1000, 0} {
		h.settle(int64(tick), []tally.ExporterTick{
			{Exporter: flow.V4(1), OnTime: 1000, Unknown: unknown}, {Exporter: flow.V4(2), OnTime: 1000},
		})
		if got := h.of(flow.V4(1)).Unknown; got != (unknown > 0) || h.worst().Unknown != got || h.of(flow.V4(2)).Unknown {
			t.Errorf("minute %d: got %v of the exporter, %v of all", tick, got, h.worst().Unknown)
		}
	}
}
