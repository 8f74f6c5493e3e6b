package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"time"

	"eagre/flow"
	"eagre/ingest"
)

type exportersCommand struct {
	Admin    string       `help:"Admin listener of the engine to ask." default:"127.0.0.1:9090"`
	Format   string       `enum:"text,json" default:"text" help:"text for people, json for programs."`
	Detail   bool         `help:"Everything that is known, exporter by exporter, with what its interfaces moved." xor:"what"`
	Ledger   *uint32      `help:"Minute by minute of this interface of the exporter, by its number (ifIndex)." xor:"what" placeholder:"IFINDEX"`
	Minutes  ledgerLength `default:"60" help:"How many minutes of it, 1–1440."`
	Exporter string       `arg:"" optional:"" help:"Name or address of one exporter."`
}

// ledgerLength is how many minutes of a ledger are shown.
type ledgerLength int

// Validate is asked by the command line.
func (l ledgerLength) Validate() error {
	if l < 1 || l > mostMinutes {
		return fmt.Errorf("%d is out of 1–%d", l, mostMinutes)
	}
	return nil
}

// exporterList is the answer of the admin listener.
type exporterList struct {
	Exporters []exporterStatus `json:"exporters"`
	Sockets   []socketStatus   `json:"sockets"`
	Ledger    ledgerExtent     `json:"ledger"`
}

type exporterStatus struct {
	Name string `json:"name"`
	ingest.Status
	Trust      *exporterHealth    `json:"trust"`            // nil: no minute of it has settled yet
	Crosscheck *exporterAgreement `json:"crosscheck"`       // nil: no counters to hold its flows against
	Ledger     *exporterLedger    `json:"ledger,omitempty"` // with --detail
}

type socketStatus struct {
	Socket string `json:"socket"`
	Drops  uint64 `json:"kernel_drops"`
}

// serveExporters answers with what is known of all exporters.
func (e *engine) serveExporters(w http.ResponseWriter, _ *http.Request) {
	list := exporterList{Exporters: []exporterStatus{}, Sockets: []socketStatus{}, Ledger: e.ledgerNow().extent()}
	trust := map[netip.Addr]*exporterHealth{}
	for _, h := range healthList(e.detector.Health(), e.exporterName) {
		trust[h.Exporter] = &h
	}
	counters := e.checker.agreement()
	for _, s := range e.collector.Exporters() {
		list.Exporters = append(list.Exporters, exporterStatus{
			Name: e.exporterName(s.Exporter), Status: s, Trust: trust[s.Exporter], Crosscheck: counters.of(flow.FromAddr(s.Exporter)),
		})
	}
	for _, s := range e.receiver.Listeners() {
		list.Sockets = append(list.Sockets, socketStatus{s.Network() + " " + s.Addr().String(), s.Drops()})
	}
	for _, m := range e.monitors {
		list.Sockets = append(list.Sockets, socketStatus{"packets on " + m.name, m.Drops()})
	}
	answer(w, list)
}

// Run prints the table, what is known of one exporter, or an interface of its ledger.
func (x *exportersCommand) Run(ctx context.Context, c console) error {
	engine := engineAt{x.Admin, "--admin names another"}
	if x.Ledger != nil {
		return x.minutes(ctx, engine, c.out)
	}
	list, err := x.list(ctx, engine)
	if err != nil {
		return err
	}
	detail := x.Detail || x.Exporter != ""
	if detail {
		if err := list.readLedgers(ctx, engine); err != nil {
			return err
		}
	}
	switch {
	case x.Format == "json":
		return json.NewEncoder(c.out).Encode(list)
	case detail:
		return list.details(c.out)
	}
	return list.table(c.out, time.Now())
}

// list is the exporters that were asked for.
func (x *exportersCommand) list(ctx context.Context, engine engineAt) (exporterList, error) {
	var list exporterList
	if err := engine.get(ctx, "/api/v1/exporters", &list); err != nil || x.Exporter == "" {
		return list, err
	}
	list.Exporters = slices.DeleteFunc(list.Exporters, func(s exporterStatus) bool {
		return s.Name != x.Exporter && s.Exporter.String() != x.Exporter
	})
	if len(list.Exporters) == 0 {
		return list, fmt.Errorf("the engine at %s has not heard an exporter %s", x.Admin, x.Exporter)
	}
	return list, nil
}

// readLedgers asks for what the interfaces of each exporter moved.
func (l exporterList) readLedgers(ctx context.Context, engine engineAt) error {
	for i := range l.Exporters {
		s := &l.Exporters[i]
		s.Ledger = &exporterLedger{}
		if err := engine.get(ctx, ledgerPath(s.Exporter), s.Ledger); err != nil {
			return err
		}
	}
	return nil
}

// ledgerPath is where the ledger of an exporter is asked for.
func ledgerPath(exporter netip.Addr) string {
	return "/api/v1/exporters/" + exporter.String() + "/ledger"
}

// minutes prints one interface of the ledger.
func (x *exportersCommand) minutes(ctx context.Context, engine engineAt, w io.Writer) error {
	if x.Exporter == "" {
		return usagef("--ledger %d: of which exporter? eagre exporters NAME --ledger %d", *x.Ledger, *x.Ledger)
	}
	list, err := x.list(ctx, engine)
	if err != nil {
		return err
	}
	var ledger exporterLedger
	query := url.Values{"interface": {fmt.Sprint(*x.Ledger)}, "minutes": {fmt.Sprint(int(x.Minutes))}}
	err = engine.ask(ctx, ledgerPath(list.Exporters[0].Exporter), query, &ledger)
	var unknown notFound
	switch {
	case errors.As(err, &unknown):
		return fmt.Errorf("the ledger has no interface %d of %s yet: eagre exporters %s lists those it has", *x.Ledger, x.Exporter, x.Exporter)
	case err != nil:
		return err
	case x.Format == "json":
		return json.NewEncoder(w).Encode(ledger)
	}
	return ledger.minutes(w)
}
