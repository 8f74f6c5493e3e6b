package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"eagre/flow"
	"eagre/ingest"
	"eagre/ingest/capture"
	"eagre/network"
)

// recording is a file, or what comes in on standard input, that holds flows in
// one form or another.
type recording struct {
	*capture.Reader
	name string
	in   io.Closer
}

// openRecording opens a recording by the name of its file; - is standard input.
func openRecording(ctx context.Context, c console, name string) (*recording, error) {
	in, err := openInput(ctx, c, name)
	if err != nil {
		return nil, err
	}
	reader, err := capture.NewReader(in, capture.DefaultConfig())
	switch {
	case err == nil:
		return &recording{reader, name, in}, nil
	case ctx.Err() != nil:
		err = ctx.Err()
	default:
		err = usagef("%s cannot be read: %w", name, err)
	}
	return nil, errors.Join(err, in.Close())
}

func openInput(ctx context.Context, c console, name string) (io.ReadCloser, error) {
	if name == "-" {
		return untilDone(ctx, c.in), nil
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, usageError{err}
	}
	if info, err := f.Stat(); err == nil && info.IsDir() {
		f.Close()
		return nil, usagef("%s is a folder: name a capture in it", name)
	}
	return f, nil
}

// untilDone reads on until the context ends, also where nothing comes. What waits
// for input then goes with the process.
func untilDone(ctx context.Context, in io.Reader) io.ReadCloser {
	r, w := io.Pipe()
	go func() {
		_, err := io.Copy(w, in)
		w.CloseWithError(err)
	}()
	context.AfterFunc(ctx, func() { w.CloseWithError(context.Cause(ctx)) })
	return r
}

// close lets go of the file.
func (r *recording) close() { _ = r.in.Close() } // it was only read

// feed gives all items of a recording to the collector, on the recording's clock.
func (r *recording) feed(ctx context.Context, c *ingest.Collector) error {
	var last time.Time
	for ctx.Err() == nil {
		item, err := r.Next()
		switch {
		case errors.Is(err, io.EOF) && ctx.Err() == nil:
			c.Finish(last)
			return nil
		case err != nil && ctx.Err() == nil:
			return err
		case err != nil:
			return ctx.Err()
		}
		last = item.At
		switch item.Kind {
		case capture.Exports:
			c.Datagram(item.At, ingest.AutoDoor, item.From, item.Data, item.Truncated)
		case capture.Records:
			c.Import(item.At, *item.Record)
		default:
			c.Frame(item.At, item.Link, item.Data, item.WireBytes, item.Interface)
		}
	}
	return ctx.Err()
}

// complain says what of a recording could not be read.
func (r *recording) complain(w io.Writer) {
	if err := r.Cut(); err != nil {
		fmt.Fprintf(w, "%s: ends early: %s; what was read until there counts\n", r.name, err)
	}
	if n := r.Counts().Broken; n > 0 {
		fmt.Fprintf(w, "%s: %d lines or messages are no flows; the first: %s\n", r.name, n, r.Complaint())
	}
}

// held says what the recording held and how many flows that gave.
func (r *recording) held(t ingest.Accounting) string {
	n, what := t.Datagrams, "datagrams"
	switch r.Kind() {
	case capture.Packets:
		n, what = t.Frames, "packets"
	case capture.Records:
		what = "records"
	}
	return fmt.Sprintf("%s: %d %s, %d flows", r.name, n, what, t.Published)
}

// decode hands the batches of a recording to each, which may end it with an
// error, and returns the account of it.
func (r *recording) decode(ctx context.Context, log io.Writer, each func(*flow.Batch) error) (ingest.Accounting, error) {
	nobody, err := network.New(network.Config{})
	if err != nil {
		return ingest.Accounting{}, err
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	collector := ingest.NewCollector(ingest.DefaultConfig(), ingest.Deps{
		Network: nobody, Publisher: &handOn{each: each, stop: stop}, HearEveryone: true, Log: recordingLog(log),
	})
	err = r.feed(ctx, collector)
	if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, context.Canceled) {
		err = cause
	}
	return collector.Totals(), err
}

// handOn is a publisher that hands batches to a function until that fails.
type handOn struct {
	each func(*flow.Batch) error
	stop context.CancelCauseFunc
	err  error
}

// Publish implements ingest.Publisher.
func (h *handOn) Publish(b *flow.Batch) error {
	if h.err == nil {
		h.err = h.each(b)
	}
	if h.err != nil {
		h.stop(h.err)
	}
	return nil
}

// recordingLog warns about what a recording holds, without the wall clock.
func recordingLog(w io.Writer) *slog.Logger {
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: slog.LevelWarn, ReplaceAttr: withoutTime}))
}

// withoutTime leaves the wall clock out of log lines about a recording.
func withoutTime(_ []string, a slog.Attr) slog.Attr {
	if a.Key == slog.TimeKey {
		return slog.Attr{}
	}
	return a
}
