package detector

import (
	"slices"
	"time"

	"eagre/detector/tally"
	"eagre/flow"
	"eagre/network"
)

// judge is the second stage: it merges the partial sums of all partitions and
// owns every incident. One goroutine.
type judge struct {
	cfg     Config
	network *network.Map
	rules   []*test // of signatures, by number; nil for those not judged
	matches []func(b *flow.Batch, row int) bool
	classes map[classKey]*test

	series   map[tally.Key]*series
	inside   insides // of the prefixes among them
	dirty    []*series
	settling map[int64]*settlingTick

	open   map[subject]*incident
	order  []*incident // open ones, in order of opening
	recent []*incident // ended less than Reopen ago, oldest first

	shown   *views // what others may look at
	health  health
	surveys map[uint16]*tally.Survey // the newest of each partition

	now      time.Time
	findings []Finding
	counters Counters
}

// classKey names a test of misuse: the limits of an object's hosts on one side.
type classKey struct {
	object network.Object
	side   tally.Side
	class  tally.Class
}

// Counters say what the judge did and which of its bounds were hit.
type Counters struct {
	Tally          tally.Counters // summed over partitions and steps; gauges are of the newest step
	SeriesRefused  uint64         // hot series that found no room
	PeersRefused   uint64         // distinct counts that found no room
	Refused        uint64         // findings beyond the bound of ongoing anomalies
	TicksAbandoned uint64         // settled minutes that some partition never delivered
	Jumps          uint64         // exporters whose share on time was suddenly another
	Opened, Ended  uint64
	Series, Open   int
}

func newJudge(cfg Config, nw *network.Map, rules ruleSet, shown *views) *judge {
	return &judge{
		cfg: cfg, network: nw, rules: rules.tests, matches: rules.matches,
		classes: map[classKey]*test{}, series: map[tally.Key]*series{}, inside: insides{}, settling: map[int64]*settlingTick{},
		open: map[subject]*incident{}, surveys: map[uint16]*tally.Survey{},
		shown: shown,
	}
}

// step judges one step, given the partials of all partitions in their order.
func (j *judge) step(step int64, partials []*tally.Partial) []Finding {
	now := flow.StepStart(step + 1)
	j.findings = nil
	j.mergeLate(now, partials)
	j.mergeTicks(partials)
	j.passTime(now)
	j.merge(partials)
	j.judgeDirty()
	j.tell()
	if step%pruneEvery == 0 {
		j.prune()
	}
	j.survey(partials)
	return j.findings
}

// mergeLate gives the ledger what came too late for its minute.
func (j *judge) mergeLate(now time.Time, partials []*tally.Partial) {
	for _, p := range partials {
		j.shown.ledger.Late(now.UnixMilli()/tally.TickLength, p.Late)
	}
}

func (j *judge) merge(partials []*tally.Partial) {
	j.counters.Tally.Keys, j.counters.Tally.Hot = 0, 0
	for _, p := range partials {
		j.counters.Tally.Add(p.Counters)
		for i := range p.Series {
			j.mergeSeries(p.Partition, &p.Series[i])
		}
	}
}

func (j *judge) mergeSeries(partition uint16, sum *tally.SeriesSum) {
	s := j.series[sum.Key]
	if s == nil {
		if len(j.series) >= j.cfg.MaxSeries {
			j.counters.SeriesRefused++
			return
		}
		s = &series{key: sum.Key}
		j.series[sum.Key] = s
		j.inside.add(s)
	}
	clean := !s.dirty
	s.merge(partition, sum)
	if s.dirty && clean {
		j.dirty = append(j.dirty, s)
	}
}

// judgeDirty tries every series that changed, in the order of their keys.
func (j *judge) judgeDirty() {
	slices.SortFunc(j.dirty, func(a, b *series) int { return a.key.Compare(b.key) })
	for _, s := range j.dirty {
		if t := j.testOf(s.key); t != nil {
			j.try(s, t)
		}
		j.counters.PeersRefused += uint64(s.denied)
		s.dirty, s.denied = false, 0
	}
	j.dirty = j.dirty[:0]
}

func (j *judge) try(s *series, t *test) {
	v := j.hear(s, t)
	if v.lastActive < 0 && !v.fired {
		return
	}
	if s.key.Kind == tally.Prefix && v.fired && j.smallerExplains(s, v.window) {
		return
	}
	sub := subjectOf(s.key)
	if i := j.open[sub]; i != nil {
		i.accept(s, t, v)
		return
	}
	if v.fired {
		j.openIncident(sub, s, t, v)
	}
}

// testOf is what a key is held against; nil where nothing judges it.
func (j *judge) testOf(k tally.Key) *test {
	switch k.Kind {
	case tally.Group:
		return j.rules[k.Index]
	case tally.Host:
		return j.classTest(classKey{j.network.Locate(k.Addr), k.Side, k.Class})
	case tally.Prefix:
		if k.Class == tally.Total { // hot as a companion only
			return nil
		}
		return j.classTest(classKey{0, k.Side, k.Class})
	}
	return nil
}

func (j *judge) classTest(k classKey) *test {
	if t, known := j.classes[k]; known {
		return t
	}
	var t *test
	if misuses[k.class].subclass != "" {
		if t = misuseTest(k.class, k.side, j.cfg.Thresholds.of(k.object, k.side)[k.class]); len(t.terms) == 0 {
			t = nil
		}
	}
	j.classes[k] = t
	return t
}

// pruneEvery is how many steps make a second: nothing hurries to be forgotten.
const pruneEvery = 10

// prune forgets what no open window can need any more.
func (j *judge) prune() {
	horizon := j.now.UnixMilli()/tally.PaneLength - 3*panesPerTick
	for k, s := range j.series {
		if len(s.panes) > 0 && s.panes[0].At < horizon || len(s.panes) == 0 {
			s.forget(horizon)
		}
		if len(s.panes) == 0 && !(s.feeds() && s.vector.series == s) {
			delete(j.series, k)
			j.inside.remove(k)
		}
	}
	j.counters.Series, j.counters.Open = len(j.series), len(j.order)
}
