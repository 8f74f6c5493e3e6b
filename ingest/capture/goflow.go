package capture

import (
	"eagre/flow"
	"eagre/ingest/goflow"
)

// imported reads flows that goflow2 decoded.
type imported struct {
	stream *goflow.Stream
	record flow.Record
}

func (i *imported) next() (frame, error) {
	at, err := i.stream.Next(&i.record)
	if err != nil {
		return frame{}, err
	}
	return frame{at: at, record: &i.record}, nil
}

func (i *imported) lost() (skipped, broken uint64, complaint error) {
	c := i.stream.Counts()
	return c.Skipped, c.Broken, i.stream.Complaint()
}
