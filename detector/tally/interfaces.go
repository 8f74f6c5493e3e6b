package tally

import (
	"eagre/flow"
	"eagre/network"
)

// interfaces are the interfaces seen last: their roles, and what passed them in
// the batch at hand. Nearly every flow shares a few of them, so only the sums of
// a batch go to the table.
type interfaces struct {
	cells    [64]interfaceCell
	exporter flow.IP // whose number as an observer is remembered
	number   uint32
}

type interfaceCell struct {
	exporter flow.IP
	index    uint32
	known    bool
	used     bool // sums hold something
	role     network.Role
	sums     [2][2]Sum // by side and parity of the tick
}

// observer is the number of an exporter.
func (n *interfaces) observer(exporter flow.IP) uint32 {
	if n.number == 0 || n.exporter != exporter {
		n.exporter, n.number = exporter, Observer(exporter)
	}
	return n.number
}

// iface finds the cell of an interface; whoever had its place before is poured
// into the table.
func (c *Counter) iface(exporter flow.IP, index uint32) *interfaceCell {
	cell := &c.interfaces.cells[(exporter.Lo*8+uint64(index))%uint64(len(c.interfaces.cells))]
	if cell.index != index || cell.exporter != exporter || !cell.known {
		c.pourInterface(cell)
		cell.exporter, cell.index, cell.known = exporter, index, true
		cell.role = c.network.Role(exporter, index)
	}
	return cell
}

// pass counts a flow through an interface.
func (c *Counter) pass(r *row, exporter flow.IP, index uint32, side Side) {
	cell := c.iface(exporter, index)
	cell.used = true
	sums := &cell.sums[side]
	if r.oneTick {
		sums[r.tick&1].Add(r.sum)
		return
	}
	Spread(r.sum, r.start, r.end, TickLength, func(tick int64, part Sum) { sums[tick&1].Add(part) })
}

func (c *Counter) pourInterface(cell *interfaceCell) {
	if !cell.used {
		return
	}
	for side := range cell.sums {
		c.pour(Key{Kind: Interface, Side: Side(side), Addr: cell.exporter, Index: cell.index}, &cell.sums[side])
	}
	cell.used, cell.sums = false, [2][2]Sum{}
}

// pour adds gathered sums, by parity of their tick, to the table.
func (c *Counter) pour(k Key, sums *[2]Sum) {
	total := sums[0]
	if total.Add(sums[1]); total.IsZero() {
		return
	}
	if e := c.entry(&k, k.Hash(c.cfg.Seed), &total); e != nil {
		e.ticks[0].Add(sums[0])
		e.ticks[1].Add(sums[1])
	}
}

func (c *Counter) pourAll() {
	for i := range c.interfaces.cells {
		c.pourInterface(&c.interfaces.cells[i])
	}
	for i := range c.objects {
		c.pourObject(&c.objects[i])
	}
}
