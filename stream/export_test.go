package stream

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"eagre/flow"
)

// wordEncoder writes the numbers of batches as words, so that tests can read
// them. Time is up for a message when it holds enough, or as due says.
type wordEncoder struct {
	words  []string
	rows   int
	enough int
	due    time.Time
	fail   bool
}

func (e *wordEncoder) Schema() string { return "7" }
func (e *wordEncoder) Hello() []byte  { return []byte("hello") }
func (e *wordEncoder) Rows() int      { return e.rows }

func (e *wordEncoder) Due() time.Time {
	if e.rows > 0 {
		return e.due
	}
	return time.Now().Add(time.Hour)
}

func (e *wordEncoder) Add(b *flow.Batch, _ time.Time) ([]byte, error) {
	if e.fail {
		return nil, errors.New("no paper")
	}
	e.words, e.rows = append(e.words, fmt.Sprint(b.Step)), e.rows+b.N
	if len(e.words) >= e.enough {
		return e.Flush()
	}
	return nil, nil
}

func (e *wordEncoder) Flush() ([]byte, error) {
	message := strings.Join(e.words, " ")
	if e.words, e.rows = nil, 0; message == "" {
		return nil, nil
	}
	return []byte(message), nil
}

// export runs ExportFlows and hands over how it ends.
func export(t *testing.T, s *Stream, e Encoder) (stop func() error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.ExportFlows(ctx, e) }()
	stop = func() error {
		cancel()
		return <-ended
	}
	t.Cleanup(cancel)
	return stop
}

// listen is another program that listens. It reads what comes with read.
func listen(t *testing.T, conn *nats.Conn) *nats.Subscription {
	t.Helper()
	sub, err := conn.SubscribeSync(ExportSubject)
	if err != nil {
		t.Fatal(err)
	}
	mustFlush(t, conn)
	return sub
}

func mustFlush(t *testing.T, conn *nats.Conn) {
	t.Helper()
	if err := conn.FlushTimeout(10 * time.Second); err != nil {
		t.Fatal(err)
	}
}

func heard(t *testing.T, sub *nats.Subscription) *nats.Msg {
	t.Helper()
	m, err := sub.NextMsg(20 * time.Second)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// visitor is a connection of another program.
func visitor(t *testing.T, url string) *nats.Conn {
	t.Helper()
	conn, err := nats.Connect(url, nats.MaxReconnects(-1), nats.ReconnectWait(10*time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	return conn
}

// openHouse is a stream with an embedded server that other programs reach.
func openHouse(t *testing.T, change ...func(*Config)) (*Stream, string) {
	t.Helper()
	c := embeddedConfig(t)
	c.Listen = "127.0.0.1:0"
	for _, f := range change {
		f(&c)
	}
	s := open(t, c)
	return s, "nats://" + s.embedded.server.Addr().String()
}

// consumers are the readers that the server knows of the flow stream.
func consumers(t *testing.T, s *Stream) int {
	t.Helper()
	stream, err := s.js.Stream(t.Context(), FlowStream)
	if err != nil {
		t.Fatal(err)
	}
	return stream.CachedInfo().State.Consumers
}

// publishUntilHeard publishes batches with numbers from first on until a message
// with flows comes, and gives its first number: an export begins with the newest
// at some moment after hello.
func publishUntilHeard(t *testing.T, s *Stream, sub *nats.Subscription, first int) (number int) {
	t.Helper()
	eventually(t, func() error {
		mustStore(t, s, first)
		first++
		m, err := sub.NextMsg(50 * time.Millisecond)
		if err != nil {
			return err
		}
		_, err = fmt.Sscan(string(m.Data), &number)
		return err
	})
	return number
}

func TestFlowsAreExportedWhileSomeoneListens(t *testing.T) {
	s, url := openHouse(t)
	e := &wordEncoder{enough: 1}
	stop := export(t, s, e)
	mustStore(t, s, count(0, 10)...)
	same(t, "consumers while nobody listens", consumers(t, s), 0)

	conn := visitor(t, url)
	sub := listen(t, conn)
	hello := heard(t, sub)
	same(t, "the first message", string(hello.Data), "hello")
	same(t, "its schema", hello.Header.Get("Eagre-Schema"), "7")
	number := publishUntilHeard(t, s, sub, 100)
	if number < 100 {
		t.Errorf("batch %d was exported, though nobody listened when it came", number)
	}
	same(t, "consumers", consumers(t, s), 1)
	same(t, "listened", counted(s.metrics.listened), 1)
	if got := counted(s.metrics.exportedFlows); got < 3 || counted(s.metrics.exportedBytes) == 0 {
		t.Errorf("%d flows and %d bytes counted", got, counted(s.metrics.exportedBytes))
	}
	if err := stop(); !errors.Is(err, context.Canceled) {
		t.Errorf("got error %v", err)
	}
	same(t, "consumers afterwards", consumers(t, s), 0)
	same(t, "listened afterwards", counted(s.metrics.listened), 0)
}

func TestNothingIsEncodedAfterTheLastListenerLeft(t *testing.T) {
	s, url := openHouse(t)
	stop := export(t, s, &wordEncoder{enough: 1})
	conn := visitor(t, url)
	first, second := listen(t, conn), listen(t, conn)
	heard(t, first)
	publishUntilHeard(t, s, first, 0)
	if err := first.Unsubscribe(); err != nil {
		t.Fatal(err)
	}
	mustFlush(t, conn)
	heard(t, second) // hello
	publishUntilHeard(t, s, second, 1000)
	same(t, "unheard", counted(s.metrics.unheard), 0)

	if err := second.Unsubscribe(); err != nil {
		t.Fatal(err)
	}
	mustFlush(t, conn)
	number := 2000
	eventually(t, func() error { // the next message tells it
		number++
		mustStore(t, s, number)
		if consumers(t, s) > 0 {
			return errors.New("flows are still followed")
		}
		return nil
	})
	if got := counted(s.metrics.unheard); got == 0 {
		t.Error("no message was counted as unheard")
	}
	same(t, "listened", counted(s.metrics.listened), 0)

	third := listen(t, conn) // and back again
	same(t, "the first message", string(heard(t, third).Data), "hello")
	publishUntilHeard(t, s, third, 3000)
	stop()
}

func TestWhatLingersIsFlushedThoughNothingFollows(t *testing.T) {
	s, url := openHouse(t)
	stop := export(t, s, &wordEncoder{enough: 1000, due: time.Now().Add(-time.Hour)})
	sub := listen(t, visitor(t, url))
	heard(t, sub)
	publishUntilHeard(t, s, sub, 0)
	same(t, "flows", counted(s.metrics.exportedFlows)%3, 0)
	stop()
}

func TestWhatCannotBeExportedIsCounted(t *testing.T) {
	s, url := openHouse(t)
	e := &wordEncoder{enough: 1}
	stop := export(t, s, e)
	conn := visitor(t, url)
	sub := listen(t, conn)
	heard(t, sub)
	publishUntilHeard(t, s, sub, 0)
	if err := conn.Publish(FlowSubject(0), []byte("rubbish")); err != nil {
		t.Fatal(err)
	}
	mustFlush(t, conn)
	publishUntilHeard(t, s, sub, 1000)
	eventually(t, func() error {
		if counted(s.metrics.exportFailed.WithLabelValues(exportUnreadable)) != 1 {
			return errors.New("rubbish was not counted")
		}
		return nil
	})
	stop()

	stop = export(t, s, &wordEncoder{fail: true})
	number := 2000
	eventually(t, func() error {
		number++
		mustStore(t, s, number)
		if counted(s.metrics.exportFailed.WithLabelValues(exportUnencodable)) == 0 {
			return errors.New("what the encoder refused was not counted")
		}
		return nil
	})
	stop()
}

// Somebody keeps what we export in a stream of their own: the server answers
// each message then, and that is no sign that nobody listens.
func TestAListenerThatAnswersIsAListener(t *testing.T) {
	s, url := openHouse(t)
	js, err := jetstream.New(visitor(t, url))
	if err != nil {
		t.Fatal(err)
	}
	kept, err := js.CreateStream(t.Context(), jetstream.StreamConfig{
		Name: "KEPT", Subjects: []string{ExportSubject}, Storage: jetstream.MemoryStorage, MaxBytes: 1 << 20,
	})
	if err != nil {
		t.Fatal(err)
	}
	x := exporter(t, s)
	if err := x.Await(t.Context(), []byte("hello")); err != nil {
		t.Fatal(err)
	}
	const many = 2 * answersHeld
	for range many {
		if err := x.Publish([]byte("flows"), 1); err != nil {
			t.Fatal(err)
		}
	}
	mustFlush(t, x.conn)
	if err := x.Publish([]byte("flows"), 1); err != nil || !x.Listened() {
		t.Errorf("listened %v, error %v", x.Listened(), err)
	}
	same(t, "unheard", counted(s.metrics.unheard), 0)
	eventually(t, func() error {
		info, err := kept.Info(t.Context())
		if err == nil && info.State.Msgs != many+2 {
			err = fmt.Errorf("%d messages are kept, want %d", info.State.Msgs, many+2)
		}
		return err
	})
}

func exporter(t *testing.T, s *Stream) *Exporter {
	t.Helper()
	x, err := s.Export(t.Context(), "7")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(x.Close)
	return x
}

func TestMessagesAboveTheLimitOfTheServerAreCounted(t *testing.T) {
	s := open(t, embeddedConfig(t))
	x := exporter(t, s)
	wantError(t, x.Publish(make([]byte, 2<<20), 1), "export: nats: maximum payload exceeded")
	same(t, "too large", counted(s.metrics.exportFailed.WithLabelValues(exportTooLarge)), 1)
	same(t, "exported", counted(s.metrics.exported), 0)
}

func TestExportOutlivesARestartOfTheServer(t *testing.T) {
	server := startExternal(t)
	s := open(t, externalConfig(server.url()))
	stop := export(t, s, &wordEncoder{enough: 1})
	conn := visitor(t, server.url())
	sub := listen(t, conn)
	heard(t, sub)
	publishUntilHeard(t, s, sub, 0)
	server.stop()
	x := exporterWhileAway(s)
	wantError(t, x, "export: nats server "+s.config.URL+" cannot be reached: nats: no servers available for connection")
	server.start()
	publishUntilHeard(t, s, sub, 1000)
	stop()
}

func exporterWhileAway(s *Stream) error {
	_, err := s.Export(context.Background(), "7")
	return err
}

func TestWithoutAServerNothingIsPublished(t *testing.T) {
	server := startExternal(t)
	s := open(t, externalConfig(server.url()))
	x := exporter(t, s)
	sub := listen(t, visitor(t, server.url()))
	if err := x.Await(t.Context(), []byte("hello")); err != nil {
		t.Fatal(err)
	}
	heard(t, sub)
	server.stop()
	eventually(t, func() error { // the connection does not know at once
		if err := x.Publish([]byte("flows"), 1); err == nil {
			return errors.New("published to nobody")
		}
		return nil
	})
	wantError(t, x.Publish([]byte("flows"), 1), "export: no connection to the nats server")
	same(t, "listened", x.Listened(), false)
	if got := counted(s.metrics.exportFailed.WithLabelValues(exportDisconnected)); got != 2 {
		t.Errorf("%d failures counted, want 2", got)
	}
}

func TestAClosedStreamEndsItsExport(t *testing.T) {
	s, url := openHouse(t)
	idle := make(chan error, 1)
	go func() { idle <- s.ExportFlows(context.Background(), &wordEncoder{enough: 1}) }()
	sub := listen(t, visitor(t, url))
	heard(t, sub)
	mustClose(t, s)
	wantError(t, <-idle, "stream: closed")
	wantError(t, s.ExportFlows(t.Context(), &wordEncoder{}), "stream: closed")
}

func TestSubjectsOfOtherProgramsAreNotStored(t *testing.T) {
	for _, subject := range []string{ExportSubject, ImportProtobufSubject, ImportJSONSubject} {
		if !strings.HasPrefix(subject, "eagre.v1.") {
			t.Errorf("%s has no version", subject)
		}
	}
	s, url := openHouse(t)
	conn := visitor(t, url)
	for _, subject := range []string{ExportSubject, ImportProtobufSubject, ImportJSONSubject} {
		if err := conn.Publish(subject, []byte("x")); err != nil {
			t.Fatal(err)
		}
	}
	mustFlush(t, conn)
	for _, name := range []string{FlowStream, AnomalyStream} {
		stream, err := s.js.Stream(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		same(t, name, stream.CachedInfo().State.Msgs, 0)
	}
}

// Several readers of the flow stream see the same, each from where it likes, and
// leave nothing behind.
func TestSeveralFollowersSeeTheSame(t *testing.T) {
	s := open(t, embeddedConfig(t))
	mustStore(t, s, count(0, 5)...)
	first, second, late := follow(t, s, Newest), follow(t, s, Newest), follow(t, s, Position{})
	same(t, "consumers", consumers(t, s), 3)
	mustStore(t, s, count(100, 10)...)

	one, _ := take(t, first, 10)
	same(t, "the first", one, count(100, 10))
	first.Close()
	same(t, "consumers without the first", consumers(t, s), 2)
	two, _ := take(t, second, 10)
	same(t, "the second", two, count(100, 10))
	three, _ := take(t, late, 15)
	same(t, "the one from the beginning", three, slices.Concat(count(0, 5), count(100, 10)))
	nothingMore(t, s, second)

	second.Close()
	late.Close()
	late.Close()
	same(t, "consumers at the end", consumers(t, s), 0)
}
