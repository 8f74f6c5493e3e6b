package main

import (
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"

	"eagre/flow"
)

// ledgerNow is what can be told of the ledger.
func (e *engine) ledgerNow() ledgerWindow {
	return openLedger(e.detector.Ledger(), e.began, e.detector.Now())
}

// serveLedger answers with what the interfaces of an exporter moved; with interface=
// and minutes=, minute by minute of one.
func (e *engine) serveLedger(w http.ResponseWriter, r *http.Request) {
	q, err := parseLedgerQuery(r.URL.Query())
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	address, known := e.exporterCalled(r.PathValue("exporter"))
	if !known {
		http.Error(w, "no such exporter", http.StatusNotFound)
		return
	}
	window, exporter := e.ledgerNow(), flow.FromAddr(address)
	if q.one && !window.holds(exporter, q.index) {
		http.Error(w, "no such interface", http.StatusNotFound)
		return
	}
	name := func(index uint32) string { return e.interfaceName(address, index) }
	answer(w, exporterLedger{
		Name: e.exporterName(address), Exporter: address, Since: window.since, Until: window.until,
		Interfaces: q.of(window, exporter, name),
	})
}

// ledgerQuery is what of an exporter's ledger is asked for.
type ledgerQuery struct {
	one     bool // interface, minute by minute
	index   uint32
	minutes int
}

const (
	usualMinutes = 60
	mostMinutes  = 24 * 60
)

// parseLedgerQuery reads interface= and minutes=, which is of one interface only.
func parseLedgerQuery(v url.Values) (ledgerQuery, error) {
	q := ledgerQuery{one: v.Has("interface"), minutes: usualMinutes}
	if q.one {
		index, err := strconv.ParseUint(v.Get("interface"), 10, 32)
		if err != nil {
			return q, fmt.Errorf("interface=%q: want the number of an interface", v.Get("interface"))
		}
		q.index = uint32(index)
	}
	if !v.Has("minutes") {
		return q, nil
	}
	if !q.one {
		return q, fmt.Errorf("minutes: of which interface? interface= is missing")
	}
	var err error
	if q.minutes, err = strconv.Atoi(v.Get("minutes")); err != nil || q.minutes < 1 || q.minutes > mostMinutes {
		return q, fmt.Errorf("minutes=%q: want 1–%d", v.Get("minutes"), mostMinutes)
	}
	return q, nil
}

// of reads from the ledger what was asked for.
func (q ledgerQuery) of(w ledgerWindow, exporter flow.IP, name func(index uint32) string) []interfaceLedger {
	if !q.one {
		return w.interfaces(exporter, name)
	}
	return []interfaceLedger{w.single(exporter, q.index, name(q.index), q.minutes)}
}

// exporterCalled finds an exporter that has been heard by its name or its address.
func (e *engine) exporterCalled(name string) (netip.Addr, bool) {
	if address, err := netip.ParseAddr(name); err == nil && len(e.detector.Ledger().Lines(flow.FromAddr(address))) > 0 {
		return address, true
	}
	for _, s := range e.collector.Exporters() {
		if s.Exporter.String() == name || e.exporterName(s.Exporter) == name {
			return s.Exporter, true
		}
	}
	return netip.Addr{}, false
}

// interfaceName is what the operator calls an interface, else what its exporter does;
// empty where nobody has said.
func (e *engine) interfaceName(exporter netip.Addr, index uint32) string {
	if name := e.network.Interface(flow.FromAddr(exporter), index).Name; name != "" {
		return name
	}
	return e.collector.InterfaceName(exporter, index)
}
