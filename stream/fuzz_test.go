package stream

import (
	"encoding/json"
	"testing"
)

// FuzzEvent throws bytes at the door of stored events: anyone who reaches the
// server may publish there. What is taken for an event must be one that can be
// written again.
func FuzzEvent(f *testing.F) {
	m, err := messageOf(eventFor("a-1", 1, "2001:db8::7/128"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(m.Data)
	for _, rubbish := range []string{"", "null", "[]", `{"id":7}`, `{"id":"x","victim":"10.0.0.0/33"}`} {
		f.Add([]byte(rubbish))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		e, ok := eventOf(body)
		if !ok {
			return
		}
		text, err := json.Marshal(e)
		if err != nil {
			t.Fatalf("an event that was read cannot be written: %v", err)
		}
		if _, ok := eventOf(text); !ok {
			t.Fatalf("an event that was written cannot be read: %s", text)
		}
	})
}
