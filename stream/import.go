package stream

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
)

// ImportKind is the form in which another collector gives us flows.
type ImportKind uint8

// The forms of import.
const (
	ImportProtobuf ImportKind = iota // on ImportProtobufSubject
	ImportJSON                       // on ImportJSONSubject
	importKinds
)

func (k ImportKind) String() string {
	if k >= importKinds {
		return "unknown"
	}
	return [importKinds]string{"protobuf", "json"}[k]
}

// importGroup makes several engines on one NATS share what is imported, each
// message going to one of them.
const importGroup = "eagre"

// Import calls take with every message that other collectors publish for us,
// one at a time and in the order in which they came, until ctx ends or the
// stream is closed, and returns why. data belongs to take.
//
// These messages are not stored. What is published while no engine runs or the
// server is away is gone, and so is what comes while more waits for take than
// Config.ImportMessages or Config.ImportBytes; the latter is counted and logged.
func (s *Stream) Import(ctx context.Context, take func(kind ImportKind, data []byte)) error {
	if s.isClosed() {
		return ErrClosed
	}
	i, err := s.importer(ctx, take)
	if err != nil {
		return fmt.Errorf("import: %w", err)
	}
	defer i.conn.Close()
	return i.run(ctx)
}

// importer takes in what other collectors publish.
type importer struct {
	stream  *Stream
	take    func(ImportKind, []byte)
	conn    *nats.Conn
	sub     *nats.Subscription
	dropped int       // of the subscription, as far as counted
	warned  time.Time // about that
	strange bool      // an unknown subject has been logged
}

// dropWarnings are this far apart, however much is dropped.
const dropWarnings = 10 * time.Second

// importer connects and subscribes, and makes sure that the server knows it.
func (s *Stream) importer(ctx context.Context, take func(ImportKind, []byte)) (*importer, error) {
	i := &importer{stream: s, take: take}
	var err error
	if i.conn, err = s.connect(ctx, "eagre import", nats.ErrorHandler(i.complain), nats.SyncQueueLen(s.config.ImportMessages)); err != nil {
		return nil, err
	}
	if err = i.subscribe(); err != nil {
		i.conn.Close()
		return nil, err
	}
	return i, nil
}

func (i *importer) subscribe() (err error) {
	if i.sub, err = i.conn.QueueSubscribeSync(importSubjects, importGroup); err != nil {
		return err
	}
	if err := i.sub.SetPendingLimits(i.stream.config.ImportMessages, i.stream.config.ImportBytes); err != nil {
		return err
	}
	return i.conn.FlushTimeout(writeTimeout)
}

func (i *importer) run(ctx context.Context) error {
	ctx, cancel := i.stream.whileOpen(ctx)
	defer cancel()
	for {
		m, err := i.sub.NextMsgWithContext(ctx)
		i.countDropped()
		switch {
		case err == nil:
			i.hand(m)
		case ctx.Err() != nil:
			return fmt.Errorf("import: %w", context.Cause(ctx))
		case !errors.Is(err, nats.ErrSlowConsumer): // which stands for a row of drops, and another message follows
			return fmt.Errorf("import: %w", plain(err))
		}
	}
}

// countDropped counts what was dropped since it last looked.
func (i *importer) countDropped() {
	total, err := i.sub.Dropped()
	if err != nil || total == i.dropped {
		return
	}
	i.stream.metrics.importDropped.WithLabelValues(importSlow).Add(float64(total - i.dropped))
	i.dropped = total
	if now := time.Now(); now.Sub(i.warned) >= dropWarnings {
		i.warned = now
		i.stream.log.Warn("flows of other collectors are dropped, as they come faster than they are taken in", "messages", total)
	}
}

// complain passes over drops, which are counted where the messages are taken.
func (i *importer) complain(_ *nats.Conn, _ *nats.Subscription, err error) {
	if !errors.Is(err, nats.ErrSlowConsumer) {
		i.stream.log.Warn("nats reports an error", "connection", "import", "error", err)
	}
}

func (i *importer) hand(m *nats.Msg) {
	kind, ok := importKind(m.Subject)
	if !ok {
		i.pass(m)
		return
	}
	metrics := i.stream.metrics
	metrics.imported.WithLabelValues(kind.String()).Inc()
	metrics.importedBytes.WithLabelValues(kind.String()).Add(float64(len(m.Data)))
	i.take(kind, m.Data)
}

func importKind(subject string) (ImportKind, bool) {
	switch subject {
	case ImportProtobufSubject:
		return ImportProtobuf, true
	case ImportJSONSubject:
		return ImportJSON, true
	}
	return importKinds, false
}

// pass counts what nobody understands. Only the first is logged, as whoever
// publishes there does so for long.
func (i *importer) pass(m *nats.Msg) {
	i.stream.metrics.importDropped.WithLabelValues(importUnknown).Inc()
	if !i.strange {
		i.strange = true
		i.stream.log.Warn("flows come on a subject that is not for import", "subject", m.Subject,
			"want", ImportProtobufSubject+" or "+ImportJSONSubject)
	}
}
