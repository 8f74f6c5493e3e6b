package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"eagre/alert"
	"eagre/anomaly"
	"eagre/cmd/eagre/config"
	"eagre/detector"
	"eagre/flow"
	"eagre/ingest"
	"eagre/ingest/snmp"
	"eagre/network"
	"eagre/signatures"
	"eagre/stream"
	"eagre/traceback"
)

// engine is all rooms of one running eagre, connected.
type engine struct {
	cfg       config.Config
	log       *slog.Logger
	registry  *prometheus.Registry
	stream    *stream.Stream
	collector *ingest.Collector
	receiver  *ingest.Receiver
	detector  *detector.Engine
	alerter   *alert.Alerter
	reports   *reports
	follower  *stream.Follower
	admin     net.Listener
	events    chan anomaly.Event
	ready     atomic.Bool
	lost      prometheus.Counter
	network   *network.Map
	tails     chan struct{}   // a place for each reader of live flows
	running   context.Context // ends when the engine stops
	monitors  []watched
	poller    *snmp.Poller   // nil: no counters are read
	checker   *crosschecking // nil: flows are not held against counters
	kept      uint64         // revision of what exporters announced that is on disk
	began     time.Time      // what lies before was not watched
}

// engineOptions is what an engine needs besides its configuration.
type engineOptions struct {
	cfg        config.Config
	signatures *signatures.Set
	workers    workerCount
	log        *slog.Logger
	// tell are receivers besides the configured ones, by name: the demo prints
	// on the terminal whatever the configuration says.
	tell map[string]alert.Notifier
	// scratch: nothing is kept beyond the run, so the streams stay small.
	scratch bool
}

// newEngine builds all rooms. The order is the way of a flow, backwards, so
// that nothing is sent before its receiver stands. Wiring is one straight line
// on purpose: what is connected to what should be read in one place.
func newEngine(ctx context.Context, o engineOptions) (_ *engine, err error) {
	e := &engine{cfg: o.cfg, log: o.log, registry: newRegistry(), events: make(chan anomaly.Event, eventsWaiting), tails: make(chan struct{}, mostTails), began: time.Now()}
	defer func() {
		if err != nil {
			e.close()
		}
	}()
	e.lost = prometheus.NewCounter(prometheus.CounterOpts{Name: "eagre_events_unstored_total", Help: "Anomaly events that could not be stored in time; they were told all the same."})
	e.registry.MustRegister(e.lost)
	nw, err := network.New(o.cfg.Network())
	if err != nil {
		return nil, usageError{err}
	}
	e.network = nw
	seed, err := dataFolder(o.cfg.Data.Dir)
	if err != nil {
		return nil, err
	}
	if e.reports, err = newReports(o.cfg.Data.Dir); err != nil {
		return nil, err
	}
	if e.alerter, err = newAlerter(o, seed, e.registry); err != nil {
		return nil, err
	}
	if e.stream, err = stream.Open(ctx, streamConfig(o), stream.Deps{Log: o.log, Metrics: stream.NewMetrics(e.registry)}); err != nil {
		return nil, err
	}
	if e.follower, err = e.stream.Follow(ctx, stream.Newest); err != nil {
		return nil, err
	}
	sink := newTracer(nw, e.reports, traceback.NewMetrics(e.registry), e.queueEvent)
	sink.interfaceName = func(exporter netip.Addr, index uint32) string { return e.collector.InterfaceName(exporter, index) }
	clock := &minutes{Sink: sink}
	if e.detector, err = detector.New(detectorConfig(o.cfg, o.workers, seed), detector.Deps{
		Network: nw, Signatures: o.signatures, Sink: clock, Metrics: detector.NewMetrics(e.registry),
	}); err != nil {
		return nil, err
	}
	e.registry.MustRegister(detector.NewTrust(e.detector))
	if err = e.openCrosscheck(sink, clock); err != nil {
		return nil, err
	}
	e.collector = ingest.NewCollector(ingestConfig(o.cfg), ingest.Deps{
		Network: nw, Publisher: e.stream.Flows(), Metrics: ingest.NewMetrics(e.registry), Log: o.log,
		Silence: newSilences(e).notice, Moved: e.checker.sampled,
	})
	e.registry.MustRegister(ingest.NewBooks(e.collector))
	if err = e.recallExporters(); err != nil {
		return nil, err
	}
	if e.receiver, err = ingest.NewReceiver(ctx, e.collector, time.Now); err != nil {
		return nil, err
	}
	if err = e.openMonitors(); err != nil {
		return nil, err
	}
	if e.admin, err = net.Listen("tcp", o.cfg.Admin.Listen); err != nil {
		return nil, fmt.Errorf("admin.listen: %w", err)
	}
	return e, nil
}

func ingestConfig(cfg config.Config) ingest.Config {
	c := ingest.DefaultConfig()
	c.NetFlow, c.SFlow, c.Auto, c.TCP = cfg.Listen.NetFlow, cfg.Listen.SFlow, cfg.Listen.Auto, cfg.Listen.IPFIXTCP
	c.Packets.Pair = cfg.Listen.Pair
	return c
}

// exporterName is what people call an exporter.
func (e *engine) exporterName(address netip.Addr) string {
	return nameOf(e.network, flow.FromAddr(address))
}

// nameOf is what the operator calls an exporter, or its address.
func nameOf(nw *network.Map, exporter flow.IP) string {
	if x, known := nw.Exporter(exporter); known && x.Name != "" {
		return x.Name
	}
	return exporter.String()
}

func streamConfig(o engineOptions) stream.Config {
	s := stream.DefaultConfig()
	s.Dir, s.Listen = o.cfg.NATS.Embedded.Dir, o.cfg.NATS.Embedded.Listen
	s.URL, s.Creds = o.cfg.NATS.URL, o.cfg.NATS.Creds
	if o.scratch {
		s.FlowsMaxBytes, s.EventsMaxBytes = 64<<20, 16<<20
	}
	return s
}

// run works until the context ends or a room fails. The rooms stop in the order
// of a flow's way: what was found is stored and told before the last one leaves.
func (e *engine) run(ctx context.Context) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	e.running = ctx
	storing, stopStoring := context.WithCancel(context.WithoutCancel(ctx))
	defer stopStoring()
	telling, stopTelling := context.WithCancel(context.WithoutCancel(ctx))
	defer stopTelling()
	var finders, storers, tellers sync.WaitGroup
	room := func(ctx context.Context, floor *sync.WaitGroup, name string, work func(context.Context) error) {
		floor.Go(func() {
			if err := work(ctx); err != nil && ctx.Err() == nil {
				stop(fmt.Errorf("%s: %w", name, err))
			}
		})
	}
	room(telling, &tellers, "alert", e.alerter.Run)
	room(storing, &storers, "events", e.tellEvents)
	room(ctx, &finders, "detector", func(ctx context.Context) error { return e.detector.Run(ctx, followed{e.follower}) })
	room(ctx, &finders, "ingest", e.receiver.Run)
	if e.cfg.NATS.Arrow {
		room(ctx, &finders, "export", e.exportFlows)
	}
	if e.cfg.NATS.Import {
		room(ctx, &finders, "import", e.importFlows)
	}
	if e.checker != nil {
		room(ctx, &finders, "crosscheck", e.checker.run)
		room(ctx, &finders, "snmp", e.poller.Run)
	}
	for _, m := range e.monitors {
		room(ctx, &finders, "monitor", func(ctx context.Context) error { return e.watch(ctx, m) })
	}
	room(ctx, &finders, "exporter state", e.keepExporters)
	room(ctx, &finders, "admin", e.serveAdmin)
	e.ready.Store(true)
	<-ctx.Done()
	e.ready.Store(false)
	enough := time.AfterFunc(drainPatience, stopStoring)
	defer enough.Stop()
	finders.Wait()
	e.writeExporters()
	close(e.events)
	storers.Wait()
	stopTelling()
	tellers.Wait()
	if cause := context.Cause(ctx); !errors.Is(cause, context.Canceled) {
		return cause
	}
	return nil
}

// drainPatience is how long a stop waits for the stream to take what was found.
const drainPatience = 5 * time.Second

// close lets go of everything that newEngine opened.
func (e *engine) close() {
	if e.follower != nil {
		e.follower.Close()
	}
	if e.admin != nil {
		_ = e.admin.Close() // closed already when it served
	}
	for _, m := range e.monitors {
		_ = m.Close() // closed already when it ran
	}
	if e.receiver != nil {
		for _, l := range e.receiver.Listeners() {
			_ = l.Close() // closed already when it ran
		}
	}
	if e.stream != nil {
		if err := e.stream.Close(); err != nil {
			e.log.Warn("closing the stream", "error", err)
		}
	}
}

// followed makes a detector.Source of a follower.
type followed struct{ *stream.Follower }

// Next implements detector.Source.
func (f followed) Next(ctx context.Context) ([]byte, error) {
	packed, _, err := f.Follower.Next(ctx)
	return packed, err
}

// outboxDir is where undelivered alerts wait.
func outboxDir(dataDir string) string { return filepath.Join(dataDir, "outbox") }
