package detector

import (
	"maps"
	"slices"
	"time"

	"eagre/detector/tally"
	"eagre/network"
)

// settlingTick gathers one tick until every partition has settled it.
type settlingTick struct {
	sums      map[tally.Key]tally.Sum
	exporters []tally.ExporterTick
	from      int // partitions heard
}

func (j *judge) mergeTick(t tally.Tick) {
	s := j.settling[t.At]
	if s == nil {
		s = &settlingTick{sums: map[tally.Key]tally.Sum{}}
		j.settling[t.At] = s
	}
	s.from++
	s.exporters = append(s.exporters, t.Exporters...) // an exporter is in one partition
	addSums(s.sums, t.Sums)
}

// addSums merges what one partition says of some keys.
func addSums(to map[tally.Key]tally.Sum, sums []tally.KeySum) {
	for _, k := range sums {
		sum := to[k.Key]
		sum.Add(k.Sum)
		to[k.Key] = sum
	}
}

func (j *judge) mergeTicks(partials []*tally.Partial) {
	for _, p := range partials {
		for _, t := range p.Settled {
			j.mergeTick(t)
		}
	}
	for len(j.settling) > maxSettling {
		delete(j.settling, slices.Min(slices.Collect(maps.Keys(j.settling))))
		j.counters.TicksAbandoned++
	}
}

// nextSettled is the oldest minute that all partitions have delivered, and when
// it is to be judged.
func (j *judge) nextSettled() (tick int64, at time.Time, ok bool) {
	for t, s := range j.settling {
		if s.from >= j.cfg.Tally.Partitions && (!ok || t < tick) {
			tick, ok = t, true
		}
	}
	return tick, stepEnd(time.UnixMilli((tick + 1) * tally.TickLength).Add(j.cfg.Tally.Settle)).UTC(), ok
}

// maxSettling bounds the ticks that wait for a partition; one that never
// settles must not hold the memory of the others.
const maxSettling = 4

// judgeTick holds a whole minute against the limits: what came too thinly
// spread for the panes, and links and objects near their capacity.
func (j *judge) judgeTick(at int64) {
	t := j.settling[at]
	delete(j.settling, at)
	j.health.settle(at, t.exporters)
	j.counters.Jumps = j.health.jumps
	list := j.health.list()
	j.shown.health.Store(&list)
	j.shown.ledger.Settle(at, t.sums)
	for _, k := range slices.SortedFunc(maps.Keys(t.sums), tally.Key.Compare) {
		if test := j.tickTest(k); test != nil {
			j.tryTick(k, test, at, t.sums[k])
		}
	}
}

// tryTick holds the minute of a key against its test. Where an anomaly runs that
// is watched in panes, those know better how much and until when; but through
// sampling a minute may be sure of what no window of theirs is.
func (j *judge) tryTick(k tally.Key, t *test, at int64, sum tally.Sum) {
	minute := window{Sum: sum, last: (at+1)*panesPerTick - 1, panes: panesPerTick}
	v := j.hearMinute(k, t, minute)
	if !v.fired {
		return
	}
	sub, s := subjectOf(k), j.series[k]
	i, watched := j.open[sub], s != nil
	if !watched {
		s = &series{key: k}
	}
	switch {
	case i == nil:
		i = j.openIncident(sub, s, t, v)
	case watched:
		i.confirm(t, &v)
	default:
		i.accept(s, t, v)
	}
	if i != nil && !watched {
		i.addMinute(t, sum)
	}
}

// hearMinute tries a test on one minute. Nothing is known of peers within it.
func (j *judge) hearMinute(k tally.Key, t *test, minute window) verdict {
	h := hearing{judge: j, series: &series{key: k, panes: tally.Panes{{At: minute.last}}}, test: t, second: -1, tick: -1}
	v := verdict{lastActive: -1}
	h.weigh(minute, &v)
	return v
}

// tickTest is what a whole minute of a key is held against.
func (j *judge) tickTest(k tally.Key) *test {
	switch k.Kind {
	case tally.Host:
		return j.testOf(k)
	case tally.Interface:
		return j.capacityTest(j.network.Interface(k.Addr, k.Index).SpeedBPS, "speed of the interface")
	case tally.Object:
		return j.capacityTest(j.network.Managed(network.Object(k.Index)).CapacityBPS, "capacity of the object")
	}
	return nil
}

// nearlyFull is the part of a capacity at which it is worth a notice.
const nearlyFull = 0.95

func (j *judge) capacityTest(capacity float64, source string) *test {
	if capacity <= 0 {
		return nil
	}
	return misuseTest(tally.Total, tally.To, Limit{BPS: nearlyFull * capacity, Source: source})
}
