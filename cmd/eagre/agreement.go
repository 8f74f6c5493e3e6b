package main

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"eagre/anomaly"
	"eagre/detector/crosscheck"
	"eagre/detector/tally"
	"eagre/flow"
)

// agreement is how far flows of exporters agree with what was counted on their
// interfaces, as of one minute. Nobody changes it after it was published.
type agreement struct {
	confidence map[flow.IP]crosscheck.Confidence
	mismatches map[flow.IP][]crosscheck.Verdict // those that go on, the worst first
	counts     crosscheck.Counts
}

// sort puts the worst mismatch of each exporter first.
func (a *agreement) sort() {
	for _, all := range a.mismatches {
		slices.SortFunc(all, func(v, w crosscheck.Verdict) int {
			return cmp.Or(cmp.Compare(farOff(w), farOff(v)), cmp.Compare(v.Index, w.Index), cmp.Compare(v.Side, w.Side))
		})
	}
}

// farOff is how far a ratio is from 1: twice is as far as half.
func farOff(v crosscheck.Verdict) float64 { return math.Abs(math.Log(v.Ratio)) }

// qualify says in a finding that its amounts may be wrong, where its traffic came in
// through exporters whose counters disagree with their flows.
func (a *agreement) qualify(e anomaly.Event) anomaly.Event {
	var doubts []string
	seen := map[flow.IP]bool{}
	for _, n := range e.NetworkElements {
		exporter := flow.FromAddr(n.Address)
		if !n.Entry || seen[exporter] {
			continue
		}
		seen[exporter] = true
		if v, doubted := a.doubt(exporter, n.Interface); doubted {
			doubts = append(doubts, fmt.Sprintf("the counters of %s disagree with its flows (%s times)", n.Exporter, times(v.Ratio)))
		}
	}
	if doubts == nil {
		return e
	}
	e.Provisional = true
	e.Evidence.Sentence += "; " + strings.Join(doubts, ", ") + ", so amounts may be wrong"
	return e
}

// doubt is the mismatch that concerns traffic into an interface most: its own, or the
// worst of the exporter.
func (a *agreement) doubt(exporter flow.IP, index uint32) (v crosscheck.Verdict, doubted bool) {
	all := a.mismatches[exporter]
	if len(all) == 0 {
		return crosscheck.Verdict{}, false
	}
	for _, v := range all {
		if v.Index == index && v.Side == tally.To {
			return v, true
		}
	}
	return all[0], true
}

// exporterAgreement is the agreement of one exporter, for whoever asks.
type exporterAgreement struct {
	Ratio      float64  `json:"ratio"` // flows ÷ counters: the median over its interfaces
	Error      float64  `json:"error"` // of it through sampling, with 95 % confidence
	Interfaces int      `json:"interfaces"`
	Agree      int      `json:"agree"`      // of the interfaces
	Mismatches []string `json:"mismatches"` // the worst of those that go on, in words
}

// mostMismatches bounds the mismatches of an exporter that are told in words.
const mostMismatches = 10

// of is the agreement of an exporter; nil where nothing could be compared.
func (a *agreement) of(exporter flow.IP) *exporterAgreement {
	c, known := a.confidence[exporter]
	if !known {
		return nil
	}
	out := &exporterAgreement{Ratio: c.Ratio, Error: c.Error, Interfaces: c.Interfaces, Agree: c.Interfaces - c.OutOfBand, Mismatches: []string{}}
	all := a.mismatches[exporter]
	for _, v := range all[:min(len(all), mostMismatches)] {
		out.Mismatches = append(out.Mismatches, v.Sentence())
	}
	return out
}

// short is the agreement in a table.
func (x *exporterAgreement) short() string {
	if x == nil {
		return "-"
	}
	text := fmt.Sprintf("%d of %d, %s", x.Agree, x.Interfaces, times(x.Ratio))
	if x.Agree < x.Interfaces {
		text += " MISMATCH"
	}
	return text
}

// compared is what flows tell of against what was counted.
func (x *exporterAgreement) compared(p paragraph) {
	if x == nil {
		p.line("counters", "nothing to hold its flows against yet")
		return
	}
	p.line("counters", "agree on %d of %d interfaces, ratio %s ±%s", x.Agree, x.Interfaces, times(x.Ratio), times(x.Error))
	for _, sentence := range x.Mismatches {
		p.line("", "%s", sentence)
	}
}

// times prints a ratio in two digits behind the point, where they say something.
func times(ratio float64) string {
	return strings.TrimSuffix(strings.TrimRight(fmt.Sprintf("%.2f", ratio), "0"), ".")
}
