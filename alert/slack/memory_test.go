package slack

import (
	"bytes"
	"log/slog"
	"testing"
)

func FuzzMemory(f *testing.F) {
	f.Add([]byte(`[{"id":"a-1","channel":"C1","ts":"1700000000.000001","ended":true}]`))
	f.Fuzz(func(t *testing.T, b []byte) {
		m := &memory{places: map[string]place{}, log: slog.New(slog.DiscardHandler)}
		if err := m.read(bytes.NewReader(b)); err != nil {
			return
		}
		if len(m.order) != len(m.places) || len(m.order) > maxPlaces {
			t.Errorf("%d in order, %d places, limit %d", len(m.order), len(m.places), maxPlaces)
		}
	})
}

// The bound of the file holds a full memory: ids of 128 bytes, and what Slack sends.
func TestFullMemoryFitsItsFile(t *testing.T) {
	one := len(`{"id":"","channel":"C024BE91LXXXX","ts":"1700000000.000001","ended":true},`) + 128
	if got := maxPlaces * one; got > maxMemory {
		t.Errorf("a full memory takes %d bytes, the file may hold %d", got, maxMemory)
	}
}
