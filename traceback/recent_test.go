package traceback

import (
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
)

func dropped(m *Metrics, reason string) float64 {
	return testutil.ToFloat64(m.dropped.WithLabelValues(reason))
}

func steps(r *Recent) []int64 {
	var out []int64
	for _, h := range r.held {
		out = append(out, h.step)
	}
	return out
}

func TestBatchesOlderThanTheAgeGoByWholeSteps(t *testing.T) {
	c := Config{Age: time.Second, Metrics: NewMetrics(nil)}
	r := NewRecent(c)
	for step := range int64(20) {
		r.Add(step, []byte("a"))
		r.Add(step, []byte("b"))
	}
	if got, want := len(steps(r)), 22; got != want {
		t.Errorf("held %d batches, want the %d of the last second and the step before", got, want)
	}
	if got, want := steps(r)[0], int64(9); got != want {
		t.Errorf("oldest step %d, want %d", got, want)
	}
	if got, want := dropped(c.Metrics, dropAge), 18.0; got != want {
		t.Errorf("dropped for age %v, want %v", got, want)
	}
}

func TestTheSizeBoundHoldsWhateverComes(t *testing.T) {
	c := Config{MaxBytes: 100, Metrics: NewMetrics(nil)}
	r := NewRecent(c)
	for step := range int64(5) {
		r.Add(step, make([]byte, 30))
	}
	if got, want := r.bytes, 90; got != want {
		t.Errorf("holds %d bytes, want %d", got, want)
	}
	if got, want := dropped(c.Metrics, dropSize), 2.0; got != want {
		t.Errorf("dropped for size %v, want %v", got, want)
	}
	r.Add(6, make([]byte, 101))
	if got := len(r.held); got != 0 || r.bytes != 0 {
		t.Errorf("a step larger than the bound left %d batches, %d bytes", got, r.bytes)
	}
}

func TestTheSameBytesAreHeldWhateverTheOrderInsideAStep(t *testing.T) {
	sizes := [][]int{{10, 20, 30}, {30, 10, 20}, {20, 30, 10}}
	for _, order := range sizes {
		r := NewRecent(Config{MaxBytes: 100})
		for step := range int64(4) {
			for _, n := range order {
				r.Add(step, make([]byte, n))
			}
		}
		if got, want := r.bytes, 60; got != want {
			t.Errorf("order %v holds %d bytes, want the last step's %d", order, got, want)
		}
	}
}

func TestALateBatchIsHeldWithTheNewestStep(t *testing.T) {
	r := NewRecent(Config{})
	r.Add(7, []byte("a"))
	r.Add(5, []byte("b"))
	if got, want := steps(r), []int64{7, 7}; got[0] != want[0] || got[1] != want[1] {
		t.Errorf("held steps %v, want %v", got, want)
	}
}

func TestAnUnreadableBatchIsCountedOnceAndLetGo(t *testing.T) {
	c := Config{Metrics: NewMetrics(nil)}
	r := hold(c, syn(edge1, 1, time.Second, "203.0.113.1", "198.51.100.7"))
	r.Add(r.newest, []byte("not a batch"))
	for range 2 {
		if got := traceOne(r, nil, minute("198.51.100.7/32")).Snapshot.Total.Packets; got != 1 {
			t.Errorf("traced %d packets, want the 1 of the readable batch", got)
		}
	}
	if got := dropped(c.Metrics, dropUnreadable); got != 1 {
		t.Errorf("unreadable batches counted %v, want 1", got)
	}
}

func TestAConfigurationSaysAllThatIsWrongWithIt(t *testing.T) {
	got := Config{Age: -1, MaxBytes: -2, MaxKeys: -3, MaxElements: -4}.Validate()
	want := "traceback: age: -1ns is negative\ntraceback: max bytes: -2 is negative\n" +
		"traceback: max keys: -3 is negative\ntraceback: max elements: -4 is negative"
	if got == nil || got.Error() != want {
		t.Errorf("got %v, want %s", got, want)
	}
	if err := DefaultConfig().Validate(); err != nil {
		t.Errorf("the default configuration: %v", err)
	}
}
