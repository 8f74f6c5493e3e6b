package signatures

import (
	"net/netip"

	yaml "go.yaml.in/yaml/v4"

	"eagre/flow"
)

// cases reads the flows that must and must not match.
func (r *ruleReader) cases(n *yaml.Node) {
	r.keys(n, "cases", map[string]func(*yaml.Node){
		"match":   func(n *yaml.Node) { r.Match = r.caseList(n, true) },
		"nomatch": func(n *yaml.Node) { r.NoMatch = r.caseList(n, false) },
	})
}

func (r *ruleReader) caseList(n *yaml.Node, want bool) []Case {
	var cases []Case
	for _, element := range r.elements(n) {
		c := Case{Want: want, Line: r.offset + element.Line, Col: element.Column}
		values := r.keys(element, "a case", r.caseKeys(&c.Record))
		if values["packets"] == nil {
			c.Record.Packets = 1
		}
		cases = append(cases, c)
	}
	return cases
}

// caseKeys is how each field of a case is read.
func (r *ruleReader) caseKeys(rec *flow.Record) map[string]func(*yaml.Node) {
	known := map[string]func(*yaml.Node){
		"fragment":  r.fragment(rec),
		"tcp_flags": r.tcpFlags(rec),
	}
	for name, into := range caseAddresses(rec) {
		known[name] = func(n *yaml.Node) {
			a, err := netip.ParseAddr(n.Value)
			if err != nil || n.Kind != yaml.ScalarNode {
				r.fail(n, "%s must be an address, it is %s", name, nodeWord(n))
				return
			}
			*into = a.Unmap()
		}
	}
	for id, set := range caseNumbers(rec) {
		c := columns[id]
		known[c.name] = func(n *yaml.Node) {
			if v, ok := r.number(n, c.name, 0, uint64(c.all.hi)); ok {
				set(v)
			}
		}
	}
	return known
}

func caseAddresses(rec *flow.Record) map[string]*netip.Addr {
	return map[string]*netip.Addr{
		"src_addr": &rec.SrcAddr, "dst_addr": &rec.DstAddr, "next_hop": &rec.NextHop, "sampler_address": &rec.Exporter,
	}
}

func caseNumbers(rec *flow.Record) map[columnID]func(uint64) {
	return map[columnID]func(uint64){
		srcPort:      into(&rec.SrcPort),
		dstPort:      into(&rec.DstPort),
		proto:        into(&rec.Proto),
		ipTOS:        into(&rec.TOS),
		inIf:         into(&rec.InIf),
		outIf:        into(&rec.OutIf),
		srcAS:        into(&rec.SrcAS),
		dstAS:        into(&rec.DstAS),
		srcNet:       into(&rec.SrcMask),
		dstNet:       into(&rec.DstMask),
		byteCount:    into(&rec.Bytes),
		packetCount:  into(&rec.Packets),
		samplingRate: into(&rec.SamplingRate),
		domain:       into(&rec.Domain),
		direction:    into(&rec.Direction),
		forwarding:   into(&rec.Forwarding),
		app:          into(&rec.App),
		rtt:          into(&rec.RTT),
	}
}

func into[T unsigned](place *T) func(uint64) {
	return func(v uint64) { *place = T(v) }
}

func (r *ruleReader) fragment(rec *flow.Record) func(*yaml.Node) {
	return func(n *yaml.Node) {
		if i, ok := r.word(n, "fragment", []string{"false", "true"}); ok && i == 1 {
			rec.Quality |= flow.Fragment
		}
	}
}

// tcpFlags reads the flags as a number or as letters.
func (r *ruleReader) tcpFlags(rec *flow.Record) func(*yaml.Node) {
	return func(n *yaml.Node) {
		if bits, _, ok := flagBits(n.Value); ok && n.Kind == yaml.ScalarNode {
			rec.TCPFlags = bits
			return
		}
		if v, ok := r.number(n, "tcp_flags (a number, or letters out of "+flagLetters+")", 0, 255); ok {
			rec.TCPFlags = uint8(v)
		}
	}
}
