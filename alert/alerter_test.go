package alert_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"eagre/alert"
	"eagre/alert/alerttest"
	"eagre/anomaly"
)

// clerk is a receiver that writes down what it is told and when, and answers as it
// was told to.
type clerk struct {
	mu     sync.Mutex
	start  time.Time
	heard  []string // "5s opened a-1/3"
	answer func(e anomaly.Event, attempt int) error
	tries  int
	slow   time.Duration
}

func (c *clerk) Notify(ctx context.Context, e anomaly.Event) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tries++
	if c.slow > 0 {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(c.slow):
		}
	}
	if c.answer != nil {
		if err := c.answer(e, c.tries); err != nil {
			return err
		}
	}
	c.heard = append(c.heard, fmt.Sprintf("%v %s %s/%d", time.Since(c.start).Round(time.Millisecond), e.Event, e.ID, e.Revision))
	return nil
}

func (c *clerk) told() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.heard)
}

func (c *clerk) tried() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.tries
}

// desk is an Alerter at work in a bubble of fake time.
type desk struct {
	t    *testing.T
	a    *alert.Alerter
	reg  *prometheus.Registry
	stop func()
}

var everybody = alert.Route{GroupWait: 5 * time.Second, GroupInterval: time.Minute, RepeatInterval: 4 * time.Hour}

// open starts an Alerter with receivers of a kind that gets every update.
func open(t *testing.T, route alert.Route, dir string, clerks map[string]*clerk) *desk {
	cfg := alert.Config{Route: route}
	for name := range clerks {
		cfg.Receivers = append(cfg.Receivers, alert.Receiver{Name: name, Terminal: &alert.Terminal{}})
	}
	return openWith(t, cfg, dir, clerks)
}

func openWith(t *testing.T, cfg alert.Config, dir string, clerks map[string]*clerk) *desk {
	t.Helper()
	receivers := map[string]alert.Notifier{}
	for name, c := range clerks {
		receivers[name] = c
		if c.start.IsZero() {
			c.start = time.Now()
		}
	}
	d := &desk{t: t, reg: prometheus.NewPedanticRegistry()}
	a, err := alert.New(cfg, alert.Deps{Receivers: receivers, OutboxDir: dir, Seed: 1, Metrics: alert.NewMetrics(d.reg)})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- a.Run(ctx) }()
	d.a = a
	d.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("run: %v", err)
		}
	})
	t.Cleanup(d.stop)
	return d
}

// event is a small anomaly in one of its revisions.
func event(id string, kind anomaly.Kind, revision int) anomaly.Event {
	e := alerttest.As(alerttest.Slammer(), kind, revision)
	e.ID = id
	return e
}

// after waits in fake time.
func after(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func (c *clerk) want(t *testing.T, want ...string) {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	if diff := cmp.Diff(want, c.heard); diff != "" {
		t.Errorf("heard (-want +got):\n%s", diff)
	}
}

// wantCount checks counters and gauges: "dropped_total soc shadow" → 1.
func (d *desk) wantCount(want map[string]float64) {
	d.t.Helper()
	got := map[string]float64{}
	families, err := d.reg.Gather()
	if err != nil {
		d.t.Fatal(err)
	}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			key := strings.TrimPrefix(f.GetName(), "eagre_alert_")
			for _, l := range m.GetLabel() {
				key += " " + l.GetName() + "=" + l.GetValue()
			}
			if _, asked := want[key]; asked {
				got[key] = m.GetCounter().GetValue() + m.GetGauge().GetValue()
			}
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		d.t.Errorf("metrics (-want +got):\n%s", diff)
	}
}

func TestOpeningWaitsForWhatJoinsIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		soc := &clerk{}
		d := open(t, everybody, "", map[string]*clerk{"soc": soc})
		d.a.Offer(event("a-1", anomaly.Opened, 1))
		after(2 * time.Second)
		d.a.Offer(event("a-1", anomaly.Updated, 2))
		after(time.Second)
		d.a.Offer(event("a-1", anomaly.Updated, 3))
		after(time.Minute)
		soc.want(t, "5s opened a-1/3")
		d.wantCount(map[string]float64{"merged_total receiver=soc": 2, "sent_total event=opened receiver=soc": 1, "offered_total receiver=soc": 3})
	})
}

func TestWithoutAWaitTheMessageGoesAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		soc := &clerk{}
		d := open(t, alert.Route{}, t.TempDir(), map[string]*clerk{"soc": soc})
		d.a.Offer(event("a-1", anomaly.Opened, 1))
		synctest.Wait() // no time passes
		soc.want(t, "0s opened a-1/1")
	})
}

func TestUpdatesKeepTheirDistanceAndTheNewestWins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		soc := &clerk{}
		d := open(t, everybody, "", map[string]*clerk{"soc": soc})
		for revision := 1; revision <= 100; revision++ {
			d.a.Offer(event("a-1", anomaly.Updated, revision))
			after(2 * time.Second)
		}
		soc.want(t, "5s opened a-1/3", "1m5s updated a-1/33", "2m5s updated a-1/63", "3m5s updated a-1/93")
	})
}

func TestChangeOfImportanceIsToldAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		soc := &clerk{}
		d := open(t, everybody, "", map[string]*clerk{"soc": soc})
		low := event("a-1", anomaly.Opened, 1)
		low.Importance = anomaly.Low
		d.a.Offer(low)
		after(10 * time.Second)
		d.a.Offer(event("a-1", anomaly.Updated, 2)) // high
		after(time.Second)
		soc.want(t, "5s opened a-1/1", "10s updated a-1/2")
	})
}

func TestEndIsToldAtOnceAndReplacesAnUpdate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		soc := &clerk{}
		d := open(t, everybody, "", map[string]*clerk{"soc": soc})
		d.a.Offer(event("a-1", anomaly.Opened, 1))
		after(10 * time.Second)
		d.a.Offer(event("a-1", anomaly.Updated, 2))
		after(10 * time.Second)
		d.a.Offer(event("a-1", anomaly.Ended, 3))
		after(time.Hour)
		soc.want(t, "5s opened a-1/1", "20s ended a-1/3")
	})
}

func TestEndBeforeTheOpeningWasToldComesRightAfterIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		soc := &clerk{}
		d := open(t, everybody, "", map[string]*clerk{"soc": soc})
		d.a.Offer(event("a-1", anomaly.Opened, 1))
		d.a.Offer(event("a-1", anomaly.Updated, 2))
		d.a.Offer(event("a-1", anomaly.Ended, 3))
		after(time.Minute)
		soc.want(t, "5s opened a-1/2", "5s ended a-1/3")
	})
}

func TestReopenedAnomaly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		soc := &clerk{}
		d := open(t, everybody, "", map[string]*clerk{"soc": soc})
		d.a.Offer(event("a-1", anomaly.Opened, 1))
		after(10 * time.Second)
		d.a.Offer(event("a-1", anomaly.Ended, 2))
		after(10 * time.Second)
		d.a.Offer(event("a-1", anomaly.Updated, 3)) // the detector may call it what it likes
		after(10 * time.Second)
		soc.want(t, "5s opened a-1/1", "10s ended a-1/2", "25s opened a-1/3")
	})
}

func TestWhoIsNotTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		soc, chat := &clerk{}, &clerk{}
		high := anomaly.High
		cfg := alert.Config{Receivers: []alert.Receiver{
			{Name: "soc", File: &alert.File{Path: "x"}},
			{Name: "chat", Terminal: &alert.Terminal{}, MinImportance: &high},
			{Name: "other", Terminal: &alert.Terminal{}},
		}, Route: alert.Route{Receivers: []string{"soc", "chat"}}}
		d := openWith(t, cfg, "", map[string]*clerk{"soc": soc, "chat": chat})
		shadow, medium := event("a-shadow", anomaly.Opened, 1), event("a-medium", anomaly.Opened, 1)
		shadow.Stage, medium.Importance = anomaly.Shadow, anomaly.Medium
		d.a.Offer(shadow)
		d.a.Offer(medium)
		d.a.Offer(event("a-high", anomaly.Opened, 1))
		d.a.Offer(event("a-high", anomaly.Opened, 1))
		d.a.Offer(event("a-high", anomaly.Annotated, 2))
		d.a.Offer(anomaly.Event{Event: anomaly.Opened})
		after(time.Second)
		soc.want(t, "0s opened a-high/1", "0s opened a-medium/1")
		chat.want(t, "0s opened a-high/1")
		medium.Revision, medium.Importance = 2, anomaly.High // grew: the first that chat hears of it is its opening
		medium.Event = anomaly.Updated
		d.a.Offer(medium)
		after(time.Second)
		chat.want(t, "0s opened a-high/1", "1s opened a-medium/2")
		d.wantCount(map[string]float64{
			"dropped_total reason=shadow receiver=soc": 1, "dropped_total reason=shadow receiver=chat": 1,
			"dropped_total reason=importance receiver=soc": 0, "dropped_total reason=importance receiver=chat": 1,
			"dropped_total reason=annotation receiver=soc": 1, "dropped_total reason=duplicate receiver=soc": 1,
			"dropped_total reason=invalid receiver=chat": 1,
		})
	})
}

// An incoming webhook of Slack cannot change its messages.
func TestReceiverThatCannotChangeMessagesIsSpared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		chat := &clerk{}
		cfg := alert.Config{Route: everybody, Receivers: []alert.Receiver{
			{Name: "chat", Slack: &alert.Slack{Webhook: alert.NewEndpoint("https://hooks.slack.com/services/x")}},
		}}
		d := openWith(t, cfg, "", map[string]*clerk{"chat": chat})
		for revision := 1; revision <= 300; revision++ { // five hours
			e := event("a-1", anomaly.Updated, revision)
			if revision < 10 {
				e.Importance = anomaly.Medium
			}
			d.a.Offer(e)
			after(time.Minute)
		}
		d.a.Offer(event("a-1", anomaly.Ended, 301))
		after(time.Minute)
		chat.want(t, "5s opened a-1/1", "9m0s updated a-1/10", "4h9m0s updated a-1/249", "5h0m0s ended a-1/301")
	})
}

// F50: a receiver that never answers holds up nobody else, and is left after 10 s.
func TestSlowReceiverDelaysNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow, quick := &clerk{slow: time.Hour}, &clerk{}
		d := open(t, alert.Route{}, "", map[string]*clerk{"slow": slow, "quick": quick})
		for i := range 3 {
			d.a.Offer(event(fmt.Sprintf("a-%d", i), anomaly.Opened, 1))
			after(time.Second)
		}
		quick.want(t, "0s opened a-0/1", "1s opened a-1/1", "2s opened a-2/1")
		after(7500 * time.Millisecond)
		d.wantCount(map[string]float64{"retried_total reason=transient receiver=slow": 1, "outbox_pending receiver=slow": 3, "outbox_pending receiver=quick": 0})
	})
}

// F52: an outage of three days. Pauses double from 5 s to an hour, nothing is lost,
// and one message that fails by itself does not hold up the rest.
func TestPausesGrowToAnHour(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var at []time.Duration
		soc := &clerk{start: time.Now()}
		soc.answer = func(anomaly.Event, int) error {
			at = append(at, time.Since(soc.start))
			if time.Since(soc.start) < 71*time.Hour {
				return errors.New("connection refused")
			}
			return nil
		}
		d := open(t, alert.Route{}, t.TempDir(), map[string]*clerk{"soc": soc})
		d.a.Offer(event("a-1", anomaly.Opened, 1))
		after(71*time.Hour - time.Minute)
		d.wantCount(map[string]float64{"receiver_degraded receiver=soc": 1, "outbox_pending receiver=soc": 1})
		after(2 * time.Hour)
		for i := 1; i < len(at); i++ {
			least := min(5*time.Second<<min(i-1, 20), time.Hour)
			pause := at[i] - at[i-1]
			if most := min(least+least/5, time.Hour); pause < least || pause > most {
				t.Errorf("pause %d: got %v, want %v to %v", i, pause, least, most)
			}
		}
		if len(soc.told()) != 1 || !strings.HasSuffix(soc.told()[0], "opened a-1/1") {
			t.Errorf("heard %q, want the one opening", soc.told())
		}
		d.wantCount(map[string]float64{"receiver_degraded receiver=soc": 0, "outbox_pending receiver=soc": 0, "failed_total reason=expired receiver=soc": 0})
	})
}

func TestGivenUpAfterThreeDays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		soc := &clerk{answer: func(anomaly.Event, int) error { return errors.New("connection refused") }}
		d := open(t, alert.Route{}, "", map[string]*clerk{"soc": soc})
		d.a.Offer(event("a-1", anomaly.Opened, 1))
		after(72*time.Hour - time.Second)
		d.wantCount(map[string]float64{"outbox_pending receiver=soc": 1, "failed_total reason=expired receiver=soc": 0})
		after(time.Hour + time.Minute)
		d.wantCount(map[string]float64{"outbox_pending receiver=soc": 0, "failed_total reason=expired receiver=soc": 1})
	})
}

func TestMessageThatAlwaysFailsDoesNotHoldUpTheRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		soc := &clerk{answer: func(e anomaly.Event, _ int) error {
			if e.ID == "a-0-poison" {
				return errors.New("500")
			}
			return nil
		}}
		d := open(t, alert.Route{}, "", map[string]*clerk{"soc": soc})
		d.a.Offer(event("a-0-poison", anomaly.Opened, 1))
		d.a.Offer(event("a-1", anomaly.Opened, 1))
		after(7 * time.Second)
		if len(soc.told()) != 1 || !strings.HasSuffix(soc.told()[0], "opened a-1/1") {
			t.Errorf("heard %q, want a-1 within 7 s", soc.told())
		}
	})
}

// F51: the pause that the receiver asks for, exactly, up to an hour.
func TestRetryAfter(t *testing.T) {
	for _, c := range []struct {
		asked    time.Duration
		want     string
		degraded float64
	}{
		{time.Second, "1s opened a-1/1", 0},
		{time.Hour, "1h0m0s opened a-1/1", 0},
		{2 * time.Hour, "1h0m0s opened a-1/1", 1},
	} {
		synctest.Test(t, func(t *testing.T) {
			soc := &clerk{answer: func(_ anomaly.Event, attempt int) error {
				if attempt == 1 {
					return alert.RetryAfter(errors.New("429"), c.asked)
				}
				return nil
			}}
			d := open(t, alert.Route{}, "", map[string]*clerk{"soc": soc})
			d.a.Offer(event("a-1", anomaly.Opened, 1))
			after(500 * time.Millisecond)
			d.wantCount(map[string]float64{"receiver_degraded receiver=soc": c.degraded, "retried_total reason=asked receiver=soc": 1})
			after(2 * time.Hour)
			soc.want(t, c.want)
			d.wantCount(map[string]float64{"receiver_degraded receiver=soc": 0})
		})
	}
}

// While it waits, what is new is merged: one update comes out.
func TestUpdatesMergeWhileTheReceiverAsksToWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		soc := &clerk{answer: func(_ anomaly.Event, attempt int) error {
			if attempt == 1 {
				return alert.RetryAfter(errors.New("429"), 30*time.Minute)
			}
			return nil
		}}
		d := open(t, everybody, "", map[string]*clerk{"soc": soc})
		for revision := 1; revision <= 20; revision++ {
			d.a.Offer(event("a-1", anomaly.Updated, revision))
			after(time.Minute)
		}
		after(15 * time.Minute)
		// what was tried keeps its revision, since it may have arrived
		soc.want(t, "30m5s opened a-1/1", "31m5s updated a-1/20")
	})
}

// F53: no blind retries of what will not get better.
func TestPermanentErrors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		soc := &clerk{answer: func(e anomaly.Event, _ int) error {
			if e.ID == "a-bad" {
				return alert.Permanent(errors.New("400"))
			}
			return nil
		}}
		d := open(t, alert.Route{}, "", map[string]*clerk{"soc": soc})
		d.a.Offer(event("a-bad", anomaly.Opened, 1))
		after(time.Minute)
		d.a.Offer(event("a-good", anomaly.Opened, 1))
		after(24 * time.Hour)
		if soc.tried() != 4 || len(soc.told()) != 1 {
			t.Errorf("got %d tries and %q, want 3 tries of a-bad and one of a-good", soc.tried(), soc.told())
		}
		d.wantCount(map[string]float64{"failed_total reason=permanent receiver=soc": 1, "retried_total reason=permanent receiver=soc": 2, "outbox_pending receiver=soc": 0})
	})
}

func TestReceiverThatIsGoneIsSwitchedOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gone, there := &clerk{answer: func(anomaly.Event, int) error { return alert.Gone(errors.New("410")) }}, &clerk{}
		d := open(t, alert.Route{}, "", map[string]*clerk{"gone": gone, "there": there})
		for i := range 5 {
			d.a.Offer(event(fmt.Sprintf("a-%d", i), anomaly.Opened, 1))
		}
		after(time.Hour)
		d.a.Offer(event("a-late", anomaly.Opened, 1))
		after(time.Hour)
		if gone.tried() != 1 || len(there.told()) != 6 {
			t.Errorf("got %d tries of the one that is gone, want 1; the other heard %d, want 6", gone.tried(), len(there.told()))
		}
		d.wantCount(map[string]float64{
			"failed_total reason=gone receiver=gone": 5, "dropped_total reason=disabled receiver=gone": 1,
			"receiver_degraded receiver=gone": 1, "receiver_degraded receiver=there": 0, "outbox_pending receiver=gone": 0,
		})
	})
}

// F48: people get 20 messages a minute, what matters most first; programs get all.
func TestStormOfTenThousand(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		chat, soc := &clerk{}, &clerk{}
		cfg := alert.Config{
			Receivers: []alert.Receiver{
				{Name: "chat", Slack: &alert.Slack{Token: alert.NewSecret("xoxb"), Channel: "#soc"}},
				{Name: "soc", File: &alert.File{Path: "x"}},
			},
			Route: alert.Route{GroupWait: 5 * time.Second},
		}
		d := openWith(t, cfg, "", map[string]*clerk{"chat": chat, "soc": soc})
		for i := range 10_000 {
			e := event(fmt.Sprintf("a-%05d", i), anomaly.Opened, 1)
			e.Importance = anomaly.Low
			if i%1000 == 999 {
				e.Importance = anomaly.High
			}
			d.a.Offer(e)
		}
		after(2 * time.Minute)
		if len(soc.told()) != 10_000 || len(chat.told()) != 40 {
			t.Errorf("in two minutes the file got %d and the chat %d, want 10000 and 40", len(soc.told()), len(chat.told()))
		}
		for i := range 10 {
			if want := fmt.Sprintf("5s opened a-%05d/1", i*1000+999); chat.told()[i] != want {
				t.Errorf("message %d: got %q, want %q", i, chat.told()[i], want)
			}
		}
		after(9 * time.Hour)
		if len(chat.told()) != 10_000 {
			t.Errorf("in the end the chat got %d, want all", len(chat.told()))
		}
		d.wantCount(map[string]float64{
			"dropped_total reason=outbox_full receiver=soc": 0, "dropped_total reason=intake_full receiver=soc": 0,
			"deferred_total receiver=soc": 0, "outbox_pending receiver=chat": 0,
		})
	})
}

// Far more than can be held: bounded, counted, and what matters more stays.
func TestOutboxIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var down atomic.Bool
		down.Store(true)
		soc := &clerk{answer: func(anomaly.Event, int) error {
			if down.Load() {
				return errors.New("connection refused")
			}
			return nil
		}}
		d := open(t, alert.Route{}, "", map[string]*clerk{"soc": soc})
		low := func(i int) anomaly.Event {
			e := event(fmt.Sprintf("a-%05d", i), anomaly.Opened, 1)
			e.Importance, e.NetworkElements = anomaly.Low, nil
			return e
		}
		for i := range 20_100 {
			d.a.Offer(low(i))
			if i%5000 == 0 {
				synctest.Wait()
			}
		}
		synctest.Wait()
		d.a.Offer(event("a-critical", anomaly.Opened, 1))
		synctest.Wait()
		d.wantCount(map[string]float64{"outbox_pending receiver=soc": 20_000, "dropped_total reason=outbox_full receiver=soc": 101})
		down.Store(false)
		after(time.Hour)
		if len(soc.told()) != 20_000 || !strings.HasSuffix(soc.told()[0], "a-critical/1") {
			t.Errorf("heard %d, first %q; want 20000, the critical one first", len(soc.told()), soc.told()[0])
		}
	})
}

func TestStopTellsWhatIsDue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		soc, slow := &clerk{}, &clerk{slow: time.Hour}
		d := open(t, everybody, "", map[string]*clerk{"soc": soc, "slow": slow})
		d.a.Offer(event("a-1", anomaly.Opened, 1))
		d.a.Offer(event("a-2", anomaly.Ended, 1))
		after(time.Second)
		begin := time.Now()
		d.stop()
		soc.want(t, "0s ended a-2/1", "1s opened a-1/1")
		if took := time.Since(begin); took > 11*time.Second {
			t.Errorf("stopping took %v, want 10 s at most and a moment", took)
		}
		d.a.Offer(event("a-3", anomaly.Opened, 1))
		d.wantCount(map[string]float64{"dropped_total reason=stopped receiver=slow": 3, "dropped_total reason=stopped receiver=soc": 1})
	})
}

func TestNewSaysEverythingThatIsWrong(t *testing.T) {
	cfg := alert.Config{
		Receivers: []alert.Receiver{{Name: "soc", File: &alert.File{Path: "x"}}, {Name: "Two Words", File: &alert.File{}}},
		Route:     alert.Route{GroupWait: -1},
	}
	_, err := alert.New(cfg, alert.Deps{})
	for _, want := range []string{"soc has no notifier", "Two Words", "path is missing", "group_wait"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got error %v, want it to say %q", err, want)
		}
	}
}
