package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"eagre/alert/terminal"
	"eagre/anomaly"
	"eagre/detector"
	"eagre/ingest"
	"eagre/ingest/capture"
	"eagre/network"
)

type replayCommand struct {
	Config  string      `short:"c" help:"Configuration file; without one every destination is watched." type:"path"`
	Rules   []string    `help:"Folder with more signatures." type:"path" placeholder:"DIR"`
	Format  string      `enum:"text,jsonl" default:"text" help:"text for people, jsonl for programs."`
	Workers workerCount `help:"Goroutines that count; it changes nothing but speed. 0: one for each processor."`
	Data    string      `help:"Empty or new folder to leave events and reports in, for traceback --data." type:"path" placeholder:"DIR"`
	File    string      `arg:"" help:"pcap or pcapng file of export datagrams or of packets; - is standard input."`
}

// replaySeed replaces the seed of a data folder: the same input gives the same
// output everywhere.
const replaySeed = 0x6561_6772_65

// Run replays one capture.
func (r *replayCommand) Run(ctx context.Context, c console) error {
	cfg, err := loadConfig(r.Config, c.err)
	if err != nil {
		return err
	}
	rules, err := loadSignatures(cfg.Signatures.Shipped, append(r.Rules, cfg.Signatures.Dir), c.err)
	if err != nil {
		return err
	}
	nw, err := network.New(cfg.Network())
	if err != nil {
		return usageError{err}
	}
	in, err := r.open(c)
	if err != nil {
		return err
	}
	defer in.Close()
	reader, err := capture.NewReader(in, capture.DefaultConfig()) // before anything is left in a folder
	if err != nil {
		return usagef("%s cannot be read as pcap or pcapng: %w", r.File, err)
	}
	out, err := r.output(ctx, c)
	if err != nil {
		return err
	}
	defer out.Close()
	kept, err := newReports(r.Data)
	if err != nil {
		return err
	}
	e, err := detector.New(detectorConfig(cfg, r.Workers, replaySeed), detector.Deps{
		Network: nw, Signatures: rules, Sink: newTracer(nw, kept, nil, out.tell),
	})
	if err != nil {
		return err
	}
	err = r.play(ctx, c, reader, nw, e, out)
	if errors.Is(err, context.Canceled) {
		return fmt.Errorf("%s: interrupted; what was printed is not all", r.File)
	}
	return err
}

func (r *replayCommand) open(c console) (io.ReadCloser, error) {
	if r.File == "-" {
		return io.NopCloser(c.in), nil
	}
	f, err := os.Open(r.File)
	if err != nil {
		return nil, usageError{err}
	}
	if info, err := f.Stat(); err == nil && info.IsDir() {
		f.Close()
		return nil, usagef("%s is a folder: name a capture in it", r.File)
	}
	return f, nil
}

// play runs the capture through a collector and the engine, side by side.
func (r *replayCommand) play(ctx context.Context, c console, reader *capture.Reader, nw *network.Map, e *detector.Engine, out *replayOutput) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	p := newPipe(ctx)
	collector := ingest.NewCollector(ingest.DefaultConfig(), ingest.Deps{
		Network: nw, Publisher: p, HearEveryone: true, Log: slog.New(slog.NewTextHandler(c.err, &slog.HandlerOptions{Level: slog.LevelWarn, ReplaceAttr: withoutTime})),
	})
	reading := make(chan error, 1)
	go func() {
		defer p.Close()
		reading <- feed(ctx, reader, collector)
	}()
	err := e.Run(ctx, p)
	stop()
	if readErr := <-reading; err == nil && !errors.Is(readErr, context.Canceled) {
		err = readErr
	}
	if err == nil {
		r.summary(c, reader, collector, out)
	}
	return err
}

// withoutTime leaves the wall clock out of log lines about a recording.
func withoutTime(_ []string, a slog.Attr) slog.Attr {
	if a.Key == slog.TimeKey {
		return slog.Attr{}
	}
	return a
}

// feed gives all items of a capture to the collector, on the capture's clock.
func feed(ctx context.Context, reader *capture.Reader, c *ingest.Collector) error {
	var last time.Time
	for ctx.Err() == nil {
		item, err := reader.Next()
		if errors.Is(err, io.EOF) {
			c.Finish(last)
			return nil
		}
		if err != nil {
			return err
		}
		last = item.At
		if item.Kind == capture.Exports {
			c.Datagram(item.At, ingest.AutoDoor, item.From, item.Data, item.Truncated)
		} else {
			c.Frame(item.At, item.Link, item.Data, item.WireBytes, item.Interface)
		}
	}
	return ctx.Err()
}

// summary says in text mode what was read, so that silence is told from failure.
func (r *replayCommand) summary(c console, reader *capture.Reader, collector *ingest.Collector, out *replayOutput) {
	if err := reader.Cut(); err != nil {
		fmt.Fprintf(c.err, "%s: ends early: %s; what was read until there counts\n", r.File, err)
	}
	if r.Format != "text" {
		return
	}
	t := collector.Totals()
	what := fmt.Sprintf("%d datagrams", t.Datagrams)
	if reader.Kind() == capture.Packets {
		what = fmt.Sprintf("%d packets", t.Frames)
	}
	fmt.Fprintf(c.out, "%s: %s, %d flows, %d anomalies\n", r.File, what, t.Published, out.opened)
	if out.opened > 0 {
		fmt.Fprintln(c.out, r.next(out.newest))
	}
}

// next says how to come to a report: no engine runs that could be asked.
func (r *replayCommand) next(id string) string {
	if r.Data == "" {
		return "next: eagre replay --data DIR leaves the reports, for eagre traceback --data DIR " + id
	}
	return fmt.Sprintf("next: eagre traceback --data %s %s", r.Data, id)
}

// replayOutput prints events and, with a data folder, keeps them there.
type replayOutput struct {
	print  func(anomaly.Event) error
	file   *os.File
	opened int
	newest string // id
}

func (r *replayCommand) output(ctx context.Context, c console) (*replayOutput, error) {
	o := &replayOutput{}
	lines := json.NewEncoder(c.out)
	lines.SetEscapeHTML(false)
	o.print = func(e anomaly.Event) error { return lines.Encode(e) }
	if r.Format == "text" {
		n := terminal.New(c.out, colourOf(c.out))
		n.Ask("") // no engine runs that could be asked; the last line says what can
		o.print = func(e anomaly.Event) error { return n.Notify(ctx, e) }
	}
	if r.Data == "" {
		return o, nil
	}
	if err := emptyFolder(r.Data); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(filepath.Join(r.Data, "events.jsonl"), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	o.file = f
	return o, err
}

func colourOf(w io.Writer) terminal.Colour {
	if f, ok := w.(*os.File); ok {
		return terminal.ColourFor(f, os.Getenv)
	}
	return false
}

// emptyFolder makes a folder, or finds that it is there and empty.
func emptyFolder(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return usageError{err}
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return usageError{err}
	}
	if len(entries) > 0 {
		return usagef("--data %s: the folder is not empty; a replay starts from nothing", dir)
	}
	return nil
}

func (o *replayOutput) tell(e anomaly.Event) error {
	if e.Event == anomaly.Opened {
		o.opened++
		o.newest = e.ID
	}
	if o.file != nil {
		if err := json.NewEncoder(o.file).Encode(e); err != nil {
			return err
		}
	}
	return o.print(e)
}

// Close closes the file of events.
func (o *replayOutput) Close() {
	if o.file != nil {
		o.file.Close()
	}
}
