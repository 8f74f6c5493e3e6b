package main

import (
	"context"
	"io"

	"eagre/flow"
)

// pipe carries packed batches from a collector to the detector inside one
// process, without NATS: a Publisher on one side, a Source on the other. It
// waits where the stream would store.
type pipe struct {
	ctx    context.Context //nolint:containedctx // Publish has none of its own
	packer flow.Packer
	buffer []byte
	out    chan []byte
}

// batchesInPipe is how far the collector may be ahead of the detector.
const batchesInPipe = 64

func newPipe(ctx context.Context) *pipe {
	return &pipe{ctx: ctx, out: make(chan []byte, batchesInPipe)}
}

// Publish implements ingest.Publisher.
func (p *pipe) Publish(b *flow.Batch) error {
	p.buffer = p.packer.Append(p.buffer[:0], b)
	packed := append(make([]byte, 0, len(p.buffer)), p.buffer...)
	select {
	case p.out <- packed:
		return nil
	case <-p.ctx.Done():
		return p.ctx.Err()
	}
}

// Close says that nothing more comes.
func (p *pipe) Close() { close(p.out) }

// Next implements detector.Source.
func (p *pipe) Next(ctx context.Context) ([]byte, error) {
	select {
	case packed, more := <-p.out:
		if !more {
			return nil, io.EOF
		}
		return packed, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
