package alert

import (
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"eagre/anomaly"
)

// maxIntake bounds the events that were offered and not yet taken in. It is emptied
// within milliseconds.
const maxIntake = 16_384

// intake is where the engine leaves events without waiting for anybody.
type intake struct {
	ready chan struct{} // holds a token while there is something to take

	mu     sync.Mutex
	events []anomaly.Event
	closed bool
}

func newIntake() *intake { return &intake{ready: make(chan struct{}, 1)} }

// offer leaves an event; reason says why it could not.
func (i *intake) offer(e anomaly.Event) (reason string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	switch {
	case i.closed:
		return droppedStopped
	case len(i.events) >= maxIntake:
		return droppedFull
	}
	i.events = append(i.events, e)
	select {
	case i.ready <- struct{}{}:
	default:
	}
	return ""
}

// take is everything that was left, in order.
func (i *intake) take() []anomaly.Event {
	i.mu.Lock()
	defer i.mu.Unlock()
	taken := i.events
	i.events = nil
	return taken
}

func (i *intake) close() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.closed = true
}

// encodedMessage is a message together with its event as JSON.
type encodedMessage struct {
	message
	encoded json.RawMessage
}

// newMessage makes a message of an event that can be told.
func newMessage(e anomaly.Event, now time.Time) (encodedMessage, error) {
	m := encodedMessage{message: message{event: e, since: now}}
	if e.ID == "" || len(e.ID) > 128 || e.Revision < 1 {
		return m, errors.New("it has no id of 1 to 128 bytes, or no revision above 0")
	}
	b, err := json.Marshal(e)
	if err != nil {
		return m, err
	}
	if len(b) > maxEvent {
		return m, fmt.Errorf("it is %d bytes of JSON, limit %d", len(b), maxEvent)
	}
	m.encoded, m.bytes = b, len(b)
	return m, nil
}
