package netflow

import (
	"eagre/flow"
	"eagre/ingest/wire"
)

// What is believed of a record's times, in milliseconds.
const (
	second = 1000
	hour   = 3600 * second
	day    = 24 * hour

	// believed is how long before the arrival a record may have ended.
	believed = 2 * hour
	// ahead is how far in the future it may seem to have ended.
	ahead = 60 * second
	// farthest is how long ago a flow may have begun. A difference of uptimes is told
	// from one that is negative up to 24.8 days.
	farthest = 24 * day
)

// A record's times are the exporter's uptime at its first and last packet, so its
// age when the datagram left is uptime minus those; event time is the arrival minus
// the age, and the exporter's own clock does not matter. Uptime wraps every 49.7
// days: differences are taken in 32 bits, so they are right on both sides of a wrap,
// and one that is negative looks huge. That 0 is an uptime like any other (the boot)
// follows.

// timely tells whether a record lies within what is believed from its first packet
// on, as nearly all do, so that its times can be taken as they are.
func (d *Datagram) timely(first, last uint32) bool {
	return uint64(d.Uptime-last)+uint64(last-first) <= believed
}

// span gives times to a record that is not timely. A flow may have lasted for days:
// only its end says whether its stamps can be believed. What ended too long ago, or
// in a future that no delay explains, counts now; a first packet from before the
// farthest that can be told is one of then.
func (d *Datagram) span(first, last uint32, report *wire.Report) (start, end int64, q flow.Quality) {
	arrival, age, duration := d.source.Arrival, int64(int32(d.Uptime-last)), int64(int32(last-first))
	firstAge := age + max(duration, 0)
	if age < 0 || duration < 0 || age <= believed && firstAge > farthest {
		q |= flow.BadDuration
		report.Add(wire.Note{Finding: wire.WrongDuration})
	}
	if age > believed {
		report.Add(wire.Note{Finding: wire.TooOld})
		return arrival, arrival, q | flow.LateReceived
	}
	if age < -ahead {
		return arrival, arrival, q
	}
	return arrival - min(max(firstAge, 0), farthest), arrival - max(age, 0), q
}
