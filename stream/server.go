package stream

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// embedded is the server in this process and the claim on its directory.
type embedded struct {
	server *server.Server
	lock   *os.File
}

// startTimeout is ample for recovering a full flow stream; an empty one takes
// milliseconds.
const startTimeout = 60 * time.Second

func startEmbedded(c Config, log *slog.Logger) (*embedded, error) {
	lock, err := claimDir(c.Dir)
	if err != nil {
		return nil, err
	}
	srv, err := startServer(c, log)
	if err != nil {
		lock.Close()
		return nil, fmt.Errorf("embedded nats server in %s: %w", c.Dir, err)
	}
	return &embedded{server: srv, lock: lock}, nil
}

func startServer(c Config, log *slog.Logger) (*server.Server, error) {
	srv, err := server.NewServer(serverOptions(c))
	if err != nil {
		return nil, err
	}
	words := &serverLog{log: log}
	srv.SetLoggerV2(words, log.Enabled(context.Background(), slog.LevelDebug), false, false)
	srv.Start()
	if fatal := words.lastWords(); fatal != "" {
		err = errors.New(fatal)
	} else if !srv.ReadyForConnections(startTimeout) {
		err = fmt.Errorf("not ready after %v", startTimeout)
	}
	if err != nil {
		stopServer(srv)
		return nil, err
	}
	return srv, nil
}

// serverOptions of the embedded server. SyncAlways, because with the server's default
// a power cut takes back what was acknowledged in the last two minutes. Memory is
// for consumers only. On disk the server gives away three quarters of what is
// free at the start, and refuses streams whose limits are above that.
func serverOptions(c Config) *server.Options {
	o := &server.Options{
		ServerName:             "eagre",
		DontListen:             true,
		NoSigs:                 true,
		NoLog:                  true,
		JetStream:              true,
		DisableJetStreamBanner: true,
		StoreDir:               c.Dir,
		SyncAlways:             true,
		JetStreamMaxMemory:     64 << 20,
	}
	if c.Listen != "" {
		at := netip.MustParseAddrPort(c.Listen) // Validate has looked at it
		o.DontListen, o.Host, o.Port = false, at.Addr().String(), int(at.Port())
		if o.Port == 0 {
			o.Port = server.RANDOM_PORT
		}
	}
	return o
}

// stop ends the server, which writes what it still holds, and gives the
// directory free.
func (e *embedded) stop() {
	stopServer(e.server)
	e.lock.Close()
}

func stopServer(s *server.Server) {
	s.Shutdown()
	s.WaitForShutdown()
}
