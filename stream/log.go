package stream

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
)

// serverLog is the embedded server's logger. What the server calls a notice is
// of interest to those who look for a fault, so it becomes a debug line.
type serverLog struct {
	log *slog.Logger

	mu    sync.Mutex
	fatal string // the server thinks that saying this ends the process
}

func (l *serverLog) say(level slog.Level, format string, args []any) {
	if l.log.Enabled(context.Background(), level) {
		l.log.Log(context.Background(), level, "embedded nats server", "says", fmt.Sprintf(format, args...))
	}
}

func (l *serverLog) Noticef(format string, args ...any) { l.say(slog.LevelDebug, format, args) }
func (l *serverLog) Warnf(format string, args ...any)   { l.say(slog.LevelWarn, format, args) }
func (l *serverLog) Errorf(format string, args ...any)  { l.say(slog.LevelError, format, args) }
func (l *serverLog) Debugf(format string, args ...any)  { l.say(slog.LevelDebug, format, args) }
func (l *serverLog) Tracef(format string, args ...any)  { l.say(slog.LevelDebug, format, args) }

// Fatalf keeps the words for whoever waits for the server to come up.
func (l *serverLog) Fatalf(format string, args ...any) {
	l.say(slog.LevelError, format, args)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.fatal = fmt.Sprintf(format, args...)
}

// lastWords are those of Fatalf, if any.
func (l *serverLog) lastWords() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.fatal
}
