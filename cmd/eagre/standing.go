package main

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"eagre/anomaly"
	"eagre/detector"
	"eagre/detector/tally"
)

// standing is the answer of the admin listener to what moves most.
type standing struct {
	At       time.Time        `json:"at"`           // event time
	Span     float64          `json:"span_seconds"` // of how long before that the rates are
	OnTime   float64          `json:"on_time"`      // the smallest share of all exporters
	Doubtful []exporterHealth `json:"doubtful"`     // exporters whose rates of this moment want care
	Talkers  []talker         `json:"talkers"`      // kind by kind, the largest first
	More     map[string]int   `json:"more"`         // by kind, how many others there are
}

// talker is one that moves much.
type talker struct {
	Kind      string           `json:"kind"`
	Direction string           `json:"direction"` // in, out; of ports none
	Resource  anomaly.Resource `json:"resource"`
	measured
	OnTime      float64 `json:"on_time"`
	Provisional bool    `json:"provisional"` // part of it may rest on an unknown sampling rate: it is at least so much
}

// talkerKinds are the kinds of talker in the order in which they are shown.
var talkerKinds = []tally.Kind{tally.Object, tally.Host, tally.Prefix, tally.Interface, tally.Port, tally.System}

const (
	byBits    = "bps"
	byPackets = "pps"
	// mostTalkers bounds how many of a kind are told.
	mostTalkers  = 1000
	usualTalkers = 10
)

// standingQuery is what of a standing is asked for.
type standingQuery struct {
	by    string
	kinds []tally.Kind
	limit int // of each kind
}

// parseStandingQuery reads by=, kind= (any number of times) and limit=; what is not
// given is as usual.
func parseStandingQuery(v url.Values) (standingQuery, error) {
	q := standingQuery{by: cmp.Or(v.Get("by"), byBits), kinds: talkerKinds, limit: usualTalkers}
	if q.by != byBits && q.by != byPackets {
		return q, fmt.Errorf("by=%q: want %s or %s", q.by, byBits, byPackets)
	}
	if text := v.Get("limit"); text != "" {
		var err error
		if q.limit, err = strconv.Atoi(text); err != nil || q.limit < 1 || q.limit > mostTalkers {
			return q, fmt.Errorf("limit=%q: want 1–%d", text, mostTalkers)
		}
	}
	names := v["kind"]
	if len(names) == 0 {
		return q, nil
	}
	known := map[string]tally.Kind{}
	for _, k := range talkerKinds {
		known[k.String()] = k
	}
	q.kinds = nil
	for _, name := range names {
		k, ok := known[name]
		if !ok {
			return q, fmt.Errorf("kind=%q: want %s", name, strings.Join(kindNames(), ", "))
		}
		q.kinds = append(q.kinds, k)
	}
	return q, nil
}

func kindNames() []string {
	var out []string
	for _, k := range talkerKinds {
		out = append(out, k.String())
	}
	return out
}

// standingPatience is how long the detector may take to look: some steps are usual.
const standingPatience = 5 * time.Second

// serveStanding answers with what moves most.
func (e *engine) serveStanding(w http.ResponseWriter, r *http.Request) {
	q, err := parseStandingQuery(r.URL.Query())
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	ctx, stop := context.WithTimeout(r.Context(), standingPatience)
	defer stop()
	defer context.AfterFunc(e.running, stop)() // it ends with the engine too
	s, err := e.detector.Standing(ctx)
	if err != nil {
		http.Error(w, fmt.Sprintf("no step was judged within %s: it is starting, stopping, or has too much to do", standingPatience), http.StatusServiceUnavailable)
		return
	}
	answer(w, q.of(s, healthList(e.detector.Health(), e.exporterName)))
}

// of chooses from a standing what was asked for.
func (q standingQuery) of(s *detector.Standing, health []exporterHealth) standing {
	out := standing{
		At: s.At, Span: s.Span.Seconds(), OnTime: 1,
		Doubtful: []exporterHealth{}, Talkers: []talker{}, More: map[string]int{},
	}
	for _, h := range health {
		out.OnTime = min(out.OnTime, h.OnTime)
		if h.doubtful() {
			out.Doubtful = append(out.Doubtful, h)
		}
	}
	for _, kind := range talkerKinds {
		if !slices.Contains(q.kinds, kind) {
			continue
		}
		talkers, more := q.largest(s, kind)
		out.Talkers = append(out.Talkers, talkers...)
		if more > 0 {
			out.More[kind.String()] = more
		}
	}
	return out
}

// largest are those of a kind that move most, and how many others there are.
func (q standingQuery) largest(s *detector.Standing, kind tally.Kind) (talkers []talker, more int) {
	for i := range s.Talkers {
		if s.Talkers[i].Kind == kind {
			talkers = append(talkers, talkerOf(&s.Talkers[i]))
		}
	}
	if q.by == byPackets { // by bits they are already
		slices.SortStableFunc(talkers, func(a, b talker) int { return cmp.Compare(b.PPS, a.PPS) })
	}
	told := min(len(talkers), q.limit)
	return talkers[:told], len(talkers) - told
}

func talkerOf(t *detector.Talker) talker {
	return talker{
		Kind: t.Kind.String(), Direction: t.Direction, Resource: t.Resource, OnTime: t.OnTime, Provisional: t.Provisional,
		measured: measured{Rates: t.Rates, BPSErrorPercent: percent(t.BPSError), PPSErrorPercent: percent(t.PPSError)},
	}
}

// exporterHealth is how far the numbers of one exporter can be trusted.
type exporterHealth struct {
	Exporter   netip.Addr `json:"exporter"`
	Name       string     `json:"name"`
	OnTime     float64    `json:"on_time"` // share of its packets that came while their minute was open
	Jumped     bool       `json:"on_time_jumped"`
	StartTimes string     `json:"start_times"` // of long flows: honest, stuck, cumulative, frozen
	Unknown    bool       `json:"sampling_unknown"`
	Again      uint64     `json:"second_views"` // records that showed packets a second time, not counted
	// How long after a flow ended its record came, of half of them and of 99 %.
	DelayMedian float64 `json:"delay_median_seconds"`
	DelayMost   float64 `json:"delay_most_seconds"`
}

// healthList names the exporters of a list.
func healthList(list []detector.ExporterHealth, name func(netip.Addr) string) []exporterHealth {
	out := make([]exporterHealth, len(list))
	for i, h := range list {
		address := h.Exporter.Addr()
		out[i] = exporterHealth{
			Exporter: address, Name: name(address), OnTime: h.OnTime, Jumped: h.Jumped, StartTimes: h.Repeats.String(), Unknown: h.Unknown, Again: h.Again,
			DelayMedian: h.DelayMedian.Seconds(), DelayMost: h.DelayMost.Seconds(),
		}
	}
	return out
}

// doubtful tells whether its rates of this moment want care.
func (h exporterHealth) doubtful() bool {
	return h.Jumped || h.Unknown || h.StartTimes != tally.Honest.String()
}
