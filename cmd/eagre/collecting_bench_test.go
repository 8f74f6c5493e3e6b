//go:build unix

package main

import (
	"context"
	"log/slog"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"eagre/ingest"
	"eagre/network"
	"eagre/stream"
)

// BenchmarkSocketToStream is the way of a flow from the socket to the published
// batch, without anyone who counts: another process sends a million flows a
// second over loopback, and the processor time of this one is measured. What the
// machine does beside shows, so medians of several runs are worth quoting.
func BenchmarkSocketToStream(b *testing.B) {
	for _, format := range []string{"v5", "v9", "ipfix", "sflow"} {
		b.Run(format, func(b *testing.B) {
			var published, lost uint64
			var spent time.Duration
			for range b.N {
				p, l, s := collect(b, format)
				published, lost, spent = published+p, lost+l, spent+s
			}
			b.ReportMetric(float64(published)/spent.Seconds(), "flows/cpu-s")
			b.ReportMetric(float64(spent.Nanoseconds())/float64(published), "ns/flow")
			b.ReportMetric(float64(lost), "lost")
		})
	}
}

// collect runs a collector with its embedded stream while flows are sent to it,
// and returns how many were published, how many of a format's units were lost,
// and the processor time that took.
func collect(b *testing.B, format string) (published, lost uint64, spent time.Duration) {
	b.Helper()
	cfg := stream.DefaultConfig()
	cfg.Dir = b.TempDir()
	s, err := stream.Open(b.Context(), cfg, stream.Deps{Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	nw, err := network.New(network.Config{})
	if err != nil {
		b.Fatal(err)
	}
	in := ingest.DefaultConfig()
	in.NetFlow, in.SFlow, in.Auto = nil, nil, []string{"127.0.0.1:0"}
	c := ingest.NewCollector(in, ingest.Deps{Network: nw, Publisher: s.Flows()})
	r, err := ingest.NewReceiver(b.Context(), c, time.Now)
	if err != nil {
		b.Fatal(err)
	}
	ctx, stop := context.WithCancel(b.Context())
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx) }()
	before := processorTime(b)
	send(b, format, r.Listeners()[0].Addr().String())
	spent = processorTime(b) - before
	stop()
	if err := <-ended; err != nil {
		b.Error(err)
	}
	sum := c.Totals()
	return sum.Published, sum.Lost, spent
}

// send has another process send flows for a while.
func send(b *testing.B, format, to string) {
	b.Helper()
	ctx, stop := context.WithTimeout(b.Context(), 20*time.Second)
	defer stop()
	cmd := exec.CommandContext(ctx, "eagre", "simulate", "--format", format, "--rate", "1000000", "--hosts", "100000", "--for", "3s", "--to", "udp://"+to)
	if said, err := cmd.CombinedOutput(); err != nil && !strings.Contains(string(said), "sent") {
		b.Fatalf("%v: %s", err, said)
	}
}

// processorTime is what this process has used so far.
func processorTime(b *testing.B) time.Duration {
	b.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
