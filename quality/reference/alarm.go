package reference

import (
	"encoding/binary"
	"fmt"
	"time"

	"eagre/anomaly"
)

// alarm is a host that does too much.
type alarm struct {
	id       string
	revision int
	found    anomaly.Anomaly
	last     time.Time // end of the last window above the limit
	packets  float64
	bits     float64
}

func (m *Meter) begin(k key, b breach, at time.Time) *alarm {
	start := at.Add(-m.window)
	about := binary.BigEndian.AppendUint64(nil, k.address.Hi)
	about = binary.BigEndian.AppendUint64(about, k.address.Lo)
	about = binary.BigEndian.AppendUint64(append(about, byte(direction(k.sends))), uint64(start.Unix()))
	prefix := k.prefix()
	class, subclass := m.rule.class(b)
	a := &alarm{id: anomaly.ID(m.rule.name(), about)}
	a.found = anomaly.Anomaly{
		Class: class, Subclass: subclass, Title: "over the limit", Importance: anomaly.High, Stage: anomaly.Stable,
		Threshold: anomaly.Threshold{Value: b.limit, Unit: b.unit, Source: m.rule.name()},
		Direction: direction(k.sends).String(), Start: start, Ongoing: true,
		Resource: anomaly.Resource{Kind: "host", Name: prefix.Addr().String(), Prefix: prefix.String()},
		Vectors:  []anomaly.Vector{}, NetworkElements: []anomaly.NetworkElement{},
		Evidence: anomaly.Evidence{
			Detector: m.rule.name(), Window: m.window.String(), Value: b.value, Limit: b.limit, Unit: b.unit,
			Sentence: fmt.Sprintf("%s: %s, limit %s", prefix.Addr(), b.unit.Human(b.value), b.unit.Human(b.limit)),
		},
	}
	if k.sends {
		a.found.Source = &prefix
	} else {
		a.found.Victim = &prefix
	}
	return a
}

// feed takes in a window above the limit.
func (a *alarm) feed(r Rates, b breach, at time.Time, window time.Duration) {
	now := anomaly.Rates{BPS: r.BPS, PPS: r.PPS}
	if a.revision == 0 {
		a.found.Triggering = now
	}
	a.last = at
	a.packets += r.PPS * window.Seconds()
	a.bits += r.BPS * window.Seconds()
	if r.PPS > a.found.Maximum.PPS {
		a.found.Maximum.PPS, a.found.Maximum.At = r.PPS, at
	}
	a.found.Maximum.BPS = max(a.found.Maximum.BPS, r.BPS)
	a.found.SeverityPercent = max(a.found.SeverityPercent, anomaly.Severity(b.value, b.limit))
}

// event is the alarm as it stands.
func (a *alarm) event(kind anomaly.Kind, at time.Time) anomaly.Event {
	a.revision++
	seconds := a.last.Sub(a.found.Start).Seconds()
	a.found.Mean = anomaly.Rates{BPS: a.bits / seconds, PPS: a.packets / seconds}
	if kind == anomaly.Ended {
		end := a.last
		a.found.End, a.found.Ongoing = &end, false
	}
	return anomaly.Event{Event: kind, ID: a.id, Revision: a.revision, At: at, Anomaly: a.found}
}
