package crosscheck

import (
	"testing"
	"time"

	"eagre/detector/tally"
	"eagre/flow"
	"eagre/network/counters"
)

// always is a ledger in which all is known, and flows agree.
type always tally.Sum

func (a always) Between(flow.IP, uint32, tally.Side, time.Time, time.Time) (tally.Sum, bool) {
	return tally.Sum(a), true
}

// BenchmarkMinute is a minute of a network of 1000 interfaces: their movements come
// in, those of two minutes before are judged.
func BenchmarkMinute(b *testing.B) {
	const interfaces = 1000
	c := New(DefaultConfig(), always(flows(1_000_000, size, 1, 1000)))
	at := began
	b.ReportAllocs()
	for b.Loop() {
		for i := range uint32(interfaces) {
			m := movedBy(1_000_000)
			c.Observe(counters.Movement{Exporter: flow.V4(i % 10), Index: i, From: at.UnixMilli(), To: at.Add(within).UnixMilli(), In: m, Out: m})
		}
		at = at.Add(within)
		c.Settle(at)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/interfaces, "ns/interface")
}
