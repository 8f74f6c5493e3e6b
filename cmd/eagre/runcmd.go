package main

import (
	"context"
	"log/slog"
	"os"
	"runtime/pprof"
)

type runCommand struct {
	Config  string      `short:"c" help:"Configuration file." type:"path"`
	Workers workerCount `help:"Goroutines that count. 0: one for each processor."`
	Profile string      `hidden:"" help:"Write a CPU profile to this file until the engine stops." type:"path"`
	Log     string      `enum:"text,json" default:"text" help:"Form of the log on standard error."`
}

// Run is the engine until it is told to stop.
func (r *runCommand) Run(ctx context.Context, c console) error {
	cfg, err := loadConfig(r.Config, c.err)
	if err != nil {
		return err
	}
	rules, err := loadSignatures(cfg.Signatures.Shipped, []string{cfg.Signatures.Dir}, c.err)
	if err != nil {
		return err
	}
	log := r.logger(c)
	e, err := newEngine(ctx, engineOptions{cfg: cfg, signatures: rules, workers: r.Workers, log: log})
	if err != nil {
		return err
	}
	defer e.close()
	stopProfile, err := startProfile(r.Profile)
	if err != nil {
		return err
	}
	defer stopProfile()
	for _, l := range e.receiver.Listeners() {
		log.Info("listening", l.Network(), l.Addr().String())
	}
	for _, m := range e.monitors {
		log.Info("listening", "packets", m.name)
	}
	log.Info("ready", "admin", e.admin.Addr().String(), "data", cfg.Data.Dir, "signatures", rules.Len(),
		"exporters", len(cfg.Exporters), "managed_objects", len(cfg.Networks.Managed), "receivers", len(cfg.Alerts.Receivers))
	err = e.run(ctx)
	log.Info("stopped")
	return err
}

func (r *runCommand) logger(c console) *slog.Logger {
	if r.Log == "json" {
		return slog.New(slog.NewJSONHandler(c.err, nil))
	}
	return slog.New(slog.NewTextHandler(c.err, nil))
}

// startProfile profiles into a file; an empty name does nothing.
func startProfile(path string) (stop func(), err error) {
	if path == "" {
		return func() {}, nil
	}
	f, err := os.Create(path)
	if err != nil {
		return nil, usageError{err}
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return nil, err
	}
	return func() {
		pprof.StopCPUProfile()
		f.Close()
	}, nil
}
