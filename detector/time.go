package detector

import (
	"slices"
	"time"

	"eagre/anomaly"
	"eagre/flow"
)

// updateEvery is the least time between two updates of one anomaly, unless its
// importance changes.
const updateEvery = time.Minute

// passTime moves the judge's clock and does on the way, each at its own time,
// what is due: minutes that settled, anomalies that had news, anomalies that
// ended. Empty time thus costs only what is open, and a replay that leaps says
// the same as an engine that waited.
func (j *judge) passTime(now time.Time) {
	for j.doNext(now) {
	}
	j.now = now
	j.recent = slices.DeleteFunc(j.recent, func(i *incident) bool { return now.Sub(i.ended) > j.cfg.Reopen })
}

func (j *judge) doNext(now time.Time) bool {
	tick, settles, isTick := j.nextSettled()
	i, at, ends := j.nextDue()
	switch {
	case isTick && !settles.After(now) && (i == nil || !at.Before(settles)):
		j.now = settles
		j.judgeTick(tick)
		j.tell()
	case i == nil || at.After(now):
		return false
	case ends:
		j.now = at
		j.end(i)
	default:
		j.now = at
		j.emit(i, anomaly.Updated)
	}
	return true
}

// nextDue is the open incident with the earliest thing to tell without further
// input.
func (j *judge) nextDue() (next *incident, at time.Time, ends bool) {
	for _, i := range j.order {
		due, end := stepEnd(paneTime(i.lastActive+1).Add(j.cfg.Quiet)), true
		if i.changed && i.nextUpdate.Before(due) {
			due, end = i.nextUpdate, false
		}
		if next == nil || due.Before(at) {
			next, at, ends = i, due, end
		}
	}
	return next, at, ends
}

// stepEnd is the end of the step that a time falls in: judgement happens there.
func stepEnd(t time.Time) time.Time { return flow.StepStart(flow.StepOf(t) + 1) }

// tell emits what this step changed: anomalies that opened, and importance that
// changed.
func (j *judge) tell() {
	for _, i := range j.order {
		switch {
		case i.fresh && i.revision == 0:
			j.emit(i, anomaly.Opened)
		case i.fresh, i.changed && j.importance(i) != i.told:
			j.emit(i, anomaly.Updated)
		}
		i.fresh = false
	}
}

func (j *judge) end(i *incident) {
	i.ended = j.now
	j.emit(i, anomaly.Ended)
	delete(j.open, i.subject)
	j.order = slices.DeleteFunc(j.order, func(o *incident) bool { return o == i })
	j.recent = append(j.recent, i)
	if len(j.recent) > j.cfg.MaxAnomalies {
		j.recent = slices.Delete(j.recent, 0, 1)
	}
	for _, v := range i.vectors {
		v.end()
	}
	j.counters.Ended++
}

func (j *judge) emit(i *incident, kind anomaly.Kind) {
	i.revision++
	i.changed, i.told = false, j.importance(i)
	i.nextUpdate = j.now.Add(updateEvery)
	j.findings = append(j.findings, Finding{Event: j.event(i, kind), Pattern: j.pattern(i)})
}
