package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"eagre/alert"
	"eagre/alert/terminal"
	"eagre/anomaly"
	"eagre/cmd/eagre/config"
	"eagre/network"
	"eagre/simulate"
)

type demoCommand struct {
	For  time.Duration `help:"Stop after this time; without it the demo runs until Ctrl-C."`
	Seed uint64        `default:"1" help:"Another seed is another day of the same network."`
}

// Run starts the engine and routers that send it flows over loopback.
func (d *demoCommand) Run(ctx context.Context, c console) error {
	if d.For > 0 {
		var stop context.CancelFunc
		ctx, stop = context.WithTimeout(ctx, d.For)
		defer stop()
	}
	dir, err := os.MkdirTemp("", "eagre-demo-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	rules, err := loadSignatures(true, nil, c.err)
	if err != nil {
		return err
	}
	teller := &demoTeller{out: c.out, notifier: terminal.New(c.out, colourOf(c.out))}
	e, err := newEngine(ctx, engineOptions{
		cfg: demoConfig(dir), signatures: rules, scratch: true, log: slog.New(slog.NewTextHandler(c.err, &slog.HandlerOptions{Level: slog.LevelWarn})),
		tell: map[string]alert.Notifier{"terminal": teller},
	})
	if err != nil {
		return err
	}
	defer e.close()
	teller.admin = e.admin.Addr().String()
	teller.introduce()
	err = d.play(ctx, c, e)
	teller.conclude()
	return err
}

// play runs the engine and the routers side by side until the time is over.
func (d *demoCommand) play(ctx context.Context, c console, e *engine) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var routers sync.WaitGroup
	routers.Go(func() {
		warn := func(text string) { fmt.Fprintln(c.err, "note:", text) }
		err := simulate.Play(ctx, simulate.Demo(time.Now(), d.Seed), targets(e), time.Now, warn)
		if err != nil && ctx.Err() == nil {
			fmt.Fprintln(c.err, "eagre: the simulated routers stopped:", err)
			stop()
		}
	})
	err := e.run(ctx)
	stop()
	routers.Wait()
	if errors.Is(err, context.DeadlineExceeded) {
		return nil // the time that was asked for is over
	}
	return err
}

// targets are the ports on which the engine listens.
func targets(e *engine) simulate.Targets {
	listeners := e.receiver.Listeners()
	return simulate.Targets{NetFlow: listeners[0].Addr(), SFlow: listeners[1].Addr()}
}

// demoConfig is the map of the simulated provider, and ports that are free.
func demoConfig(dir string) config.Config {
	cfg := config.Default()
	nw := simulate.DemoNetwork()
	for _, x := range nw.Exporters {
		cfg.Exporters = append(cfg.Exporters, config.Exporter{Exporter: x})
	}
	for _, m := range nw.Managed {
		cfg.Networks.Managed = append(cfg.Networks.Managed, config.Managed{ManagedObject: m})
	}
	cfg.Data.Dir = dir
	cfg.NATS = config.NATS{Embedded: config.Embedded{Dir: filepath.Join(dir, "nats")}}
	cfg.Listen = config.Listen{NetFlow: []string{"127.0.0.1:0"}, SFlow: []string{"127.0.0.1:0"}}
	cfg.Alerts.Route.GroupWait = time.Second
	if l, err := net.Listen("tcp", cfg.Admin.Listen); err == nil {
		l.Close()
	} else {
		cfg.Admin.Listen = "127.0.0.1:0" // another engine has the usual port
	}
	return cfg
}

// demoTeller prints alerts as the terminal does, and says between them what a
// newcomer could do next.
type demoTeller struct {
	out      io.Writer
	notifier *terminal.Notifier
	admin    string
	opened   int
}

func (t *demoTeller) introduce() {
	nw := simulate.DemoNetwork()
	fmt.Fprintln(t.out, "A small internet provider, simulated. Its routers send flows to this engine over loopback:")
	fmt.Fprintln(t.out)
	for _, r := range nw.Exporters {
		fmt.Fprintf(t.out, "  %-6s %s\n", r.Name, interfaces(r))
	}
	for _, m := range nw.Managed {
		fmt.Fprintf(t.out, "  customer %-7s %v\n", m.Name, m.Prefixes)
	}
	fmt.Fprintln(t.out)
	fmt.Fprintln(t.out, "In 15 seconds a host of campus falls to a worm, in 30 a flood hits acme. Then something every minute.")
	fmt.Fprintln(t.out, "Ctrl-C ends it.")
}

func interfaces(r network.Exporter) string {
	text := ""
	for _, i := range r.Interfaces {
		if text != "" {
			text += ", "
		}
		text += fmt.Sprintf("%s (%s)", i.Name, i.Role)
	}
	return text
}

// Notify implements alert.Notifier.
func (t *demoTeller) Notify(ctx context.Context, e anomaly.Event) error {
	if err := t.notifier.Notify(ctx, e); err != nil {
		return err
	}
	if e.Event == anomaly.Opened {
		t.opened++
		if t.opened == 2 {
			t.suggest(e.ID)
		}
	}
	return nil
}

// suggest says what to try, in another terminal while the demo goes on.
func (t *demoTeller) suggest(id string) {
	fmt.Fprintf(t.out, `
Those were the two. What to try next, in another terminal:

  eagre traceback%s %s
      the report: who, where it entered, how much
  curl -s %s/metrics | grep eagre_
      what the engine counts
  eagre signature test
      the signatures that ship, and their cases
  eagre replay capture.pcap
      the same engine on a capture of yours
  eagre run -c eagre.yaml
      for real: docs/getting-started.md says how

(without an installed eagre: go run ./cmd/eagre …)
`, t.adminFlag(), id, t.admin)
}

func (t *demoTeller) adminFlag() string {
	if t.admin == config.Default().Admin.Listen {
		return ""
	}
	return " --admin " + t.admin
}

func (t *demoTeller) conclude() {
	fmt.Fprintf(t.out, "\nThe demo is over: %d anomalies were opened.\n", t.opened)
}
