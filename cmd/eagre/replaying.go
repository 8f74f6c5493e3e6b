package main

import (
	"context"
	"errors"

	"eagre/anomaly"
	"eagre/cmd/eagre/config"
	"eagre/detector"
	"eagre/network"
	"eagre/traceback"
)

// replaying is a detector with what stands around it.
type replaying struct {
	engine  *detector.Engine
	clock   minutes
	tracer  *tracer
	checker *crosschecking // nil: flows are not held against counters
	reports *reports
	out     *replayOutput
}

// openCrosscheck connects what holds flows against the counters in a recording. It is
// called by the detector's goroutine at each minute, so that the same comes out each
// time. Nobody is asked by SNMP.
func (p *replaying) openCrosscheck(cfg config.Config, nw *network.Map) {
	if !cfg.Crosscheck.Enabled {
		return
	}
	tell := func(e anomaly.Event) error {
		return errors.Join(p.reports.keep(e, traceback.Snapshot{}, false), p.out.tell(e))
	}
	p.checker = newCrosschecking(cfg.Crosscheck, crosscheckDeps{
		Ledger: p.engine.Ledger(), Names: interfaceNames{network: nw}, Tell: tell, Importance: cfg.Alerts.OperationImportance,
	})
	p.tracer.qualify = func(e anomaly.Event) anomaly.Event { return p.checker.agreement().qualify(e) }
	p.clock.over = p.checker.minute
}

// run detects to the end of a source, and judges what counters said up to then.
func (p *replaying) run(ctx context.Context, source detector.Source) error {
	if err := p.engine.Run(ctx, source); err != nil || p.checker == nil {
		return err
	}
	return p.checker.finish(p.clock.newest)
}
