package ingest

import (
	"net/netip"

	"eagre/flow"
	"eagre/ingest/ipfix"
)

// exporter is what is known about one sender of datagrams. It is made for
// senders on the list only, so their number is bounded by the configuration.
type exporter struct {
	address   flow.IP
	printed   netip.Addr
	rate      uint32 // the operator's override, 0 none
	partition *partition
	recent    recent
	domains   []domain
	announced *ipfix.Exporter // templates, samplers, names; nil before the first templated datagram
	observed  *observed       // counters of sFlow agents; nil before the first
	account   Accounting
	before    tally // at the end of the last full minute
	minute    tally // what the last full minute brought
	lines     *lines
	pulse     pulse
	versions  uint16 // formats heard, a bit each by proto
	clock     skew
	restarted int64 // when it did last, Unix milliseconds; 0: not since it is known
	fields    Fields
}

// notice looks at the rows that were added to a batch behind those before: what
// fields they have, and how the newest was sampled.
func (x *exporter) notice(b *flow.Batch, before int) {
	if b.N == before {
		return
	}
	x.fields.notice(b, before)
	x.account.SamplingRate, x.account.Sampling = b.SamplingRate[b.N-1], b.Sampling[b.N-1]
}

// hear notes that a datagram of the exporter came in, and its format if it could
// be used.
func (x *exporter) hear(o origin, usable bool, arrival int64) {
	x.pulse.beat(arrival)
	if usable {
		x.versions |= 1 << o.proto
	}
}

// domain is one observation domain of an exporter: an engine of NetFlow v5, an
// sFlow sub-agent behind one agent address.
type domain struct {
	name     domainName
	sequence sequence
	boot     boot
	heard    int64 // Unix milliseconds
}

type domainName struct {
	proto proto
	agent flow.IP
	id    uint32
}

// domain finds or makes the state of a domain. When there are as many as may be,
// the one that has been silent longest makes way and is returned as forgotten.
func (x *exporter) domain(name domainName, now int64, limit int) (d, forgotten *domain) {
	oldest := 0
	for i := range x.domains {
		d := &x.domains[i]
		if d.name == name {
			d.heard = now
			return d, nil
		}
		if d.heard < x.domains[oldest].heard {
			oldest = i
		}
	}
	if len(x.domains) < limit {
		x.domains = append(x.domains, domain{})
		oldest = len(x.domains) - 1
	} else {
		old := x.domains[oldest]
		forgotten = &old
	}
	x.domains[oldest] = domain{name: name, heard: now}
	return &x.domains[oldest], forgotten
}
