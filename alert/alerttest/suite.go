package alerttest

import (
	"context"
	"encoding/json"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"eagre/alert"
	"eagre/anomaly"
)

// Receiver is the name under which the suite knows the notifier's receiver.
const Receiver = "under-test"

// Subject is a way out, and what the suite has to know to try it.
type Subject struct {
	// Works makes a notifier whose receiver takes everything, and a look at the
	// messages that have arrived so far.
	Works func(t *testing.T) (alert.Notifier, func() []string)
	// Fails makes notifiers whose receiver fails, by what happens to them.
	Fails map[string]Failure
	// Hangs makes a notifier whose receiver does not answer, and a channel that is
	// closed when it has been asked. Nil for a way out that cannot hang.
	Hangs func(t *testing.T) (alert.Notifier, <-chan struct{})
	// Secrets must stand in no error: tokens, keys, the inside of URLs.
	Secrets []string
}

// Failure is a receiver that fails, and the class that the error must have.
type Failure struct {
	Make      func(t *testing.T) alert.Notifier
	Permanent bool
	Gone      bool
	Pause     time.Duration
}

// Run holds a way out to the contract of alert.Notifier.
func Run(t *testing.T, s Subject) {
	t.Run("one event is one message that names it", s.oneMessage)
	t.Run("a life is told to its end", s.wholeLife)
	t.Run("hostile strings are inert", s.inert)
	t.Run("the event is not changed", s.unchanged)
	t.Run("a finding in shadow is told to nobody", s.shadow)
	t.Run("nothing is sent after the deadline", s.tooLate)
	for name, failure := range s.Fails {
		t.Run("fails: "+name, func(t *testing.T) { s.fails(t, failure) })
	}
	if s.Hangs != nil {
		t.Run("a receiver that hangs is left at the deadline", s.hangs)
	}
}

func (s Subject) oneMessage(t *testing.T) {
	for _, e := range []anomaly.Event{Slammer(), SYNFlood()} {
		n, arrived := s.Works(t)
		s.tell(t, n, e)
		got := arrived()
		if len(got) != 1 || !strings.Contains(got[0], e.ID) {
			t.Errorf("got %d messages %q, want one that names %s", len(got), got, e.ID)
		}
	}
}

func (s Subject) wholeLife(t *testing.T) {
	n, arrived := s.Works(t)
	for i, kind := range []anomaly.Kind{anomaly.Opened, anomaly.Updated, anomaly.Ended} {
		before := len(arrived())
		s.tell(t, n, As(Slammer(), kind, i+1))
		if len(arrived()) == before {
			t.Errorf("nothing arrived for %s", kind)
		}
	}
}

// inert: whatever the receiver shows, a message holds no character that acts. Inside
// JSON the characters are escaped, which is as good.
func (s Subject) inert(t *testing.T) {
	n, arrived := s.Works(t)
	s.tell(t, n, Hostile())
	for _, message := range arrived() {
		if !utf8.ValidString(message) {
			t.Errorf("message is not UTF-8: %q", message)
		}
		for _, line := range strings.Split(message, "\n") {
			if json.Valid([]byte(line)) {
				continue
			}
			if at := strings.IndexFunc(line, acts); at >= 0 {
				t.Errorf("message holds %q in %q", line[at:min(at+4, len(line))], line)
			}
		}
	}
}

func acts(r rune) bool {
	return unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp)
}

func (s Subject) unchanged(t *testing.T) {
	n, _ := s.Works(t)
	got, want := Hostile(), Hostile()
	s.tell(t, n, got)
	if diff := cmp.Diff(want, got, sameAddr, samePrefix); diff != "" {
		t.Errorf("the notifier changed the event (-want +got):\n%s", diff)
	}
}

var (
	sameAddr   = cmp.Comparer(func(a, b netip.Addr) bool { return a == b })
	samePrefix = cmp.Comparer(func(a, b netip.Prefix) bool { return a == b })
)

// shadow: an Alerter with this notifier tells of a stable finding and not of the one
// in shadow that was offered before.
func (s Subject) shadow(t *testing.T) {
	n, arrived := s.Works(t)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	told := told{n, done}
	a, err := alert.New(alert.Config{Receivers: []alert.Receiver{{Name: Receiver, Terminal: &alert.Terminal{}}}},
		alert.Deps{Receivers: map[string]alert.Notifier{Receiver: told}})
	if err != nil {
		t.Fatal(err)
	}
	hidden := SYNFlood()
	hidden.Stage = anomaly.Shadow
	a.Offer(hidden)
	a.Offer(Slammer())
	go func() {
		<-done
		stop()
	}()
	if err := a.Run(ctx); err != nil {
		t.Fatal(err)
	}
	if got := arrived(); len(got) != 1 || !strings.Contains(got[0], Slammer().ID) {
		t.Errorf("got %q, want the stable finding alone", got)
	}
}

// told closes done after the first message.
type told struct {
	alert.Notifier
	done chan struct{}
}

func (n told) Notify(ctx context.Context, e anomaly.Event) error {
	defer close(n.done)
	return n.Notifier.Notify(ctx, e)
}

func (s Subject) tooLate(t *testing.T) {
	n, arrived := s.Works(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := n.Notify(ctx, Slammer())
	if err == nil || alert.IsPermanent(err) {
		t.Errorf("got error %v, want one that is transient", err)
	}
	if got := arrived(); len(got) != 0 {
		t.Errorf("got messages %q, want none", got)
	}
}

func (s Subject) fails(t *testing.T, f Failure) {
	err := f.Make(t).Notify(t.Context(), Slammer())
	if err == nil {
		t.Fatal("got no error")
	}
	s.keepsSecrets(t, err)
	got := Failure{Permanent: alert.IsPermanent(err), Gone: alert.IsGone(err), Pause: alert.Pause(err)}
	f.Make = nil
	if diff := cmp.Diff(f, got); diff != "" {
		t.Errorf("class of %q (-want +got):\n%s", err, diff)
	}
}

func (s Subject) hangs(t *testing.T) {
	n, asked := s.Hangs(t)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-asked
		cancel()
	}()
	err := n.Notify(ctx, Slammer()) // a notifier that does not come back fails the test by its timeout
	if err == nil || alert.IsPermanent(err) {
		t.Errorf("got error %v, want one that is transient", err)
	}
	s.keepsSecrets(t, err)
}

func (s Subject) keepsSecrets(t *testing.T, err error) {
	if err == nil {
		return
	}
	text := fmt.Sprintf("%v %+v %#v", err, err, err)
	if slices.ContainsFunc(s.Secrets, func(secret string) bool { return strings.Contains(text, secret) }) {
		t.Errorf("error gives a secret away: %s", text)
	}
}

func (s Subject) tell(t *testing.T, n alert.Notifier, e anomaly.Event) {
	t.Helper()
	if err := n.Notify(t.Context(), e); err != nil {
		s.keepsSecrets(t, err)
		t.Fatalf("notify: %v", err)
	}
}
