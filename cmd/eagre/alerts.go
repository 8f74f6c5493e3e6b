package main

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"

	"github.com/prometheus/client_golang/prometheus"

	"eagre/alert"
	"eagre/alert/file"
	"eagre/alert/slack"
	"eagre/alert/terminal"
	"eagre/alert/webhook"
	"eagre/cmd/eagre/config"
)

// newAlerter makes the configured receivers, their secrets read, and the
// alerter that tells them. Everything that is wrong is reported at once.
func newAlerter(o engineOptions, seed uint64, reg prometheus.Registerer) (*alert.Alerter, error) {
	metrics := alert.NewMetrics(reg)
	cfg := alert.Config{Egress: o.cfg.Alerts.Egress, Route: routeOf(o.cfg.Alerts.Route)}
	notifiers := maps.Clone(o.tell)
	if notifiers == nil {
		notifiers = map[string]alert.Notifier{}
	}
	for name := range o.tell {
		cfg.Receivers = append(cfg.Receivers, alert.Receiver{Name: name, Terminal: &alert.Terminal{}})
	}
	var errs []error
	for _, from := range o.cfg.Alerts.Receivers {
		to, err := receiverOf(from)
		if err != nil {
			errs = append(errs, fmt.Errorf("receiver %s: %w", from.Name, err))
			continue
		}
		cfg.Receivers = append(cfg.Receivers, to)
		notifiers[from.Name], err = notifierOf(to, o, metrics)
		if err != nil {
			errs = append(errs, fmt.Errorf("receiver %s: %w", from.Name, err))
		}
	}
	if len(errs) > 0 {
		return nil, usageError{errors.Join(errs...)}
	}
	if err := os.MkdirAll(outboxDir(o.cfg.Data.Dir), 0o700); err != nil {
		return nil, err
	}
	return alert.New(cfg, alert.Deps{Receivers: notifiers, OutboxDir: outboxDir(o.cfg.Data.Dir), Seed: seed, Log: o.log, Metrics: metrics})
}

func routeOf(r config.Route) alert.Route {
	return alert.Route{
		Receivers: r.Receivers, MinImportance: r.MinImportance, GroupBy: r.GroupBy,
		GroupWait: r.GroupWait, GroupInterval: r.GroupInterval, RepeatInterval: r.RepeatInterval,
	}
}

// receiverOf reads the secrets of a receiver from where they are kept.
func receiverOf(r config.Receiver) (alert.Receiver, error) {
	out := alert.Receiver{Name: r.Name, MinImportance: r.MinImportance}
	switch {
	case r.File != nil:
		out.File = &alert.File{Path: r.File.Path}
	case r.Terminal != nil:
		out.Terminal = &alert.Terminal{}
	case r.Webhook != nil:
		w, err := webhookOf(*r.Webhook)
		out.Webhook = &w
		return out, err
	case r.Slack != nil:
		s, err := slackOf(*r.Slack)
		out.Slack = &s
		return out, err
	}
	return out, nil
}

func webhookOf(w config.Webhook) (alert.Webhook, error) {
	var errs []error
	url, err := endpointOf(w.URL)
	errs = append(errs, err)
	out := alert.Webhook{URL: url}
	for _, source := range w.Secrets {
		secret, err := source.Resolve(os.Getenv)
		errs = append(errs, err)
		out.Secrets = append(out.Secrets, secret)
	}
	return out, errors.Join(errs...)
}

func endpointOf(u config.URL) (alert.Endpoint, error) {
	if !u.Plain.IsZero() {
		return u.Plain, nil
	}
	secret, err := u.From.Resolve(os.Getenv)
	return alert.NewEndpoint(secret.Reveal()), err
}

func slackOf(s config.Slack) (alert.Slack, error) {
	out := alert.Slack{Channel: s.Channel}
	if s.WebhookURL != (alert.SecretSource{}) {
		secret, err := s.WebhookURL.Resolve(os.Getenv)
		out.Webhook = alert.NewEndpoint(secret.Reveal())
		return out, err
	}
	token, err := s.Token.Resolve(os.Getenv)
	out.Token = token
	return out, err
}

func notifierOf(r alert.Receiver, o engineOptions, m *alert.Metrics) (alert.Notifier, error) {
	switch {
	case r.File != nil:
		return file.New(*r.File, nil)
	case r.Webhook != nil:
		return webhook.New(*r.Webhook, webhook.Options{Receiver: r.Name, Egress: o.cfg.Alerts.Egress})
	case r.Slack != nil:
		return slack.New(*r.Slack, slack.Options{
			Receiver: r.Name, Egress: o.cfg.Alerts.Egress, Forgotten: m.Forgotten(r.Name), Log: o.log,
			MemoryFile: filepath.Join(outboxDir(o.cfg.Data.Dir), "slack-"+r.Name+".json"),
		})
	}
	return terminal.New(os.Stdout, terminal.ColourFor(os.Stdout, os.Getenv)), nil
}
