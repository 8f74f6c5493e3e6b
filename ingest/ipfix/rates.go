package ipfix

import "eagre/ingest/wire"

// about is what an announced sampling rate is about. It and a number make the
// key under which the rate is kept in its domain.
type about uint8

const (
	aboutDomain about = iota
	aboutSampler
	aboutInterface
	aboutTemplate
)

const aboutBits = 56 // where the kind stands in a key

func (a about) key(id uint64) uint64 { return uint64(a)<<aboutBits | id&(1<<aboutBits-1) }

// Sampler is one sampling rate of an exporter, as a row of a table.
type Sampler struct {
	Domain    uint32
	ID        uint64 // of the sampler (element 48 or 302); 0 where the rate is not one sampler's
	Interface uint32 // ifIndex; 0 where the rate is not one interface's
	Rate      uint32 // one packet in so many
	Known     bool   // false: records name the sampler, but it was never announced
}

// maxStrangers bounds the samplers that are listed though nobody announced them.
const maxStrangers = 16

// Samplers lists the sampling rates that were announced, in order of domains, and
// the samplers that records name without an announcement. The list is the
// caller's.
func (x *Exporter) Samplers() []Sampler {
	out := []Sampler{}
	for _, d := range x.domains {
		for _, r := range d.rates.rows {
			s := Sampler{Domain: d.key.id, Rate: r.value, Known: true}
			switch id := r.key & (1<<aboutBits - 1); about(r.key >> aboutBits) {
			case aboutSampler:
				s.ID = id
			case aboutInterface:
				s.Interface = uint32(id)
			}
			out = append(out, s)
		}
	}
	return append(out, x.strangers...)
}

// sampled keeps an announced rate.
func (x *Exporter) sampled(d *domain, key uint64, rate uint32, report *wire.Report) {
	if old := d.rates.renew(key); old != nil {
		if *old != rate {
			*old = rate
			x.revision++
			d.asked = false
		}
		return
	}
	if x.samplers >= x.limits.Samplers {
		report.Add(wire.Note{Finding: wire.SamplersTooMany, A: uint32(x.limits.Samplers)})
		if len(d.rates.rows) == 0 {
			return // one domain does not push out what others announced
		}
		d.rates.evict()
		x.samplers--
		x.bytes -= samplerCost
	}
	d.rates.insert(key, rate)
	x.samplers++
	x.bytes += samplerCost
	x.revision++
	x.known(d.key.id, key)
	d.asked = false
}

// agreed is the rate that all samplers of the domain have; 0 where they differ
// or there are none.
func (d *domain) agreed() uint32 {
	if d == nil {
		return 0
	}
	if !d.asked {
		d.asked = true
		d.common = d.agree()
	}
	return d.common
}

func (d *domain) agree() (common uint32) {
	for _, r := range d.rates.rows {
		if about(r.key>>aboutBits) != aboutSampler {
			continue
		}
		if common != 0 && common != r.value {
			return 0
		}
		common = r.value
	}
	return common
}

// stranger remembers a sampler that was never announced.
func (x *Exporter) stranger(domain uint32, id uint64) {
	s := Sampler{Domain: domain, ID: id}
	for _, known := range x.strangers {
		if known == s {
			return
		}
	}
	if len(x.strangers) < maxStrangers {
		x.strangers = append(x.strangers, s)
	}
}

// known takes a sampler from the list of strangers.
func (x *Exporter) known(domain uint32, key uint64) {
	for i, s := range x.strangers {
		if s.Domain == domain && aboutSampler.key(s.ID) == key {
			last := len(x.strangers) - 1
			x.strangers[i] = x.strangers[last]
			x.strangers = x.strangers[:last]
			return
		}
	}
}

// rate is an announced rate; 0 where there is none. A nil domain announced none.
func (d *domain) rate(a about, id uint64) uint32 {
	if d == nil {
		return 0
	}
	if r := d.rates.get(a.key(id)); r != nil {
		return *r
	}
	return 0
}

// ratio is one packet in how many the elements of a record or an announcement
// say; false where they say nothing. A rate of 0 makes no sense but was said.
type ratio struct {
	has                                        columns
	interval, packets, space, size, population uint64
	probability                                float64
}

func (r *ratio) rate() (uint64, bool) {
	switch {
	case r.has.has(interval):
		return r.interval, true
	case r.has.has(packetInterval) && !r.has.has(packetSpace):
		return r.packets, true // some exporters say the rate in the first of the two alone
	case r.has.has(packetInterval):
		return whole(r.packets+r.space, r.packets), true
	case r.has.has(sampleSize) && r.has.has(population):
		return whole(r.population, r.size), true
	case r.has.has(probability):
		return inverse(r.probability), true
	}
	return 0, false
}

// whole is a/b, rounded; 0 where b is 0.
func whole(a, b uint64) uint64 {
	if b == 0 || a < b { // also a sum that wrapped
		return 0
	}
	q := a / b
	if a%b >= b-a%b {
		q++
	}
	return q
}

// inverse is 1/p, rounded; 0 where p is no probability.
func inverse(p float64) uint64 {
	if !(p > 0 && p <= 1) {
		return 0
	}
	return uint64(min(1/p+0.5, 1e18))
}
