package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"eagre/flow"
	"eagre/signatures"
	"eagre/stream"
)

// mostTails bounds how many ask for live flows at a time.
const mostTails = 8

// tailPatience is how long a reader of live flows may take for what it is sent.
const tailPatience = 30 * time.Second

// serveFlows answers with live flows, one JSON object a line, until whoever asked
// goes away. A slow reader is cut off: it must not fill memory here.
func (e *engine) serveFlows(w http.ResponseWriter, r *http.Request) {
	filter, err := signatures.ParseFilter(r.URL.Query().Get("match"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	select {
	case e.tails <- struct{}{}:
		defer func() { <-e.tails }()
	default:
		http.Error(w, "enough others are reading live flows already", http.StatusServiceUnavailable)
		return
	}
	follower, err := e.stream.Follow(r.Context(), stream.Newest)
	if err != nil {
		http.Error(w, "the stream cannot be read: "+err.Error(), http.StatusServiceUnavailable)
		return
	}
	defer follower.Close()
	w.Header().Set("Content-Type", "application/x-ndjson")
	t := tail{filter: filter, out: bufio.NewWriter(w), control: http.NewResponseController(w)}
	ctx, stop := context.WithCancel(r.Context())
	defer stop()
	defer context.AfterFunc(e.running, stop)() // it ends with the engine too
	_ = t.run(ctx, follower)                   // whoever asked has gone
}

// tail writes the flows of a stream that pass a filter.
type tail struct {
	filter  *signatures.Filter
	out     *bufio.Writer
	control deadlined
	unpack  flow.Unpacker
}

// deadlined is what a tail needs of a http.ResponseController.
type deadlined interface {
	SetWriteDeadline(deadline time.Time) error
	Flush() error
}

func (t *tail) run(ctx context.Context, f *stream.Follower) error {
	batch := flow.NewBatch()
	if err := t.send(); err != nil { // so that whoever asked knows that it has begun
		return err
	}
	for {
		packed, _, err := f.Next(ctx)
		if err != nil {
			return err
		}
		if err := t.unpack.Unpack(packed, batch); err != nil {
			continue // not ours; the detector counts it
		}
		if err := t.write(batch); err != nil {
			return err
		}
	}
}

func (t *tail) write(b *flow.Batch) error {
	lines, sent := json.NewEncoder(t.out), false
	for row := range b.N {
		if !t.filter.Match(b, row) {
			continue
		}
		if !sent { // a large batch goes out in parts, the first of them now
			if err := t.begin(); err != nil {
				return err
			}
		}
		sent = true
		if err := lines.Encode(lineOf(b.Record(row))); err != nil {
			return err
		}
	}
	if !sent {
		return nil
	}
	return t.send()
}

// begin gives the reader its time anew.
func (t *tail) begin() error {
	err := t.control.SetWriteDeadline(time.Now().Add(tailPatience))
	if errors.Is(err, http.ErrNotSupported) {
		return nil
	}
	return err
}

// send empties the buffer towards the reader, within its patience.
func (t *tail) send() error {
	if err := t.begin(); err != nil {
		return err
	}
	if err := t.out.Flush(); err != nil {
		return err
	}
	return t.control.Flush()
}
