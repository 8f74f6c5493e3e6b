package tally

import (
	"eagre/flow"
	"eagre/network"
)

// objectCell is what one managed object moved in the batch at hand.
type objectCell struct {
	object   network.Object
	observer uint32
	used     bool
	sums     [2][2]Sum // by side and parity of the tick
}

// countPlaces counts a flow for its interfaces and, unless a router of ours has
// counted it before, for its service and the managed objects at its ends.
func (c *Counter) countPlaces(b *flow.Batch, i int, r *row) {
	c.pass(r, b.Exporter[i], b.InIf[i], To)
	c.pass(r, b.Exporter[i], b.OutIf[i], From)
	if r.place.Core {
		return
	}
	r.port = c.ports.cells(r.observer, b.Proto[i], servicePort(b.SrcPort[i], b.DstPort[i]))
	c.countObject(r, To, r.place.Dst)
	c.countObject(r, From, r.place.Src)
}

func (c *Counter) countObject(r *row, side Side, object network.Object) {
	if object == 0 {
		return
	}
	cell := &c.objects[int(object)%len(c.objects)]
	if cell.object != object || cell.observer != r.observer {
		c.pourObject(cell)
		cell.object, cell.observer = object, r.observer
	}
	cell.used = true
	sums := &cell.sums[side]
	if r.oneTick {
		sums[r.tick&1].Add(r.sum)
		return
	}
	Spread(r.sum, r.start, r.end, TickLength, func(tick int64, part Sum) { sums[tick&1].Add(part) })
}

func (c *Counter) pourObject(cell *objectCell) {
	if !cell.used {
		return
	}
	for side := range cell.sums {
		c.pour(Key{Kind: Object, Side: Side(side), Index: uint32(cell.object), Observer: cell.observer}, &cell.sums[side])
	}
	cell.used, cell.sums = false, [2][2]Sum{}
}
