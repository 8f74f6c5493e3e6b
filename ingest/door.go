package ingest

import (
	"encoding/binary"

	"eagre/ingest/wire"
)

// Door is where a datagram came in, which says what is expected of it.
type Door uint8

// The doors.
const (
	AutoDoor    Door = iota // anything that is recognised by its content
	NetFlowDoor             // a listener for NetFlow and IPFIX
	SFlowDoor               // a listener for sFlow
	StreamDoor              // a connection for IPFIX over TCP
)

// proto names a format in metrics and log lines.
type proto uint8

const (
	protoUnknown proto = iota
	protoNetFlow       // meant to be NetFlow, of a version that is not known
	protoSFlow
	protoPackets
	protoV1
	protoV5
	protoV6
	protoV7
	protoV8
	protoV9
	protoIPFIX
	protoImport
	protoCount
)

var (
	protoLabels = [protoCount]string{
		"unknown", "netflow", "sflow-v5", "packets", "netflow-v1", "netflow-v5", "netflow-v6", "netflow-v7", "netflow-v8",
		"netflow-v9", "ipfix", "imported",
	}
	protoNames = [protoCount]string{
		"datagram", "NetFlow", "sFlow", "packets", "NetFlow", "NetFlow", "NetFlow", "NetFlow", "NetFlow", "NetFlow v9", "IPFIX", "import",
	}
	protoOf = [...]proto{
		wire.NetFlowV1: protoV1, wire.NetFlowV5: protoV5, wire.NetFlowV6: protoV6, wire.NetFlowV7: protoV7,
		wire.NetFlowV8: protoV8, wire.NetFlowV9: protoV9, wire.IPFIX: protoIPFIX, wire.SFlowV5: protoSFlow, wire.SFlowOther: protoSFlow,
	}
	meantBy = [...]proto{AutoDoor: protoUnknown, NetFlowDoor: protoNetFlow, SFlowDoor: protoSFlow, StreamDoor: protoIPFIX}
)

// identify says which decoder a datagram is for. Where there is none it gives
// the note to answer with; the format is then the one that the sender meant.
func identify(door Door, payload []byte, truncated bool) (p proto, complaint wire.Note, ok bool) {
	p = meantBy[door]
	size := uint32(len(payload))
	switch {
	case truncated:
		return p, wire.Note{Finding: wire.KernelTruncated, A: size}, false
	case size == 0:
		return p, wire.Note{Finding: wire.EmptyDatagram}, false
	case size < shortestDatagram:
		return p, wire.Note{Finding: wire.ShortDatagram, A: size}, false
	}
	return p.choose(door, payload)
}

// shortestDatagram is how many bytes it takes to tell the formats apart.
const shortestDatagram = 4

func (p proto) choose(door Door, payload []byte) (proto, wire.Note, bool) {
	format, version := wire.Recognise(payload)
	switch {
	case format.NetFlow() && door != SFlowDoor:
		return protoOf[format], wire.Note{}, true
	case format == wire.SFlowV5 && (door == AutoDoor || door == SFlowDoor):
		return protoSFlow, wire.Note{}, true
	case format == wire.SFlowV5:
		return p, wire.Note{Finding: wire.SFlowOnNetFlow}, false
	case format.NetFlow():
		return p, wire.Note{Finding: wire.NetFlowOnSFlow, A: version}, false
	case format == wire.SFlowOther && door == AutoDoor:
		return protoSFlow, wire.Note{Finding: wire.SFlowVersion, A: version}, false
	case door == SFlowDoor:
		return p, wire.Note{Finding: wire.SFlowVersion, A: binary.BigEndian.Uint32(payload)}, false
	}
	return p, wire.Note{Finding: wire.UnknownVersion, A: uint32(binary.BigEndian.Uint16(payload))}, false
}
