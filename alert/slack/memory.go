package slack

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"

	"github.com/prometheus/client_golang/prometheus"

	"eagre/internal/disk"
)

// place is where the message of an anomaly stands.
type place struct {
	Channel string `json:"channel"` // its id, which chat.update asks for
	TS      string `json:"ts"`
	Ended   bool   `json:"ended,omitempty"`
}

// memory is the place of each anomaly's message: the newest maxPlaces of them, on disk
// as a whole after every change, since changes are a second apart at least.
type memory struct {
	path      string // empty: not on disk
	order     []string
	places    map[string]place
	forgotten prometheus.Counter
	log       *slog.Logger
}

const (
	maxPlaces = 2000
	maxMemory = 1 << 20 // bytes of the file
)

// entry is a place as it stands in the file, oldest first.
type entry struct {
	ID string `json:"id"`
	place
}

// openMemory reads what an earlier run left. A file that cannot be read as a memory is
// forgotten: the worst that follows is a second message for an anomaly.
func openMemory(opt Options) (*memory, error) {
	m := &memory{path: opt.MemoryFile, places: map[string]place{}, forgotten: opt.Forgotten, log: opt.Log}
	if m.log == nil {
		m.log = slog.New(slog.DiscardHandler)
	}
	if m.path == "" {
		return m, nil
	}
	f, err := os.Open(m.path)
	if errors.Is(err, os.ErrNotExist) {
		return m, nil
	}
	if err != nil {
		return nil, fmt.Errorf("slack %s: memory: %w", opt.Receiver, err)
	}
	defer f.Close()
	if err := m.read(f); err != nil {
		m.log.Warn("memory of slack messages cannot be read; ongoing anomalies get new messages", "receiver", opt.Receiver, "error", err)
	}
	return m, nil
}

func (m *memory) read(r io.Reader) error {
	b, err := io.ReadAll(io.LimitReader(r, maxMemory))
	if err != nil {
		return err
	}
	var entries []entry
	if err := json.Unmarshal(b, &entries); err != nil {
		return err
	}
	for _, e := range entries {
		m.keep(e.ID, e.place)
	}
	return nil
}

func (m *memory) get(id string) (place, bool) {
	p, known := m.places[id]
	return p, known
}

// put remembers a place, and forgets the oldest one if there are too many.
func (m *memory) put(id string, p place) {
	m.keep(id, p)
	m.save()
}

func (m *memory) keep(id string, p place) {
	if _, known := m.places[id]; !known {
		m.order = append(m.order, id)
	}
	m.places[id] = p
	if len(m.order) > maxPlaces {
		delete(m.places, m.order[0])
		m.order = m.order[1:]
		if m.forgotten != nil {
			m.forgotten.Inc()
		}
	}
}

// forget takes a message out that is no longer there.
func (m *memory) forget(id string) {
	delete(m.places, id)
	for i, other := range m.order {
		if other == id {
			m.order = append(m.order[:i:i], m.order[i+1:]...)
			break
		}
	}
	m.save()
}

// save writes the file anew. A disk that fails costs no alert.
func (m *memory) save() {
	if m.path == "" {
		return
	}
	entries := make([]entry, 0, len(m.order))
	for _, id := range m.order {
		entries = append(entries, entry{id, m.places[id]})
	}
	data, err := json.Marshal(entries)
	if err == nil {
		err = disk.Replace(m.path, append(data, '\n'))
	}
	if err != nil {
		m.log.Error("memory of slack messages cannot be written", "error", err)
	}
}
