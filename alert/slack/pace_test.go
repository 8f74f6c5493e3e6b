package slack

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// Hurry takes the pace away, for tests that count calls and not seconds.
func (n *Notifier) Hurry() { n.pace.every = 0 }

func TestCallsAreASecondApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start, p := time.Now(), pace{every: beat}
		var got []time.Duration
		for range 3 {
			if err := p.wait(t.Context()); err != nil {
				t.Fatal(err)
			}
			got = append(got, time.Since(start))
		}
		time.Sleep(time.Minute) // and no burst after a rest
		_ = p.wait(t.Context())
		_ = p.wait(t.Context())
		got = append(got, time.Since(start))
		if diff := cmp.Diff([]time.Duration{0, time.Second, 2 * time.Second, 63 * time.Second}, got); diff != "" {
			t.Errorf("calls at (-want +got):\n%s", diff)
		}
	})
}

func TestPaceEndsWithTheDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := pace{every: time.Hour}
		_ = p.wait(t.Context())
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := p.wait(ctx); err == nil {
			t.Error("got no error")
		}
	})
}
