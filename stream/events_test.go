package stream

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"eagre/anomaly"
)

func TestEventsComeBackAsTheyWereWritten(t *testing.T) {
	s := open(t, embeddedConfig(t))
	want := []anomaly.Event{eventFor("a-1", 1, "198.51.100.7/32"), eventFor("a-1", 2, "198.51.100.7/32"), eventFor("a-2", 1, "2001:db8::7/128")}
	want[1].Importance = anomaly.High
	write(t, s, want...)
	same(t, "events", events(t, s), want)
	same(t, "stored", counted(s.metrics.events.WithLabelValues(eventStored)), 3)
}

func TestNoEventsAreNoTrouble(t *testing.T) {
	same(t, "events", events(t, open(t, embeddedConfig(t))), nil)
}

func TestEventsGoOutBySubjectOfTheirImportance(t *testing.T) {
	s := open(t, embeddedConfig(t))
	sub, err := s.conn.SubscribeSync("eagre.v1.anomalies.>")
	if err != nil {
		t.Fatal(err)
	}
	e := eventFor("a-1", 3, "198.51.100.7/32")
	e.Importance = anomaly.Medium
	write(t, s, e)
	m, err := sub.NextMsgWithContext(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	same(t, "subject", m.Subject, "eagre.v1.anomalies.medium")
	same(t, "id", m.Header.Get("Nats-Msg-Id"), "a-1.3")
}

func TestEventWrittenTwiceIsStoredOnce(t *testing.T) {
	c := embeddedConfig(t)
	s := open(t, c)
	e := eventFor("a-1", 1, "198.51.100.7/32")
	write(t, s, e, e)
	mustClose(t, s)

	s = open(t, c)
	write(t, s, e)
	same(t, "events", events(t, s), []anomaly.Event{e})
	same(t, "duplicates", counted(s.metrics.events.WithLabelValues(eventDuplicate)), 1)
}

func TestEventWithoutAnIDIsRefused(t *testing.T) {
	s := open(t, embeddedConfig(t))
	wantError(t, s.WriteEvent(t.Context(), anomaly.Event{Revision: 1}), `event "" revision 1: an event needs an id and a revision`)
	wantError(t, s.WriteEvent(t.Context(), anomaly.Event{ID: "a-1"}), `event "a-1" revision 0: an event needs an id and a revision`)
	same(t, "failed", counted(s.metrics.events.WithLabelValues(eventFailed)), 2)
}

func TestEventTooLargeForTheServerIsNotTriedAgain(t *testing.T) {
	s := open(t, embeddedConfig(t))
	e := eventFor("a-1", 1, "198.51.100.7/32")
	e.Title = string(make([]byte, 2<<20))
	err := s.WriteEvent(t.Context(), e)
	if !errors.Is(err, nats.ErrMaxPayload) {
		t.Fatalf("got error %v", err)
	}
	same(t, "retried", counted(s.metrics.events.WithLabelValues(eventRetried)), 0)
}

func TestEventWaitsForAServerThatIsAway(t *testing.T) {
	e := startExternal(t)
	s := open(t, externalConfig(e.url()))
	e.stop()
	written := make(chan error)
	go func() { written <- s.WriteEvent(context.Background(), eventFor("a-1", 1, "198.51.100.7/32")) }()
	eventually(t, func() error {
		if counted(s.metrics.events.WithLabelValues(eventRetried)) == 0 {
			return errors.New("not tried yet")
		}
		return nil
	})
	e.start()
	if err := <-written; err != nil {
		t.Fatal(err)
	}
	same(t, "events", len(events(t, s)), 1)
}

func TestEventIsGivenUpWithItsContext(t *testing.T) {
	e := startExternal(t)
	s := open(t, externalConfig(e.url()))
	e.stop()
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	err := s.WriteEvent(ctx, eventFor("a-1", 1, "198.51.100.7/32"))
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("got error %v", err)
	}
	same(t, "failed", counted(s.metrics.events.WithLabelValues(eventFailed)), 1)
}

// An event must not wait behind flows that a hanging server does not take.
func TestEventPassesAFloodOfFlows(t *testing.T) {
	s := open(t, embeddedConfig(t))
	full := traffic(1000)
	for s.Flows().Publish(full) == nil {
	}
	write(t, s, eventFor("a-1", 1, "198.51.100.7/32"))
}

func TestRubbishOnTheAnomalyStreamIsPassedOver(t *testing.T) {
	s := open(t, embeddedConfig(t))
	want := eventFor("a-1", 1, "198.51.100.7/32")
	for _, rubbish := range []string{"", "{", "null", "[]", `{"id":7}`, `{}`} {
		if _, err := s.js.Publish(t.Context(), AnomalySubject(anomaly.Low), []byte(rubbish)); err != nil {
			t.Fatal(err)
		}
	}
	write(t, s, want)
	same(t, "events", events(t, s), []anomaly.Event{want})
	same(t, "unreadable", counted(s.metrics.unreadable), 6)
}

func TestLastEventRemovedByHand(t *testing.T) {
	s := open(t, embeddedConfig(t))
	want := eventFor("a-1", 1, "198.51.100.7/32")
	write(t, s, want, eventFor("a-1", 2, "198.51.100.7/32"))
	js, err := s.js.Stream(t.Context(), AnomalyStream)
	if err != nil {
		t.Fatal(err)
	}
	if err := js.DeleteMsg(t.Context(), 2); err != nil {
		t.Fatal(err)
	}
	same(t, "events", events(t, s), []anomaly.Event{want})
}

func TestReadingEventsStopsAtTheFirstError(t *testing.T) {
	s := open(t, embeddedConfig(t))
	write(t, s, eventFor("a-1", 1, "198.51.100.7/32"), eventFor("a-1", 2, "198.51.100.7/32"))
	enough, calls := errors.New("enough"), 0
	err := s.Events(t.Context(), func(anomaly.Event) error { calls++; return enough })
	if !errors.Is(err, enough) || calls != 1 {
		t.Fatalf("got error %v after %d calls", err, calls)
	}
}

func TestWatchTellsOldEventsAndNewOnes(t *testing.T) {
	s := open(t, embeddedConfig(t))
	write(t, s, eventFor("a-1", 1, "198.51.100.7/32"))
	enough := errors.New("enough")
	var got []int
	err := s.WatchEvents(t.Context(), func(e anomaly.Event) error {
		if got = append(got, e.Revision); e.Revision == 3 {
			return enough
		}
		return s.WriteEvent(t.Context(), eventFor("a-1", e.Revision+1, "198.51.100.7/32"))
	})
	if !errors.Is(err, enough) {
		t.Fatal(err)
	}
	same(t, "revisions", got, []int{1, 2, 3})
}

const childDir = "EAGRE_STREAM_TEST_CHILD_DIR"

// The process is killed in the middle of its work: what it said to be stored is
// there, once, when the directory is opened again.
func TestAcknowledgedEventsSurviveAKill(t *testing.T) {
	c := embeddedConfig(t)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	child := exec.CommandContext(ctx, os.Args[0])
	child.Env = append(os.Environ(), childDir+"="+c.Dir)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	acknowledged := 0
	for lines := bufio.NewScanner(out); acknowledged < 50 && lines.Scan(); {
		acknowledged++
	}
	child.Process.Kill()
	child.Wait()

	s := open(t, c)
	got := events(t, s)
	if len(got) < acknowledged || acknowledged < 50 {
		t.Fatalf("%d events were acknowledged, %d are there", acknowledged, len(got))
	}
	for i, e := range got {
		if e.Revision != i+1 {
			t.Fatalf("event %d has revision %d", i+1, e.Revision)
		}
	}
	write(t, s, got[0])
	same(t, "events after writing one again", len(events(t, s)), len(got))
}

// writeEventsForever is what the child does until it is killed.
func writeEventsForever(dir string) {
	c := DefaultConfig()
	c.Dir = dir
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	s, err := Open(ctx, c, Deps{})
	if err != nil {
		panic(err)
	}
	for revision := 1; ; revision++ {
		if err := s.WriteEvent(ctx, eventFor("a-1", revision, "198.51.100.7/32")); err != nil {
			panic(err)
		}
		fmt.Println(revision)
	}
}

func eventFor(id string, revision int, victim string) anomaly.Event {
	prefix := netip.MustParsePrefix(victim)
	start := time.Date(2003, 1, 25, 5, 29, 0, 0, time.UTC)
	return anomaly.Event{
		Event: anomaly.Updated, ID: id, Revision: revision, At: start.Add(time.Minute),
		Anomaly: anomaly.Anomaly{
			Class: anomaly.Signature, Subclass: "slammer", Title: "SQL Slammer worm", Start: start, Ongoing: true, Victim: &prefix,
			Vectors: []anomaly.Vector{}, NetworkElements: []anomaly.NetworkElement{{Address: prefix.Addr(), Entry: true}},
		},
	}
}

func write(t *testing.T, s *Stream, events ...anomaly.Event) {
	t.Helper()
	for _, e := range events {
		if err := s.WriteEvent(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
}

func events(t *testing.T, s *Stream) (all []anomaly.Event) {
	t.Helper()
	err := s.Events(t.Context(), func(e anomaly.Event) error { all = append(all, e); return nil })
	if err != nil {
		t.Fatal(err)
	}
	return all
}
