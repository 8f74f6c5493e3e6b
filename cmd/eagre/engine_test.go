package main

import (
	"context"
	"io"
	"log/slog"
	"path/filepath"
	"testing"

	"eagre/alert"
	"eagre/anomaly"
	"eagre/cmd/eagre/config"
)

// TestWhatWasFoundIsStoredAndToldBeforeTheEngineStops: events wait between the
// judge and the stream when the engine is told to stop.
func TestWhatWasFoundIsStoredAndToldBeforeTheEngineStops(t *testing.T) {
	cfg := config.Default()
	cfg.Data.Dir = t.TempDir()
	cfg.NATS = config.NATS{Embedded: config.Embedded{Dir: filepath.Join(cfg.Data.Dir, "nats")}}
	cfg.Listen = config.Listen{NetFlow: []string{"127.0.0.1:0"}, SFlow: []string{"127.0.0.1:0"}}
	cfg.Admin.Listen = "127.0.0.1:0"
	rules, err := loadSignatures(true, nil, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	l := &listening{told: make(chan anomaly.Event, 1000)}
	l.engine, err = newEngine(t.Context(), engineOptions{
		cfg: cfg, signatures: rules, log: slog.New(slog.DiscardHandler), tell: map[string]alert.Notifier{"test": l},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer l.close()
	const waiting = 20
	for n := range waiting {
		l.events <- numbered(n)
	}
	stopped, stop := context.WithCancel(t.Context())
	stop()
	if err := l.run(stopped); err != nil {
		t.Fatal(err)
	}
	stored := 0
	if err := l.stream.Events(t.Context(), func(anomaly.Event) error { stored++; return nil }); err != nil {
		t.Fatal(err)
	}
	if stored != waiting || len(l.told) != waiting {
		t.Errorf("%d stored, %d told, want %d of each", stored, len(l.told), waiting)
	}
}
