package stream

import (
	"bytes"
	"context"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"

	"eagre/flow"
)

func TestSubjects(t *testing.T) {
	s := open(t, embeddedConfig(t))
	same(t, "first partition", s.flows.subjects[0], "eagre.v1.flows.0")
	same(t, "last partition", s.flows.subjects[15], "eagre.v1.flows.15")
	same(t, "importances", []string{AnomalySubject(0), AnomalySubject(1), AnomalySubject(2)},
		[]string{"eagre.v1.anomalies.low", "eagre.v1.anomalies.medium", "eagre.v1.anomalies.high"})
}

func TestWhatAPowerCutMayTake(t *testing.T) {
	s := open(t, embeddedConfig(t))
	if !s.embedded.server.JetStreamConfig().SyncAlways {
		t.Error("the embedded server does not fsync always")
	}
	same(t, "flows", streamConfig(t, s, FlowStream).PersistMode, jetstream.AsyncPersistMode)
	same(t, "anomalies", streamConfig(t, s, AnomalyStream).PersistMode, jetstream.DefaultPersistMode)
}

func TestEveryStreamIsBounded(t *testing.T) {
	c := embeddedConfig(t)
	s := open(t, c)
	for name, want := range map[string]struct {
		bytes int64
		age   time.Duration
	}{FlowStream: {c.FlowsMaxBytes, c.FlowsMaxAge}, AnomalyStream: {c.EventsMaxBytes, c.EventsMaxAge}} {
		got := streamConfig(t, s, name)
		same(t, name+" bytes", got.MaxBytes, want.bytes)
		same(t, name+" age", got.MaxAge, want.age)
		same(t, name+" discards", got.Discard, jetstream.DiscardOld)
	}
}

func streamConfig(t *testing.T, s *Stream, name string) jetstream.StreamConfig {
	t.Helper()
	js, err := s.js.Stream(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	return js.CachedInfo().Config
}

func TestEmbeddedServerIsHeardOnlyWhenAsked(t *testing.T) {
	quiet := open(t, embeddedConfig(t))
	if at := quiet.embedded.server.Addr(); at != nil {
		t.Errorf("the embedded server listens on %v", at)
	}
	for _, address := range []string{"127.0.0.1:0", "[::1]:0"} {
		c := embeddedConfig(t)
		c.Listen = address
		if l, err := net.Listen("tcp", address); err != nil {
			t.Logf("%s is not there: %v", address, err)
			continue
		} else {
			l.Close()
		}
		s := open(t, c)
		conn, err := nats.Connect(s.embedded.server.ClientURL())
		if err != nil {
			t.Fatal(err)
		}
		conn.Close()
	}
}

func TestReopenedWithSmallerLimits(t *testing.T) {
	c := embeddedConfig(t)
	s := open(t, c)
	mustPublish(t, s, count(0, 20)...)
	mustClose(t, s)

	c.FlowsMaxBytes, c.EventsMaxBytes = smallestStream, smallestStream
	s = open(t, c)
	same(t, "limit", streamConfig(t, s, FlowStream).MaxBytes, int64(smallestStream))
	got, _ := take(t, follow(t, s, Position{}), 20)
	same(t, "batches", got, count(0, 20))
}

func TestServerThatCannotStartSaysWhy(t *testing.T) {
	c := embeddedConfig(t)
	if err := os.WriteFile(filepath.Join(c.Dir, "jetstream"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Open(t.Context(), c, Deps{})
	if err == nil || !strings.HasPrefix(err.Error(), "embedded nats server in "+c.Dir+": Can't start JetStream: ") {
		t.Fatalf("got error %v", err)
	}
}

func TestPortInUseIsSaid(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	c := embeddedConfig(t)
	c.Listen = l.Addr().String()
	_, err = Open(t.Context(), c, Deps{})
	if err == nil || !strings.Contains(err.Error(), "address already in use") {
		t.Fatalf("got error %v", err)
	}
}

func TestExternalServerThatIsNotThere(t *testing.T) {
	e := startExternal(t)
	url := e.url()
	e.stop()
	_, err := Open(t.Context(), externalConfig(url), Deps{})
	wantError(t, err, "nats server "+url+" cannot be reached: nats: no servers available for connection")
}

func TestExternalServerWithoutJetStream(t *testing.T) {
	e := startExternal(t, func(o *server.Options) { o.JetStream = false })
	_, err := Open(t.Context(), externalConfig(e.url()), Deps{})
	wantError(t, err, "jetstream: stream EAGRE_FLOWS of up to 2147483648 bytes: JetStream does not answer; it may not be enabled on the server")
}

func TestDiskThatIsTooSmallIsSaid(t *testing.T) {
	c := embeddedConfig(t)
	c.FlowsMaxBytes = 1 << 50
	_, err := Open(t.Context(), c, Deps{})
	wantError(t, err, "jetstream: stream EAGRE_FLOWS of up to 1125899906842624 bytes: nats: API error: code=500 err_code=10047 "+
		"description=insufficient storage resources available; make room on the disk, or lower flows_max_bytes and events_max_bytes")
}

func TestExternalServerThatTakesOnlySmallMessages(t *testing.T) {
	e := startExternal(t, func(o *server.Options) { o.MaxPayload = 64 << 10 })
	_, err := Open(t.Context(), externalConfig(e.url()), Deps{})
	wantError(t, err, "nats server "+e.url()+" takes messages of 65536 bytes (max_payload), need "+strconv.Itoa(flow.MaxPacked))
}

func TestExternalServerIsIntroduced(t *testing.T) {
	e := startExternal(t)
	var log bytes.Buffer
	s, err := Open(t.Context(), externalConfig(e.url()), Deps{Log: slog.New(slog.NewTextHandler(&log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	mustClose(t, s)
	for _, want := range []string{"connected to nats", "server=" + server.VERSION, "embedded=false", "sync_interval: always"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("log does not say %q:\n%s", want, &log)
		}
	}
}

func TestEndedContextOpensNothing(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := Open(ctx, embeddedConfig(t), Deps{})
	wantError(t, err, "stream: context canceled")
}

func TestClosedStreamSaysSo(t *testing.T) {
	s := open(t, embeddedConfig(t))
	f := follow(t, s, Newest)
	ended := make(chan error)
	go func() {
		_, _, err := f.Next(context.Background())
		ended <- err
	}()
	mustClose(t, s)
	mustClose(t, s)
	wantError(t, <-ended, "stream: closed")
	wantError(t, s.Flows().Publish(batchOf(0, 1)), "stream: closed")
	_, err := s.Follow(t.Context(), Newest)
	wantError(t, err, "stream: closed")
	same(t, "shed batches", counted(s.metrics.batchesShed.WithLabelValues(shedClosed)), 1)
	same(t, "shed flows", counted(s.metrics.flowsShed.WithLabelValues(shedClosed)), 3)
}

func TestMetricsStartAtZeroAndHaveHelp(t *testing.T) {
	reg := prometheus.NewPedanticRegistry()
	NewMetrics(reg)
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	series := 0
	for _, f := range families {
		if !strings.HasPrefix(f.GetName(), "eagre_stream_") || f.GetHelp() == "" {
			t.Errorf("metric %s, help %q", f.GetName(), f.GetHelp())
		}
		series += len(f.GetMetric())
	}
	same(t, "families and series", []int{len(families), series}, []int{23, 42})
}
