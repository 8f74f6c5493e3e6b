package traceback

import (
	"slices"

	"eagre/flow"
	"eagre/network"
)

// pass is one reading of the held batches for many patterns.
type pass struct {
	recent  *Recent
	network *network.Map
	index   *index
	traces  []*tracing
	touched []bool // the batches in which anything matched
}

func newPass(r *Recent, patterns []Pattern, nw *network.Map) *pass {
	p := &pass{recent: r, network: nw, index: newIndex(patterns), touched: make([]bool, len(r.held))}
	bound := r.config.MaxKeys / (listsPerTrace * max(1, len(patterns)))
	bound = min(max(bound, minBound), maxBound)
	heldFrom, heldTo := r.span()
	for _, pattern := range patterns {
		p.traces = append(p.traces, &tracing{
			window: newWindow(pattern, heldFrom, heldTo),
			groups: map[interfaceKey]*group{}, limit: r.config.MaxElements, bound: bound,
		})
	}
	return p
}

func (p *pass) run() {
	p.recent.each(func(int) bool { return true }, p.count)
	p.choose()
	p.recent.each(func(i int) bool { return p.touched[i] }, p.verify)
	p.report()
}

// count is the first reading: who carried how much of what.
func (p *pass) count(i int, b *flow.Batch) {
	for row := range b.N {
		p.index.match(b, row, func(pattern int) {
			p.touched[i] = true
			if p.believable(b, row) {
				p.traces[pattern].count(b, row)
			}
		})
	}
}

// believable counts what is wrong with a row that a trace cannot use.
func (p *pass) believable(b *flow.Batch, row int) bool {
	switch {
	case b.Quality[row]&flow.Implausible != 0:
		p.recent.config.Metrics.skipped.WithLabelValues(skipImplausible).Inc()
	case !timesMakeSense(b, row):
		p.recent.config.Metrics.skipped.WithLabelValues(skipTime).Inc()
	default:
		return true
	}
	return false
}

func timesMakeSense(b *flow.Batch, row int) bool {
	return b.Start[row] >= 0 && b.Start[row] <= b.End[row] && b.End[row] < latestBelieved
}

func scaled(b *flow.Batch, row int) count {
	return count{bytes: b.Bytes[row], packets: b.Packets[row]}.times(b.SamplingRate[row])
}

// choose decides between the readings whose packets count, and what the
// fingerprint may be.
func (p *pass) choose() {
	for _, t := range p.traces {
		t.prune()
		t.counted = t.view(p.network)
		var all votes
		for key := range t.counted {
			all.merge(&t.groups[key].votes)
		}
		t.verdict = newVerdict(&all)
	}
}

// verify is the second reading, of the batches that matched: how many packets
// agree with each field of the fingerprint, and with all of them.
func (p *pass) verify(_ int, b *flow.Batch) {
	for row := range b.N {
		p.index.match(b, row, func(pattern int) {
			t := p.traces[pattern]
			if !t.counted[interfaceKey{b.Exporter[row], b.InIf[row]}] || b.Quality[row]&flow.Implausible != 0 || !timesMakeSense(b, row) {
				return
			}
			inside := scaled(b, row).within(b.Start[row], b.End[row], t.from, t.to)
			t.verdict.add(fieldsOf(b, row), inside.packets)
		})
	}
}

// report counts the bounds that were reached.
func (p *pass) report() {
	m := p.recent.config.Metrics
	for _, t := range p.traces {
		m.traces.Inc()
		if t.over {
			m.bounded.WithLabelValues(boundElements).Inc()
		}
		if t.clipped {
			m.bounded.WithLabelValues(boundSpan).Inc()
		}
		if slices.ContainsFunc(t.keys(), func(k interfaceKey) bool { return t.groups[k].parts.coarse() }) {
			m.bounded.WithLabelValues(boundKeys).Inc()
		}
	}
}
