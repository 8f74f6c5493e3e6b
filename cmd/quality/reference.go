package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"eagre/anomaly"
	"eagre/cmd/eagre/config"
	"eagre/flow"
	"eagre/ingest"
	"eagre/ingest/capture"
	"eagre/network"
	"eagre/quality/reference"
)

// rules are the rules of thumb by name.
var rules = map[string]func(*network.Map, func(anomaly.Event) error) *reference.Meter{
	"fixed":   reference.NewFixed,
	"maximum": reference.NewMaximum,
}

// refer runs a rule of thumb on a capture of export datagrams.
func refer(ctx context.Context, c console, args []string) error {
	f := flags("reference", c)
	rule := f.String("rule", "fixed", "`fixed` or maximum")
	file := f.String("c", "", "configuration `FILE` of eagre, for the network")
	if err := parse(f, args, 1, 1); err != nil {
		return err
	}
	start, known := rules[*rule]
	if !known {
		return usageError{fmt.Errorf("reference: rule %q: want fixed or maximum", *rule)}
	}
	nw, err := networkOf(*file, c.err)
	if err != nil {
		return err
	}
	in, err := open(c, f.Arg(0))
	if err != nil {
		return err
	}
	defer in.Close()
	lines := json.NewEncoder(c.out)
	meter := start(nw, func(e anomaly.Event) error { return lines.Encode(e) })
	if err := feed(ctx, in, nw, meter.Count); err != nil {
		return fmt.Errorf("reference: %s: %w", f.Arg(0), err)
	}
	if n := meter.Refused(); n > 0 {
		fmt.Fprintf(c.err, "%d records were of more hosts than fit\n", n)
	}
	return meter.Finish()
}

func networkOf(file string, w io.Writer) (*network.Map, error) {
	cfg, problems := config.Load(file)
	for _, p := range problems {
		fmt.Fprintln(w, p)
	}
	if config.HasErrors(problems) {
		return nil, usageError{fmt.Errorf("the configuration %s is refused", file)}
	}
	return network.New(cfg.Network())
}

func open(c console, name string) (io.ReadCloser, error) {
	if name == "-" {
		return io.NopCloser(c.in), nil
	}
	return os.Open(name)
}

// counting is a publisher that hands batches to a function until that fails.
type counting struct {
	count func(*flow.Batch) error
	err   error
}

// Publish implements ingest.Publisher.
func (p *counting) Publish(b *flow.Batch) error {
	if p.err == nil {
		p.err = p.count(b)
	}
	return nil
}

// feed decodes a capture with the collector that eagre has.
func feed(ctx context.Context, in io.Reader, nw *network.Map, count func(*flow.Batch) error) error {
	reader, err := capture.NewReader(in, capture.DefaultConfig())
	if err != nil {
		return err
	}
	to := &counting{count: count}
	collector := ingest.NewCollector(ingest.DefaultConfig(), ingest.Deps{Network: nw, Publisher: to, HearEveryone: true})
	var last time.Time
	for to.err == nil && ctx.Err() == nil {
		item, err := reader.Next()
		if errors.Is(err, io.EOF) {
			collector.Finish(last)
			return to.err
		}
		if err != nil {
			return err
		}
		last = item.At
		if item.Kind == capture.Exports {
			collector.Datagram(item.At, ingest.AutoDoor, item.From, item.Data, item.Truncated)
		}
	}
	return errors.Join(to.err, ctx.Err())
}
