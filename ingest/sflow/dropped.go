package sflow

import (
	"eagre/flow"
	"eagre/ingest/wire"
)

// Forwarding statuses of packets that were dropped (RFC 7270 §4.12).
const (
	droppedUnknown    = 128
	droppedACL        = 129
	droppedUnroutable = 131
	droppedTooLarge   = 133 // fragmentation was needed and forbidden
	droppedTTL        = 137
	droppedPolicer    = 138
	droppedWRED       = 139
)

// dropReasons are the reasons for a drop as sFlow numbers them, below 256 after
// the codes of ICMP destination unreachable, as far as the forwarding status has
// a word for them.
var dropReasons = [...]uint8{
	0: droppedUnroutable, 1: droppedUnroutable, 4: droppedTooLarge, 6: droppedUnroutable, 7: droppedUnroutable,
	9: droppedACL, 10: droppedACL, 13: droppedACL,
	257: droppedTTL, 258: droppedACL, 260: droppedWRED, 261: droppedPolicer, 262: droppedTooLarge,
	269: droppedUnroutable, // a route into the void
}

// forwardingOf is the forwarding status for a reason of sFlow.
func forwardingOf(reason uint32) uint8 {
	if reason < uint32(len(dropReasons)) && dropReasons[reason] != 0 {
		return dropReasons[reason]
	}
	return droppedUnknown
}

// dropped turns the notification of a dropped packet into a row that says where
// and why, and counts nothing: agents limit the rate of notifications, which
// therefore stand for no volume, and the packet may have been sampled as well.
func (d *Datagram) dropped(c wire.Cursor, b *flow.Batch, report *wire.Report) {
	s := &d.decoder
	length := c.Len()
	s.readDropped(&c)
	if c.Failed() {
		report.Add(wire.Note{Finding: wire.SampleCut, A: uint32(length)})
		return
	}
	report.Add(wire.Note{Finding: wire.PacketDropped})
	s.records(c, report)
	if !s.known {
		report.Understood++
		return
	}
	s.packets = 0
	d.row(b, 1, flow.SamplingAssumed)
	report.Decoded++
}

// readDropped reads the fields before the records of a discarded_packet.
func (s *sample) readDropped(c *wire.Cursor) {
	s.reset()
	s.sequence, s.source = c.U32(), readSource(true, c)
	s.drops = c.U32()
	s.in, s.out = port{value: c.U32()}.ifIndex(), port{value: c.U32()}.ifIndex()
	s.forwarding = forwardingOf(c.U32())
	s.said = c.U32()
}
