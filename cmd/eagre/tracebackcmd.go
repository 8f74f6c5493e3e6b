package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"eagre/traceback"
)

type tracebackCommand struct {
	Data   string `help:"Data folder of an engine or of replay --data; without it a running engine is asked." type:"path" placeholder:"DIR"`
	Admin  string `help:"Admin listener of the engine to ask." default:"127.0.0.1:9090"`
	Format string `enum:"text,json" default:"text" help:"text for people, json for programs."`
	ID     string `arg:"" help:"Anomaly id, as alerts and events give it."`
}

// Run prints a report.
func (t *tracebackCommand) Run(ctx context.Context, c console) error {
	if !anomalyID.MatchString(t.ID) {
		return usagef("%q is no anomaly id; one looks like a-abcdefgh23456723", t.ID)
	}
	report, err := t.fetch(ctx)
	if err != nil {
		return err
	}
	if t.Format == "json" {
		lines := json.NewEncoder(c.out)
		lines.SetEscapeHTML(false)
		return lines.Encode(report)
	}
	return report.Text(c.out, time.Now())
}

func (t *tracebackCommand) fetch(ctx context.Context) (traceback.Report, error) {
	if t.Data != "" {
		return readReport(t.Data, t.ID)
	}
	e := engineAt{t.Admin, "--admin names another, --data DIR opens a folder"}
	var report traceback.Report
	err := e.get(ctx, "/api/v1/anomalies/"+t.ID+"/report", &report)
	var unknown notFound
	if errors.As(err, &unknown) {
		return report, fmt.Errorf("the engine at %s knows no anomaly %s", t.Admin, t.ID)
	}
	return report, err
}
