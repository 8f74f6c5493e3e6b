package quality

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"
)

// FuzzReadEvents: whatever a file of labels holds, reading it ends, and what was read
// can be asked how high it is.
func FuzzReadEvents(f *testing.F) {
	w, err := New(Config{Seed: 1, Customers: 2, Days: 2, Train: 1, PerKind: 1})
	if err != nil {
		f.Fatal(err)
	}
	for i := range w.Events[:min(12, len(w.Events))] {
		line, err := json.Marshal(w.Events[i])
		if err != nil {
			f.Fatal(err)
		}
		f.Add(line)
	}
	f.Add([]byte(`{"kind":"x","victim":"1.2.3.4/99"}`))
	f.Add([]byte(`{"start":"2026-01-05T00:00:00Z","end":"2026-01-05T01:00:00Z","course":{"kind":"pulse"}}`))
	f.Add([]byte(`{"start":"2026-01-05T00:00:00Z","end":"2026-01-05T01:00:00Z","course":{"kind":"swell"}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		events, err := ReadEvents(bytes.NewReader(data))
		if err != nil {
			return
		}
		for i := range events {
			e := &events[i]
			for _, after := range []time.Duration{0, time.Minute} {
				if h := e.Height(e.Start.Add(after)); !(h <= 1) {
					t.Errorf("height %v of %+v", h, e.Course)
				}
			}
		}
	})
}
