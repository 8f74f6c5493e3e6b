package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"eagre/flow"
	"eagre/signatures"
)

// patient is a reader of live flows that notes when it was given time and when
// it was sent something.
type patient struct{ did []string }

func (p *patient) note(what string) {
	if n := len(p.did); n == 0 || p.did[n-1] != what {
		p.did = append(p.did, what)
	}
}

func (p *patient) SetWriteDeadline(time.Time) error { p.note("time"); return nil }
func (p *patient) Flush() error                     { p.note("flush"); return nil }
func (p *patient) Write(b []byte) (int, error)      { p.note("write"); return len(b), nil }

// After a while without flows the time that the reader had is over: it is given
// anew before the first byte, not after the buffer has overflowed.
func TestReaderOfLiveFlowsIsGivenTimeBeforeItIsSentAnything(t *testing.T) {
	p := &patient{}
	filter, err := signatures.ParseFilter("dst_port == 53")
	if err != nil {
		t.Fatal(err)
	}
	tail := tail{filter: filter, out: bufio.NewWriter(p), control: p}
	b := flow.NewBatch()
	if err := tail.write(b); err != nil || len(p.did) != 0 {
		t.Errorf("nothing to send: got %v, %v", p.did, err)
	}
	for range 100 {
		b.Append(flow.Record{DstPort: 53})
	}
	if err := tail.write(b); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"time", "write", "time", "write", "flush"}, p.did); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Readers of live flows come, get what they asked for, and go; then all of them
// are gone here too.
func TestReadersOfLiveFlowsComeAndGo(t *testing.T) {
	l := startEngine(t, nil)
	for range 3 * mostTails {
		ctx, leave := context.WithCancel(t.Context())
		body := l.tailing(ctx, t, "/api/v1/flows?match=dst_port+%3D%3D+1434")
		got := make(chan flowLine, 1)
		go func() {
			var f flowLine
			_ = json.NewDecoder(body).Decode(&f) // what it is not shows
			got <- f
		}()
		f := l.sendUntil(t, got)
		if f.DstPort != 1434 || f.Bytes != 404 || f.Src.String() != "192.0.2.66" {
			t.Errorf("got %+v, want a packet of the worm", f)
		}
		leave()
		_ = body.Close()
		l.await(t, func() bool { return len(l.tails) == 0 })
	}
}

// tailing asks a running engine for live flows.
func (l *listening) tailing(ctx context.Context, t *testing.T, path string) io.ReadCloser {
	t.Helper()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+l.admin.Addr().String()+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("got %s", resp.Status)
	}
	return resp.Body
}

// sendUntil sends the worm until a flow has come.
func (l *listening) sendUntil(t *testing.T, got <-chan flowLine) flowLine {
	t.Helper()
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	sendTo(t, l.listenerFor(false), v9Template())
	for sequence := byte(2); ; sequence++ {
		data := v9Data()
		data[15] = sequence
		sendTo(t, l.listenerFor(false), data)
		select {
		case f := <-got:
			return f
		case <-ticker.C:
		case <-t.Context().Done():
			t.Fatal("no flow came")
		}
	}
}

func TestTooManyReadersAreToldSo(t *testing.T) {
	l := startEngine(t, nil)
	for range mostTails {
		body := l.tailing(t.Context(), t, "/api/v1/flows")
		defer body.Close()
	}
	_, err := engineAt{admin: l.admin.Addr().String()}.open(t.Context(), "/api/v1/flows", nil)
	if err == nil || !strings.HasSuffix(err.Error(), "503 Service Unavailable: enough others are reading live flows already") {
		t.Errorf("got %v", err)
	}
	code, body := l.get(t, "/api/v1/flows?match=dst_prt")
	if code != http.StatusBadRequest || !strings.Contains(body, "did you mean dst_port?") {
		t.Errorf("a wrong filter: got %d, %s", code, body)
	}
}

// Whoever waits for input that does not come can still leave.
func TestInterruptEndsTheWaitForInput(t *testing.T) {
	for _, args := range []func(context.Context, console) error{
		(&flowsTailCommand{Read: "-", Format: asText}).Run, (&replayCommand{File: "-", Format: "text"}).Run,
	} {
		in, never := io.Pipe()
		ctx, interrupt := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- args(ctx, console{in: in, out: io.Discard, err: io.Discard}) }()
		interrupt()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want that it was interrupted", err)
		}
		_ = never.Close()
	}
}
