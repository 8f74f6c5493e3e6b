package webhook_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"eagre/alert"
	"eagre/alert/alerttest"
	"eagre/alert/webhook"
	"eagre/anomaly"
)

const (
	canaryPath = "canary-path-7f3a"
	oldKey     = "an old key of 24 bytes, 24"
	newKey     = "a new key of 24 bytes, 24!"
)

var (
	oldSecret = "whsec_" + base64.StdEncoding.EncodeToString([]byte(oldKey))
	newSecret = "whsec_" + base64.StdEncoding.EncodeToString([]byte(newKey))
	loopback  = alert.Egress{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}
	noon      = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
)

// request is what a receiver saw.
type request struct {
	header http.Header
	body   string
}

// receiver answers every request with one status and remembers what it saw.
type receiver struct {
	*httptest.Server
	mu   sync.Mutex
	seen []request
}

func newReceiver(t *testing.T, answer http.HandlerFunc) *receiver {
	r := &receiver{}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, _ := io.ReadAll(req.Body)
		r.mu.Lock()
		r.seen = append(r.seen, request{req.Header.Clone(), string(body)})
		r.mu.Unlock()
		answer(w, req)
	}))
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) requests() []request {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]request(nil), r.seen...)
}

func (r *receiver) bodies() (out []string) {
	for _, req := range r.requests() {
		out = append(out, req.body)
	}
	return out
}

func notifier(t *testing.T, base string, secrets ...string) *webhook.Notifier {
	t.Helper()
	cfg := alert.Webhook{URL: alert.NewEndpoint(base + "/" + canaryPath + "?key=" + canaryPath)}
	for _, s := range secrets {
		cfg.Secrets = append(cfg.Secrets, alert.NewSecret(s))
	}
	n, err := webhook.New(cfg, webhook.Options{Receiver: "soc", Egress: loopback, Now: func() time.Time { return noon }})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func answering(status int, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, req *http.Request) {
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, "echo "+req.URL.String()) // as some servers do
	}
}

func TestContract(t *testing.T) {
	failing := func(answer http.HandlerFunc) func(*testing.T) alert.Notifier {
		return func(t *testing.T) alert.Notifier { return notifier(t, newReceiver(t, answer).URL, newSecret) }
	}
	status := func(code int, header ...string) func(*testing.T) alert.Notifier {
		return failing(answering(code, header...))
	}
	alerttest.Run(t, alerttest.Subject{
		Secrets: []string{canaryPath, newSecret, newKey, strings.TrimPrefix(newSecret, "whsec_")},
		Works: func(t *testing.T) (alert.Notifier, func() []string) {
			r := newReceiver(t, answering(http.StatusNoContent))
			return notifier(t, r.URL, newSecret), r.bodies
		},
		Hangs: func(t *testing.T) (alert.Notifier, <-chan struct{}) {
			asked := make(chan struct{})
			r := newReceiver(t, func(_ http.ResponseWriter, req *http.Request) {
				close(asked)
				<-req.Context().Done()
			})
			return notifier(t, r.URL, newSecret), asked
		},
		Fails: map[string]alerttest.Failure{
			"400 bad request":        {Make: status(400), Permanent: true},
			"401 unauthorized":       {Make: status(401), Permanent: true},
			"403 forbidden":          {Make: status(403), Permanent: true},
			"404 not found":          {Make: status(404), Permanent: true},
			"408 timeout":            {Make: status(408)},
			"410 gone":               {Make: status(410), Permanent: true, Gone: true},
			"425 too early":          {Make: status(425)},
			"500":                    {Make: status(500)},
			"502":                    {Make: status(502)},
			"503 in two minutes":     {Make: status(503, "Retry-After", "120"), Pause: 2 * time.Minute},
			"429 in a second":        {Make: status(429, "Retry-After", "1"), Pause: time.Second},
			"429 in an hour":         {Make: status(429, "Retry-After", "3600"), Pause: time.Hour},
			"429 tomorrow, a number": {Make: status(429, "Retry-After", "86400"), Pause: 24 * time.Hour},
			"429 minus one":          {Make: status(429, "Retry-After", "-1")},
			"429 a word":             {Make: status(429, "Retry-After", "tomorrow")},
			"429 a number too large": {Make: status(429, "Retry-After", "99999999999999999999")},
			"429 no pause":           {Make: status(429)},
			"429 a date":             {Make: status(429, "Retry-After", noon.Add(90*time.Second).Format(http.TimeFormat)), Pause: 90 * time.Second},
			"429 a date in the past": {Make: status(429, "Retry-After", noon.Add(-time.Hour).Format(http.TimeFormat))},
			"redirect to metadata":   {Make: status(302, "Location", "http://169.254.169.254/"+canaryPath), Permanent: true},
			"not HTTP at all":        {Make: speaking("220 " + canaryPath + " ESMTP\r\n")},
			"connection closed":      {Make: speaking("")},
			"nobody listens":         {Make: nobody},
		},
	})
}

// speaking is a server that says one thing, whatever it is asked.
func speaking(what string) func(*testing.T) alert.Notifier {
	return func(t *testing.T) alert.Notifier {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { l.Close() })
		go func() {
			for {
				c, err := l.Accept()
				if err != nil {
					return
				}
				_, _ = c.Read(make([]byte, 1<<16))
				_, _ = io.WriteString(c, what)
				c.Close()
			}
		}()
		return notifier(t, "http://"+l.Addr().String(), newSecret)
	}
}

func nobody(t *testing.T) alert.Notifier {
	r := newReceiver(t, answering(200))
	r.Close()
	return notifier(t, r.URL, newSecret)
}

// The signature is computed a second time from the text of the standard.
func TestSignedByEveryKeyDuringRotation(t *testing.T) {
	r := newReceiver(t, answering(200))
	e := alerttest.As(alerttest.Slammer(), anomaly.Updated, 31)
	if err := notifier(t, r.URL, newSecret, oldSecret).Notify(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	got := r.requests()[0]
	if want := "a-5k2qslammer.31.soc"; got.header.Get("webhook-id") != want {
		t.Errorf("webhook-id: got %q, want %q", got.header.Get("webhook-id"), want)
	}
	if want := "1772366400"; got.header.Get("webhook-timestamp") != want {
		t.Errorf("webhook-timestamp: got %q, want %q", got.header.Get("webhook-timestamp"), want)
	}
	var want []string
	for _, key := range []string{newKey, oldKey} {
		mac := hmac.New(sha256.New, []byte(key))
		io.WriteString(mac, "a-5k2qslammer.31.soc.1772366400."+got.body)
		want = append(want, "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	}
	if diff := cmp.Diff(want, strings.Fields(got.header.Get("webhook-signature"))); diff != "" {
		t.Errorf("webhook-signature (-want +got):\n%s", diff)
	}
}

func TestBodyIsExactlyTheEvent(t *testing.T) {
	r := newReceiver(t, answering(200))
	want := alerttest.SYNFlood()
	if err := notifier(t, r.URL, newSecret).Notify(t.Context(), want); err != nil {
		t.Fatal(err)
	}
	body, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(body), r.bodies()[0]); diff != "" {
		t.Errorf("body (-want +got):\n%s", diff)
	}
}

// F50: a receiver that answers a byte now and then and never ends is left.
func TestAnswerThatNeverEnds(t *testing.T) {
	r := newReceiver(t, func(w http.ResponseWriter, req *http.Request) {
		w.WriteHeader(http.StatusOK)
		for req.Context().Err() == nil {
			if _, err := w.Write(make([]byte, 4096)); err != nil {
				return
			}
			w.(http.Flusher).Flush()
		}
	})
	if err := notifier(t, r.URL, newSecret).Notify(t.Context(), alerttest.Slammer()); err != nil {
		t.Errorf("the status was 200 and the body is nobody's business: %v", err)
	}
}

func TestRefusedAtDialWithoutAllow(t *testing.T) {
	r := newReceiver(t, answering(200))
	cfg := alert.Webhook{
		URL:     alert.NewEndpoint("https" + strings.TrimPrefix(strings.Replace(r.URL, "127.0.0.1", "localhost.", 1), "http") + "/" + canaryPath),
		Secrets: []alert.Secret{alert.NewSecret(newSecret)},
	}
	if _, err := webhook.New(cfg, webhook.Options{Receiver: "soc"}); err == nil || strings.Contains(err.Error(), canaryPath) {
		t.Errorf("localhost without egress.allow: got error %v", err)
	}
	if got := len(r.requests()); got != 0 {
		t.Errorf("got %d requests, want none", got)
	}
}

func TestStrangeIDIsRefused(t *testing.T) {
	r := newReceiver(t, answering(200))
	e := alerttest.Slammer()
	e.ID = "a.1.soc\r\nevil: yes"
	err := notifier(t, r.URL, newSecret).Notify(context.Background(), e)
	if !alert.IsPermanent(err) || len(r.requests()) != 0 {
		t.Errorf("got error %v and %d requests, want a permanent error and none", err, len(r.requests()))
	}
}

func TestNewSaysWhatIsWrong(t *testing.T) {
	good := alert.Webhook{URL: alert.NewEndpoint("https://hooks.example.net/" + canaryPath), Secrets: []alert.Secret{alert.NewSecret(newSecret)}}
	for name, spoil := range map[string]func(*alert.Webhook){
		"no secret":         func(c *alert.Webhook) { c.Secrets = nil },
		"secret not base64": func(c *alert.Webhook) { c.Secrets = []alert.Secret{alert.NewSecret("whsec_" + canaryPath + "!")} },
		"secret too short":  func(c *alert.Webhook) { c.Secrets = []alert.Secret{alert.NewSecret("whsec_Y2FuYXJ5")} },
		"url of metadata":   func(c *alert.Webhook) { c.URL = alert.NewEndpoint("https://169.254.169.254/" + canaryPath) },
	} {
		cfg := good
		spoil(&cfg)
		_, err := webhook.New(cfg, webhook.Options{Receiver: "soc", Egress: loopback})
		if err == nil || strings.Contains(err.Error(), "canary") || strings.Contains(err.Error(), "Y2FuYXJ5") {
			t.Errorf("%s: got error %v, want one without the secret part", name, err)
		}
	}
}

// F54, all the way: the receiver has answered, the engine dies before it can write
// that down, and after the restart the same webhook-id comes once more.
func TestSameIDAfterACrash(t *testing.T) {
	dir, left := t.TempDir(), t.TempDir()
	answered := make(chan struct{}, 2)
	crashed := sync.OnceFunc(func() {
		if err := os.CopyFS(left, os.DirFS(dir)); err != nil { // what a kill would leave
			t.Error(err)
		}
	})
	r := newReceiver(t, func(http.ResponseWriter, *http.Request) {
		crashed()
		answered <- struct{}{}
	})
	for _, folder := range []string{dir, left} {
		a, err := alert.New(alert.Config{Receivers: []alert.Receiver{{Name: "soc", Terminal: &alert.Terminal{}}}},
			alert.Deps{Receivers: map[string]alert.Notifier{"soc": notifier(t, r.URL, newSecret)}, OutboxDir: folder})
		if err != nil {
			t.Fatal(err)
		}
		if folder == dir {
			a.Offer(alerttest.Slammer())
		}
		ctx, stop := context.WithCancel(t.Context())
		go func() {
			<-answered
			stop()
		}()
		if err := a.Run(ctx); err != nil {
			t.Fatal(err)
		}
	}
	var ids, bodies []string
	for _, req := range r.requests() {
		ids, bodies = append(ids, req.header.Get("webhook-id")), append(bodies, req.body)
	}
	if diff := cmp.Diff([]string{"a-5k2qslammer.1.soc", "a-5k2qslammer.1.soc"}, ids); diff != "" {
		t.Errorf("webhook-ids (-want +got):\n%s", diff)
	}
	if len(bodies) == 2 && bodies[0] != bodies[1] {
		t.Errorf("the body changed from %s to %s", bodies[0], bodies[1])
	}
}
