package stream

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
)

func TestServerSpeaksThroughOurLog(t *testing.T) {
	var out bytes.Buffer
	drop := func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}
	l := &serverLog{log: slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{ReplaceAttr: drop}))}
	l.Noticef("starting %d", 1)
	l.Debugf("debug %d", 2)
	l.Tracef("trace %d", 3)
	same(t, "last words before", l.lastWords(), "")
	l.Warnf("warn %d", 4)
	l.Errorf("error %d", 5)
	l.Fatalf("fatal %d", 6)
	same(t, "lines", strings.Split(strings.TrimSpace(out.String()), "\n"), []string{
		`level=WARN msg="embedded nats server" says="warn 4"`,
		`level=ERROR msg="embedded nats server" says="error 5"`,
		`level=ERROR msg="embedded nats server" says="fatal 6"`,
	})
	same(t, "last words", l.lastWords(), "fatal 6")
}
