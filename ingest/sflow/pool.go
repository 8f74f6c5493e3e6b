package sflow

import "eagre/flow"

// SourceLimit is how many data sources of an exporter are usually kept.
const SourceLimit = 1024

// SamplePool is what a flow sample says about its data source besides the packet.
type SamplePool struct {
	Agent    flow.IP
	SubAgent uint32
	Source   DataSource
	Sequence uint32 // samples of the source so far
	Rate     uint32 // one packet in so many, as announced
	Pool     uint32 // packets that could have been sampled so far
	Drops    uint32 // samples lost inside the agent so far
}

// Pool is what one of the datagram's flow samples said about its data source,
// after the last Next; false where there was none. All counters in it are
// totals, so one sample of a datagram is enough; which one changes with the
// datagram's sequence number, so that every data source gets its turn.
func (d *Datagram) Pool() (SamplePool, bool) { return d.pool, d.watch == watchedAlready }

const watchedAlready = ^uint32(0)

// keep keeps the pool of a flow sample whose turn it is. There is no other.
func (d *Datagram) keep(source DataSource, sequence, rate, pool, drops uint32) {
	d.watch = watchedAlready
	d.pool = SamplePool{
		Agent: d.Agent, SubAgent: d.SubAgent, Source: source, Sequence: sequence, Rate: rate, Pool: pool, Drops: drops,
	}
}

// Sampling keeps what the data sources of one exporter say about their sampling,
// as a check: the rate that counts stays the one in each sample. The data source
// heard of longest ago gives way where there are too many. One goroutine at a
// time may use it.
type Sampling struct {
	table recent[sourceKey, sourceState]
}

type sourceKey struct {
	agent    flow.IP
	subAgent uint32
	source   DataSource
}

// sourceState is the last pool of a data source and how far its totals went.
type sourceState struct {
	last    SamplePool
	samples uint64
	pool    uint64
	drops   uint64
	resets  uint32
}

// NewSampling makes a table for so many data sources, at least one.
func NewSampling(limit int) *Sampling {
	return &Sampling{table: newRecent[sourceKey, sourceState](limit)}
}

// Len is how many data sources are kept.
func (t *Sampling) Len() int { return len(t.table.entries) }

// Evicted is how many data sources were forgotten for want of room.
func (t *Sampling) Evicted() uint64 { return t.table.evicted }

// Observe takes in what a data source says.
func (t *Sampling) Observe(p SamplePool) {
	s, known := t.table.at(sourceKey{p.Agent, p.SubAgent, p.Source})
	if known && p.overtaken(&s.last) {
		return
	}
	if known {
		s.count(&p)
	}
	s.last = p
}

// overtaken tells whether what is said was said before, or a little earlier.
func (p *SamplePool) overtaken(last *SamplePool) bool {
	return last.Sequence-p.Sequence < lateSamples
}

// forgetAt is after how many samples half of what was is forgotten, so that the
// effective rate is that of the last while.
const forgetAt = 1 << 14

// count adds how far the totals went, unless the source has begun anew or is
// sampled otherwise than before.
func (s *sourceState) count(p *SamplePool) {
	samples := p.Sequence - s.last.Sequence
	if int32(samples) < 0 || int32(p.Drops-s.last.Drops) < 0 || p.Rate != s.last.Rate {
		*s = sourceState{resets: s.resets + 1}
		return
	}
	s.samples += uint64(samples)
	s.pool += uint64(p.Pool - s.last.Pool)
	s.drops += uint64(p.Drops - s.last.Drops)
	if s.samples >= forgetAt {
		s.samples, s.pool, s.drops = s.samples/2, s.pool/2, s.drops/2
	}
}

// SourceSampling is how a data source samples by its own word and by its totals.
type SourceSampling struct {
	Agent     flow.IP
	SubAgent  uint32
	Source    DataSource
	Announced uint32  // one packet in so many; 0 is unknown
	Effective float64 // packets that could have been sampled for each sample; below 1 no pool is true; 0 without Samples
	Dropped   float64 // share of samples that were lost inside the agent, 0 to 1
	Samples   uint64  // on how many samples that rests
	Resets    uint32  // how often the totals began anew
}

// Consistent tells whether the totals allow what is announced: at least one
// packet for each sample, and a ratio within a factor of two.
func (s *SourceSampling) Consistent() bool {
	if s.Samples == 0 || s.Announced == 0 {
		return true
	}
	ratio := s.Effective / float64(s.Announced)
	return s.Effective >= 1 && ratio > 0.5 && ratio < 2
}

// Each visits all data sources, those heard last first.
func (t *Sampling) Each(visit func(SourceSampling)) {
	t.table.each(func(_ sourceKey, s *sourceState) { visit(s.sampling()) })
}

func (s *sourceState) sampling() SourceSampling {
	p := &s.last
	out := SourceSampling{
		Agent: p.Agent, SubAgent: p.SubAgent, Source: p.Source, Announced: p.Rate, Samples: s.samples, Resets: s.resets,
	}
	if s.samples > 0 {
		out.Effective = float64(s.pool) / float64(s.samples)
		out.Dropped = float64(s.drops) / float64(s.samples+s.drops)
	}
	return out
}
