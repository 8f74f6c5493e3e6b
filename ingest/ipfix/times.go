package ipfix

import (
	"eagre/flow"
	"eagre/ingest/wire"
)

// believed is how far back a record may reach, in milliseconds: 2 h.
const believed = 2 * 60 * minute

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
		lasted := int64(min(lasted, believed+1))
		if t.has.has(start) {
			last[i] -= lasted
		} else {
			first[i] += lasted
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

// oldest is beyond every age that can be, so that sums of ages do not overflow.
const oldest = 1 << 48

// believe gives times to a record whose own cannot be believed as they are. What
// ended too long ago counts now, as the exporter's stamps are broken; a long flow
// that began too long ago is cut at the limit.
func believe(first, last, slack, arrival int64) (start, end int64, q flow.Quality) {
	first, last = max(min(first, oldest), -oldest), max(min(last, oldest), -oldest)
	if last < 0 && last > -slack {
		first, last = first-last, 0
	}
	if last < 0 || first < last {
		q |= flow.BadDuration
		if first < last {
			first = last
		}
		first, last = max(first, 0), max(last, 0)
	}
	if first > believed {
		q |= flow.LateReceived
	}
	if last > believed {
		return arrival, arrival, q
	}
	return arrival - min(first, believed), arrival - last, q
}
