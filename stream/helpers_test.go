package stream

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"go.uber.org/goleak"

	"eagre/flow"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" {
		writeEventsForever(dir)
	}
	goleak.VerifyTestMain(m)
}

func embeddedConfig(t testing.TB) Config {
	c := DefaultConfig()
	c.Burst = 1 // tests publish batches that end no step
	c.Dir = t.TempDir()
	return c
}

func externalConfig(url string) Config {
	c := DefaultConfig()
	c.Burst = 1
	c.URL = url
	return c
}

// open opens a stream that closes at the end of the test.
func open(t testing.TB, c Config) *Stream {
	t.Helper()
	deps := Deps{}
	if _, test := t.(*testing.T); test {
		deps.Log = slog.New(slog.NewTextHandler(t.Output(), nil))
	}
	s, err := Open(t.Context(), c, deps)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func mustClose(t testing.TB, s *Stream) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// batchOf is a small batch that can be told from others: its step is a number.
func batchOf(partition, number int) *flow.Batch {
	b := traffic(3)
	b.Partition, b.Step = uint16(partition), int64(number)
	return b
}

// mustPublish publishes batches with these numbers, partition by partition in
// turn, and tries again what is shed.
func mustPublish(t testing.TB, s *Stream, numbers ...int) {
	t.Helper()
	for _, n := range numbers {
		b := batchOf(n%s.config.Partitions, n)
		eventually(t, func() error { return s.Flows().Publish(b) })
	}
}

// mustStore publishes until every batch is acknowledged, as long as the server
// is coming back.
func mustStore(t testing.TB, s *Stream, numbers ...int) {
	t.Helper()
	for _, n := range numbers {
		eventually(t, func() error { return publishStored(s, batchOf(n%s.config.Partitions, n)) })
	}
}

func publishStored(s *Stream, b *flow.Batch) error {
	before := counted(s.metrics.acks.WithLabelValues(ackStored))
	if err := s.Flows().Publish(b); err != nil {
		return err
	}
	if stored(s); counted(s.metrics.acks.WithLabelValues(ackStored)) == before {
		return errors.New("not stored")
	}
	return nil
}

// eventually tries until it goes, and gives up after a while.
func eventually(t testing.TB, f func() error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for {
		err := f()
		if err == nil {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatal(err)
		case <-time.After(time.Millisecond):
		}
	}
}

func stored(s *Stream) { s.flows.window.empty(10 * time.Second) }

func count(from, n int) []int {
	var numbers []int
	for i := range n {
		numbers = append(numbers, from+i)
	}
	return numbers
}

// take reads n batches and gives their numbers and the last position.
func take(t testing.TB, f *Follower, n int) ([]int, Position) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	var (
		numbers []int
		last    Position
	)
	for range n {
		packed, at, err := f.Next(ctx)
		if err != nil {
			t.Fatalf("after %v: %v", numbers, err)
		}
		numbers, last = append(numbers, numberOf(t, packed)), at
	}
	return numbers, last
}

func numberOf(t testing.TB, packed []byte) int {
	t.Helper()
	var u flow.Unpacker
	b := flow.NewBatch()
	if err := u.Unpack(packed, b); err != nil {
		t.Fatal(err)
	}
	if b.N != 3 {
		t.Fatalf("batch %d has %d rows, want 3", b.Step, b.N)
	}
	return int(b.Step)
}

// nothingMore publishes one batch more and expects that it comes next.
func nothingMore(t testing.TB, s *Stream, f *Follower) {
	t.Helper()
	mustPublish(t, s, sentinel)
	if got, _ := take(t, f, 1); !slices.Equal(got, []int{sentinel}) {
		t.Fatalf("got batch %v, want no more", got)
	}
}

const sentinel = 1 << 40

func follow(t testing.TB, s *Stream, after Position) *Follower {
	t.Helper()
	f, err := s.Follow(t.Context(), after)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.Close)
	return f
}

// followSoon waits for the connection to come back.
func followSoon(t testing.TB, s *Stream, after Position) (f *Follower) {
	t.Helper()
	eventually(t, func() (err error) {
		f, err = s.Follow(t.Context(), after)
		return err
	})
	t.Cleanup(f.Close)
	return f
}

func same[T any](t testing.TB, what string, got, want T) {
	t.Helper()
	if diff := cmp.Diff(want, got, cmpopts.EquateComparable(netip.Prefix{}, netip.Addr{})); diff != "" {
		t.Fatalf("%s (-want +got):\n%s", what, diff)
	}
}

func counted(c prometheus.Collector) int { return int(testutil.ToFloat64(c)) }

func wantError(t testing.TB, err error, want string) {
	t.Helper()
	got := ""
	if err != nil {
		got = err.Error()
	}
	if got != want {
		t.Errorf("got error\n\t%s\nwant\n\t%s", got, want)
	}
}
