package ingest

import (
	"log/slog"

	"eagre/ingest/wire"
)

// tally is an account in short, as it is compared minute by minute.
type tally struct {
	Datagrams, Settled       uint64 // settled: those that have a disposition
	Malformed                uint64
	Decoded, Published, Shed uint64
	Open                     uint64
	Numbered, Lost           uint64
	Duplicates, Waiting      uint64
}

// short is the account in short.
func (a *Accounting) short() tally {
	return tally{
		Datagrams: a.Datagrams, Settled: total(a.Dispositions[:]), Malformed: a.Dispositions[wire.Malformed],
		Decoded: a.Decoded, Published: a.Published, Shed: a.Shed, Open: a.Open,
		Numbered: a.Numbered, Lost: a.Lost, Duplicates: a.Dispositions[wire.Duplicate], Waiting: a.Dispositions[wire.Waiting],
	}
}

// since is what came between two moments; Open is by how much it grew, which may
// be less than nothing (modulo 2^64).
func (t tally) since(before tally) tally {
	return tally{
		Datagrams: t.Datagrams - before.Datagrams, Settled: t.Settled - before.Settled, Malformed: t.Malformed - before.Malformed,
		Decoded: t.Decoded - before.Decoded, Published: t.Published - before.Published, Shed: t.Shed - before.Shed, Open: t.Open - before.Open,
		Numbered: t.Numbered - before.Numbered, Lost: t.Lost - before.Lost, Duplicates: t.Duplicates - before.Duplicates, Waiting: t.Waiting - before.Waiting,
	}
}

// minuteLength is how often the books are closed, in milliseconds of receive time.
const minuteLength = 60_000

// turn closes a minute of receive time: the books of every exporter are proved,
// and what the minute brought is kept for whoever asks.
func (c *Collector) turn() {
	if c.now < c.minute {
		return
	}
	first := c.minute == 0
	if c.now-c.minute >= minuteLength { // a clock that was set, a machine that slept: nobody was silent
		c.awake = c.now
	}
	c.minute = c.now - c.now%minuteLength + minuteLength
	if first {
		return
	}
	for _, x := range c.exporters {
		c.prove(x)
		now := x.account.short()
		x.minute, x.before = now.since(x.before), now
	}
	c.listen()
}

// prove checks that nothing went missing. That it finds something is a defect of
// ours, so it is loud.
func (c *Collector) prove(x *exporter) {
	if err := x.account.Check(); err != nil {
		c.metrics.mismatches.Inc()
		c.log.Error("accounting mismatch", slog.Any("error", err))
	}
}
