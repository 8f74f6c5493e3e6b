package ipfix

import (
	"eagre/flow"
	"eagre/ingest/wire"
)

// Interfaces that mean an unknown one: a field's largest value, and what sFlow
// calls unknown and some exporters of templates took over.
const (
	unknownIf      = 1<<32 - 1
	unknownIfSFlow = 0x3fffffff
)

const (
	protoICMP   = 1
	protoICMPv6 = 58
)

func isICMP(proto uint8) bool { return proto == protoICMP || proto == protoICMPv6 }

// repair puts right what cannot be copied as it is.
func (m *Message) repair(r *rows, has columns, report *wire.Report) {
	b, from, to := r.b, r.from, r.from+r.n
	if has.has(inIf) {
		knownIf(b.InIf[from:to])
	}
	if has.has(outIf) {
		knownIf(b.OutIf[from:to])
	}
	if has.has(direction) {
		directions(b.Direction[from:to], report)
	}
	if has.has(ipVersion) {
		m.versions(r.n, report)
	}
	if has.any(set(icmp, icmpType, icmpCode)) {
		m.icmpPorts(r, has)
	}
	if has.has(srcMask) {
		masks(b.SrcMask[from:to], b.SrcAddr[from:to], report)
	}
	if has.has(dstMask) {
		masks(b.DstMask[from:to], b.DstAddr[from:to], report)
	}
}

func knownIf(column []uint32) {
	for i, v := range column {
		if v >= unknownIfSFlow && (v == unknownIf || v == unknownIfSFlow) {
			column[i] = 0
		}
	}
}

// directions turns element 61, which has 0 for ingress and 1 for egress, into ours.
func directions(column []flow.Direction, report *wire.Report) {
	for i, v := range column {
		if v > 1 {
			report.Add(wire.Note{Finding: wire.BadDirection, A: uint32(v)})
			column[i] = flow.DirectionUnknown
			continue
		}
		column[i] = v + flow.Ingress
	}
}

func (m *Message) versions(n int, report *wire.Report) {
	for _, v := range m.version[:n] {
		if v != 4 && v != 6 && v != 0 {
			report.Add(wire.Note{Finding: wire.BadIPVersion, A: uint32(v)})
		}
	}
}

// icmpPorts puts type and code of ICMP where exporters without elements for them
// have them: into the destination port.
func (m *Message) icmpPorts(r *rows, has columns) {
	proto, port := r.b.Proto[r.from:r.from+r.n], r.b.DstPort[r.from:r.from+r.n]
	for i := range proto {
		if !isICMP(proto[i]) || port[i] != 0 {
			continue
		}
		if has.has(icmp) {
			port[i] = m.icmp[i]
		}
		if port[i] == 0 && has.has(icmpType) {
			port[i] = uint16(m.icmpType[i]) << 8
			if has.has(icmpCode) {
				port[i] |= uint16(m.icmpCode[i])
			}
		}
	}
}

const (
	longest4 = 32
	longest6 = 128
)

// masks takes out prefix lengths that the address family does not have.
func masks(column []uint8, addresses []flow.IP, report *wire.Report) {
	for i, v := range column {
		if v <= longest4 {
			continue
		}
		if a := addresses[i]; a.Is4() || v > longest6 {
			family := uint32(6)
			if a.Is4() {
				family = 4
			}
			report.Add(wire.Note{Finding: wire.MaskTooLong, A: uint32(v), B: family})
			column[i] = 0
		}
	}
}
