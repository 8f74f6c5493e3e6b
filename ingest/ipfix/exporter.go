package ipfix

import (
	"slices"
	"unsafe"

	"eagre/ingest/wire"
)

// Exporter is what one exporter has announced: templates, sampling rates, names
// of interfaces and applications, and data that waits for its template. All of
// it is bounded by its Limits; until something is announced it costs a few
// hundred bytes. One goroutine at a time may use it.
type Exporter struct {
	limits       *Limits
	revision     uint64
	bytes        int // of domains, templates and samplers
	domains      []*domain
	idle, inUse  queue // templates that were never used for data, and those that were
	templates    int
	samplers     int
	interfaces   table[name]
	applications table[string]
	nameBytes    int
	boot         int64 // of the domain that announced one last
	held         []held
	heldBytes    int
	strangers    []Sampler // samplers of records that were never announced
}

// NewExporter makes the state of an exporter that has announced nothing. The
// limits are shared and must not change.
func NewExporter(l *Limits) *Exporter { return &Exporter{limits: l} }

// Bytes is how much memory the exporter's announcements and waiting data take.
func (x *Exporter) Bytes() int {
	return int(unsafe.Sizeof(*x)) + x.bytes + x.nameBytes + x.heldBytes
}

// Templates is how many templates are known, those of options included.
func (x *Exporter) Templates() int { return x.templates }

// Revision moves whenever something that is announced has changed, so that it
// can be saved.
func (x *Exporter) Revision() uint64 { return x.revision }

// store keeps a new template under its id, for which it may take the place of an
// older one. It makes room where that is needed and tells whether it could.
func (x *Exporter) store(d *domain, t *template, now int64, report *wire.Report) bool {
	i, found := d.search(t.id)
	if found {
		report.Add(wire.Note{Finding: wire.TemplateReplaced, A: uint32(t.id)})
		x.forget(d.templates[i])
	}
	for !x.fits(t) {
		if !x.makeRoom(now, report) {
			return false
		}
	}
	i, _ = d.search(t.id)
	d.templates = slices.Insert(d.templates, i, t)
	t.owner, t.touched = d, now
	x.idle.push(t)
	x.templates++
	x.bytes += t.cost()
	x.revision++
	return true
}

// fits tells whether there is room for a template.
func (x *Exporter) fits(t *template) bool {
	return x.templates < x.limits.Templates && x.bytes+t.cost() <= x.limits.State
}

// makeRoom forgets the template that was touched longest ago, but none that has
// been used for data a short while ago: a flood of new templates must not push
// out those that work.
func (x *Exporter) makeRoom(now int64, report *wire.Report) bool {
	t := x.idle.last
	if t == nil {
		t = x.inUse.last
	}
	if t == nil || t.busy && now-t.touched < x.limits.InUse {
		report.Add(wire.Note{Finding: wire.TemplatesInUse, A: uint32(x.templates)})
		return false
	}
	report.Add(wire.Note{Finding: wire.TemplateTooMany, A: uint32(x.templates)})
	x.forget(t)
	return true
}

// forget takes out a template.
func (x *Exporter) forget(t *template) {
	i, _ := t.owner.search(t.id)
	t.owner.templates = slices.Delete(t.owner.templates, i, i+1)
	x.queue(t).remove(t)
	x.templates--
	x.bytes -= t.cost()
	x.revision++
}

func (x *Exporter) queue(t *template) *queue {
	if t.busy {
		return &x.inUse
	}
	return &x.idle
}

// announced moves a template to the front, as it was announced again.
func (x *Exporter) announced(t *template, now int64) {
	q := x.queue(t)
	q.remove(t)
	q.push(t)
	t.touched = now
}

// use moves a template to the front of those that are used for data.
func (x *Exporter) use(t *template, now int64) {
	if x.inUse.first != t {
		x.queue(t).remove(t)
		x.inUse.push(t)
	}
	t.busy, t.touched = true, now
	t.owner.heard, t.owner.used = now, now
}

// expire forgets the templates that were neither announced nor used for long.
func (x *Exporter) expire(now int64) {
	for _, q := range []*queue{&x.idle, &x.inUse} {
		for q.last != nil && now-q.last.touched > x.limits.Life {
			x.forget(q.last)
		}
	}
}
