package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"time"

	"eagre/ingest"
)

type exportersCommand struct {
	Admin    string `help:"Admin listener of the engine to ask." default:"127.0.0.1:9090"`
	Format   string `enum:"text,json" default:"text" help:"text for people, json for programs."`
	Detail   bool   `help:"Everything that is known, exporter by exporter."`
	Exporter string `arg:"" optional:"" help:"Name or address of one exporter."`
}

// exporterList is the answer of the admin listener.
type exporterList struct {
	Exporters []exporterStatus `json:"exporters"`
	Sockets   []socketStatus   `json:"sockets"`
}

type exporterStatus struct {
	Name string `json:"name"`
	ingest.Status
}

type socketStatus struct {
	Socket string `json:"socket"`
	Drops  uint64 `json:"kernel_drops"`
}

// serveExporters answers with what is known of all exporters.
func (e *engine) serveExporters(w http.ResponseWriter, _ *http.Request) {
	list := exporterList{Exporters: []exporterStatus{}, Sockets: []socketStatus{}}
	for _, s := range e.collector.Exporters() {
		list.Exporters = append(list.Exporters, exporterStatus{e.exporterName(s.Exporter), s})
	}
	for _, s := range e.receiver.Listeners() {
		list.Sockets = append(list.Sockets, socketStatus{s.Network() + " " + s.Addr().String(), s.Drops()})
	}
	for _, m := range e.monitors {
		list.Sockets = append(list.Sockets, socketStatus{"packets on " + m.name, m.Drops()})
	}
	answer(w, list)
}

// Run prints the table.
func (x *exportersCommand) Run(ctx context.Context, c console) error {
	var list exporterList
	if err := (engineAt{x.Admin, "--admin names another"}).get(ctx, "/api/v1/exporters", &list); err != nil {
		return err
	}
	if x.Exporter != "" {
		list.Exporters = slices.DeleteFunc(list.Exporters, func(s exporterStatus) bool {
			return s.Name != x.Exporter && s.Exporter.String() != x.Exporter
		})
		if len(list.Exporters) == 0 {
			return fmt.Errorf("the engine at %s has not heard an exporter %s", x.Admin, x.Exporter)
		}
	}
	switch {
	case x.Format == "json":
		return json.NewEncoder(c.out).Encode(list)
	case x.Detail || x.Exporter != "":
		return list.details(c.out)
	}
	return list.table(c.out, time.Now())
}
