package ipfix

import (
	"eagre/flow"
	"eagre/ingest/wire"
)

// What is believed of a record's times, in milliseconds.
const (
	hour = 60 * minute

	// believed is how long before the arrival a record may have ended.
	believed = 2 * hour
	// ahead is how far in the future it may seem to have ended.
	ahead = minute
	// farthest is how long ago a flow may have begun. A difference of uptimes is told
	// from one that is negative up to 24.8 days.
	farthest = 24 * 24 * hour
)

// times turns ages at the time of export into event times. Event time is the
// arrival minus the age, so the exporter's own clock does not matter: it stands
// on both sides of the difference. Uptime wraps every 49.7 days; differences are
// taken in 32 bits, so they are right on both sides of a wrap.
func (m *Message) times(r *rows, t *template, report *wire.Report) {
	m.complete(r, t)
	b, arrival, slack := r.b, r.at.arrival, m.slack(r, t)
	first, last := b.Start[r.from:r.from+r.n], b.End[r.from:r.from+r.n]
	last = last[:len(first)]
	for i := range first {
		f, l := first[i], last[i] // negative ones look huge below
		if uint64(l) > believed || uint64(f-l) > uint64(believed-l) {
			var q flow.Quality
			if t.is(startUp) && t.is(endUp) {
				f = l + int64(int32(f-l)) // a beginning 24.8 days ago looks like the future, but not from the end
			}
			first[i], last[i], q = believe(f, l, slack, arrival)
			m.doubtful(b, r.from+i, q, report)
			continue
		}
		first[i], last[i] = arrival-f, arrival-l
	}
}

func (m *Message) doubtful(b *flow.Batch, i int, q flow.Quality, report *wire.Report) {
	b.Quality[i] |= q
	if q&flow.BadDuration != 0 {
		report.Add(wire.Note{Finding: wire.WrongDuration})
	}
	if q&flow.LateReceived != 0 {
		report.Add(wire.Note{Finding: wire.TooOld})
	}
}

// slack is how much later than the export a record may seem to end, in
// milliseconds, as headers say the export time in whole seconds.
func (m *Message) slack(r *rows, t *template) int64 {
	if r.at.precise && t.is(startUp) && t.is(endUp) {
		return 0
	}
	return 1000
}

// complete fills in the age that the template does not have. A record without
// times is one of now.
func (m *Message) complete(r *rows, t *template) {
	first, last := r.b.Start[r.from:r.from+r.n], r.b.End[r.from:r.from+r.n]
	if !r.at.booted && t.traits&(startUp|endUp) != 0 {
		adrift(first, last, t)
	}
	switch hasStart, hasEnd := t.has.has(start), t.has.has(end); {
	case hasStart && hasEnd:
		return
	case hasEnd:
		copy(first, last)
	case hasStart && t.has.has(duration):
		copy(last, first)
	}
	if !t.has.has(duration) {
		return
	}
	for i, lasted := range m.duration[:r.n] {
		lasted := int64(min(lasted, bound))
		if t.has.has(start) {
			last[i] = limited(last[i]) - lasted
		} else {
			first[i] = limited(first[i]) + lasted
		}
	}
}

// adrift handles times since a boot that is not known: how long a record lasted
// is right, and it ended now.
func adrift(first, last []int64, t *template) {
	for i := range first {
		switch {
		case t.is(startUp) && t.is(endUp):
			first[i], last[i] = int64(int32(uint32(first[i])-uint32(last[i]))), 0
		case t.is(startUp):
			first[i] = last[i]
		default:
			last[i] = 0
		}
	}
}

// bound is beyond every age that can be, so that sums of ages do not overflow.
const bound = 1 << 48

func limited(age int64) int64 { return max(min(age, bound), -bound) }

// believe gives times to a record whose own cannot be taken as they are. A flow may
// have lasted for days: only its end says whether its stamps can be believed. What
// ended too long ago, or in a future that no delay explains, counts now; a
// beginning before the farthest that can be told is one of then.
func believe(first, last, slack, arrival int64) (start, end int64, q flow.Quality) {
	first, last = limited(first), limited(last)
	if last < 0 && last > -slack {
		first, last = first-last, 0
	}
	if last < 0 || first < last || last <= believed && first > farthest {
		q |= flow.BadDuration
	}
	if last > believed {
		return arrival, arrival, q | flow.LateReceived
	}
	if last < -ahead {
		return arrival, arrival, q
	}
	last = max(last, 0)
	return arrival - min(max(first, last), farthest), arrival - last, q
}
