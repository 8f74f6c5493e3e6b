package score

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"time"

	"eagre/anomaly"
	"eagre/quality"
)

// Incident is all that was said about one anomaly.
type Incident struct {
	ID       string
	Reported time.Time          // event time of the first line
	Highest  anomaly.Importance // that it ever had
	Last     anomaly.Event      // how it stood in the end
}

// ReadIncidents reads anomaly events, one JSON object a line, in the order in which they
// were printed. Annotations are what people said and are passed over.
func ReadIncidents(r io.Reader) ([]Incident, error) {
	var out []Incident
	known := map[string]int{}
	lines := json.NewDecoder(bufio.NewReaderSize(r, 1<<16))
	for n := 1; ; n++ {
		var e anomaly.Event
		switch err := lines.Decode(&e); {
		case errors.Is(err, io.EOF):
			return out, nil
		case err != nil:
			return nil, fmt.Errorf("score: event %d: %w", n, err)
		case e.ID == "" || e.At.IsZero():
			return nil, fmt.Errorf("score: event %d: no id or no time", n)
		case e.Event == anomaly.Annotated:
			continue
		}
		i, seen := known[e.ID]
		if !seen {
			i = len(out)
			known[e.ID] = i
			out = append(out, Incident{ID: e.ID, Reported: e.At})
		}
		out[i].Last, out[i].Highest = e, max(out[i].Highest, e.Importance)
	}
}

// class is what the incident was called in the end.
func (i *Incident) class() quality.Class {
	return quality.Class{Class: i.Last.Class, Subclass: i.Last.Subclass}
}

// names tells whether the incident, or one of its vectors, is what the event was.
func (i *Incident) names(e *quality.Event) bool {
	if e.CalledBy(i.class()) {
		return true
	}
	for _, v := range i.Last.Vectors {
		if e.CalledBy(quality.Class{Class: v.Class, Subclass: v.Subclass}) {
			return true
		}
	}
	return false
}

// end is when it ended, or when it was last heard of.
func (i *Incident) end() time.Time {
	if i.Last.End != nil {
		return *i.Last.End
	}
	return i.Last.At
}

// victim is whom it hit; the zero Prefix where it names a source, an interface or a
// whole customer.
func (i *Incident) victim() netip.Prefix {
	resource, err := netip.ParsePrefix(i.Last.Resource.Prefix)
	switch {
	case i.Last.Carpet && err == nil:
		return resource
	case i.Last.Victim != nil:
		return *i.Last.Victim
	case i.Last.Source == nil && err == nil:
		return resource
	}
	return netip.Prefix{}
}

func (i *Incident) source() netip.Prefix {
	if i.Last.Source == nil {
		return netip.Prefix{}
	}
	return *i.Last.Source
}
