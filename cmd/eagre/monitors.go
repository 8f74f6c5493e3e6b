package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"eagre/ingest/header"
	"eagre/ingest/monitor"
)

// openMonitors opens the network interfaces whose packets are metered. When one
// cannot be opened, none stays open and all that failed are reported.
func (e *engine) openMonitors() error {
	var errs []error
	for _, m := range e.cfg.Listen.Packets {
		c := monitor.DefaultConfig()
		c.Interface, c.Index = m.Interface, m.Index
		if m.Promiscuous != nil {
			c.Promiscuous = *m.Promiscuous
		}
		opened, err := monitor.Open(c)
		if err != nil {
			errs = append(errs, fmt.Errorf("listen.packets: %w", err))
			continue
		}
		e.monitors = append(e.monitors, watched{m.Interface, opened})
		e.registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{
			Name: "eagre_monitor_kernel_drops_total", Help: "Packets of a watched interface that the kernel had no room for.",
			ConstLabels: prometheus.Labels{"interface": m.Interface},
		}, func() float64 { return float64(opened.Drops()) }))
	}
	return errors.Join(errs...)
}

// watched is a network interface that is listened to.
type watched struct {
	name string
	*monitor.Monitor
}

// watch gives the packets of an interface to the collector until the context
// ends.
func (e *engine) watch(ctx context.Context, w watched) error {
	return w.Run(ctx, func(at time.Time, link header.LinkType, data []byte, wireBytes int) {
		e.collector.Frame(at, link, data, wireBytes, w.Index())
	})
}
