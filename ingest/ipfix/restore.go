package ipfix

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"unicode"
	"unicode/utf8"

	"eagre/flow"
	"eagre/ingest/wire"
)

// Restore replaces what is known by a state that AppendState has made. The bytes
// are checked as those of a datagram are; on an error nothing is changed.
func (x *Exporter) Restore(state []byte) error {
	r := restorer{c: wire.NewCursor(state), x: NewExporter(x.limits)}
	if version := r.c.U8(); version != stateVersion {
		return fmt.Errorf("saved templates: version %d not supported (need %d)", version, stateVersion)
	}
	r.m.exporter, r.x.boot = r.x, int64(r.c.U64())
	if err := r.read(); err != nil {
		return fmt.Errorf("saved templates: %w", err)
	}
	r.x.revision = x.revision + 1
	*x = *r.x
	return nil
}

// restorer reads a saved state into an exporter of its own.
type restorer struct {
	c      wire.Cursor
	x      *Exporter
	m      Message
	report wire.Report
}

var (
	errCut      = errors.New("cut short")
	errTrailing = errors.New("bytes behind the end")
	errReserved = errors.New("a reserved id")
	errName     = errors.New("a name that is no name")
	errLimits   = errors.New("more than is kept")
)

func (r *restorer) read() error {
	for n := r.c.U16(); n > 0; n-- {
		if err := r.domain(); err != nil {
			return err
		}
	}
	r.queues()
	for _, insert := range []func(uint64, name){r.interfaceName, r.applicationName} {
		for n := r.c.U32(); n > 0; n-- {
			if err := r.name(insert); err != nil {
				return err
			}
		}
	}
	switch {
	case r.c.Failed():
		return errCut
	case r.c.Len() > 0:
		return errTrailing
	}
	return nil
}

func (r *restorer) domain() error {
	key := domainKey{r.c.U32(), r.c.U8() != 0}
	boot, heard, used := int64(r.c.U64()), int64(r.c.U64()), int64(r.c.U64())
	if r.c.Failed() {
		return errCut
	}
	if r.x.domain(key) != nil || len(r.x.domains) >= r.x.limits.Domains {
		return fmt.Errorf("domain %d: %w", key.id, errLimits)
	}
	d := r.x.open(key, heard, &r.report)
	d.boot, d.used = boot, used
	r.m.Version = flow.IPFIX
	if key.v9 {
		r.m.Version = flow.NetFlowV9
	}
	for n := r.c.U16(); n > 0; n-- {
		if err := r.template(d); err != nil {
			return fmt.Errorf("domain %d: %w", key.id, err)
		}
	}
	for n := r.c.U16(); n > 0; n-- {
		if err := r.rate(d); err != nil {
			return fmt.Errorf("domain %d: %w", key.id, err)
		}
	}
	return nil
}

func (r *restorer) template(d *domain) error {
	id, scopes := r.c.U16(), r.c.U16()
	touched, busy := int64(r.c.U64()), r.c.U8() != 0
	fields, size := int(r.c.U16()), int(r.c.U32())
	spec := r.c.Sub(size)
	if r.c.Failed() {
		return errCut
	}
	t, err := r.compile(draft{id: id, scopes: int(scopes), spec: spec.Rest()}, fields, &spec)
	if err != nil {
		return fmt.Errorf("template %d: %w", id, err)
	}
	if d.template(id) != nil || !r.x.fits(t) {
		return fmt.Errorf("template %d: %w", id, errLimits)
	}
	r.x.store(d, t, touched, &r.report)
	t.busy = busy
	return nil
}

// compile makes a template as one that has just been announced.
func (r *restorer) compile(d draft, fields int, spec *wire.Cursor) (*template, error) {
	isOptions := d.scopes != noScopes
	if !isOptions {
		d.scopes = -1
	}
	r.report.Reset()
	if d.id < firstData {
		return nil, errReserved
	}
	if r.m.specifiers(&d, fields, spec, &r.report) && r.m.sound(&d, fields, isOptions, &r.report) && spec.Len() == 0 {
		if t := r.m.compiler.compile(&d, r.m.Version == flow.NetFlowV9, r.x.limits, &r.report); t != nil {
			return t, nil
		}
	}
	for _, n := range r.report.Notes() {
		return nil, errors.New(n.String())
	}
	return nil, errTrailing
}

func (r *restorer) rate(d *domain) error {
	key, rate := r.c.U64(), r.c.U32()
	switch {
	case r.c.Failed():
		return errCut
	case rate == 0 || rate > wire.MaxSamplingRate:
		return fmt.Errorf("sampling rate %d out of 1–%d", rate, wire.MaxSamplingRate)
	case about(key>>aboutBits) > aboutTemplate || d.rates.get(key) != nil || r.x.samplers >= r.x.limits.Samplers:
		return fmt.Errorf("sampler %d: %w", key, errLimits)
	}
	r.x.sampled(d, key, rate, &r.report)
	return nil
}

func (r *restorer) name(insert func(uint64, name)) error {
	key, description := r.c.U64(), r.c.U8() != 0
	text := r.c.Bytes(int(r.c.U16()))
	if r.c.Failed() {
		return errCut
	}
	if len(text) == 0 || len(text) > maxString+longestEscape || !prints(text) {
		return errName
	}
	if r.x.nameBytes += nameCost + len(text); r.x.nameBytes > r.x.limits.Names {
		return fmt.Errorf("names: %w", errLimits)
	}
	insert(key, name{string(text), description})
	return nil
}

func (r *restorer) interfaceName(key uint64, n name) {
	if r.x.interfaces.get(key) == nil {
		r.x.interfaces.insert(key, n)
	}
}

func (r *restorer) applicationName(key uint64, n name) {
	if r.x.applications.get(key) == nil {
		r.x.applications.insert(key, n.text)
	}
}

func prints(text []byte) bool {
	for len(text) > 0 {
		c, n := utf8.DecodeRune(text)
		if c == utf8.RuneError && n == 1 || !unicode.IsPrint(c) {
			return false
		}
		text = text[n:]
	}
	return true
}

// queues puts the templates into the order in which they were touched.
func (r *restorer) queues() {
	all := []*template{}
	for _, d := range r.x.domains {
		all = append(all, d.templates...)
	}
	slices.SortStableFunc(all, func(a, b *template) int { return cmp.Compare(a.touched, b.touched) })
	r.x.idle, r.x.inUse = queue{}, queue{}
	for _, t := range all {
		r.x.queue(t).push(t)
	}
}
