package main

import (
	"cmp"
	"fmt"
	"math"
	"net/netip"
	"time"

	"eagre/anomaly"
	"eagre/detector/crosscheck"
	"eagre/flow"
	"eagre/network"
)

// mismatch is the anomaly that flows and counters of an interface disagree. It starts
// with the interval that made it certain.
func (c *crosschecking) mismatch(v crosscheck.Verdict, at time.Time) anomaly.Event {
	e := operation(anomaly.CounterMismatch, c.importance, v.From, at)
	e.ID = operationID(anomaly.CounterMismatch, v.Exporter, uint64(v.Index), uint64(v.Side), uint64(v.From.UnixMilli()))
	e.Title, e.Resource = "Counter mismatch", anomaly.Resource{Kind: "interface", Name: c.names.whole(v)}
	e.Threshold = c.brokenLimit(v)
	e.Triggering, e.Expected = perSecond(v, v.Flows), perSecond(v, v.Counted)
	e.Difference = e.Triggering.Sub(e.Expected)
	e.Maximum.Rates = e.Triggering
	e.Evidence.Value, e.Evidence.Limit, e.Evidence.Window = math.Round(1e3*v.Ratio)/1e3, e.Threshold.Value, v.To.Sub(v.From).String()
	e.Evidence.Sentence = v.Sentence()
	e.Evidence.Reproduce = "eagre exporters " + v.Exporter.String()
	return e
}

// brokenLimit is the end of the band that the ratio is beyond.
func (c *crosschecking) brokenLimit(v crosscheck.Verdict) anomaly.Threshold {
	if v.Band == crosscheck.Above {
		return anomaly.Threshold{Value: c.cfg.High, Unit: anomaly.Count, Source: "crosscheck.high"}
	}
	return anomaly.Threshold{Value: c.cfg.Low, Unit: anomaly.Count, Source: "crosscheck.low"}
}

// perSecond is an amount of the interval of a verdict as a rate.
func perSecond(v crosscheck.Verdict, amount float64) anomaly.Rates {
	rate := amount / v.To.Sub(v.From).Seconds()
	if v.Quantity == crosscheck.Octets {
		return anomaly.Rates{BPS: math.Round(8 * rate)}
	}
	return anomaly.Rates{PPS: math.Round(rate)}
}

// interfaceNames are what interfaces are called.
type interfaceNames struct {
	network *network.Map
	// announced is what an exporter itself calls an interface; nil asks nobody.
	announced func(exporter netip.Addr, index uint32) string
}

// of is what the operator calls an interface, or else whoever counted there, or else
// its exporter; empty where nobody does.
func (n interfaceNames) of(exporter flow.IP, index uint32, counted string) string {
	name := cmp.Or(n.network.Interface(exporter, index).Name, counted)
	if name == "" && n.announced != nil {
		name = n.announced(exporter.Addr(), index)
	}
	return name
}

// whole is an interface with its exporter, as the detector names it.
func (n interfaceNames) whole(v crosscheck.Verdict) string {
	router := nameOf(n.network, v.Exporter)
	if v.Name != "" {
		return router + " " + v.Name
	}
	return fmt.Sprintf("%s interface %d", router, v.Index)
}
