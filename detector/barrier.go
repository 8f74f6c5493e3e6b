package detector

import (
	"slices"

	"eagre/detector/tally"
)

// barrier holds deliveries back until every partition has delivered a step.
type barrier struct {
	through []int64       // by partition: the newest step delivered, -1 before the first
	waiting [][]*delivery // by partition, in order of steps
}

func newBarrier(partitions int) *barrier {
	b := &barrier{through: make([]int64, partitions), waiting: make([][]*delivery, partitions)}
	for i := range b.through {
		b.through[i] = -1
	}
	return b
}

func (b *barrier) add(d *delivery) {
	p := d.partial.Partition
	b.through[p] = max(b.through[p], d.partial.Step)
	b.waiting[p] = append(b.waiting[p], d)
}

// next returns the oldest step that every partition has delivered, with its
// deliveries in the order of partitions; nil where there is none.
func (b *barrier) next() (step int64, ready []*delivery) {
	all := slices.Min(b.through)
	step = all + 1
	for _, w := range b.waiting {
		if len(w) > 0 {
			step = min(step, w[0].partial.Step)
		}
	}
	if step > all {
		return 0, nil
	}
	for p, w := range b.waiting {
		for len(w) > 0 && w[0].partial.Step <= step {
			ready = append(ready, w[0])
			w = w[1:]
		}
		b.waiting[p] = w
	}
	return step, ready
}

func partials(ds []*delivery) []*tally.Partial {
	out := make([]*tally.Partial, len(ds))
	for i, d := range ds {
		out[i] = d.partial
	}
	return out
}

func packed(ds []*delivery) [][]byte {
	var out [][]byte
	for _, d := range ds {
		out = append(out, d.packed...)
	}
	return out
}
