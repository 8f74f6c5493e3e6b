package stream

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
)

// parcelIn is a message as Import hands it over.
type parcelIn struct {
	Kind ImportKind
	Text string
}

// inbox runs Import and keeps what it hands over.
type inbox struct {
	mu    sync.Mutex
	taken []parcelIn
	ended chan error
	stop  context.CancelFunc
}

func importInto(t *testing.T, s *Stream) *inbox {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	in := &inbox{ended: make(chan error, 1), stop: cancel}
	t.Cleanup(cancel)
	go func() { in.ended <- s.Import(ctx, in.take) }()
	return in
}

func (in *inbox) take(kind ImportKind, data []byte) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.taken = append(in.taken, parcelIn{kind, string(data)})
}

func (in *inbox) all() []parcelIn {
	in.mu.Lock()
	defer in.mu.Unlock()
	return append([]parcelIn(nil), in.taken...)
}

// ready waits until the server knows that somebody imports.
func ready(t *testing.T, conn *nats.Conn) {
	t.Helper()
	eventually(t, func() error {
		if err := conn.FlushTimeout(time.Second); err != nil {
			return err
		}
		_, err := conn.Request("eagre.v1.import.knock", nil, 20*time.Millisecond)
		if errors.Is(err, nats.ErrTimeout) { // it was heard, and nobody answers knocking
			return nil
		}
		return err
	})
}

func mustSend(t *testing.T, conn *nats.Conn, subject string, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if err := conn.Publish(subject, []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	mustFlush(t, conn)
}

func wantTaken(t *testing.T, in *inbox, want ...parcelIn) {
	t.Helper()
	eventually(t, func() error {
		if got := len(in.all()); got < len(want) {
			return fmt.Errorf("%d messages came, want %d", got, len(want))
		}
		return nil
	})
	same(t, "messages", in.all(), want)
}

func TestOtherCollectorsGiveUsTheirFlows(t *testing.T) {
	s, url := openHouse(t)
	in := importInto(t, s)
	conn := visitor(t, url)
	ready(t, conn)
	mustSend(t, conn, "eagre.v1.import.pb", "one")
	mustSend(t, conn, "eagre.v1.import.json", "two", "three")
	mustSend(t, conn, "eagre.v1.import.xml", "strange")
	mustSend(t, conn, "eagre.v1.import.pb", "")
	wantTaken(t, in, parcelIn{ImportProtobuf, "one"}, parcelIn{ImportJSON, "two"}, parcelIn{ImportJSON, "three"}, parcelIn{ImportProtobuf, ""})

	same(t, "protobuf", counted(s.metrics.imported.WithLabelValues("protobuf")), 2)
	same(t, "json", counted(s.metrics.imported.WithLabelValues("json")), 2)
	same(t, "bytes of json", counted(s.metrics.importedBytes.WithLabelValues("json")), len("twothree"))
	if got := counted(s.metrics.importDropped.WithLabelValues(importUnknown)); got < 2 { // xml, and knocking
		t.Errorf("%d strange messages counted, want 2 or more", got)
	}
	in.stop()
	wantError(t, <-in.ended, "import: context canceled")
}

// The one who takes is slow: what does not fit is dropped and counted, and
// nothing else is.
func TestImportThatIsTooFastIsDroppedAndCounted(t *testing.T) {
	for name, bound := range map[string]func(*Config){
		"by messages": func(c *Config) { c.ImportMessages = 10 },
		"by bytes":    func(c *Config) { c.ImportBytes = 1 << 20 },
	} {
		t.Run(name, func(t *testing.T) {
			s, url := openHouse(t, bound)
			var log strings.Builder
			s.log = slog.New(slog.NewTextHandler(&log, nil))
			gate, in := make(chan struct{}), &inbox{ended: make(chan error, 1)}
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			i, err := s.importer(ctx, func(kind ImportKind, data []byte) {
				<-gate
				in.take(kind, data)
			})
			if err != nil {
				t.Fatal(err)
			}
			defer i.conn.Close()
			go func() { in.ended <- i.run(ctx) }()
			conn := visitor(t, url)
			const many = 200
			text := strings.Repeat("x", 16<<10)
			for range many {
				mustSend(t, conn, ImportProtobufSubject, text)
			}
			eventually(t, func() error {
				if n, err := i.sub.Dropped(); err != nil || n < many/2 {
					return errors.Join(err, fmt.Errorf("only %d are dropped", n))
				}
				return nil
			})
			close(gate)
			mustSend(t, conn, ImportJSONSubject, "the last")
			dropped := s.metrics.importDropped.WithLabelValues(importSlow)
			eventually(t, func() error {
				if all := len(in.all()) + counted(dropped); all != many+1 {
					return fmt.Errorf("%d messages are accounted for, want %d", all, many+1)
				}
				return nil
			})
			cancel()
			<-in.ended
			same(t, "warnings", strings.Count(log.String(), "flows of other collectors are dropped"), 1)
		})
	}
}

func TestImportOutlivesARestartOfTheServer(t *testing.T) {
	server := startExternal(t)
	s := open(t, externalConfig(server.url()))
	in := importInto(t, s)
	conn := visitor(t, server.url())
	ready(t, conn)
	mustSend(t, conn, ImportProtobufSubject, "before")
	wantTaken(t, in, parcelIn{ImportProtobuf, "before"})
	server.stop()
	server.start()
	ready(t, conn)
	mustSend(t, conn, ImportProtobufSubject, "after")
	wantTaken(t, in, parcelIn{ImportProtobuf, "before"}, parcelIn{ImportProtobuf, "after"})
}

// Two engines on one NATS must not both count the same flow.
func TestEnginesShareWhatIsImported(t *testing.T) {
	server := startExternal(t)
	one := importInto(t, open(t, externalConfig(server.url())))
	two := importInto(t, open(t, externalConfig(server.url())))
	conn := visitor(t, server.url())
	ready(t, conn)
	const many = 500
	for i := range many {
		mustSend(t, conn, ImportJSONSubject, fmt.Sprint(i))
	}
	seen := map[string]int{}
	eventually(t, func() error {
		if got := len(one.all()) + len(two.all()); got < many {
			return fmt.Errorf("%d messages came, want %d", got, many)
		}
		return nil
	})
	for _, p := range append(one.all(), two.all()...) {
		seen[p.Text]++
	}
	same(t, "different messages", len(seen), many)
	same(t, "messages", len(one.all())+len(two.all()), many)
}

func TestAClosedStreamEndsItsImport(t *testing.T) {
	s, url := openHouse(t)
	in := importInto(t, s)
	ready(t, visitor(t, url))
	mustClose(t, s)
	if err := <-in.ended; !errors.Is(err, ErrClosed) {
		t.Errorf("got error %v", err)
	}
	wantError(t, s.Import(t.Context(), in.take), "stream: closed")
}
