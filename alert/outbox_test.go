package alert

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"eagre/anomaly"
)

var epoch = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func testQueue() *queue {
	route := Route{GroupWait: 5 * time.Second, GroupInterval: time.Minute}
	return newQueue(Receiver{Name: "soc", Terminal: &Terminal{}}, route, rand.New(rand.NewPCG(1, 1)))
}

// A disk that fails costs no alert: the file is given up, and everything that still
// matters is written to a new one a little later.
func TestOutboxSurvivesADiskThatFails(t *testing.T) {
	dir := t.TempDir()
	failures := 0
	o, err := openOutbox(dir, func(string, error) { failures++ }, func(row) {})
	if err != nil {
		t.Fatal(err)
	}
	state := slices.Values([]row{{Op: rowSent, ID: "a-1", Revision: 1, To: []string{"soc"}}})
	o.commit(epoch, state)
	o.file.Close() // as good as a dead disk
	o.add(row{Op: rowSent, ID: "a-1", Revision: 1, To: []string{"soc"}}, true)
	o.commit(epoch, state)
	if failures != 1 || o.file != nil || !o.wake().Equal(epoch.Add(reopenOutbox)) {
		t.Errorf("got %d failures, file %v, wake %v; want 1, none, in 5 s", failures, o.file, o.wake())
	}
	o.add(row{Op: rowSent, ID: "a-2", Revision: 1}, true) // not lost: it is in the state
	o.commit(epoch.Add(time.Second), state)
	o.commit(epoch.Add(reopenOutbox), state)
	if o.file == nil || failures != 1 {
		t.Fatalf("got no file after the disk came back; %d failures", failures)
	}
	o.close()
	got, err := os.ReadFile(filepath.Join(dir, outboxName))
	if err != nil {
		t.Fatal(err)
	}
	want := `{"op":"begin","version":1}` + "\n" + `{"op":"sent","to":["soc"],"id":"a-1","revision":1}` + "\n"
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("file (-want +got):\n%s", diff)
	}
}

// diary makes a queue and writes down its rows, as an Alerter does.
type diary struct {
	q    *queue
	rows []row
}

func (d *diary) offer(t *rapid.T, e anomaly.Event, now time.Time) {
	m, err := newMessage(e, now)
	if err != nil {
		t.Fatal(err)
	}
	if _, reason := d.q.offer(m.message, now); reason == "" {
		d.rows = append(d.rows, row{Op: rowPut, At: now, To: []string{"soc"}, Event: m.encoded})
	}
}

func (d *diary) begin(now time.Time) {
	t, _, _ := d.q.next(now)
	if t == nil {
		return
	}
	if m, pinned := d.q.begin(t, now); pinned {
		d.rows = append(d.rows, row{Op: rowTry, To: []string{"soc"}, ID: m.event.ID, Revision: m.event.Revision})
	}
}

func (d *diary) settle(err error, now time.Time) {
	if d.q.busy == nil {
		return
	}
	out := d.q.settle(err, now)
	r := row{Op: rowSent, At: now, To: []string{"soc"}, ID: out.event.ID, Revision: out.event.Revision, Kind: out.event.Event, Importance: out.event.Importance}
	if out.failed != "" {
		r.Op = rowFail
	}
	if out.sent || out.failed != "" {
		d.rows = append(d.rows, r)
	}
}

// facts is what must be the same after a restart; when a message took its place in
// the line may differ.
func facts(q *queue) (out []string) {
	for _, t := range q.sorted() {
		for _, r := range t.rows(q.name) {
			r.At = time.Time{}
			b, _ := json.Marshal(r)
			out = append(out, string(b))
		}
	}
	return out
}

// A queue that lived and a queue that replays its rows agree, whatever happened in
// whatever order; and each receiver is told one opening, then updates, then one end.
func TestReplayGivesBackTheQueue(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d, now := &diary{q: testQueue()}, epoch
		revision := map[string]int{}
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			now = now.Add(time.Duration(rapid.IntRange(0, 90).Draw(t, "seconds")) * time.Second)
			switch rapid.IntRange(0, 5).Draw(t, "what") {
			case 0, 1:
				id := fmt.Sprintf("a-%d", rapid.IntRange(0, 2).Draw(t, "anomaly"))
				revision[id]++
				kind := rapid.SampledFrom([]anomaly.Kind{anomaly.Opened, anomaly.Updated, anomaly.Ended}).Draw(t, "kind")
				d.offer(t, anomaly.Event{Event: kind, ID: id, Revision: revision[id]}, now)
			case 2, 3:
				d.begin(now)
			case 4:
				d.settle(nil, now)
			case 5:
				d.settle(rapid.SampledFrom([]error{os.ErrDeadlineExceeded, Permanent(os.ErrInvalid)}).Draw(t, "error"), now)
			}
		}
		d.settle(os.ErrDeadlineExceeded, now)

		a := &Alerter{byName: map[string]*queue{"soc": testQueue()}}
		for _, r := range d.rows {
			a.replay(r)
		}
		if diff := cmp.Diff(facts(d.q), facts(a.byName["soc"])); diff != "" {
			t.Errorf("replayed (-lived +replayed):\n%s", diff)
		}
		checkStory(t, d.rows)
		checkSums(t, d.q)
	})
}

// checkStory reads what the receiver was told: of each anomaly an opening, updates, an
// end, and again; an end alone only where nothing else was known.
func checkStory(t *rapid.T, rows []row) {
	open, told := map[string]bool{}, map[string]int{}
	for _, r := range rows {
		if r.Op != rowSent {
			continue
		}
		if r.Revision <= told[r.ID] {
			t.Errorf("%s: revision %d told after %d", r.ID, r.Revision, told[r.ID])
		}
		told[r.ID] = r.Revision
		if r.Kind == anomaly.Updated && !open[r.ID] || r.Kind == anomaly.Opened && open[r.ID] {
			t.Errorf("%s/%d: %s, and open was %v", r.ID, r.Revision, r.Kind, open[r.ID])
		}
		open[r.ID] = r.Kind != anomaly.Ended
	}
}

// checkSums: the running sums are what counting again gives, and no thread holds more
// than three messages.
func checkSums(t *rapid.T, q *queue) {
	bytes, waiting := 0, 0
	for _, th := range q.threads {
		bytes += th.bytes()
		waiting += len(th.pending)
		if len(th.pending) > 3 {
			t.Errorf("%s holds %d messages", th.id, len(th.pending))
		}
	}
	if q.bytes != bytes || q.waiting != waiting {
		t.Errorf("got %d bytes of %d messages, want %d of %d", q.bytes, q.waiting, bytes, waiting)
	}
}

// The heap and its slow twin, a slice that is sorted each time.
func TestPileGivesTheMostUrgentFirst(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := pile{before: urgency}
		var twin []*thread
		for i := range rapid.IntRange(1, 80).Draw(t, "steps") {
			if len(twin) > 0 && rapid.Bool().Draw(t, "take") {
				slices.SortFunc(twin, func(a, b *thread) int {
					if urgency(a, b) {
						return -1
					}
					return 1
				})
				if p.top() != twin[0] {
					t.Fatalf("got %s, want %s", p.top().id, twin[0].id)
				}
				at := rapid.IntRange(0, len(twin)-1).Draw(t, "which")
				twin[at].leave()
				twin = slices.Delete(twin, at, at+1)
				continue
			}
			th := &thread{id: fmt.Sprint(i), pending: []message{{
				event: anomaly.Event{
					Event:   rapid.SampledFrom([]anomaly.Kind{anomaly.Opened, anomaly.Updated, anomaly.Ended}).Draw(t, "kind"),
					Anomaly: anomaly.Anomaly{Importance: anomaly.Importance(rapid.IntRange(0, 2).Draw(t, "importance"))},
				},
				since: epoch.Add(time.Duration(rapid.IntRange(0, 3).Draw(t, "since"))),
			}}}
			p.put(th)
			twin = append(twin, th)
		}
	})
}

// TestQuietAnomaliesAreForgottenFirst: what ended first, the longest silent first.
func TestQuietAnomaliesAreForgottenFirst(t *testing.T) {
	q := testQueue()
	for i := range maxThreads {
		kind := anomaly.Ended
		if i < 100 {
			kind = anomaly.Updated // these go on
		}
		q.replayTaken(row{ID: fmt.Sprintf("a-%05d", i), Revision: 1, Kind: kind, At: epoch.Add(time.Duration(i) * time.Second)})
	}
	m, _ := newMessage(anomaly.Event{Event: anomaly.Opened, ID: "a-new", Revision: 1}, epoch)
	if _, reason := q.offer(m.message, epoch); reason != "" {
		t.Fatalf("a new anomaly found no room: %s", reason)
	}
	if got, want := q.forgotten, maxThreads/16; got != want {
		t.Errorf("forgotten: got %d, want %d", got, want)
	}
	for id, want := range map[string]bool{"a-00000": true, "a-00099": true, "a-00100": false, "a-01349": false, "a-01350": true, "a-new": true} {
		if _, got := q.threads[id]; got != want {
			t.Errorf("%s is remembered: got %v, want %v", id, got, want)
		}
	}
}

func FuzzOutbox(f *testing.F) {
	m, err := newMessage(anomaly.Event{Event: anomaly.Opened, ID: "a-1", Revision: 1}, epoch)
	if err != nil {
		f.Fatal(err)
	}
	var seed bytes.Buffer
	rows := json.NewEncoder(&seed)
	for _, r := range []row{
		{Op: rowBegin, Version: 1},
		{Op: rowPut, At: epoch, To: []string{"soc", "gone"}, Event: m.encoded},
		{Op: rowTry, To: []string{"soc"}, ID: "a-1", Revision: 1},
		{Op: rowSent, To: []string{"soc"}, ID: "a-1", Revision: 1},
		{Op: rowFail, To: []string{"soc"}, ID: "a-1", Revision: 2},
	} {
		if err := rows.Encode(r); err != nil {
			f.Fatal(err)
		}
	}
	f.Add(seed.Bytes())
	f.Fuzz(func(t *testing.T, b []byte) {
		q := testQueue()
		a := &Alerter{queues: []*queue{q}, byName: map[string]*queue{"soc": q}}
		err := readRows(bytes.NewReader(b), func(string, error) {}, func(r row) {
			if _, err := r.message(); err == nil {
				a.replay(r)
			}
		})
		if err != nil {
			return
		}
		again := &Alerter{byName: map[string]*queue{"soc": testQueue()}}
		for r := range a.state() {
			again.replay(r)
		}
		if diff := cmp.Diff(facts(q), facts(again.byName["soc"])); diff != "" {
			t.Errorf("written anew and read again (-first +again):\n%s", diff)
		}
	})
}
