package netflow

import (
	"eagre/flow"
	"eagre/ingest/wire"
)

// believed is how far back a record may reach, in milliseconds: 2 h.
const believed = 2 * 60 * 60 * 1000

// A record's times are the exporter's uptime at its first and last packet, so its
// age when the datagram left is uptime minus those; event time is the arrival minus
// the age, and the exporter's own clock does not matter. Uptime wraps every 49.7
// days: differences are taken in 32 bits, so they are right on both sides of a wrap,
// and one that is negative looks huge. That 0 is an uptime like any other (the boot)
// follows.

// timely tells whether the times of a record can be believed as they are.
func (d *Datagram) timely(first, last uint32) bool {
	return uint64(d.Uptime-last)+uint64(last-first) <= believed
}

// clamp gives times to a record whose own cannot be believed. What ended too
// long ago counts now (the exporter's stamps are broken); a long flow that began
// too long ago is cut at the limit.
func (d *Datagram) clamp(first, last uint32, report *wire.Report) (start, end int64, q flow.Quality) {
	firstAge, lastAge := int64(int32(d.Uptime-first)), int64(int32(d.Uptime-last))
	if lastAge < 0 || int32(last-first) < 0 {
		q |= flow.BadDuration
		report.Add(wire.Note{Finding: wire.WrongDuration})
	}
	lastAge = max(lastAge, 0)
	if int32(last-first) < 0 {
		firstAge = lastAge
	}
	firstAge = max(firstAge, lastAge)
	if firstAge > believed {
		q |= flow.LateReceived
		report.Add(wire.Note{Finding: wire.TooOld})
	}
	if lastAge > believed {
		return d.source.Arrival, d.source.Arrival, q
	}
	return d.source.Arrival - min(firstAge, believed), d.source.Arrival - lastAge, q
}
