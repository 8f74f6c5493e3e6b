package arrow

import (
	"fmt"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow/memory"

	"eagre/flow"
)

// BenchmarkMessage is the cost of a message, by how many flows are in it: what
// schema and dictionaries cost shows where there are few.
func BenchmarkMessage(b *testing.B) {
	for _, rows := range []int{30, 200, 1000} {
		b.Run(fmt.Sprintf("%d flows", rows), func(b *testing.B) {
			e := start(b, Config{Rows: mostRows, Linger: time.Minute}, memory.DefaultAllocator)
			batch := flow.NewBatch()
			for range rows {
				batch.Append(record())
			}
			size := 0
			b.ReportAllocs()
			for b.Loop() {
				e.add(batch)
				size += len(e.flush())
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(rows), "ns/flow")
			b.ReportMetric(float64(size)/float64(b.N)/float64(rows), "B/flow")
		})
	}
}
