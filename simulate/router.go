package simulate

import (
	"errors"
	"fmt"
	"net/netip"
	"time"

	"eagre/flow"
	"eagre/network"
)

// Router is one router of a scenario and how it exports.
type Router struct {
	// Exporter has its name, its interfaces and the address that its datagrams
	// come from. The operator's sampling override in it is not used.
	Exporter network.Exporter
	Format   flow.Version // any NetFlow, IPFIX or sFlow
	Scheme   V8Scheme     // NetFlow v8 alone: by what flows are added up
	// Domain is the v5, v6 and v8 engine id (its low 8 bits), the v9 source id, the
	// IPFIX domain or the sFlow sub-agent. v1 and v7 have none.
	Domain uint32

	Sampling      uint32   // one packet in so many; 0 and 1 look at all
	Deterministic bool     // each Sampling-th packet; otherwise at random
	Announce      Announce // how the rate is told

	// Active and Inactive are the timeouts of the flow cache (all but sFlow): a
	// running flow is exported every Active, a silent one after Inactive.
	Active, Inactive time.Duration
	Times            Times // how v9 and IPFIX say when a flow was
	// TemplatesEvery and OptionsEvery are how often v9 and IPFIX send templates, and
	// options with their templates; 0 is DefaultResend.
	TemplatesEvery, OptionsEvery time.Duration
	// PacketReports makes IPFIX send each sampled packet as a PSAMP packet report in
	// place of flows.
	PacketReports bool
	// CountersEvery is how often sFlow sends the counters of each interface; 0 is
	// never.
	CountersEvery time.Duration

	Agent        netip.Addr    // sFlow agent address; zero: the exporter's address
	Boot         time.Time     // where sysUptime counts from
	Skew         time.Duration // how far ahead of the scenario's the router's clock goes
	RestartAt    []time.Time   // sysUptime, sequence and caches begin anew, template ids are others
	RestartEvery time.Duration // the same again and again; 0 is never
	Faults       Faults        // what the network does to its datagrams
}

// DefaultResend is how often templates and options are sent where nothing is said.
const DefaultResend = time.Minute

// Announce is how a router tells its sampling rate.
type Announce uint8

// The ways to tell. The zero value is the format's own: the header in v5, v6 and v8,
// options in v9 and IPFIX, the sample in sFlow; v1 and v7 have none.
const (
	AnnounceNaturally Announce = iota
	AnnounceHeader
	AnnounceOptions
	AnnounceRecords // each record has it
	AnnounceNothing
	announceCount
)

var announceNames = [announceCount]string{"naturally", "header", "options", "record", "nothing"}

// String is the way in a word.
func (a Announce) String() string { return announceNames[min(a, announceCount-1)] }

// announces are the ways that a format has, its own first.
func announces(v flow.Version) []Announce {
	switch v {
	case flow.NetFlowV5, flow.NetFlowV6, flow.NetFlowV8:
		return []Announce{AnnounceHeader, AnnounceNothing}
	case flow.NetFlowV9, flow.IPFIX:
		return []Announce{AnnounceOptions, AnnounceRecords, AnnounceNothing}
	case flow.SFlowV5:
		return []Announce{AnnounceRecords}
	}
	return []Announce{AnnounceNothing}
}

func (r Router) withDefaults() Router {
	if r.Announce == AnnounceNaturally {
		r.Announce = announces(r.Format)[0]
	}
	if r.TemplatesEvery == 0 {
		r.TemplatesEvery = DefaultResend
	}
	if r.OptionsEvery == 0 {
		r.OptionsEvery = DefaultResend
	}
	return r
}

// Validate tells everything that is wrong with a router.
func (r Router) Validate() error {
	var errs []error
	wrong := func(is bool, format string, args ...any) {
		if is {
			errs = append(errs, fmt.Errorf("simulate: router "+r.Exporter.Name+": "+format, args...))
		}
	}
	if !exportable(r.Format) {
		wrong(true, "cannot export %s", r.Format)
		return errors.Join(errs...)
	}
	cached := r.Format != flow.SFlowV5 && !r.PacketReports
	wrong(cached && (r.Active <= 0 || r.Inactive <= 0), "a flow cache needs both timeouts, got %v and %v", r.Active, r.Inactive)
	wrong(r.saysInHeader() && r.Sampling > maxV5Sampling, "%s says at most 1:%d, got 1:%d", versionWords[r.Format], maxV5Sampling, r.Sampling)
	wrong(!r.Exporter.Address.IsValid(), "no address")
	wrong(r.Announce != AnnounceNaturally && !r.canAnnounce(), "%s does not tell its sampling rate by %s", r.Format, r.Announce)
	wrong(r.Format == flow.NetFlowV8 && (r.Scheme == 0 || r.Scheme >= v8Schemes), "NetFlow v8 needs an aggregation scheme")
	wrong(r.PacketReports && r.Format != flow.IPFIX, "packet reports need IPFIX, not %s", r.Format)
	wrong(r.Times >= timesCount, "no such way to say times")
	wrong(r.Times > SysUptimes && r.Format == flow.NetFlowV9, "NetFlow v9 says times as sysUptime")
	wrong(r.RestartEvery != 0 && r.RestartEvery < time.Second, "restarts each %v: want 1s or more", r.RestartEvery)
	for _, share := range []float64{r.Faults.Loss, r.Faults.Duplication, r.Faults.Reordering} {
		wrong(!(share >= 0 && share <= 1), "a share of %v is not between 0 and 1", share)
	}
	return errors.Join(errs...)
}

// versionWords are the formats with a rate in the header, as people write them.
var versionWords = map[flow.Version]string{flow.NetFlowV5: "NetFlow v5", flow.NetFlowV6: "NetFlow v6", flow.NetFlowV8: "NetFlow v8"}

// exportable tells whether there is an encoder for a format.
func exportable(v flow.Version) bool {
	switch v {
	case flow.NetFlowV1, flow.NetFlowV5, flow.NetFlowV6, flow.NetFlowV7, flow.NetFlowV8, flow.NetFlowV9, flow.IPFIX, flow.SFlowV5:
		return true
	}
	return false
}

func (r Router) canAnnounce() bool {
	for _, a := range announces(r.Format) {
		if a == r.Announce {
			return true
		}
	}
	return false
}

func (r Router) saysInHeader() bool { return r.withDefaults().Announce == AnnounceHeader }

const maxV5Sampling = 1<<14 - 1
