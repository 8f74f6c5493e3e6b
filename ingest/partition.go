package ingest

import (
	"eagre/flow"
)

// publishAt is how full a batch gets before it is published within its step.
const publishAt = 1000

// partition collects the rows of the exporters that fall into it.
type partition struct {
	batch  *flow.Batch
	shares []share
}

// share is how many rows in a row one exporter has in the open batch.
type share struct {
	exporter *exporter
	rows     int
}

func newPartition(number int) *partition {
	p := &partition{batch: flow.NewBatch()}
	p.batch.Reset(uint16(number), 0)
	return p
}

// credit notes that an exporter added rows to the open batch.
func (p *partition) credit(x *exporter, rows int) {
	if rows == 0 {
		return
	}
	x.account.Decoded += uint64(rows)
	x.account.Open += uint64(rows)
	if last := len(p.shares) - 1; last >= 0 && p.shares[last].exporter == x {
		p.shares[last].rows += rows
		return
	}
	p.shares = append(p.shares, share{x, rows})
}

// publish hands the open batch on and begins a new one in the same step. Rows
// that the publisher does not take are shed.
func (c *Collector) publish(p *partition) {
	rows := p.batch.N
	if err := c.publisher.Publish(p.batch); err != nil {
		c.metrics.shed.Add(float64(rows))
		c.refused(err)
		p.settle(func(a *Accounting, n uint64) { a.Shed += n })
	} else {
		c.metrics.published.Add(float64(rows))
		p.settle(func(a *Accounting, n uint64) { a.Published += n })
	}
	p.batch.Reset(p.batch.Partition, p.batch.Step)
}

// settle moves the rows of the batch from open to where they went.
func (p *partition) settle(to func(a *Accounting, n uint64)) {
	for _, s := range p.shares {
		s.exporter.account.Open -= uint64(s.rows)
		to(&s.exporter.account, uint64(s.rows))
	}
	clear(p.shares)
	p.shares = p.shares[:0]
}

// complete ends all steps before next in every partition. Rows go out with the
// step they were received in; when more than one step has passed, an empty batch
// says that the silence after it is complete too.
func (c *Collector) complete(next int64) {
	for _, p := range c.partitions {
		if p.batch.N > 0 {
			p.batch.Complete = true
			c.publish(p)
			if c.step == next-1 {
				continue
			}
		}
		p.batch.Step, p.batch.Complete = next-1, true
		c.publish(p)
	}
	c.begin(next)
}

// begin opens a step.
func (c *Collector) begin(step int64) {
	c.step, c.started = step, true
	for _, p := range c.partitions {
		p.batch.Step = step
	}
}
