package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
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
	return askReport(ctx, t.Admin, t.ID)
}

// maxReportBytes bounds what is read from an engine.
const maxReportBytes = 64 << 20

// askReport asks the admin listener of a running engine.
func askReport(ctx context.Context, admin, id string) (traceback.Report, error) {
	var report traceback.Report
	if _, _, err := net.SplitHostPort(admin); err != nil {
		return report, usagef("--admin %s: want host:port, as 127.0.0.1:9090", admin)
	}
	ctx, stop := context.WithTimeout(ctx, 10*time.Second)
	defer stop()
	address := url.URL{Scheme: "http", Host: admin, Path: "/api/v1/anomalies/" + id + "/report"}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address.String(), nil)
	if err != nil {
		return report, usageError{err}
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return report, fmt.Errorf("no engine answers at %s: is it running? (--admin names another, --data DIR opens a folder): %w", admin, err)
	}
	defer resp.Body.Close()
	switch resp.StatusCode {
	case http.StatusOK:
	case http.StatusNotFound:
		return report, fmt.Errorf("the engine at %s knows no anomaly %s", admin, id)
	default:
		return report, fmt.Errorf("the engine at %s answers %s", admin, resp.Status)
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, maxReportBytes)).Decode(&report); err != nil {
		return report, fmt.Errorf("what answers at %s sends no report: is it an eagre? %w", admin, err)
	}
	return report, nil
}
