package simulate

import (
	"time"

	"eagre/flow"
	"eagre/network"
)

// Sampler is one entry of an exporter's table of samplers.
type Sampler struct {
	ID            uint32
	Rate          uint32 // one packet in so many
	Deterministic bool   // each Rate-th packet; otherwise at random
	Name          string
}

// SamplerTemplate is the options template of a table of samplers. NetFlow v9 uses
// FLOW_SAMPLER_ID, _MODE and _RANDOM_INTERVAL (RFC 3954 §8), IPFIX the selector
// elements of RFC 5477 §8.
func SamplerTemplate(format flow.Version, id uint16) Template {
	if format == flow.IPFIX {
		return Template{ID: id, Scope: 1, Fields: []Field{
			{Element: SelectorID, Length: 4},
			{Element: SelectorAlgorithm, Length: 2},
			{Element: SamplingPacketInterval, Length: 4},
			{Element: SamplingPacketSpace, Length: 4},
		}}
	}
	return Template{ID: id, Scope: 1, Fields: []Field{
		{Element: ScopeSystem, Length: 4},
		{Element: SamplerID, Length: 4},
		{Element: SamplerMode, Length: 1},
		{Element: SamplerRandomInterval, Length: 4},
		{Element: SamplerName, Length: 16},
	}}
}

// Row is the sampler as a record of its template.
func (s Sampler) Row(format flow.Version) []Value {
	if format == flow.IPFIX {
		algorithm := uint64(randomSelection)
		if s.Deterministic {
			algorithm = systematicCount
		}
		return []Value{Number(uint64(s.ID), 4), Number(algorithm, 2), Number(1, 4), Number(uint64(max(1, s.Rate)-1), 4)}
	}
	mode := uint64(v9RandomSampling)
	if s.Deterministic {
		mode = v9Deterministic
	}
	return []Value{Number(0, 4), Number(uint64(s.ID), 4), Number(mode, 1), Number(uint64(s.Rate), 4), Text(s.Name)}
}

// IntervalTemplate is the options template of a rate for the whole exporter:
// SAMPLING_INTERVAL and SAMPLING_ALGORITHM.
func IntervalTemplate(format flow.Version, id uint16) Template {
	scope := Field{Element: ScopeSystem, Length: 4}
	if format == flow.IPFIX {
		scope.Element = ObservationDomainID
	}
	return Template{ID: id, Scope: 1, Fields: []Field{scope, {Element: SamplingInterval, Length: 4}, {Element: SamplingAlgorithm, Length: 1}}}
}

// IntervalRow is a record of the IntervalTemplate.
func IntervalRow(domain, rate uint32, deterministic bool) []Value {
	algorithm := uint64(v9RandomSampling)
	if deterministic {
		algorithm = v9Deterministic
	}
	return []Value{Number(uint64(domain), 4), Number(uint64(rate), 4), Number(algorithm, 1)}
}

// v9NameBytes is the length of names in NetFlow v9, where all fields are fixed.
const v9NameBytes = 32

// InterfaceTemplate is the options template of a table of interface names. The
// names have variable length in IPFIX and 32 octets in NetFlow v9.
func InterfaceTemplate(format flow.Version, id uint16) Template {
	scope, length := Field{Element: ScopeInterface, Length: 4}, uint16(v9NameBytes)
	if format == flow.IPFIX {
		scope.Element, length = IngressInterface, Variable
	}
	return Template{ID: id, Scope: 1, Fields: []Field{scope, {Element: InterfaceName, Length: length}, {Element: InterfaceDescription, Length: length}}}
}

// InterfaceRow is an interface as a record of the InterfaceTemplate.
func InterfaceRow(i network.Interface) []Value {
	description := Text(i.Role.String())
	return []Value{Number(uint64(i.Index), 4), Text(i.Name)[:min(len(i.Name), v9NameBytes)], description}
}

// Application is one entry of a router's table of applications (RFC 6759).
type Application struct {
	ID   uint64 // engine<<56 | selector, as flow.Record.App
	Name string
}

// ApplicationTemplate is the options template of a table of applications.
func ApplicationTemplate(format flow.Version, id uint16) Template {
	if format == flow.IPFIX {
		return Template{ID: id, Scope: 1, Fields: []Field{{Element: ApplicationID, Length: 4}, {Element: ApplicationName, Length: Variable}}}
	}
	return Template{ID: id, Scope: 1, Fields: []Field{
		{Element: ScopeSystem, Length: 4}, {Element: ApplicationID, Length: 4}, {Element: ApplicationName, Length: 24},
	}}
}

// Row is the application as a record of its template.
func (a Application) Row(format flow.Version) []Value {
	id := Value(appendApplication(nil, 4, a.ID))
	if format == flow.IPFIX {
		return []Value{id, Text(a.Name)}
	}
	return []Value{Number(0, 4), id, Text(a.Name)[:min(len(a.Name), 24)]}
}

// BootTemplate is the IPFIX options template of when the exporter started, for
// whoever reads sysUptimes: IPFIX has none in its header (RFC 7011 §6, element 160).
func BootTemplate(id uint16) Template {
	return Template{ID: id, Scope: 1, Fields: []Field{{Element: ObservationDomainID, Length: 4}, {Element: SystemInitTimeMilliseconds, Length: 8}}}
}

// BootRow is a record of the BootTemplate.
func BootRow(domain uint32, boot time.Time) []Value {
	return []Value{Number(uint64(domain), 4), Number(uint64(boot.UnixMilli()), 8)}
}
