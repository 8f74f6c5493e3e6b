package snmp

import (
	"context"
	"log/slog"
	"time"

	"eagre/flow"
)

// watch follows one target. One goroutine owns it.
type watch struct {
	target   Target
	deps     Deps
	exporter flow.IP
	last     map[uint32]*reading // of the last poll that succeeded

	quiet   time.Time // no line in the log before this
	leftOut int       // lines, since the last
	failing bool
}

func newWatch(t Target, d Deps) *watch {
	d.Log = d.Log.With(slog.String("exporter", t.Exporter.Unmap().String()), slog.String("agent", t.Address))
	return &watch{target: t, deps: d, exporter: flow.FromAddr(t.Exporter)}
}

// run polls until the context ends, first after a delay. A poll that takes longer
// than its interval pushes the next ones back.
func (w *watch) run(ctx context.Context, delay time.Duration) {
	for next := w.deps.Clock.Now().Add(delay); w.wait(ctx, next); {
		w.poll(ctx)
		next = next.Add(w.target.Interval)
		if now := w.deps.Clock.Now(); next.Before(now) {
			w.deps.Metrics.overruns.Inc()
			next = now
		}
	}
}

// wait tells whether there is a poll to do, once its time has come.
func (w *watch) wait(ctx context.Context, until time.Time) bool {
	select {
	case <-ctx.Done():
		return false
	case <-w.deps.Clock.After(until.Sub(w.deps.Clock.Now())):
		return ctx.Err() == nil
	}
}

// poll reads the target once.
func (w *watch) poll(ctx context.Context) {
	within, done := context.WithTimeout(ctx, w.target.Interval)
	defer done()
	t, f := w.target.read(within, w.deps.Clock.Now)
	switch {
	case ctx.Err() != nil: // we are leaving; the agent is not to blame
		return
	case f != nil:
		w.fail(f)
		return
	}
	w.deps.Metrics.polls[fine].Inc()
	w.recover()
	w.compare(t)
}

// compare hands on how far the interfaces moved since the last poll. Interfaces
// that are gone are forgotten.
func (w *watch) compare(t *table) {
	for _, r := range t.inOrder() {
		last := w.last[r.index]
		if last == nil {
			w.deps.Metrics.readings[firstSeen].Inc()
			continue
		}
		m, why := r.since(last, w.exporter)
		w.deps.Metrics.readings[why].Inc()
		if why == moved {
			w.deps.Moved(m)
		}
	}
	w.last = t.rows
	w.deps.Metrics.interfaces.WithLabelValues(w.exporter.String()).Set(float64(len(t.rows)))
	if t.truncated {
		w.deps.Metrics.truncated.Inc()
		w.warn("more interfaces than the limit; those with higher numbers are left out", slog.Int("limit", t.limit))
	}
}

func (w *watch) fail(f *fault) {
	w.deps.Metrics.polls[f.reason].Inc()
	w.failing = true
	w.warn("interface counters cannot be read", slog.String("reason", f.reason.String()), slog.Any("error", f))
}

func (w *watch) recover() {
	if w.failing {
		w.failing = false
		w.deps.Log.Info("interface counters can be read again")
	}
}

// warn writes a line, of this target at most one a minute.
func (w *watch) warn(message string, facts ...any) {
	now := w.deps.Clock.Now()
	if now.Before(w.quiet) {
		w.leftOut++
		return
	}
	w.deps.Log.Warn(message, append(facts, slog.Int("left_out", w.leftOut))...)
	w.leftOut, w.quiet = 0, now.Add(time.Minute)
}
