package traceback

import (
	"math"

	"eagre/flow"
)

// interfaceKey is one interface of one exporter.
type interfaceKey struct {
	exporter flow.IP
	index    uint32 // ifIndex
}

func (k interfaceKey) compare(o interfaceKey) int {
	if c := k.exporter.Compare(o.exporter); c != 0 {
		return c
	}
	return int(int64(k.index) - int64(o.index))
}

// severalInterfaces stands for the interfaces of an exporter that has too many
// to be counted one by one.
const severalInterfaces = math.MaxUint32

func coarserInterface(k interfaceKey, level int) interfaceKey {
	if level == 1 {
		return interfaceKey{k.exporter, severalInterfaces}
	}
	return interfaceKey{index: severalInterfaces}
}

// breakdown is the counts behind the top lists of one snapshot.
type breakdown struct {
	sources, destinations         tally[flow.IP]
	sourcePorts, destinationPorts tally[uint16]
	protocols, flags              tally[uint8]
	inputs, outputs               tally[interfaceKey]
	sourceAS, destinationAS       tally[uint32]
}

func newBreakdown(bound int) *breakdown {
	same := func(v uint8, _ int) uint8 { return v } // 256 values always fit
	return &breakdown{
		sources: newTally(bound, coarserIP), destinations: newTally(bound, coarserIP),
		sourcePorts: newTally(bound, coarserNumber[uint16]), destinationPorts: newTally(bound, coarserNumber[uint16]),
		protocols: newTally(minBound, same), flags: newTally(minBound, same),
		inputs: newTally(bound, coarserInterface), outputs: newTally(bound, coarserInterface),
		sourceAS: newTally(bound, coarserNumber[uint32]), destinationAS: newTally(bound, coarserNumber[uint32]),
	}
}

// add counts one row. A value that the row does not have (ports of ICMP, the
// flags of UDP, an unknown AS) is left out and so ends up among the others.
func (d *breakdown) add(b *flow.Batch, i int, c count) {
	d.sources.add(b.SrcAddr[i], c)
	d.destinations.add(b.DstAddr[i], c)
	if hasPorts(b, i) {
		d.sourcePorts.add(b.SrcPort[i], c)
		d.destinationPorts.add(b.DstPort[i], c)
	}
	d.protocols.add(b.Proto[i], c)
	if b.Proto[i] == protoTCP {
		d.flags.add(b.TCPFlags[i], c)
	}
	d.inputs.add(interfaceKey{b.Exporter[i], b.InIf[i]}, c)
	d.outputs.add(interfaceKey{b.Exporter[i], b.OutIf[i]}, c)
	if b.SrcAS[i] != 0 {
		d.sourceAS.add(b.SrcAS[i], c)
	}
	if b.DstAS[i] != 0 {
		d.destinationAS.add(b.DstAS[i], c)
	}
}

func (d *breakdown) merge(o *breakdown) {
	d.sources.merge(&o.sources)
	d.destinations.merge(&o.destinations)
	d.sourcePorts.merge(&o.sourcePorts)
	d.destinationPorts.merge(&o.destinationPorts)
	d.protocols.merge(&o.protocols)
	d.flags.merge(&o.flags)
	d.inputs.merge(&o.inputs)
	d.outputs.merge(&o.outputs)
	d.sourceAS.merge(&o.sourceAS)
	d.destinationAS.merge(&o.destinationAS)
}

// coarse tells whether any list had to be counted per block.
func (d *breakdown) coarse() bool {
	return d.sources.level+d.destinations.level+d.sourcePorts.level+d.destinationPorts.level+
		d.inputs.level+d.outputs.level+d.sourceAS.level+d.destinationAS.level > 0
}

// IP protocol numbers that the room must know apart (IANA).
const (
	protoICMP    = 1
	protoTCP     = 6
	protoUDP     = 17
	protoDCCP    = 33
	protoSCTP    = 132
	protoUDPLite = 136
)

func hasPorts(b *flow.Batch, i int) bool {
	switch b.Proto[i] {
	case protoTCP, protoUDP, protoDCCP, protoSCTP, protoUDPLite:
		return b.Quality[i]&flow.Fragment == 0
	}
	return false
}
