package traffic

import (
	"io"
	"testing"

	"eagre/quality"
)

// BenchmarkWorldToCapture is two days of six customers, drawn, encoded and
// framed.
func BenchmarkWorldToCapture(b *testing.B) {
	c := quality.DefaultConfig()
	c.Customers, c.Days, c.Train, c.PerKind = 6, 2, 1, 1
	w, err := quality.New(c)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	flows := uint64(0)
	for b.Loop() {
		sent, err := WritePCAP(b.Context(), io.Discard, w)
		if err != nil {
			b.Fatal(err)
		}
		flows += sent.Flows
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(flows), "ns/flow")
	b.ReportMetric(float64(flows)/float64(b.N), "flows/op")
}
