package traffic

import (
	"net/netip"
	"time"

	"eagre/flow"
	"eagre/quality"
	"eagre/simulate"
)

// fixed makes NetFlow v5. Its header says the rate of all records in it.
type fixed struct {
	engine   uint8
	sequence uint32
	boot     time.Time
	records  []flow.Record
	buffer   []byte
}

const randomSampling = 2 // mode in a v5 header

func (x *fixed) encode(now clock, flows []Flow, emit func([]byte)) {
	if !x.boot.Equal(now.boot.Add(-now.skew)) {
		x.boot, x.sequence = now.boot.Add(-now.skew), 0
	}
	x.records = chunks(flows, simulate.MaxV5Records, x.records, now.skew, func(rate uint32, records []flow.Record) {
		h := simulate.V5Header{Time: now.time, Uptime: now.uptime, Sequence: x.sequence, EngineID: x.engine, SamplingMode: randomSampling, SamplingInterval: uint16(rate)}
		x.buffer = simulate.AppendV5(x.buffer[:0], h, records)
		x.sequence += uint32(len(records))
		emit(x.buffer)
	})
}

// templated makes NetFlow v9 and IPFIX. Each rate has a sampler of its own, so that
// records of before a change are still told right.
type templated struct {
	router   quality.Router
	domain   uint32
	sequence uint32
	boot     time.Time
	next     time.Time // when templates and options are due
	samplers map[uint32]uint32
	rates    []uint32 // by sampler, from 1 on
	flows    [2]simulate.Template
	options  simulate.Template
	byFamily [2][]Flow
	records  []flow.Record
	buffer   []byte
}

const (
	firstTemplate = 256
	resend        = time.Minute
	mostRecords   = 16 // keeps a datagram of IPv6 records below an Ethernet frame
)

func newTemplated(n int, r quality.Router) *templated {
	t := &templated{router: r, domain: uint32(n + 1), samplers: map[uint32]uint32{}}
	for six := range t.flows {
		t.flows[six] = simulate.FlowTemplate(r.Format, firstTemplate+uint16(six), six == 1, simulate.NaturalTimes)
		sampler := simulate.Field{Element: simulate.SamplerID, Length: 4}
		if r.Format == flow.IPFIX {
			sampler.Element = simulate.SelectorID
		}
		t.flows[six].Fields = append(t.flows[six].Fields, sampler)
	}
	t.options = simulate.SamplerTemplate(r.Format, firstTemplate+2)
	return t
}

func (t *templated) encode(now clock, flows []Flow, emit func([]byte)) {
	if boot := now.boot.Add(-now.skew); !t.boot.Equal(boot) {
		t.boot, t.sequence, t.next = boot, 0, time.Time{}
	}
	fresh := t.sampler(now.rate)
	for i := range flows {
		fresh = t.sampler(flows[i].Rate) || fresh
	}
	if real := now.time.Add(-now.skew); fresh || !real.Before(t.next) {
		t.next = real.Add(resend)
		t.describe(now, emit)
	}
	t.sort(flows)
	for six := range t.byFamily {
		t.records = chunks(t.byFamily[six], mostRecords, t.records, now.skew, func(rate uint32, records []flow.Record) {
			template := t.flows[six]
			template.Sampler = t.samplers[rate]
			t.message(now, func(m *simulate.Message) { m.Records(&template, records) }, emit)
		})
	}
}

// sampler tells whether a rate is new, and gives it a number.
func (t *templated) sampler(rate uint32) bool {
	if _, known := t.samplers[rate]; known {
		return false
	}
	t.rates = append(t.rates, rate)
	t.samplers[rate] = uint32(len(t.rates))
	return true
}

func (t *templated) sort(flows []Flow) {
	t.byFamily[0], t.byFamily[1] = t.byFamily[0][:0], t.byFamily[1][:0]
	for i := range flows {
		six := 0
		if flows[i].is6() {
			six = 1
		}
		t.byFamily[six] = append(t.byFamily[six], flows[i])
	}
}

// describe sends templates and samplers.
func (t *templated) describe(now clock, emit func([]byte)) {
	t.message(now, func(m *simulate.Message) { m.Templates(t.flows[0], t.flows[1], t.options) }, emit)
	t.message(now, func(m *simulate.Message) {
		for n, rate := range t.rates {
			s := simulate.Sampler{ID: uint32(n + 1), Rate: rate, Name: "sampler"}
			m.Data(&t.options, s.Row(t.router.Format))
		}
	}, emit)
}

func (t *templated) message(now clock, write func(*simulate.Message), emit func([]byte)) {
	if t.router.Format == flow.IPFIX {
		m := simulate.BeginIPFIX(t.buffer[:0], simulate.IPFIXHeader{Time: now.time, Sequence: t.sequence, Domain: t.domain, Boot: now.boot})
		write(&m)
		t.sequence += uint32(m.DataRecords())
		t.buffer = m.End()
	} else {
		m := simulate.BeginV9(t.buffer[:0], simulate.V9Header{Time: now.time, Uptime: now.uptime, Sequence: t.sequence, SourceID: t.domain})
		write(&m)
		t.sequence++
		t.buffer = m.End()
	}
	emit(t.buffer)
}

// agent makes sFlow. Every flow it is given is one packet.
type agent struct {
	address  netip.Addr
	boot     time.Time
	sequence uint32
	sources  map[uint32]*source // by ifIndex
	samples  []simulate.SFlowSample
	records  []flow.Record
	buffer   []byte
}

// source is an interface that samples.
type source struct{ sequence, pool uint32 }

func (a *agent) encode(now clock, flows []Flow, emit func([]byte)) {
	if boot := now.boot.Add(-now.skew); !a.boot.Equal(boot) {
		a.boot, a.sequence = boot, 0
		clear(a.sources)
	}
	a.records = chunks(flows, simulate.SFlowSamplesPerDatagram, a.records, 0, func(_ uint32, records []flow.Record) {
		a.samples = a.samples[:0]
		for i := range records {
			a.samples = append(a.samples, a.sample(records[i]))
		}
		h := simulate.SFlowHeader{Agent: a.address, Sequence: a.sequence, Uptime: now.uptime}
		a.sequence++
		a.buffer = simulate.AppendSFlow(a.buffer[:0], h, a.samples)
		emit(a.buffer)
	})
}

func (a *agent) sample(r flow.Record) simulate.SFlowSample {
	s := a.sources[r.InIf]
	if s == nil {
		s = &source{}
		a.sources[r.InIf] = s
	}
	s.pool += r.SamplingRate
	s.sequence++
	return simulate.SFlowSample{Sequence: s.sequence, Pool: s.pool, Record: r}
}
