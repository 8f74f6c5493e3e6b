package stream

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestFollowBeginsWhereItIsTold(t *testing.T) {
	s := open(t, embeddedConfig(t))
	mustPublish(t, s, count(0, 10)...)
	stored(s)

	everything, _ := take(t, follow(t, s, Position{}), 10)
	same(t, "everything", everything, count(0, 10))

	_, third := take(t, follow(t, s, Position{}), 3)
	afterThird, _ := take(t, follow(t, s, third), 7)
	same(t, "after the third", afterThird, count(3, 7))

	fromTime, _ := take(t, follow(t, s, At(third.Stored)), 8)
	same(t, "from the time of the third", fromTime, count(2, 8))

	nothingMore(t, s, follow(t, s, Newest))
}

func TestFollowAnEmptyStreamFromAnywhere(t *testing.T) {
	for name, from := range map[string]Position{
		"the beginning": {}, "now": Newest, "yesterday": At(time.Now().Add(-24 * time.Hour)), "tomorrow": At(time.Now().Add(24 * time.Hour)),
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t, embeddedConfig(t))
			nothingMore(t, s, follow(t, s, from))
			same(t, "lost", counted(s.metrics.lost.WithLabelValues(lostRetention)), 0)
		})
	}
}

func TestPositionOutlivesTheProgram(t *testing.T) {
	c := embeddedConfig(t)
	s := open(t, c)
	mustPublish(t, s, count(0, 10)...)
	_, at := take(t, follow(t, s, Position{}), 4)
	text, err := json.Marshal(at)
	if err != nil {
		t.Fatal(err)
	}
	mustClose(t, s)

	s = open(t, c)
	var back Position
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	if back != at {
		t.Fatalf("got position %v, want %v", back, at)
	}
	got, _ := take(t, follow(t, s, back), 6)
	same(t, "after", got, count(4, 6))
	same(t, "lost", counted(s.metrics.lost.WithLabelValues(lostCrash))+counted(s.metrics.lost.WithLabelValues(lostRetention)), 0)
}

func TestFollowerSurvivesARestartOfTheServer(t *testing.T) {
	e := startExternal(t)
	s := open(t, externalConfig(e.url()))
	f := follow(t, s, Newest)
	mustPublish(t, s, count(0, 10)...)
	before, _ := take(t, f, 5) // the others wait in memory or at the server
	stored(s)
	e.stop()
	e.start()
	mustStore(t, s, count(10, 10)...)
	after, _ := take(t, f, 15)
	same(t, "batches", append(before, after...), count(0, 20))
	nothingMore(t, s, f)
	same(t, "repeated", counted(s.metrics.duplicates), 0)
	same(t, "connected", counted(s.metrics.connected), 1)
}

// Batches are sent to a consumer that acknowledges nothing, so what is on the
// wire when it breaks must be asked for again, also if nothing comes after it.
func TestFollowerSurvivesBrokenConnections(t *testing.T) {
	p := startProxy(t, startExternal(t))
	s := open(t, externalConfig(p.url()))
	f := follow(t, s, Newest)
	var got []int
	for round := range 3 {
		mustStore(t, s, count(20*round, 20)...)
		p.freeze()
		p.cut()
		p.thaw()
		numbers, _ := take(t, f, 20)
		got = append(got, numbers...)
	}
	same(t, "batches", got, count(0, 60))
	same(t, "lost", counted(s.metrics.lost.WithLabelValues(lostRetention))+counted(s.metrics.lost.WithLabelValues(lostCrash)), 0)
}

// The store comes back empty: numbers begin anew, and what they number now was
// stored later than anything that was read.
func TestFollowerSurvivesALostStore(t *testing.T) {
	e := startExternal(t)
	s := open(t, externalConfig(e.url()))
	f := follow(t, s, Newest)
	mustPublish(t, s, count(0, 10)...)
	before, last := take(t, f, 10)
	same(t, "before", before, count(0, 10))
	e.stop()
	if err := os.RemoveAll(filepath.Join(e.options.StoreDir, "jetstream")); err != nil {
		t.Fatal(err)
	}
	e.start()
	mustStore(t, s, 100) // refused until the stream is made again
	after, _ := take(t, f, 1)
	same(t, "after", after, []int{100})
	same(t, "lost in the crash", counted(s.metrics.lost.WithLabelValues(lostCrash)), 10)

	again, _ := take(t, followSoon(t, s, last), 1)
	same(t, "from the old position", again, []int{100})

	mustPublish(t, s, count(101, 14)...) // the old number is taken by another batch now
	stored(s)
	overtaken, _ := take(t, follow(t, s, last), 15)
	same(t, "from the overtaken position", overtaken, count(100, 15))
}

// A checkpoint may know more than the stream that a crash has left.
func TestPositionBehindTheEndAfterACrash(t *testing.T) {
	c := embeddedConfig(t)
	s := open(t, c)
	mustPublish(t, s, count(0, 6)...)
	_, last := take(t, follow(t, s, Position{}), 6)
	for _, gone := range []uint64{5, 6} { // the two last are not on disk
		deleteLast(t, s, gone)
	}
	f := follow(t, s, last)
	mustPublish(t, s, 100, 101, 102)
	got, _ := take(t, f, 3)
	same(t, "after the crash", got, []int{100, 101, 102})
}

func deleteLast(t *testing.T, s *Stream, sequence uint64) {
	t.Helper()
	js, err := s.js.Stream(t.Context(), FlowStream)
	if err != nil {
		t.Fatal(err)
	}
	if err := js.DeleteMsg(t.Context(), sequence); err != nil {
		t.Fatal(err)
	}
}

func TestFollowerThatFallsBehindCountsWhatItMissed(t *testing.T) {
	c := embeddedConfig(t)
	c.FlowsMaxBytes = smallestStream
	s := open(t, c)
	mustPublish(t, s, 0)
	_, first := take(t, follow(t, s, Position{}), 1)
	full := traffic(1000)
	for range 200 {
		eventually(t, func() error { return s.Flows().Publish(full) })
	}
	stored(s)
	_, at, err := follow(t, s, first).Next(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if at.Sequence < 50 {
		t.Fatalf("oldest batch is %d, want the stream to have discarded more", at.Sequence)
	}
	same(t, "lost", counted(s.metrics.lost.WithLabelValues(lostRetention)), int(at.Sequence-first.Sequence-1))
}

func TestMovingOn(t *testing.T) {
	at := func(sequence uint64, second int64) Position {
		return Position{Sequence: sequence, Stored: time.Unix(second, 0).UTC()}
	}
	for name, c := range map[string]struct {
		last, to         Position
		new              bool
		retention, crash int
	}{
		"the first ever":                    {Position{}, at(1, 1), true, 0, 0},
		"the oldest that is left":           {Position{}, at(900, 1), true, 0, 0},
		"the first after a time":            {At(time.Unix(5, 0)), at(900, 6), true, 0, 0},
		"the next":                          {at(5, 5), at(6, 6), true, 0, 0},
		"the next, though clocks went back": {at(5, 5), at(6, 4), true, 0, 0},
		"the next but two":                  {at(5, 5), at(8, 6), true, 2, 0},
		"the same again":                    {at(5, 5), at(5, 5), false, 0, 0},
		"an earlier one again":              {at(5, 5), at(2, 2), false, 0, 0},
		"the same number, another message":  {at(5, 5), at(5, 6), true, 0, 1},
		"an earlier number, a new message":  {at(5, 5), at(2, 6), true, 0, 4},
	} {
		t.Run(name, func(t *testing.T) {
			m := NewMetrics(nil)
			f := &Follower{stream: &Stream{metrics: m}, last: c.last}
			same(t, "new", f.advance(c.to), c.new)
			same(t, "lost to retention", counted(m.lost.WithLabelValues(lostRetention)), c.retention)
			same(t, "lost to the crash", counted(m.lost.WithLabelValues(lostCrash)), c.crash)
			if want := c.to; c.new && f.last != want {
				t.Errorf("got place %v, want %v", f.last, want)
			}
		})
	}
}

func TestFollowerEndsWithItsContext(t *testing.T) {
	s := open(t, embeddedConfig(t))
	f := follow(t, s, Newest)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, _, err := f.Next(ctx)
	wantError(t, err, "follow EAGRE_FLOWS: context canceled")
	mustPublish(t, s, 1)
	got, _ := take(t, f, 1)
	same(t, "after that", got, []int{1})
}

func TestClosedFollowerSaysSo(t *testing.T) {
	s := open(t, embeddedConfig(t))
	f := follow(t, s, Newest)
	ended := make(chan error)
	go func() {
		_, _, err := f.Next(context.Background())
		ended <- err
	}()
	f.Close()
	if err := <-ended; !errors.Is(err, ErrClosed) {
		t.Fatalf("got error %v", err)
	}
}

func TestFollowerWaitsForAServerThatIsAway(t *testing.T) {
	e := startExternal(t)
	s := open(t, externalConfig(e.url()))
	f := follow(t, s, Newest)
	e.stop()
	received := make(chan []byte)
	go func() {
		packed, _, _ := f.Next(t.Context())
		received <- packed
	}()
	e.start()
	mustStore(t, s, 7)
	same(t, "batch", numberOf(t, <-received), 7)
}
