package simulate

import (
	"time"

	"eagre/flow"
)

const (
	// mtuPayload is how long a datagram with templates gets, in bytes: below the
	// Ethernet MTU, with room for a tunnel.
	mtuPayload = 1400
	// idsPerStart is how many template ids a router uses; after a restart it takes
	// others.
	idsPerStart = 8
	firstID     = 256
)

// templateExporter makes NetFlow v9 and IPFIX.
type templateExporter struct {
	router    *router
	families  [2]family // IPv4 and IPv6
	tables    []table   // options
	sequence  uint32
	templates resend
	options   resend
	buffer    []byte
}

// family is the flows of one family and their template.
type family struct {
	waiting
	template Template
}

// table is options data.
type table struct {
	template Template
	rows     func(boot time.Time) [][]Value
}

// resend is something that is sent again and again, and first at once.
type resend struct {
	every time.Duration
	next  time.Time
}

func (r *resend) due(now time.Time) bool {
	if now.Before(r.next) {
		return false
	}
	r.next = now.Add(r.every)
	return true
}

func newTemplateExporter(r *router) *templateExporter {
	e := &templateExporter{router: r, templates: resend{every: r.TemplatesEvery}, options: resend{every: r.OptionsEvery}}
	e.define()
	return e
}

// define makes the templates, with ids that this start of the router has not used.
func (e *templateExporter) define() {
	id := firstID + idsPerStart*uint16(e.router.Restarts%1000)
	for i := range e.families {
		e.families[i].template = e.flowTemplate(id+uint16(i), i == 1)
		e.families[i].most = (mtuPayload - v9HeaderBytes - setHeaderBytes - 3) / e.recordBytes(i)
	}
	e.tables = e.optionTables(id + uint16(len(e.families)))
}

// recordBytes is the longest record of a family.
func (e *templateExporter) recordBytes(i int) int {
	n := e.families[i].template.RecordBytes()
	if e.router.PacketReports {
		n += MaxSFlowHeader
	}
	return n
}

func (e *templateExporter) flowTemplate(id uint16, six bool) Template {
	r := e.router
	t := FlowTemplate(r.Format, id, six, r.Times)
	if r.PacketReports {
		t = PacketReport(id, true)
	}
	t.Sampler = 1
	if r.Sampling <= 1 {
		return t
	}
	switch {
	case r.Announce == AnnounceRecords && r.Format == flow.IPFIX:
		t.Fields = append(t.Fields, Field{Element: SamplingPacketInterval, Length: 4}, Field{Element: SamplingPacketSpace, Length: 4})
	case r.Announce == AnnounceRecords:
		t.Fields = append(t.Fields, Field{Element: SamplingInterval, Length: 4}, Field{Element: SamplingAlgorithm, Length: 1})
	case r.PacketReports: // it has its selector
	case r.Announce == AnnounceOptions && r.Format == flow.IPFIX:
		t.Fields = append(t.Fields, Field{Element: SelectorID, Length: 4})
	case r.Announce == AnnounceOptions:
		t.Fields = append(t.Fields, Field{Element: SamplerID, Length: 4})
	}
	return t
}

// optionTables are the tables of samplers, of interface names and, in IPFIX with
// sysUptimes, of the start.
func (e *templateExporter) optionTables(id uint16) []table {
	r := e.router
	var out []table
	if r.Announce == AnnounceOptions && r.Sampling > 1 {
		s := Sampler{ID: 1, Rate: r.Sampling, Deterministic: r.Deterministic, Name: "sampler-1"}
		out = append(out, table{SamplerTemplate(r.Format, id), func(time.Time) [][]Value { return [][]Value{s.Row(r.Format)} }})
	}
	if len(r.Exporter.Interfaces) > 0 {
		out = append(out, table{InterfaceTemplate(r.Format, id+1), func(time.Time) [][]Value { return interfaceRows(r) }})
	}
	if r.Format == flow.IPFIX && r.Times.of(r.Format) == SysUptimes {
		out = append(out, table{BootTemplate(id + 2), func(boot time.Time) [][]Value { return [][]Value{BootRow(r.Domain, boot)} }})
	}
	return out
}

func interfaceRows(r *router) (rows [][]Value) {
	for _, i := range r.Exporter.Interfaces {
		rows = append(rows, InterfaceRow(i))
	}
	return rows
}

func (e *templateExporter) carries(bool) bool { return true }

func (e *templateExporter) queue(flows []flow.Record) {
	for i := range flows {
		six := 0
		if flows[i].SrcAddr.Unmap().Is6() {
			six = 1
		}
		e.families[six].add(flows[i:i+1], e.router.Skew)
	}
}

func (e *templateExporter) send(now time.Time, flush bool, emit emitter) {
	if e.templates.due(now) {
		e.datagram(now, func(m *Message) {
			m.Templates(e.families[0].template, e.families[1].template)
		}, 0, emit)
	}
	if len(e.tables) > 0 && e.options.due(now) {
		e.sendOptions(now, emit)
	}
	for i := range e.families {
		f := &e.families[i]
		f.each(flush, func(records []flow.Record) {
			e.router.exported(records)
			e.datagram(now, func(m *Message) { m.Records(&f.template, records) }, len(records), emit)
		})
	}
}

// sendOptions sends each table behind its template, in datagrams of some rows.
func (e *templateExporter) sendOptions(now time.Time, emit emitter) {
	const rowsPerDatagram = 16
	for _, t := range e.tables {
		rows := t.rows(e.router.clock(now).boot())
		for len(rows) > 0 {
			n := min(len(rows), rowsPerDatagram)
			e.datagram(now, func(m *Message) {
				m.Templates(t.template)
				m.Data(&t.template, rows[:n]...)
			}, 0, emit)
			rows = rows[n:]
		}
	}
}

func (e *templateExporter) datagram(now time.Time, write func(*Message), records int, emit emitter) {
	c := e.router.clock(now)
	var m Message
	if e.router.Format == flow.IPFIX {
		m = BeginIPFIX(e.buffer[:0], IPFIXHeader{c.time, e.sequence, e.router.Domain, c.boot()})
	} else {
		m = BeginV9(e.buffer[:0], V9Header{c.time, c.uptime, e.sequence, e.router.Domain})
	}
	write(&m)
	e.buffer = m.End()
	e.sequence += e.step(&m)
	emit(e.buffer, records)
}

// step is what a sequence number counts: data records in IPFIX, datagrams in v9.
func (e *templateExporter) step(m *Message) uint32 {
	if e.router.Format == flow.IPFIX {
		return uint32(m.DataRecords())
	}
	return 1
}

func (e *templateExporter) restart() (packets uint64) {
	e.sequence, e.templates.next, e.options.next = 0, time.Time{}, time.Time{}
	for i := range e.families {
		packets += e.families[i].forget()
	}
	e.define()
	return packets
}
