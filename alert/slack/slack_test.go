package slack_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"eagre/alert"
	"eagre/alert/alerttest"
	"eagre/alert/slack"
	"eagre/anomaly"
)

const (
	token  = "xoxb-1111-canary-token"
	hook   = "/services/T000/B000/canary-hook"
	within = "C024BE91L"
)

var (
	loopback = alert.Egress{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}
	noon     = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
)

// workspace is a Slack that is not there: it takes calls as the real one documents
// them, numbers its messages, and answers what it is told to.
type workspace struct {
	*httptest.Server
	mu    sync.Mutex
	calls []call
	// answers are given in order before everything is ok again.
	answers []func(http.ResponseWriter)
}

// call is one call, reduced to what people see.
type call struct {
	method, channel, ts, thread string
	text                        string // the fallback, as sent
	shown                       string // all texts of the blocks, a line each
	kinds                       map[string]bool
}

func newWorkspace(t *testing.T, answers ...func(http.ResponseWriter)) *workspace {
	w := &workspace{answers: answers}
	w.Server = httptest.NewServer(w)
	t.Cleanup(w.Close)
	return w
}

func (w *workspace) ServeHTTP(rw http.ResponseWriter, req *http.Request) {
	body, _ := io.ReadAll(req.Body)
	w.mu.Lock()
	defer w.mu.Unlock()
	c := readCall(req, body)
	if len(w.answers) > 0 {
		answer := w.answers[0]
		w.answers = w.answers[1:]
		answer(rw)
		return
	}
	w.calls = append(w.calls, c)
	if c.ts == "" {
		c.ts = fmt.Sprintf("1700000000.%06d", len(w.calls))
	}
	fmt.Fprintf(rw, `{"ok":true,"channel":%q,"ts":%q}`, within, c.ts)
}

func readCall(req *http.Request, body []byte) call {
	c := call{method: strings.TrimPrefix(req.URL.Path, "/api/"), kinds: map[string]bool{}}
	var blocks []byte
	if form, err := url.ParseQuery(string(body)); err == nil && form.Get("token") == token {
		c.channel, c.ts, c.thread, c.text = form.Get("channel"), form.Get("ts"), form.Get("thread_ts"), form.Get("text")
		blocks = []byte(form.Get("blocks"))
	} else {
		var m struct {
			Text   string          `json:"text"`
			Blocks json.RawMessage `json:"blocks"`
		}
		_ = json.Unmarshal(body, &m)
		c.method, c.text, blocks = "webhook", m.Text, m.Blocks
	}
	var parsed any
	_ = json.Unmarshal(blocks, &parsed)
	c.read(parsed)
	return c
}

// read collects every text object below v.
func (c *call) read(v any) {
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			c.read(e)
		}
	case map[string]any:
		if text, ok := v["text"].(string); ok {
			c.shown += text + "\n"
			c.kinds[v["type"].(string)] = true
		}
		for _, key := range []string{"text", "fields", "elements"} {
			c.read(v[key])
		}
	}
}

func (w *workspace) seen() []call {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]call(nil), w.calls...)
}

// shown is what a channel shows: texts of messages that were posted.
func (w *workspace) shown() (out []string) {
	for _, c := range w.seen() {
		out = append(out, c.text+"\n"+c.shown)
	}
	return out
}

func status(code int, header ...string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		if len(header) == 2 {
			w.Header().Set(header[0], header[1])
		}
		w.WriteHeader(code)
		_, _ = io.WriteString(w, "no "+token+hook)
	}
}

func answer(body string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) { _, _ = io.WriteString(w, body) }
}

func bot(t *testing.T, w *workspace, opt slack.Options) *slack.Notifier {
	t.Helper()
	return notifier(t, alert.Slack{Token: alert.NewSecret(token), Channel: "#soc", API: alert.NewEndpoint(w.URL + "/api/")}, opt)
}

func incoming(t *testing.T, w *workspace) *slack.Notifier {
	t.Helper()
	return notifier(t, alert.Slack{Webhook: alert.NewEndpoint(w.URL + hook)}, slack.Options{})
}

func notifier(t *testing.T, cfg alert.Slack, opt slack.Options) *slack.Notifier {
	t.Helper()
	opt.Receiver, opt.Egress, opt.Now = "chat", loopback, func() time.Time { return noon }
	n, err := slack.New(cfg, opt)
	if err != nil {
		t.Fatal(err)
	}
	n.Hurry()
	return n
}

func TestContract(t *testing.T) {
	for name, make := range map[string]func(*testing.T, *workspace) alert.Notifier{
		"bot token":        func(t *testing.T, w *workspace) alert.Notifier { return bot(t, w, slack.Options{}) },
		"incoming webhook": func(t *testing.T, w *workspace) alert.Notifier { return incoming(t, w) },
	} {
		failing := func(answer func(http.ResponseWriter)) func(*testing.T) alert.Notifier {
			return func(t *testing.T) alert.Notifier { return make(t, newWorkspace(t, answer)) }
		}
		subject := alerttest.Subject{
			Secrets: []string{token, "canary", hook},
			Works: func(t *testing.T) (alert.Notifier, func() []string) {
				w := newWorkspace(t)
				return make(t, w), w.shown
			},
			Hangs: func(t *testing.T) (alert.Notifier, <-chan struct{}) {
				asked, left := newGate(), newGate()
				t.Cleanup(left.open)
				w := newWorkspace(t, func(http.ResponseWriter) {
					asked.open()
					<-left.ch
				})
				t.Cleanup(left.open) // before the server closes
				return make(t, w), asked.ch
			},
			Fails: map[string]alerttest.Failure{
				"429 in 30 seconds": {Make: failing(status(429, "Retry-After", "30")), Pause: 30 * time.Second},
				"429 in two hours":  {Make: failing(status(429, "Retry-After", "7200")), Pause: 2 * time.Hour},
				"429 minus one":     {Make: failing(status(429, "Retry-After", "-1"))},
				"429 a word":        {Make: failing(status(429, "Retry-After", "tomorrow"))},
				"429 a date":        {Make: failing(status(429, "Retry-After", noon.Add(time.Minute).Format(http.TimeFormat))), Pause: time.Minute},
				"503":               {Make: failing(status(503))},
				"403":               {Make: failing(status(403)), Permanent: true},
				"410 archived":      {Make: failing(status(410)), Permanent: true, Gone: true},
				"redirect":          {Make: failing(status(302, "Location", "http://127.0.0.1/canary")), Permanent: true},
			},
		}
		t.Run(name, func(t *testing.T) { alerttest.Run(t, subject) })
	}
}

// TestAnswersOfTheAPI: what Slack says with a 200.
func TestAnswersOfTheAPI(t *testing.T) {
	for name, c := range map[string]struct {
		body      string
		permanent bool
	}{
		"channel not found":  {`{"ok":false,"error":"channel_not_found"}`, true},
		"token revoked":      {`{"ok":false,"error":"token_revoked"}`, true},
		"internal error":     {`{"ok":false,"error":"internal_error"}`, false},
		"ratelimited":        {`{"ok":false,"error":"ratelimited"}`, false},
		"a word of tomorrow": {`{"ok":false,"error":"something_new"}`, false},
		"an echo":            {`{"ok":false,"error":"invalid ` + token + `"}`, false},
		"not JSON":           {`<html>` + token, false},
		"a wrong type":       {`{"ok":"` + token + `"}`, false},
	} {
		err := bot(t, newWorkspace(t, answer(c.body)), slack.Options{}).Notify(t.Context(), alerttest.Slammer())
		if err == nil || alert.IsPermanent(err) != c.permanent || strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: got error %v, want permanent %v", name, err, c.permanent)
		}
	}
}

// gate is a channel that may be closed twice.
type gate struct {
	ch   chan struct{}
	once sync.Once
}

func newGate() *gate  { return &gate{ch: make(chan struct{})} }
func (g *gate) open() { g.once.Do(func() { close(g.ch) }) }

type step struct{ Method, Channel, TS, Thread string }

func steps(w *workspace) (out []step) {
	for _, c := range w.seen() {
		out = append(out, step{c.method, c.channel, c.ts, c.thread})
	}
	return out
}

func life(t *testing.T, n alert.Notifier, e anomaly.Event, from int, kinds ...anomaly.Kind) {
	t.Helper()
	for i, kind := range kinds {
		if err := n.Notify(t.Context(), alerttest.As(e, kind, from+i)); err != nil {
			t.Fatal(err)
		}
	}
}

const (
	posted  = "chat.postMessage"
	changed = "chat.update"
)

func TestOneMessageChangesInPlaceAndIsAnsweredAtTheEnd(t *testing.T) {
	w := newWorkspace(t)
	life(t, bot(t, w, slack.Options{}), alerttest.Slammer(), 1, anomaly.Opened, anomaly.Updated, anomaly.Ended)
	first := "1700000000.000001"
	want := []step{{posted, "#soc", "", ""}, {changed, within, first, ""}, {changed, within, first, ""}, {posted, within, "", first}}
	if diff := cmp.Diff(want, steps(w)); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
	got := w.seen()[3].text
	if want := "Ended after 3 min. Mean 76.05 Mbps, 23.54 Kpps, maximum 105.26 Mbps, 32.58 Kpps (958.2% of 3.40 Kpps) ±1.9 %."; got != want {
		t.Errorf("farewell: got %q, want %q", got, want)
	}
}

func TestReopenedAnomalyKeepsItsMessage(t *testing.T) {
	w := newWorkspace(t)
	life(t, bot(t, w, slack.Options{}), alerttest.Slammer(), 1, anomaly.Opened, anomaly.Ended, anomaly.Opened)
	first := "1700000000.000001"
	want := []step{{posted, "#soc", "", ""}, {changed, within, first, ""}, {posted, within, "", first}, {changed, within, first, ""}, {posted, within, "", first}}
	if diff := cmp.Diff(want, steps(w)); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
}

func TestMessageIsKnownAfterARestart(t *testing.T) {
	w := newWorkspace(t)
	opt := slack.Options{MemoryFile: filepath.Join(t.TempDir(), "slack.json")}
	life(t, bot(t, w, opt), alerttest.Slammer(), 1, anomaly.Opened)
	life(t, bot(t, w, opt), alerttest.Slammer(), 2, anomaly.Updated)
	want := []step{{posted, "#soc", "", ""}, {changed, within, "1700000000.000001", ""}}
	if diff := cmp.Diff(want, steps(w)); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
}

func TestMessageThatWasDeletedIsPostedAgain(t *testing.T) {
	w := newWorkspace(t)
	n := bot(t, w, slack.Options{})
	life(t, n, alerttest.Slammer(), 1, anomaly.Opened)
	w.mu.Lock()
	w.answers = append(w.answers, answer(`{"ok":false,"error":"message_not_found"}`))
	w.mu.Unlock()
	life(t, n, alerttest.Slammer(), 2, anomaly.Updated, anomaly.Updated)
	want := []step{{posted, "#soc", "", ""}, {posted, "#soc", "", ""}, {changed, within, "1700000000.000002", ""}}
	if diff := cmp.Diff(want, steps(w)); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
}

func TestBrokenMemoryCostsASecondMessageAndNoAlert(t *testing.T) {
	w := newWorkspace(t)
	opt := slack.Options{MemoryFile: filepath.Join(t.TempDir(), "slack.json")}
	if err := os.WriteFile(opt.MemoryFile, []byte(`[{"id":"a-5k2q`), 0o600); err != nil {
		t.Fatal(err)
	}
	life(t, bot(t, w, opt), alerttest.Slammer(), 2, anomaly.Updated)
	if got := len(w.seen()); got != 1 {
		t.Errorf("got %d messages, want 1", got)
	}
}

func TestMemoryIsBounded(t *testing.T) {
	path := filepath.Join(t.TempDir(), "slack.json")
	var entries []string
	for i := range 2005 {
		entries = append(entries, fmt.Sprintf(`{"id":"a-%d","channel":"C1","ts":"%d.1"}`, i, i))
	}
	if err := os.WriteFile(path, []byte("["+strings.Join(entries, ",")+"]"), 0o600); err != nil {
		t.Fatal(err)
	}
	forgotten := prometheus.NewCounter(prometheus.CounterOpts{Name: "forgotten"})
	w := newWorkspace(t)
	life(t, bot(t, w, slack.Options{MemoryFile: path, Forgotten: forgotten}), alerttest.Slammer(), 1, anomaly.Opened)
	var kept []struct {
		ID string `json:"id"`
	}
	b, _ := os.ReadFile(path)
	if err := json.Unmarshal(b, &kept); err != nil {
		t.Fatal(err)
	}
	if len(kept) != 2000 || kept[0].ID != "a-6" || kept[1999].ID != alerttest.Slammer().ID {
		t.Errorf("got %d places from %s to %s, want the newest 2000", len(kept), kept[0].ID, kept[len(kept)-1].ID)
	}
	if got := counted(t, forgotten); got != 6 {
		t.Errorf("forgotten: got %v, want 6", got)
	}
}

func counted(t *testing.T, c prometheus.Collector) float64 {
	t.Helper()
	reg := prometheus.NewRegistry()
	reg.MustRegister(c)
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	return families[0].GetMetric()[0].GetCounter().GetValue()
}

// Nothing an attacker writes is markup: every block is plain_text, and the one text
// that Slack reads as mrkdwn has its brackets escaped.
func TestHostileStringsMentionNobody(t *testing.T) {
	for name, make := range map[string]func(*workspace) alert.Notifier{
		"bot":      func(w *workspace) alert.Notifier { return bot(t, w, slack.Options{}) },
		"incoming": func(w *workspace) alert.Notifier { return incoming(t, w) },
	} {
		w := newWorkspace(t)
		life(t, make(w), alerttest.Hostile(), 1, anomaly.Opened, anomaly.Ended)
		for _, c := range w.seen() {
			if strings.ContainsAny(c.text, "<>") {
				t.Errorf("%s: text holds brackets: %q", name, c.text)
			}
			delete(c.kinds, "plain_text")
			if len(c.kinds) > 0 {
				t.Errorf("%s: blocks hold texts of kind %v, want plain_text alone", name, c.kinds)
			}
		}
	}
}

func TestWhatPeopleSee(t *testing.T) {
	w := newWorkspace(t)
	life(t, incoming(t, w), alerttest.SYNFlood(), 1, anomaly.Opened)
	want := `🔴 SYN flood to 2001:db8:1::7
tcp SYN alone to 2001:db8:1::7: 22.20 Kpps from spread sources, limit 5.00 Kpps
Importance
high, 651.6% of 5.00 Kpps
Victim
2001:db8:1::7
Resource
acme
Triggering
71.69 Mbps, 22.20 Kpps ±1.9 %
Expected
2.34 Mbps, 712 pps
Maximum
105.26 Mbps, 32.58 Kpps ±1.9 %
Lasted
1 min
Entered at
net8 at-1/1/0.14, 71 %
net9 ge-0/0/3, 29 %
Pattern
tcp, destination port 443, SYN (97.0 % of packets)
a-7synflood · revision 1 · 2003-01-27 16:52:00 UTC · next: eagre traceback a-7synflood
`
	if diff := cmp.Diff(want, w.seen()[0].shown); diff != "" {
		t.Errorf("message (-want +got):\n%s", diff)
	}
}
