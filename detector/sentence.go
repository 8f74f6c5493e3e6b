package detector

import (
	"fmt"
	"math"

	"eagre/detector/tally"
)

// sentence says in one line why an anomaly was raised: what, how much, within
// what time, against which limit and whose.
func (v *vector) sentence(s subject) string {
	head := v.test.what
	if where := s.words(); where != "" {
		head += " " + where
	}
	t := v.trigger.term
	text := fmt.Sprintf("%s: %s within %s", head, v.amount(), v.window())
	if t.metric != metricDistinct && v.peers > 0 && s.kind != tally.Group {
		text += fmt.Sprintf(", %s", counted(v.peers, v.test.peers))
	}
	if t.structural {
		return text + fmt.Sprintf(", %s, limit %s at any rate", v.structureWords(), counted(t.limit, v.test.peers))
	}
	return text + fmt.Sprintf(", limit %s (%s)", v.limitWords(), v.test.source)
}

func (v *vector) amount() string {
	t := v.trigger.term
	if t.metric == metricDistinct {
		return counted(v.trigger.seen, v.test.peers) + fmt.Sprintf(" at %s", metricPPS.unit().Human(round(v.trigger.window.pps())))
	}
	return t.words(v.trigger.seen)
}

func (v *vector) limitWords() string {
	t := v.trigger.term
	if t.metric == metricDistinct {
		return counted(t.limit, v.test.peers)
	}
	return t.words(t.limit)
}

// words print a value with what it counts.
func (t term) words(value float64) string {
	switch t.metric {
	case metricPackets:
		return counted(value, "packets")
	case metricBytes:
		return counted(value, "bytes")
	case metricFlows:
		return counted(value, "flows")
	}
	return t.metric.unit().Human(round(value))
}

func (v *vector) structureWords() string {
	if v.key.Class == tally.DNSReply {
		return "hardly asked for"
	}
	return "hardly answered"
}

// counted prints a number of things with its thousands apart, rounded to what
// an estimate can claim.
func counted(n float64, things string) string {
	if n > 1000 {
		scale := math.Pow(10, math.Floor(math.Log10(n))-2)
		n = math.Round(n/scale) * scale
	}
	return fmt.Sprintf("%s %s", thousands(int64(n)), things)
}

func thousands(n int64) string {
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%s,%03d", thousands(n/1000), n%1000)
}

// words say where the traffic goes to or comes from.
func (s subject) words() string {
	host := s.addr.String()
	if s.kind == tally.Prefix {
		host = s.addr.Prefix(int(s.bits)).String()
	}
	switch {
	case s.kind == tally.Host && s.side == tally.From, s.kind == tally.Prefix && s.side == tally.From:
		return "from " + host
	case s.kind == tally.Host, s.kind == tally.Prefix:
		return "to " + host
	}
	return ""
}
