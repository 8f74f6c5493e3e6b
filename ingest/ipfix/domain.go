package ipfix

import (
	"slices"
	"sort"
	"unsafe"

	"eagre/ingest/wire"
)

// domain is one observation domain of an exporter: the scope of template ids and
// of samplers. It comes into being when something is announced in it.
type domain struct {
	key       domainKey
	heard     int64 // announced in, or used for data, Unix milliseconds of arrival
	used      int64 // used for data
	boot      int64 // when the exporter started, by its own clock in Unix milliseconds; 0 unknown
	templates []*template
	rates     table[uint32]
	common    uint32 // what agreed found out last
	asked     bool   // and whether that still holds
}

// domainKey tells domains apart; both protocols number theirs on their own.
type domainKey struct {
	id uint32
	v9 bool
}

func (d *domain) search(id uint16) (int, bool) {
	i := sort.Search(len(d.templates), func(i int) bool { return d.templates[i].id >= id })
	return i, i < len(d.templates) && d.templates[i].id == id
}

// template finds a template; nil where there is none. A nil domain has none.
func (d *domain) template(id uint16) *template {
	if d == nil {
		return nil
	}
	if i, found := d.search(id); found {
		return d.templates[i]
	}
	return nil
}

const (
	domainCost  = int(unsafe.Sizeof(domain{}) + unsafe.Sizeof(&domain{}))
	samplerCost = int(unsafe.Sizeof(row[uint32]{}))
)

// domain finds the state of a domain; nil where nothing was announced in it.
func (x *Exporter) domain(key domainKey) *domain {
	for _, d := range x.domains {
		if d.key == key {
			return d
		}
	}
	return nil
}

// open finds or makes the state of a domain at a time. When there are as many as
// may be, the one that has been silent longest makes way, but none that is in
// use: then nil is returned.
func (x *Exporter) open(key domainKey, now int64, report *wire.Report) *domain {
	if d := x.domain(key); d != nil {
		d.heard = now
		return d
	}
	if len(x.domains) >= x.limits.Domains {
		report.Add(wire.Note{Finding: wire.ForgottenDomain, A: key.id, B: uint32(x.limits.Domains)})
		if !x.forgetDomain(now) {
			return nil
		}
	}
	d := &domain{key: key, heard: now, used: now - x.limits.InUse}
	x.domains = append(x.domains, d)
	x.bytes += domainCost
	x.revision++
	return d
}

// forgetDomain takes out the domain that was heard of longest ago.
func (x *Exporter) forgetDomain(now int64) bool {
	oldest := -1
	for i, d := range x.domains {
		if now-d.used >= x.limits.InUse && (oldest < 0 || d.heard < x.domains[oldest].heard) {
			oldest = i
		}
	}
	if oldest < 0 {
		return false
	}
	d := x.domains[oldest]
	for len(d.templates) > 0 {
		x.forget(d.templates[len(d.templates)-1])
	}
	x.samplers -= len(d.rates.rows)
	x.bytes -= domainCost + len(d.rates.rows)*samplerCost
	x.domains = slices.Delete(x.domains, oldest, oldest+1)
	return true
}
