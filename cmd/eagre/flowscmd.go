package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"

	"eagre/flow"
	"eagre/ingest/wire"
	"eagre/signatures"
)

type flowsCommand struct {
	Tail flowsTailCommand `cmd:"" help:"Decoded flows as they come in, or as a recording holds them."`
}

type flowsTailCommand struct {
	Admin  string   `help:"Admin listener of the engine to ask." default:"127.0.0.1:9090"`
	Read   string   `help:"Decode this recording instead of asking an engine; - is standard input." placeholder:"FILE"`
	Format string   `enum:"text,jsonl,nfdump" default:"text" help:"text for people, jsonl for programs, nfdump for scripts made for its lines."`
	Count  uint64   `short:"n" help:"Stop after so many flows; 0 goes on."`
	Match  []string `arg:"" optional:"" help:"Filter, in the language of signatures: 'proto == 17 && dst_port == 53'."`
}

// Run prints flows until there are no more or enough.
func (t *flowsTailCommand) Run(ctx context.Context, c console) error {
	match := strings.Join(t.Match, " ")
	filter, err := signatures.ParseFilter(match)
	if err != nil {
		return usageError{err}
	}
	out := bufio.NewWriter(c.out)
	p := &flowPrinter{w: out, form: t.Format}
	if t.Read != "" {
		err = t.recorded(ctx, c, filter, p, out)
	} else {
		err = t.live(ctx, match, p, out)
	}
	return errors.Join(err, out.Flush())
}

// errEnough ends a tail that has printed what was asked for.
var errEnough = errors.New("enough")

// counted prints flows until there are enough.
func (t *flowsTailCommand) counted(p *flowPrinter) func(flowLine) error {
	left := t.Count
	return func(f flowLine) error {
		if err := p.print(f); err != nil {
			return err
		}
		if left--; left == 0 {
			return errEnough
		}
		return nil
	}
}

// live prints what a running engine decodes.
func (t *flowsTailCommand) live(ctx context.Context, match string, p *flowPrinter, out *bufio.Writer) error {
	body, err := engineAt{t.Admin, "--admin names another, --read FILE decodes a recording"}.open(ctx, "/api/v1/flows", url.Values{"match": {match}})
	if err != nil {
		return err
	}
	defer body.Close()
	tell := t.counted(p)
	for lines := bufio.NewReaderSize(body, maxFlowLine); ; {
		line, err := lines.ReadSlice('\n')
		if err != nil {
			return ended(ctx, err)
		}
		var f flowLine
		if err := json.Unmarshal(line, &f); err != nil {
			return fmt.Errorf("what answers at %s sends no flows: is it an eagre? %w", t.Admin, err)
		}
		if err := tell(f); err != nil {
			return enough(err)
		}
		if lines.Buffered() > 0 {
			continue
		}
		if err := out.Flush(); err != nil {
			return err
		}
	}
}

// maxFlowLine bounds a line that an engine sends.
const maxFlowLine = 16 << 10

// ended is how a tail ends when no more comes.
func ended(ctx context.Context, err error) error {
	if ctx.Err() != nil || errors.Is(err, io.EOF) {
		return nil
	}
	return fmt.Errorf("the engine stopped answering: %w", err)
}

func enough(err error) error {
	if errors.Is(err, errEnough) {
		return nil
	}
	return err
}

// recorded prints the flows of a recording, and on standard error what came of
// it, so that a recording without flows is told from a failure.
func (t *flowsTailCommand) recorded(ctx context.Context, c console, filter *signatures.Filter, p *flowPrinter, out *bufio.Writer) error {
	in, err := openRecording(ctx, c, t.Read)
	if err != nil {
		return err
	}
	defer in.close()
	account, err := in.decode(ctx, c.err, passing(filter, t.counted(p)))
	if err != nil {
		return enough(err)
	}
	if err := out.Flush(); err != nil {
		return err
	}
	in.complain(c.err)
	fmt.Fprintln(c.err, in.held(account))
	if n := account.Dispositions[wire.Waiting]; n > 0 {
		fmt.Fprintf(c.err, "%s: %d datagrams waited for a template\n", t.Read, n)
	}
	return nil
}

// passing tells the flows of a batch that pass a filter.
func passing(filter *signatures.Filter, tell func(flowLine) error) func(*flow.Batch) error {
	return func(b *flow.Batch) error {
		for row := range b.N {
			if !filter.Match(b, row) {
				continue
			}
			if err := tell(lineOf(b.Record(row))); err != nil {
				return err
			}
		}
		return nil
	}
}
