package simulate

import (
	"testing"
	"time"

	"eagre/flow"
	"eagre/network"
)

// One second of a load of a hundred thousand flows, made and encoded.
func BenchmarkLoad(b *testing.B) {
	for _, format := range []flow.Version{flow.NetFlowV5, flow.NetFlowV9, flow.IPFIX, flow.SFlowV5} {
		b.Run(format.String(), func(b *testing.B) {
			router := Router{
				Exporter: network.Exporter{Name: "r1", Address: addr("127.0.0.21")}, Format: format, Sampling: 100,
				Active: time.Minute, Inactive: 15 * time.Second, Boot: t0.Add(-time.Hour),
			}
			s, err := New(Config{Start: t0, Seed: 1, Routers: []Router{router}, Load: &Load{PerSecond: 100_000, Hosts: 10_000}})
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			to := t0
			for b.Loop() {
				to = to.Add(time.Second)
				s.Advance(to, func(Datagram) {})
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(s.Counters(0).Records), "ns/record")
		})
	}
}
