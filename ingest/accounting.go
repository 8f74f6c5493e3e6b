package ingest

import (
	"fmt"
	"net/netip"

	"eagre/flow"
	"eagre/ingest/wire"
)

// Accounting says what became of everything one exporter sent. Every datagram
// has one disposition, every record was published, shed, or is in a batch that
// is still open.
type Accounting struct {
	Exporter netip.Addr // the zero Addr in a total

	Datagrams    uint64
	Dispositions [wire.DispositionCount]uint64
	Malformed    [wire.ReasonCount]uint64 // the malformed ones by reason
	Noted        [wire.ReasonCount]uint64 // how often each reason was noted, kept records included

	Decoded   uint64 // records
	Published uint64
	Shed      uint64 // the publisher refused them
	Open      uint64 // in batches not published yet

	Frames     uint64 // plain packets given to the meter
	Numbered   uint64 // units that came with a sequence number: flows, data records or datagrams, as the format counts
	Lost       uint64 // units missing between them
	Renumbered uint64 // sequence numbers began anew
	OutOfOrder uint64 // datagrams that were overtaken
	Restarts   uint64 // by uptime, or where none is told by sequence numbers
	ClockSteps uint64 // its clock was set

	// SamplingRate and its provenance, of the newest records.
	SamplingRate uint32
	Sampling     flow.Sampling
}

// Check proves that nothing went missing inside the collector. An error means a
// defect in it, never in what exporters sent.
func (a Accounting) Check() error {
	if sum := total(a.Dispositions[:]); sum != a.Datagrams {
		return fmt.Errorf("accounting of %v: %d datagrams came in, %d have a disposition", a.Exporter, a.Datagrams, sum)
	}
	if sum := total(a.Malformed[:]); sum != a.Dispositions[wire.Malformed] {
		return fmt.Errorf("accounting of %v: %d datagrams are malformed, %d have a reason", a.Exporter, a.Dispositions[wire.Malformed], sum)
	}
	if sum := a.Published + a.Shed + a.Open; sum != a.Decoded {
		return fmt.Errorf("accounting of %v: %d records were decoded, %d published + %d shed + %d open",
			a.Exporter, a.Decoded, a.Published, a.Shed, a.Open)
	}
	return nil
}

func total(counts []uint64) (sum uint64) {
	for _, n := range counts {
		sum += n
	}
	return sum
}

// add sums another account into this one.
func (a *Accounting) add(b *Accounting) {
	a.Datagrams += b.Datagrams
	for i, n := range b.Dispositions {
		a.Dispositions[i] += n
	}
	for i := range b.Malformed {
		a.Malformed[i] += b.Malformed[i]
		a.Noted[i] += b.Noted[i]
	}
	a.Decoded, a.Published, a.Shed, a.Open = a.Decoded+b.Decoded, a.Published+b.Published, a.Shed+b.Shed, a.Open+b.Open
	a.Frames, a.Numbered, a.Lost = a.Frames+b.Frames, a.Numbered+b.Numbered, a.Lost+b.Lost
	a.Renumbered, a.OutOfOrder = a.Renumbered+b.Renumbered, a.OutOfOrder+b.OutOfOrder
	a.Restarts, a.ClockSteps = a.Restarts+b.Restarts, a.ClockSteps+b.ClockSteps
}

// settle writes a report into the account.
func (a *Accounting) settle(r *wire.Report) (wire.Disposition, wire.Reason) {
	d, why := r.Disposition()
	a.Datagrams++
	a.Dispositions[d]++
	if d == wire.Malformed {
		a.Malformed[why]++
	}
	for _, n := range r.Notes() {
		a.Noted[n.Reason()] += uint64(n.Times)
	}
	return d, why
}
