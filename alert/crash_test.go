package alert_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"eagre/alert"
	"eagre/anomaly"
)

// crash is what a kill leaves: a copy of the folder as it is at this moment.
func crash(t *testing.T, dir string) string {
	t.Helper()
	copied := t.TempDir()
	if err := os.CopyFS(copied, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	return copied
}

// F54: the receiver took the message, and the engine dies before it can note it. The
// same revision comes again, although a newer one was offered meanwhile.
func TestCrashBetweenAnswerAndOutbox(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		taken := &clerk{}
		stuck := make(chan struct{})
		taken.answer = func(anomaly.Event, int) error {
			<-stuck // the answer is on its way
			return nil
		}
		d := open(t, everybody, dir, map[string]*clerk{"soc": taken})
		d.a.Offer(event("a-1", anomaly.Opened, 1))
		d.a.Offer(event("a-1", anomaly.Updated, 2))
		after(6 * time.Second)
		d.a.Offer(event("a-1", anomaly.Updated, 3))
		d.a.Offer(event("a-1", anomaly.Ended, 4))
		synctest.Wait()
		left := crash(t, dir)
		close(stuck)
		after(time.Second)
		taken.want(t, "6s opened a-1/2", "6s ended a-1/4")

		again := &clerk{}
		open(t, everybody, left, map[string]*clerk{"soc": again})
		after(time.Hour)
		again.want(t, "0s opened a-1/2", "0s ended a-1/4")
	})
}

func TestCrashWhileAnOpeningWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		d := open(t, everybody, dir, map[string]*clerk{"soc": {}})
		d.a.Offer(event("a-1", anomaly.Opened, 1))
		d.a.Offer(event("a-2", anomaly.Opened, 1))
		after(2 * time.Second)
		left := crash(t, dir)
		after(time.Minute)

		again := &clerk{}
		open(t, everybody, left, map[string]*clerk{"soc": again})
		after(time.Second)
		again.want(t, "0s opened a-1/1", "0s opened a-2/1")
	})
}

// The clock was a day ahead when the event was taken in, and was then set right.
func TestClockSetBackBetweenTwoRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		d := open(t, alert.Route{GroupWait: 48 * time.Hour}, dir, map[string]*clerk{"soc": {}})
		d.a.Offer(event("a-1", anomaly.Opened, 1))
		synctest.Wait()
		left := crash(t, dir)
		path := filepath.Join(left, "outbox.jsonl")
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		today, tomorrow := time.Now().Format("2006-01-02"), time.Now().AddDate(0, 0, 1).Format("2006-01-02")
		ahead := strings.Replace(string(b), `"op":"put","at":"`+today, `"op":"put","at":"`+tomorrow, 1)
		if ahead == string(b) {
			t.Fatalf("no row to set ahead in %s", b)
		}
		if err := os.WriteFile(path, []byte(ahead), 0o600); err != nil {
			t.Fatal(err)
		}
		soc := &clerk{}
		open(t, everybody, left, map[string]*clerk{"soc": soc})
		after(time.Minute)
		soc.want(t, "5s opened a-1/1")
	})
}

// Whoever starts the engine offers again what the stream holds: nobody hears it twice.
func TestNobodyIsToldTwiceAfterARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		offer := func(d *desk) {
			d.a.Offer(event("a-1", anomaly.Opened, 1))
			d.a.Offer(event("a-1", anomaly.Updated, 2))
			d.a.Offer(event("a-2", anomaly.Opened, 1))
			d.a.Offer(event("a-2", anomaly.Ended, 2))
		}
		first := &clerk{}
		d := open(t, everybody, dir, map[string]*clerk{"soc": first})
		offer(d)
		after(10 * time.Second)
		d.stop()
		first.want(t, "5s opened a-1/2", "5s opened a-2/1", "5s ended a-2/2")

		second := &clerk{}
		d = open(t, everybody, dir, map[string]*clerk{"soc": second})
		offer(d)
		d.a.Offer(event("a-1", anomaly.Ended, 3))
		after(time.Hour)
		second.want(t, "0s ended a-1/3")
		d.wantCount(map[string]float64{"dropped_total reason=duplicate receiver=soc": 4})
	})
}

// A power cut may tear the file anywhere. Whatever is left starts, and every whole row
// before the tear still counts.
func TestTornOutbox(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		d := open(t, alert.Route{}, dir, map[string]*clerk{"soc": {}})
		d.a.Offer(event("a-1", anomaly.Opened, 1))
		after(time.Second)
		d.a.Offer(event("a-1", anomaly.Ended, 2))
		after(time.Second)
		d.stop()
		whole, err := os.ReadFile(filepath.Join(dir, "outbox.jsonl"))
		if err != nil {
			t.Fatal(err)
		}
		ends := 0
		for size := 0; size <= len(whole); size += 37 {
			torn := t.TempDir()
			if err := os.WriteFile(filepath.Join(torn, "outbox.jsonl"), whole[:size], 0o600); err != nil {
				t.Fatal(err)
			}
			soc := &clerk{}
			d := open(t, alert.Route{}, torn, map[string]*clerk{"soc": soc})
			synctest.Wait()
			d.stop()
			for _, line := range soc.told() {
				if line != "0s opened a-1/1" && line != "0s ended a-1/2" {
					t.Errorf("torn at %d: heard %q", size, line)
				}
			}
			if len(soc.told()) > 0 && strings.Contains(soc.told()[len(soc.told())-1], "ended") {
				ends++
			}
		}
		if ends == 0 {
			t.Error("no tear lay between the end's row and the note that it was sent")
		}
	})
}

func TestOutboxOfANewerVersionIsLeftAlone(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "outbox.jsonl")
	if err := os.WriteFile(path, []byte(`{"op":"begin","version":7}`+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	a, err := alert.New(alert.Config{}, alert.Deps{OutboxDir: dir})
	if err != nil {
		t.Fatal(err)
	}
	err = a.Run(context.Background())
	if err == nil || !strings.Contains(err.Error(), "version 7, this engine reads 1") {
		t.Errorf("got error %v, want it to name both versions", err)
	}
	if b, _ := os.ReadFile(path); !strings.Contains(string(b), "7") {
		t.Errorf("the file was changed: %s", b)
	}
}

// The file of a busy month stays as large as what still matters.
func TestOutboxIsWrittenAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		soc := &clerk{}
		d := open(t, alert.Route{}, dir, map[string]*clerk{"soc": soc})
		largest := int64(0)
		for i := range 1500 {
			d.a.Offer(event(fmt.Sprintf("a-%04d", i), anomaly.Opened, 1))
			synctest.Wait()
			info, err := os.Stat(filepath.Join(dir, "outbox.jsonl"))
			if err != nil {
				t.Fatal(err)
			}
			largest = max(largest, info.Size())
		}
		if len(soc.told()) != 1500 || largest > 3<<20 {
			t.Errorf("heard %d, largest file %d bytes; want 1500 and below 3 MiB", len(soc.told()), largest)
		}
	})
}
