package stream

import (
	"context"
	"errors"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"eagre/flow"
)

// BenchmarkRoundTrip publishes full batches, stores them and follows them, as
// fast as they go. It reports the CPU time of the whole process, which is what
// counts: most of the work happens in goroutines of the server.
func BenchmarkRoundTrip(b *testing.B) {
	s := open(b, embeddedConfig(b))
	f, err := s.Follow(b.Context(), Newest)
	if err != nil {
		b.Fatal(err)
	}
	batch := traffic(1000)
	done, underWay := make(chan error, 1), make(chan struct{}, 128)
	go func() { done <- followMany(b.Context(), f, b.N, underWay) }()
	b.ReportAllocs()
	b.ResetTimer()
	began := processTime(b)
	for i := range b.N {
		batch.Partition = uint16(i % 16)
		underWay <- struct{}{}
		publish(b, s, batch)
	}
	if err := <-done; err != nil {
		b.Fatal(err)
	}
	used := processTime(b) - began
	b.ReportMetric(float64(used.Nanoseconds())/float64(b.N)/float64(batch.N), "cpu-ns/flow")
}

// BenchmarkIdleSteps is what silence costs: every partition says in every step
// that it has nothing.
func BenchmarkIdleSteps(b *testing.B) {
	s := open(b, embeddedConfig(b))
	f, err := s.Follow(b.Context(), Newest)
	if err != nil {
		b.Fatal(err)
	}
	batch, underWay := flow.NewBatch(), make(chan struct{}, 16)
	b.ResetTimer()
	began := processTime(b)
	for step := range b.N {
		for p := range 16 {
			batch.Reset(uint16(p), int64(step))
			batch.Complete = true
			underWay <- struct{}{}
			publish(b, s, batch)
		}
		if err := followMany(b.Context(), f, 16, underWay); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64((processTime(b)-began).Microseconds())/float64(b.N), "cpu-us/step")
}

// publish waits for room, which none but a benchmark would do.
func publish(b *testing.B, s *Stream, batch *flow.Batch) {
	for {
		err := s.Flows().Publish(batch)
		if err == nil {
			return
		}
		if !errors.Is(err, ErrWindowFull) {
			b.Fatal(err)
		}
		runtime.Gosched()
	}
}

func followMany(ctx context.Context, f *Follower, n int, underWay <-chan struct{}) error {
	for range n {
		if _, _, err := f.Next(ctx); err != nil {
			return err
		}
		<-underWay
	}
	return nil
}

func processTime(b *testing.B) time.Duration {
	var used unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// traffic is n flows of ordinary traffic as one exporter sees it.
func traffic(n int) *flow.Batch {
	r := rand.New(rand.NewPCG(1, 2))
	b := flow.NewBatch()
	for i := range n {
		b.Clear(i)
		b.Exporter[i], b.SrcAddr[i], b.DstAddr[i] = flow.V4(0xc0000201), flow.V4(r.Uint32()), flow.V4(0x0a000000|r.Uint32()>>12)
		b.Start[i] = 1_700_000_000_000 + r.Int64N(60_000)
		b.End[i] = b.Start[i] + r.Int64N(15_000)
		b.Packets[i] = 1 + r.Uint64N(20)
		b.Bytes[i] = b.Packets[i] * (64 + r.Uint64N(1400))
		b.InIf[i], b.OutIf[i] = 1+r.Uint32N(8), 1+r.Uint32N(8)
		b.SrcAS[i], b.DstAS[i] = r.Uint32N(1<<16), r.Uint32N(1<<16)
		b.SrcPort[i], b.DstPort[i], b.Proto[i] = uint16(r.Uint32()), uint16(r.Uint32()), 6
		b.TCPFlags[i], b.SrcMask[i], b.DstMask[i] = uint8(r.Uint32N(64)), uint8(r.Uint32N(33)), uint8(r.Uint32N(33))
		b.SamplingRate[i], b.Version[i] = 1, flow.NetFlowV5
	}
	b.N = n
	return b
}
