package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

func newRegistry() *prometheus.Registry {
	r := prometheus.NewRegistry()
	r.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return r
}

// serveAdmin answers on the admin listener until the context ends.
func (e *engine) serveAdmin(ctx context.Context) error {
	server := &http.Server{
		Handler:           onlyLoopback(e.adminRoutes()),
		ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 30 * time.Second,
		MaxHeaderBytes: 64 << 10,
	}
	go func() {
		<-ctx.Done()
		grace, stop := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer stop()
		_ = server.Shutdown(grace) // what takes longer than a second is cut off
	}()
	if err := server.Serve(e.admin); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

func (e *engine) adminRoutes() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(e.registry, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /-/healthy", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "healthy") })
	mux.HandleFunc("GET /-/ready", func(w http.ResponseWriter, _ *http.Request) {
		if !e.ready.Load() {
			http.Error(w, "starting or stopping", http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(w, "ready")
	})
	mux.HandleFunc("GET /api/v1/exporters", e.serveExporters)
	mux.HandleFunc("GET /api/v1/exporters/{exporter}/ledger", e.serveLedger)
	mux.HandleFunc("GET /api/v1/standing", e.serveStanding)
	mux.HandleFunc("GET /api/v1/flows", e.serveFlows)
	mux.HandleFunc("GET /api/v1/anomalies", func(w http.ResponseWriter, _ *http.Request) { answer(w, e.reports.newest()) })
	mux.HandleFunc("GET /api/v1/anomalies/{id}/report", func(w http.ResponseWriter, r *http.Request) {
		report, known := e.reports.get(r.PathValue("id"))
		if !known {
			http.Error(w, "no such anomaly", http.StatusNotFound)
			return
		}
		answer(w, report)
	})
	return mux
}

func answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v) // whoever asked has gone
}

// onlyLoopback refuses requests whose Host is a name: a page in a browser that
// had its name resolved to loopback must not read what is here.
func onlyLoopback(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, err := net.SplitHostPort(r.Host)
		if err != nil {
			host = strings.Trim(r.Host, "[]") // without a port
		}
		address, err := netip.ParseAddr(host)
		if host != "localhost" && (err != nil || !address.IsLoopback()) {
			http.Error(w, "ask by a loopback address", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}
