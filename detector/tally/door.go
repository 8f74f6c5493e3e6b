package tally

import (
	"eagre/flow"
	"eagre/network"
)

// doorkeeper decides who still gets in when the table is more than half full:
// keys that have shown some traffic, so that a flood of addresses used once
// cannot push out what is established. Counters are shared by chance, which
// lets in too many rather than too few.
type doorkeeper struct{ seen [1 << 14]uint16 }

// admission is how many packets a newcomer must show within a tick.
const admission = 32

func (d *doorkeeper) admits(hash uint64, s *Sum) bool {
	n := &d.seen[hash>>50]
	*n = uint16(min(uint64(*n)+max(1, s.Packets/Unit), 1<<15))
	return *n >= admission
}

func (d *doorkeeper) reset() { clear(d.seen[:]) }

// roleCache remembers the roles of the interfaces seen last.
type roleCache struct {
	slots [64]struct {
		exporter flow.IP
		index    uint32
		known    bool
		role     network.Role
	}
	exporter flow.IP // whose number is remembered
	number   uint32
}

// observer is the number of an exporter.
func (c *roleCache) observer(exporter flow.IP) uint32 {
	if c.number == 0 || c.exporter != exporter {
		c.exporter, c.number = exporter, Observer(exporter)
	}
	return c.number
}

func (c *roleCache) look(nw *network.Map, exporter flow.IP, index uint32) network.Role {
	slot := &c.slots[(exporter.Lo^uint64(index)*0x9e3779b1)&63]
	if !slot.known || slot.index != index || slot.exporter != exporter {
		slot.exporter, slot.index, slot.known = exporter, index, true
		slot.role = nw.Role(exporter, index)
	}
	return slot.role
}
