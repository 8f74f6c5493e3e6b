package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"eagre/anomaly"
	"eagre/traceback"
)

// ask is a request to a handler by a Host, and its answer.
func ask(h http.Handler, method, host, path string) (code int, body string) {
	r := httptest.NewRequest(method, "http://127.0.0.1"+path, nil)
	r.Host = host
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

// TestNamesAreRefusedAtTheAdminListener: a page in a browser whose name was made
// to point at loopback sends its name as Host.
func TestNamesAreRefusedAtTheAdminListener(t *testing.T) {
	h := onlyLoopback(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "in") }))
	for host, want := range map[string]int{
		"127.0.0.1:9090": 200, "127.0.0.1": 200, "127.0.0.53:9090": 200, "localhost:9090": 200, "localhost": 200,
		"[::1]:9090": 200, "[::1]": 200, "[::ffff:127.0.0.1]:9090": 200,
		"evil.example:9090": 403, "evil.example": 403, "127.0.0.1.evil.example": 403, "localhost.evil.example:9090": 403,
		"192.0.2.1:9090": 403, "[2001:db8::1]:9090": 403, "0.0.0.0:9090": 403, "[::]:9090": 403, "": 403, ":9090": 403,
	} {
		code, body := ask(h, "GET", host, "/")
		if code != want {
			t.Errorf("Host %q: got %d, want %d", host, code, want)
		}
		if want == 403 && body != "ask by a loopback address\n" {
			t.Errorf("Host %q: got %q", host, body)
		}
	}
}

// get asks a running engine.
func (l *listening) get(t *testing.T, path string) (code int, body string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+l.admin.Addr().String()+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

func TestAnEngineThatWorksSaysSo(t *testing.T) {
	l := startEngine(t, nil)
	for path, want := range map[string]string{"/-/healthy": "healthy\n", "/api/v1/anomalies": "[]\n"} {
		if code, body := l.get(t, path); code != http.StatusOK || body != want {
			t.Errorf("%s: got %d %q, want 200 %q", path, code, body, want)
		}
	}
	code, body := l.get(t, "/metrics")
	if code != http.StatusOK {
		t.Errorf("/metrics: got %d", code)
	}
	for _, name := range []string{"eagre_flows_judged_total", "eagre_events_unstored_total", "go_goroutines", "process_open_fds"} {
		if !regexp.MustCompile(`(?m)^` + name + ` \d+$`).MatchString(body) {
			t.Errorf("/metrics lacks %s", name)
		}
	}
	for _, unsafe := range []string{"/debug/pprof/", "/api/v1/anomalies/a-abcdefgh23456723/report", "/"} {
		if code, _ := l.get(t, unsafe); code != http.StatusNotFound {
			t.Errorf("%s: got %d, want 404", unsafe, code)
		}
	}
	if code, _ := ask(l.adminRoutes(), http.MethodPost, "127.0.0.1", "/api/v1/anomalies"); code != http.StatusMethodNotAllowed {
		t.Errorf("POST: got %d, want 405", code)
	}
}

// TestReadyIsBetweenStartAndStop: 503 before the rooms run, 200 while they do,
// and 503 again when they have stopped.
func TestReadyIsBetweenStartAndStop(t *testing.T) {
	ready := func(e *engine) int {
		code, _ := ask(e.adminRoutes(), http.MethodGet, "127.0.0.1", "/-/ready")
		return code
	}
	if got := ready(&engine{registry: newRegistry()}); got != http.StatusServiceUnavailable {
		t.Errorf("before: got %d, want 503", got)
	}
	var ran *engine
	t.Run("running", func(t *testing.T) {
		l := startEngine(t, nil)
		ran = l.engine
		l.untilReady(t)
	})
	if got := ready(ran); got != http.StatusServiceUnavailable {
		t.Errorf("after: got %d, want 503", got)
	}
}

// untilReady asks until the engine answers that it is ready.
func (l *listening) untilReady(t *testing.T) {
	t.Helper()
	patience, stop := context.WithTimeout(t.Context(), 20*time.Second)
	defer stop()
	for patience.Err() == nil {
		if code, body := l.get(t, "/-/ready"); code == http.StatusOK && body == "ready\n" {
			return
		}
	}
	t.Fatal("the engine does not become ready")
}

func TestTracebackAsksTheRunningEngine(t *testing.T) {
	l := startEngine(t, nil)
	const id = "a-abcdefgh23456723"
	if err := l.reports.keep(anomaly.Event{Event: anomaly.Opened, ID: id, Anomaly: anomaly.Anomaly{Title: "SYN flood"}}, traceback.Snapshot{Seconds: 60}, false); err != nil {
		t.Fatal(err)
	}
	admin := l.admin.Addr().String()
	code, out, errs := eagre("traceback", "--admin", admin, id)
	if code != exitGood || !strings.HasPrefix(out, "Anomaly "+id+": SYN flood\n") || errs != "" {
		t.Errorf("got %d\n%s%s", code, out, errs)
	}
	code, out, errs = eagre("traceback", "--admin", admin, "--format", "json", id)
	var report traceback.Report
	if err := json.Unmarshal([]byte(out), &report); err != nil || code != exitGood || report.Anomaly.ID != id {
		t.Errorf("got %d, %v\n%s%s", code, err, out, errs)
	}
	code, out, errs = eagre("traceback", "--admin", admin, "a-22222222abcdefgh")
	want := "eagre: the engine at " + admin + " knows no anomaly a-22222222abcdefgh\n"
	if code != exitFailed || out != "" || errs != want {
		t.Errorf("got %d\n%s%s\nwant 1\n%s", code, out, errs, want)
	}
	code, out, _ = eagre("traceback", "--data", l.cfg.Data.Dir, id)
	if code != exitGood || !strings.HasPrefix(out, "Anomaly "+id) {
		t.Errorf("from its data folder: got %d\n%s", code, out)
	}
}

// TestAnAnswerThatIsNoReportIsNamed: something else has the port.
func TestAnAnswerThatIsNoReportIsNamed(t *testing.T) {
	for answer, want := range map[string]string{
		"<html>": "is not understood: is it an eagre?",
		"":       "is not understood: is it an eagre?",
		"500":    "answers 500 Internal Server Error",
	} {
		other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			if answer == "500" {
				w.WriteHeader(http.StatusInternalServerError)
			}
			_, _ = io.WriteString(w, answer)
		}))
		code, out, errs := eagre("traceback", "--admin", other.Listener.Addr().String(), "a-abcdefgh23456723")
		other.Close()
		if code != exitFailed || out != "" || !strings.Contains(errs, want) {
			t.Errorf("%q: got %d %q %q, want %q", answer, code, out, errs, want)
		}
	}
}

func TestExitCodesTellWhoseMistakeItWas(t *testing.T) {
	got := map[string]int{}
	for name, err := range map[string]error{
		"good": nil, "stopped": context.Canceled, "failed": errors.New("the disk is full"),
		"usage": usagef("no such flag"), "wrapped": errors.Join(usagef("one"), errors.New("two")),
	} {
		got[name] = exitCode(err, io.Discard)
	}
	want := map[string]int{"good": 0, "stopped": 0, "failed": 1, "usage": 2, "wrapped": 2}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestAReplayThatIsInterruptedIsNoSuccess: a script must not take half of the
// events for all of them.
func TestAReplayThatIsInterruptedIsNoSuccess(t *testing.T) {
	path := filepath.Join(t.TempDir(), "worm.pcap")
	wormCapture(t, path, 4000)
	ctx, stop := context.WithCancel(t.Context())
	stop()
	err := (&replayCommand{File: path, Format: "jsonl"}).Run(ctx, console{strings.NewReader(""), io.Discard, io.Discard})
	if want := path + ": interrupted; what was printed is not all"; err == nil || err.Error() != want || exitCode(err, io.Discard) != exitFailed {
		t.Errorf("got %v, want %s", err, want)
	}
}
