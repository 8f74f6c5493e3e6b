package main

import (
	"context"
	"errors"
	"fmt"

	"eagre/detector"
	"eagre/ingest"
	"eagre/network"
)

type replayCommand struct {
	Config  string      `short:"c" help:"Configuration file; without one every destination is watched." type:"path"`
	Rules   []string    `help:"Folder with more signatures." type:"path" placeholder:"DIR"`
	Format  string      `enum:"text,jsonl" default:"text" help:"text for people, jsonl for programs."`
	Workers workerCount `help:"Goroutines that count; it changes nothing but speed. 0: one for each processor."`
	Data    string      `help:"Empty or new folder to leave events and reports in, for traceback --data." type:"path" placeholder:"DIR"`
	File    string      `arg:"" help:"pcap or pcapng file of export datagrams or of packets, IPFIX or flow-tools file, goflow2 JSON lines or delimited protobuf; - is standard input."`

	ingest ingest.Config
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
	r.ingest = ingestConfig(cfg)
	in, err := openRecording(ctx, c, r.File) // before anything is left in a folder
	if err != nil {
		return err
	}
	defer in.close()
	out, err := r.output(ctx, c)
	if err != nil {
		return err
	}
	defer out.Close()
	kept, err := newReports(r.Data)
	if err != nil {
		return err
	}
	p := &replaying{tracer: newTracer(nw, kept, nil, out.tell), reports: kept, out: out}
	p.clock.Sink = p.tracer
	if p.engine, err = detector.New(detectorConfig(cfg, r.Workers, replaySeed), detector.Deps{
		Network: nw, Signatures: rules, Sink: &p.clock,
	}); err != nil {
		return err
	}
	p.openCrosscheck(cfg, nw)
	err = r.play(ctx, c, in, nw, p)
	if errors.Is(err, context.Canceled) {
		return fmt.Errorf("%s: interrupted; what was printed is not all", r.File)
	}
	return err
}

// play runs the capture through a collector and the engine, side by side.
func (r *replayCommand) play(ctx context.Context, c console, in *recording, nw *network.Map, e *replaying) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	p := newPipe(ctx)
	collector := ingest.NewCollector(r.ingest, ingest.Deps{
		Network: nw, Publisher: p, HearEveryone: true, Log: recordingLog(c.err), Moved: e.checker.sampled,
	})
	reading := make(chan error, 1)
	go func() {
		defer p.Close()
		reading <- in.feed(ctx, collector)
	}()
	err := e.run(ctx, p)
	stop()
	if readErr := <-reading; err == nil && !errors.Is(readErr, context.Canceled) {
		err = readErr
	}
	if err == nil {
		r.summary(c, in, collector, e.out)
	}
	return err
}

// summary says in text mode what was read, so that silence is told from failure.
func (r *replayCommand) summary(c console, in *recording, collector *ingest.Collector, out *replayOutput) {
	in.complain(c.err)
	if r.Format != "text" {
		return
	}
	fmt.Fprintf(c.out, "%s, %d anomalies\n", in.held(collector.Totals()), out.opened)
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
