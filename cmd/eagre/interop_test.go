package main

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/nats-io/nats.go"

	"eagre/anomaly"
	"eagre/cmd/eagre/config"
	"eagre/stream"
)

// freePort is a port on loopback that nobody uses at the moment.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// wormLine is a flow of the worm as goflow2 prints it.
func wormLine(i int, at time.Time) string {
	return fmt.Sprintf(`{"type":"NETFLOW_V9","time_received_ns":%d,"sampling_rate":1,"sampler_address":"127.0.0.1","time_flow_start_ns":%d,"time_flow_end_ns":%d,`+
		`"bytes":404,"packets":1,"src_addr":"192.0.2.66","dst_addr":"198.51.%d.%d","etype":"IPv4","proto":"UDP","src_port":3575,"dst_port":1434,"in_if":3}`,
		at.UnixNano(), at.UnixNano(), at.UnixNano(), i/256%256, i%256)
}

// Another collector publishes what it decoded, an analyst listens: the worm in
// the flows of the one raises the alarm, and reaches the other as Arrow.
func TestFlowsComeFromAndGoToOtherPrograms(t *testing.T) {
	port := freePort(t)
	l := startEngine(t, func(c *config.Config) {
		c.NATS.Embedded.Listen, c.NATS.Import, c.NATS.Arrow = port, true, true
	})
	nc, err := nats.Connect("nats://" + port)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	sub, err := nc.SubscribeSync(stream.ExportSubject)
	if err != nil {
		t.Fatal(err)
	}
	publishWorm(t, nc)
	l.expect(t, "worm", func(e anomaly.Event) bool { return e.Subclass == "slammer" })
	if got := rowsOf(t, sub); got == 0 {
		t.Error("no flow came as Arrow")
	}
	s := l.collector.Exporters()
	if len(s) != 1 || strings.Join(s[0].Formats, ",") != "imported" || s[0].Sampling != "imported" {
		t.Errorf("got %+v, want one exporter with imported flows", s)
	}
}

// publishWorm publishes flows of the worm until the test ends.
func publishWorm(t *testing.T, nc *nats.Conn) {
	ctx, stop := context.WithCancel(t.Context())
	var publishing sync.WaitGroup
	t.Cleanup(publishing.Wait)
	t.Cleanup(stop)
	publishing.Go(func() {
		ticker := time.NewTicker(20 * time.Millisecond)
		defer ticker.Stop()
		for i := 0; ctx.Err() == nil; i += 20 {
			var lines []string
			for n := range 20 {
				lines = append(lines, wormLine(i+n, time.Now()))
			}
			if err := nc.Publish(stream.ImportJSONSubject, []byte(strings.Join(lines, "\n"))); err != nil {
				t.Errorf("publishing: %v", err)
				return
			}
			<-ticker.C
		}
	})
}

// rowsOf counts the flows in the messages that came.
func rowsOf(t *testing.T, sub *nats.Subscription) (rows int64) {
	t.Helper()
	for rows == 0 {
		m, err := sub.NextMsg(10 * time.Second)
		if err != nil {
			t.Fatal(err)
		}
		r, err := ipc.NewReader(bytes.NewReader(m.Data))
		if err != nil {
			t.Fatal(err)
		}
		for r.Next() {
			rows += r.RecordBatch().NumRows()
			if ports := r.RecordBatch().Column(r.Schema().FieldIndices("dst_port")[0]).(*array.Uint16); ports.Len() > 0 && ports.Value(0) != 1434 {
				t.Errorf("got port %d, want 1434", ports.Value(0))
			}
		}
		r.Release()
	}
	return rows
}

// Templates survive a restart of the engine, in its data folder.
func TestTheEngineKeepsWhatExportersAnnounced(t *testing.T) {
	dir := t.TempDir()
	in := func(c *config.Config) {
		c.Data.Dir = dir
		c.NATS.Embedded.Dir = filepath.Join(dir, "nats")
	}
	first := t.Run("before", func(t *testing.T) {
		l := startEngine(t, in)
		sendTo(t, l.listenerFor(false), v9Template())
		l.await(t, func() bool { s := l.collector.Exporters(); return len(s) == 1 && s[0].Templates == 1 })
	})
	if !first {
		return
	}
	l := startEngine(t, in)
	sendTo(t, l.listenerFor(false), v9Data())
	l.await(t, func() bool { s := l.collector.Exporters(); return len(s) == 1 && s[0].Records == 1 })
}

// v9Template announces addresses, ports, protocol, packets and bytes.
func v9Template() []byte {
	return []byte{
		0, 9, 0, 1, 0, 0, 1, 0, 0x69, 0xa4, 0x2b, 0xc0, 0, 0, 0, 1, 0, 0, 0, 7,
		0, 0, 0, 36, 1, 44, 0, 7, 0, 8, 0, 4, 0, 12, 0, 4, 0, 7, 0, 2, 0, 11, 0, 2, 0, 4, 0, 1, 0, 2, 0, 4, 0, 1, 0, 4,
	}
}

// v9Data is one packet of the worm in that template.
func v9Data() []byte {
	return []byte{
		0, 9, 0, 1, 0, 0, 1, 0, 0x69, 0xa4, 0x2b, 0xc0, 0, 0, 0, 2, 0, 0, 0, 7,
		1, 44, 0, 28, 192, 0, 2, 66, 198, 51, 100, 7, 0x0d, 0xf7, 0x05, 0x9a, 17, 0, 0, 0, 1, 0, 0, 0x01, 0x94, 0, 0, 0,
	}
}

func sendTo(t *testing.T, address string, payload []byte) {
	t.Helper()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "udp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Write(payload); err != nil {
		t.Fatal(err)
	}
}

// await waits until something holds that the engine does by itself.
func (l *listening) await(t *testing.T, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !is(); runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatalf("it did not come about; exporters: %+v", l.collector.Exporters())
		}
	}
}
