// Package slack tells people in a Slack channel about anomalies. It is the only door
// to slack-go.
//
// With a bot's token there is one message per anomaly: it is posted when the anomaly
// opens, changed in place while it develops, and answered in its thread when it ends,
// so a channel shows as many messages as there are anomalies. With the URL of an
// incoming webhook messages cannot be changed; each event is a message, and alert
// sees to it that there are few.
//
// Events come in, calls of chat.postMessage and chat.update go out, one a second at
// most. Strings from outside stand in plain_text blocks, or escaped, and mention
// nobody. The room waits for nothing else and repeats nothing: that is alert's part.
package slack

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/slack-go/slack"

	"eagre/alert"
	"eagre/anomaly"
)

// Options is what a Slack receiver needs besides its own configuration.
type Options struct {
	Receiver string // the receiver's name, for logs
	Egress   alert.Egress
	// MemoryFile keeps which message tells which anomaly; empty forgets it with the
	// process, and an anomaly that then goes on gets a second message.
	MemoryFile string
	Forgotten  prometheus.Counter // counts what the memory had no room for; nil for nobody
	Log        *slog.Logger       // nil is silent
	Now        func() time.Time   // nil is time.Now
}

// Notifier posts into one channel. It keeps the contract of alert.Notifier, and is
// for one goroutine.
type Notifier struct {
	bot      *slack.Client // nil with an incoming webhook
	channel  string
	incoming string
	client   *http.Client
	memory   *memory
	pace     pace
	now      func() time.Time
}

var _ alert.Notifier = (*Notifier)(nil)

const publicAPI = "https://slack.com/api/"

// New checks the configuration and reads the memory file. It connects to nothing.
func New(cfg alert.Slack, opt Options) (*Notifier, error) {
	n := &Notifier{channel: cfg.Channel, incoming: cfg.Webhook.Reveal(), pace: pace{every: beat}, now: opt.Now}
	if n.now == nil {
		n.now = time.Now
	}
	url := cfg.Webhook
	if !cfg.Token.IsZero() {
		url = cfg.API
		if url.IsZero() {
			url = alert.NewEndpoint(publicAPI)
		}
	}
	if err := opt.Egress.Check(url); err != nil {
		return nil, fmt.Errorf("slack %s: %w", opt.Receiver, err)
	}
	n.client = opt.Egress.Client(url.IsPlain())
	if cfg.Token.IsZero() {
		return n, nil
	}
	if n.channel == "" {
		return nil, fmt.Errorf("slack %s: channel is missing", opt.Receiver)
	}
	n.bot = slack.New(cfg.Token.Reveal(), slack.OptionAPIURL(url.Reveal()), slack.OptionHTTPClient(door{n.client, n.now}))
	var err error
	n.memory, err = openMemory(opt)
	return n, err
}

// door lets slack-go out through the checks and classes that all receivers share.
type door struct {
	client *http.Client
	now    func() time.Time
}

func (d door) Do(req *http.Request) (*http.Response, error) { return alert.Do(d.client, req, d.now) }

// Notify tells one event: by one message, or with a bot's token by what changes the
// anomaly's message and, at its end, answers it.
func (n *Notifier) Notify(ctx context.Context, e anomaly.Event) error {
	if n.bot == nil {
		return n.post(ctx, e)
	}
	return n.tell(ctx, e)
}

// pace keeps calls a second apart, as Slack asks for a channel
// (https://docs.slack.dev/apis/web-api/rate-limits).
type pace struct {
	every time.Duration
	next  time.Time
}

const beat = time.Second

// wait returns when the next call may be made, or an error when ctx ends before. It
// is a timer, not a judgement, so it reads the clock itself.
func (p *pace) wait(ctx context.Context) error {
	at := later(p.next, time.Now())
	p.next = at.Add(p.every)
	turn := time.NewTimer(time.Until(at))
	defer turn.Stop()
	select {
	case <-turn.C:
		return ctx.Err()
	case <-ctx.Done():
		return ctx.Err()
	}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

var errAnswer = errors.New("the answer is not one of Slack's")
