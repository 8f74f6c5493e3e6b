package main

import (
	"encoding/binary"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"eagre/anomaly"
	"eagre/flow"
)

// concerns are the ongoing anomalies about the watch itself, by what they are about.
// One goroutine at a time may use them.
type concerns[K comparable] struct {
	tell   func(anomaly.Event) error
	untold prometheus.Counter
	opened map[K]anomaly.Event
}

// mostConcerns bounds the anomalies of one kind that are told at a time. Where there
// are more it is one cause, as our own line that is down: a thousand alarms would say
// no more, and push the reports of attacks out.
const mostConcerns = 100

func newConcerns[K comparable](tell func(anomaly.Event) error, untold prometheus.Counter) concerns[K] {
	return concerns[K]{tell: tell, untold: untold, opened: map[K]anomaly.Event{}}
}

// open tells of a new anomaly, if there is room.
func (c *concerns[K]) open(about K, e anomaly.Event) error {
	if len(c.opened) >= mostConcerns {
		c.untold.Inc()
		return nil
	}
	c.opened[about] = e
	return c.tell(e)
}

// end tells that an anomaly is over, if it was told; an empty sentence leaves what was
// said.
func (c *concerns[K]) end(about K, at time.Time, sentence string) error {
	e, told := c.opened[about]
	if !told {
		return nil
	}
	delete(c.opened, about)
	e.Event, e.Revision, e.At, e.Ongoing, e.End = anomaly.Ended, e.Revision+1, at, false, &at
	if sentence != "" {
		e.Evidence.Sentence = sentence
	}
	return c.tell(e)
}

// operation is a new anomaly about the watch itself, noticed at one time and true since
// another. What it is about is missing.
func operation(subclass string, importance anomaly.Importance, since, at time.Time) anomaly.Event {
	return anomaly.Event{
		Event: anomaly.Opened, Revision: 1, At: at,
		Anomaly: anomaly.Anomaly{
			Class: anomaly.Operation, Subclass: subclass, Importance: importance,
			Direction: "unknown", Start: since, Ongoing: true, Stage: anomaly.Stable, Vectors: []anomaly.Vector{},
			Threshold:       anomaly.Threshold{Unit: anomaly.Count},
			Maximum:         anomaly.Peak{At: since},
			NetworkElements: []anomaly.NetworkElement{},
			Evidence:        anomaly.Evidence{Detector: "operation/" + subclass, Unit: anomaly.Count},
		},
	}
}

// operationID is the same for the same trouble, however often it is noticed.
func operationID(subclass string, exporter flow.IP, more ...uint64) string {
	about := binary.BigEndian.AppendUint64(nil, exporter.Hi)
	about = binary.BigEndian.AppendUint64(about, exporter.Lo)
	for _, n := range more {
		about = binary.BigEndian.AppendUint64(about, n)
	}
	return anomaly.ID("operation/"+subclass, about)
}
