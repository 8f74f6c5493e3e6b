package main

import (
	"context"

	"eagre/stream/arrow"
)

// exportFlows publishes live flows for analysts until the context ends, while
// anyone listens.
func (e *engine) exportFlows(ctx context.Context) error {
	encoder, err := arrow.New(arrow.DefaultConfig())
	if err != nil {
		return err
	}
	return e.stream.ExportFlows(ctx, encoder)
}
