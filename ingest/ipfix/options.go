package ipfix

import (
	"encoding/binary"
	"math"

	"eagre/flow"
	"eagre/ingest/wire"
)

// announcement is what one record of options data says, as far as it is read.
// Strings alias the datagram.
type announcement struct {
	ratio
	sampler, iface, template, domain uint64
	boot                             uint64
	app                              uint64
	name, description, appName       []byte
}

// options reads a set of options data: records about the exporter itself, each
// of which holds from here on (RFC 3954 §6.2, RFC 7011 §3.4.2).
func (m *Message) options(t *template, w work, report *wire.Report) {
	m.exporter.use(t, m.now.arrival)
	c := wire.NewCursor(w.data)
	n := uint32(0)
	for c.Len() >= int(t.size) && m.another(report) {
		var a announcement
		if !m.option(&a, t, &c, report) {
			break
		}
		n++
		m.announce(&a, report)
	}
	if n > 0 {
		report.Add(wire.Note{Finding: wire.OptionsRecord, Times: n})
	}
	report.Understood += int(n)
	m.count(w.own, int(n))
	m.leftover(t, c.Rest(), report)
}

// option reads one record.
func (m *Message) option(a *announcement, t *template, c *wire.Cursor, report *wire.Report) bool {
	m.begun = c.Len()
	for _, s := range t.steps {
		m.steps++
		n, ok := m.length(t, s, c, report)
		if !ok {
			return false
		}
		value := c.Bytes(n)
		if s.to != nowhere && len(value) > 0 && !a.has.has(s.to) {
			a.has.add(s.to)
			a.take(s, value)
		}
	}
	return true
}

// take reads one field.
func (a *announcement) take(s step, b []byte) {
	switch s.to {
	case interfaceName:
		a.name = b
	case interfaceDescription:
		a.description = b
	case applicationName:
		a.appName = b
	case app:
		a.app = application(b)
	case probability:
		a.probability = decimal(b)
	default:
		a.number(s.to, integer(b))
	}
}

func (a *announcement) number(to column, v uint64) {
	switch to {
	case sampler:
		a.sampler = v
	case inIf:
		a.iface = v
	case outIf:
		if !a.has.has(inIf) {
			a.iface = v
		}
	case templateID:
		a.template = v
	case domainID:
		a.domain = v
	case systemInit:
		a.boot = v
	case interval:
		a.interval = v
	case packetInterval:
		a.packets = v
	case packetSpace:
		a.space = v
	case sampleSize:
		a.size = v
	case population:
		a.population = v
	}
}

// announce applies what a record says.
func (m *Message) announce(a *announcement, report *wire.Report) {
	x := m.exporter
	if a.has.has(systemInit) && a.boot > 0 && a.boot < math.MaxInt64 {
		m.booted(int64(a.boot))
	}
	if a.has.any(set(inIf, outIf)) {
		x.nameInterface(a.iface, a.name, false, report)
		x.nameInterface(a.iface, a.description, true, report)
	}
	if a.has.has(app) {
		x.nameApplication(a.app, a.appName, report)
	}
	if rate, said := a.rate(); said {
		m.sampled(a, rate, report)
	}
}

// jitter is how far the time of a boot may wander, in milliseconds, before it is
// another one: some exporters compute it anew each time.
const jitter = 2000

// booted remembers when an IPFIX exporter started, which its uptimes count from.
func (m *Message) booted(at int64) {
	if moved := at - m.domain.boot; moved > jitter || moved < -jitter {
		m.exporter.revision++
	}
	m.domain.boot, m.exporter.boot = at, at
	if m.Version == flow.IPFIX {
		m.anchor()
	}
}

// sampled applies a sampling rate to what the record is about.
func (m *Message) sampled(a *announcement, rate uint64, report *wire.Report) {
	switch {
	case rate == 0:
		report.Add(wire.Note{Finding: wire.SamplingUseless})
		return
	case rate > wire.MaxSamplingRate:
		report.Add(wire.Note{Finding: wire.RateTooHigh, A: uint32(min(rate, math.MaxUint32)), B: wire.MaxSamplingRate})
		return
	}
	d := m.domain
	if a.domain > 0 && a.domain <= math.MaxUint32 && uint32(a.domain) != m.Domain {
		d = m.exporter.open(domainKey{uint32(a.domain), m.domain.key.v9}, m.now.arrival, report)
	}
	if d != nil {
		m.exporter.sampled(d, a.about(), uint32(rate), report)
	}
}

// about is what the rate of a record is about, the narrowest thing first.
func (a *announcement) about() uint64 {
	switch {
	case a.has.has(sampler):
		return aboutSampler.key(a.sampler)
	case a.has.any(set(inIf, outIf)):
		return aboutInterface.key(a.iface)
	case a.has.has(templateID):
		return aboutTemplate.key(a.template)
	}
	return aboutDomain.key(0)
}

// integer is a big-endian number of up to eight bytes.
func integer(b []byte) (v uint64) {
	for _, c := range b[:min(len(b), 8)] {
		v = v<<8 | uint64(c)
	}
	return v
}

// decimal is a number of the two sizes that IEEE 754 has; 0 for other sizes.
func decimal(b []byte) float64 {
	switch len(b) {
	case 4:
		return float64(math.Float32frombits(binary.BigEndian.Uint32(b)))
	case 8:
		return math.Float64frombits(binary.BigEndian.Uint64(b))
	}
	return 0
}

// panaPrivate is the classification engine whose selectors begin with a private
// enterprise number (RFC 6759 §4.2).
const panaPrivate = 20

// application is a label as the App column has it: the classification engine in
// the high byte and the selector below. Selectors of one vendor's engine hold
// the vendor's number and three bytes of the selector; longer ones lose their
// high bytes.
func application(b []byte) uint64 {
	if len(b) == 0 {
		return 0
	}
	engine, selector := uint64(b[0]), b[1:]
	if engine == panaPrivate && len(selector) > 4 {
		vendor := uint64(binary.BigEndian.Uint32(selector))
		return engine<<56 | vendor<<24 | last(selector[4:], 3)
	}
	return engine<<56 | last(selector, 7)
}

// last is the number that the last n bytes make.
func last(b []byte, n int) uint64 { return integer(b[max(len(b)-n, 0):]) }
