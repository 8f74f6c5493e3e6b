package netflow

import (
	"eagre/flow"
	"eagre/ingest/wire"
)

// shaped is where records of other layouts take the shape of version 5.
type shaped struct {
	layout  *layout // by which the records were shaped last
	records [shapedAtOnce * recordLength]byte
}

// shapedAtOnce is as many records as most datagrams hold.
const shapedAtOnce = 32

// shape moves the fields of records, of which there are no more than shapedAtOnce.
// Fields that the layout does not have are zero.
func (s *shaped) shape(l *layout, records []byte) []byte {
	if s.layout != l {
		*s = shaped{layout: l}
	}
	n := len(records) / l.record
	for i := range n {
		to, from := (*record)(s.records[i*recordLength:]), records[i*l.record:(i+1)*l.record]
		for _, m := range l.moves {
			copy(to[m.to:m.to+m.bytes], from[m.from:])
		}
		if l.twoMasks {
			orderMasks(to)
		}
	}
	return s.records[:n*recordLength]
}

// blank takes out of the new rows what their layout does not have, and marks those
// that are about no hosts.
func (d *Datagram) blank(b *flow.Batch, n int, report *wire.Report) {
	from, to := b.N, b.N+n
	for _, column := range [...]struct {
		lack      lack
		addresses []flow.IP
	}{{noSource, b.SrcAddr[from:to]}, {noDestination, b.DstAddr[from:to]}, {noNextHop, b.NextHop[from:to]}} {
		if d.layout.lacks&column.lack != 0 {
			clear(column.addresses)
		}
	}
	if d.layout.aggregated {
		for i := from; i < to; i++ {
			b.Quality[i] |= flow.Aggregated
		}
	}
	if d.Version == flow.NetFlowV7 {
		d.invalid(b, n, report)
	}
}

// Where the flags of a version 7 record stand: 8 bits about its fields and 16 about
// the flow.
const (
	offFieldFlags = 36
	offFlowFlags  = 46
)

// invalid takes out of rows of version 7 what their flags say is invalid. Which bit
// means which field was never published; but what a Catalyst's flow mask leaves out
// it sends as zero. Zero fields of such a record are null, which for all but the
// addresses is what zero means anyway. A row that has lost an address is about no
// pair of hosts.
func (d *Datagram) invalid(b *flow.Batch, n int, report *wire.Report) {
	for i := range n {
		r := d.left[i*d.layout.record:]
		if r[offFieldFlags] == 0 && be.Uint16(r[offFlowFlags:]) == 0 {
			continue
		}
		report.Add(wire.Note{Finding: wire.InvalidFields})
		row := b.N + i
		withoutZero(&b.NextHop[row])
		if lost := withoutZero(&b.SrcAddr[row]); withoutZero(&b.DstAddr[row]) || lost {
			b.Quality[row] |= flow.Aggregated
		}
	}
}

// withoutZero makes the address 0.0.0.0 no address and tells whether it was that.
func withoutZero(a *flow.IP) bool {
	if *a != flow.V4(0) {
		return false
	}
	*a = flow.IP{}
	return true
}
