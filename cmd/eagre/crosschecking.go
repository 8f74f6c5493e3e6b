package main

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"eagre/anomaly"
	"eagre/cmd/eagre/config"
	"eagre/detector/crosscheck"
	"eagre/detector/tally"
	"eagre/flow"
	"eagre/ingest/snmp"
	"eagre/network/counters"
)

// crosschecking holds what flows say of interfaces against what was counted there,
// once a minute of event time, and tells of mismatches. One goroutine owns the check
// and calls minute; movements come in from any, and any may look at the agreement.
type crosschecking struct {
	check *crosscheck.Check
	cfg   crosscheck.Config
	movements
	polled     map[flow.IP]bool // exporters whose counters come by SNMP
	names      interfaceNames
	importance anomaly.Importance

	mismatches concerns[oneWay]
	open       map[oneWay]crosscheck.Verdict // told or not
	judged     map[flow.IP]bool              // exporters of which something can be said
	newest     atomic.Pointer[agreement]

	due chan time.Time // a minute that is over and not looked at yet
	log *slog.Logger
}

// oneWay is an interface in one direction.
type oneWay struct {
	exporter flow.IP
	index    uint32
	side     tally.Side
}

func wayOf(v *crosscheck.Verdict) oneWay { return oneWay{v.Exporter, v.Index, v.Side} }

// crosscheckDeps is what a crosschecking works with.
type crosscheckDeps struct {
	Ledger     crosscheck.Ledger
	Names      interfaceNames
	Tell       func(anomaly.Event) error
	Importance anomaly.Importance
	Polled     []snmp.Target         // exporters whose counters come by SNMP, so that those of their sFlow are left out
	Registry   prometheus.Registerer // nil: nobody looks
	Log        *slog.Logger          // of run
}

func newCrosschecking(c config.Crosscheck, d crosscheckDeps) *crosschecking {
	cfg := crosscheck.DefaultConfig()
	cfg.Low, cfg.High, cfg.Packets = c.Low, c.High, uint64(c.Packets)
	out := &crosschecking{
		check: crosscheck.New(cfg, d.Ledger), cfg: cfg, names: d.Names, importance: d.Importance,
		polled: map[flow.IP]bool{}, open: map[oneWay]crosscheck.Verdict{}, judged: map[flow.IP]bool{},
		due: make(chan time.Time, 1), log: d.Log,
	}
	for _, t := range d.Polled {
		out.polled[flow.FromAddr(t.Exporter)] = true
	}
	out.newest.Store(&agreement{})
	out.mismatches = newConcerns[oneWay](d.Tell, newUntoldMismatches())
	if d.Registry != nil {
		d.Registry.MustRegister(crosscheckMetrics{out}, out.mismatches.untold)
	}
	return out
}

// sampled takes in what an sFlow counter sample says, unless SNMP says the same. Nil
// takes nothing in.
func (c *crosschecking) sampled(m counters.Movement) {
	if c != nil && !c.polled[m.Exporter] {
		c.put(m)
	}
}

// agreement is how far flows and counters agreed at the newest minute. Nil knows of
// nothing that could be compared.
func (c *crosschecking) agreement() *agreement {
	if c == nil {
		return &agreement{}
	}
	return c.newest.Load()
}

// openCrosscheck connects what holds flows against counters, unless the operator does
// without.
func (e *engine) openCrosscheck(sink *tracer, clock *minutes) error {
	targets, err := pollerConfig(e.cfg)
	if err != nil || !e.cfg.Crosscheck.Enabled {
		return err
	}
	e.checker = newCrosschecking(e.cfg.Crosscheck, crosscheckDeps{
		Ledger: e.detector.Ledger(), Names: interfaceNames{e.network, sink.interfaceName},
		Tell: e.tellOperation, Importance: e.cfg.Alerts.OperationImportance,
		Polled: targets.Targets, Registry: e.registry, Log: e.log,
	})
	e.poller = snmp.New(targets, snmp.Deps{Moved: e.checker.put, Metrics: snmp.NewMetrics(e.registry), Log: e.log})
	sink.qualify = func(a anomaly.Event) anomaly.Event { return e.checker.agreement().qualify(a) }
	clock.over = e.checker.passed
	return nil
}

// passed notes that a minute of event time is over. It never waits: a minute that finds
// the last one still being looked at is looked at together with the next.
func (c *crosschecking) passed(at time.Time) error {
	select {
	case c.due <- at:
	default:
	}
	return nil
}

// run looks at each minute that has passed, until the context ends.
func (c *crosschecking) run(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case at := <-c.due:
			if err := c.minute(at); err != nil {
				c.log.Error("a mismatch of counters cannot be kept as an anomaly", "error", err)
			}
		}
	}
}

// minute judges what is known at a time, and tells what began or ended. Whoever is told
// finds the agreement changed.
func (c *crosschecking) minute(at time.Time) error {
	for _, m := range c.until(at) {
		c.check.Observe(m)
	}
	verdicts := c.check.Settle(at)
	for i := range verdicts {
		c.note(&verdicts[i])
	}
	c.publish()
	var errs []error
	for _, v := range verdicts {
		errs = append(errs, c.tell(v, at))
	}
	return errors.Join(errs...)
}

// finish judges what is left when nothing more will come: there are no late flows to be
// patient for, and what goes on ends.
func (c *crosschecking) finish(at time.Time) error {
	late := at.Add(c.cfg.Patience)
	return errors.Join(c.minute(late), c.minute(late.Add(c.cfg.Forget)))
}

// note remembers a verdict, and names its interface.
func (c *crosschecking) note(v *crosscheck.Verdict) {
	v.Name = c.names.of(v.Exporter, v.Index, v.Name)
	c.judged[v.Exporter] = true
	if v.Open {
		c.open[wayOf(v)] = *v
	} else {
		delete(c.open, wayOf(v))
	}
}

// tell tells of a verdict with which a mismatch begins or ends.
func (c *crosschecking) tell(v crosscheck.Verdict, at time.Time) error {
	switch {
	case v.Opened:
		return c.mismatches.open(wayOf(&v), c.mismatch(v, at))
	case v.Ended:
		return c.mismatches.end(wayOf(&v), at, v.Sentence())
	}
	return nil
}

// publish lets others see how far flows and counters agree now.
func (c *crosschecking) publish() {
	a := &agreement{confidence: map[flow.IP]crosscheck.Confidence{}, mismatches: map[flow.IP][]crosscheck.Verdict{}, counts: c.check.Counts()}
	for exporter := range c.judged {
		confidence, known := c.check.Confidence(exporter)
		if !known {
			delete(c.judged, exporter)
			continue
		}
		a.confidence[exporter] = confidence
	}
	for way, v := range c.open {
		a.mismatches[way.exporter] = append(a.mismatches[way.exporter], v)
	}
	a.sort()
	c.newest.Store(a)
}
