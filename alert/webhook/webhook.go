// Package webhook tells a program about anomalies: one HTTP POST per event, whose
// body is exactly that event in JSON, signed by Standard Webhooks 1.0
// (https://www.standardwebhooks.com), for which verifiers exist in most languages.
//
// The webhook-id is the anomaly's id, the revision and the receiver, and is the same
// on every retry, so that a receiver which remembers ids sees each event once. A
// receiver should refuse a webhook-timestamp more than five minutes from its own
// clock: it is the time of the attempt.
//
// The room makes one attempt; waiting and repeating are alert's business. It dials
// only what alert.Egress permits.
package webhook

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"time"

	"eagre/alert"
	"eagre/anomaly"
)

// Options is what a webhook needs besides its own configuration.
type Options struct {
	Receiver string // the receiver's name, a part of every webhook-id
	Egress   alert.Egress
	Now      func() time.Time // nil is time.Now
}

// Notifier posts events to one URL. It keeps the contract of alert.Notifier, and may
// be shared by goroutines.
type Notifier struct {
	receiver string
	url      string
	keys     [][]byte
	client   *http.Client
	now      func() time.Time
}

var _ alert.Notifier = (*Notifier)(nil)

// New checks the URL and the secrets. It connects to nothing.
func New(cfg alert.Webhook, opt Options) (*Notifier, error) {
	if err := opt.Egress.Check(cfg.URL); err != nil {
		return nil, fmt.Errorf("webhook %s: %w", opt.Receiver, err)
	}
	if len(cfg.Secrets) == 0 {
		return nil, fmt.Errorf("webhook %s: secret is missing", opt.Receiver)
	}
	n := &Notifier{receiver: opt.Receiver, url: cfg.URL.Reveal(), now: opt.Now}
	for _, s := range cfg.Secrets {
		key, err := s.SigningKey()
		if err != nil {
			return nil, fmt.Errorf("webhook %s: %w", opt.Receiver, err)
		}
		n.keys = append(n.keys, key)
	}
	if n.now == nil {
		n.now = time.Now
	}
	n.client = opt.Egress.Client(cfg.URL.IsPlain())
	return n, nil
}

// plainID is what an anomaly's id looks like. The signed text separates its parts by
// dots, so an id must not bring its own.
var plainID = regexp.MustCompile(`^[A-Za-z0-9_-]{1,128}$`)

// Notify posts one event.
func (n *Notifier) Notify(ctx context.Context, e anomaly.Event) error {
	req, err := n.request(ctx, e)
	if err != nil {
		return alert.Permanent(fmt.Errorf("webhook: %w", err))
	}
	resp, err := alert.Do(n.client, req, n.now)
	if err != nil {
		return fmt.Errorf("webhook: %w", err)
	}
	return resp.Body.Close()
}

func (n *Notifier) request(ctx context.Context, e anomaly.Event) (*http.Request, error) {
	if !plainID.MatchString(e.ID) {
		return nil, errors.New("the anomaly's id is not made of letters, digits, - and _")
	}
	body, err := json.Marshal(e)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, n.url, bytes.NewReader(body))
	if err != nil {
		return nil, errors.New("the url cannot be read") // the cause would quote it
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "eagre")
	n.sign(req.Header, MessageID(e, n.receiver), body)
	return req, nil
}

// MessageID is the webhook-id of an event: <anomaly id>.<revision>.<receiver>.
func MessageID(e anomaly.Event, receiver string) string {
	return fmt.Sprintf("%s.%d.%s", e.ID, e.Revision, receiver)
}
