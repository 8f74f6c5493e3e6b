package ipfix

import (
	"math"

	"eagre/flow"
	"eagre/ingest/wire"
)

// verdict is a sampling rate and who said it.
type verdict struct {
	rate uint32
	from flow.Sampling
}

// resolve fills in the sampling rate of all records: the operator's, else one of
// the record, of its sampler, of its interface, of its template or domain, else
// one packet in one, assumed.
func (m *Message) resolve(r *rows, t *template, report *wire.Report) {
	b, to := r.b, r.from+r.n
	rates, from := b.SamplingRate[r.from:to], b.Sampling[r.from:to]
	all := verdict{r.at.rate, flow.SamplingOperator}
	if all.rate == 0 {
		all = m.wide(t)
		if one, ok := m.oneSampler(r, t); ok {
			all = one
		} else if t.has.has(sampler) || t.has.any(inRecord) || m.domain.samplesInterfaces() {
			m.each(r, t, all, report)
			return
		}
	}
	fill(rates, all.rate)
	fill(from, all.from)
}

// oneSampler is the short way for what is the rule: all records name one sampler
// that was announced, and nothing else.
func (m *Message) oneSampler(r *rows, t *template) (verdict, bool) {
	if !t.has.has(sampler) || t.has.any(inRecord) {
		return verdict{}, false
	}
	id := m.sampler[0]
	for _, other := range m.sampler[1:r.n] {
		if other != id {
			return verdict{}, false
		}
	}
	rate := m.domain.rate(aboutSampler, id)
	return verdict{rate, flow.SamplingOptions}, rate != 0
}

// wide is what holds for all records of a template that say nothing themselves.
func (m *Message) wide(t *template) verdict {
	d := m.domain
	rate := d.rate(aboutTemplate, uint64(t.id))
	if rate == 0 {
		rate = d.rate(aboutDomain, 0)
	}
	if rate == 0 && !t.has.has(sampler) {
		rate = d.agreed()
	}
	if rate == 0 {
		return verdict{1, flow.SamplingAssumed}
	}
	return verdict{rate, flow.SamplingOptions}
}

// samplesInterfaces tells whether some interface has a rate of its own.
func (d *domain) samplesInterfaces() bool {
	i, _ := d.rates.search(aboutInterface.key(0))
	return i < len(d.rates.rows) && about(d.rates.rows[i].key>>aboutBits) == aboutInterface
}

// each resolves record by record. Neighbours mostly have one sampler, so the
// last answer is kept.
func (m *Message) each(r *rows, t *template, all verdict, report *wire.Report) {
	b, byInterface := r.b, m.domain.samplesInterfaces()
	known, last := uint32(0), uint64(0)
	for i := range r.n {
		row := r.from + i
		v := verdict{m.told(t, i, report), flow.SamplingRecord}
		if v.rate == 0 && t.has.has(sampler) {
			if id := m.sampler[i]; i == 0 || id != last {
				last, known = id, m.domain.rate(aboutSampler, id)
			}
			v = verdict{known, flow.SamplingOptions}
		}
		if v.rate == 0 && byInterface {
			v = verdict{m.domain.interfaceRate(b, row), flow.SamplingOptions}
		}
		if v.rate == 0 {
			v = all
		}
		if v.from == flow.SamplingAssumed && t.has.has(sampler) && last != 0 {
			v = verdict{0, flow.SamplingUnknown}
			m.exporter.stranger(m.Domain, last)
			report.Add(wire.Note{Finding: wire.SamplerUnknown, A: uint32(min(last, math.MaxUint32))})
		}
		b.SamplingRate[row], b.Sampling[row] = v.rate, v.from
	}
}

// told is the rate that record i says itself; 0 where it says none that can be.
func (m *Message) told(t *template, i int, report *wire.Report) uint32 {
	if !t.has.any(inRecord) {
		return 0
	}
	said := ratio{
		has: t.has & inRecord, interval: m.interval[i], packets: m.packets[i], space: m.space[i],
		size: m.size[i], population: m.population[i], probability: m.probability[i],
	}
	if said.interval == 0 {
		said.has &^= set(interval)
	}
	rate, _ := said.rate()
	if rate > wire.MaxSamplingRate {
		report.Add(wire.Note{Finding: wire.RateTooHigh, A: uint32(min(rate, math.MaxUint32)), B: wire.MaxSamplingRate})
		return 0
	}
	return uint32(rate)
}

// interfaceRate is the rate of the interface at which a row was metered; where
// the row does not say which, that of the first one that has a rate.
func (d *domain) interfaceRate(b *flow.Batch, row int) uint32 {
	first, second := b.InIf[row], b.OutIf[row]
	if b.Direction[row] == flow.Egress {
		first, second = second, first
	}
	if rate := d.rate(aboutInterface, uint64(first)); rate != 0 {
		return rate
	}
	return d.rate(aboutInterface, uint64(second))
}
