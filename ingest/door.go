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
	NetFlowDoor             // a listener for NetFlow
	SFlowDoor               // a listener for sFlow
)

// proto names a format in metrics and log lines.
type proto uint8

const (
	protoUnknown proto = iota
	protoNetFlow
	protoSFlow
	protoPackets
	protoCount
)

var (
	protoLabels = [protoCount]string{"unknown", "netflow-v5", "sflow-v5", "packets"}
	protoNames  = [protoCount]string{"datagram", "NetFlow", "sFlow", "packets"}
)

// identify says which decoder a datagram is for. Where there is none it gives
// the note to answer with; the format is then the one that the sender meant.
func identify(door Door, payload []byte, truncated bool) (p proto, complaint wire.Note, ok bool) {
	p = [...]proto{AutoDoor: protoUnknown, NetFlowDoor: protoNetFlow, SFlowDoor: protoSFlow}[door]
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
	case format == wire.NetFlowV5 && door != SFlowDoor:
		return protoNetFlow, wire.Note{}, true
	case format == wire.SFlowV5 && door != NetFlowDoor:
		return protoSFlow, wire.Note{}, true
	case format == wire.SFlowV5:
		return p, wire.Note{Finding: wire.SFlowOnNetFlow}, false
	case door == SFlowDoor && (format == wire.NetFlowV5 || format == wire.NetFlowOther):
		return p, wire.Note{Finding: wire.NetFlowOnSFlow, A: version}, false
	case format == wire.NetFlowOther:
		return protoNetFlow, wire.Note{Finding: wire.UndecodedVersion, A: version}, false
	case format == wire.SFlowOther && door != NetFlowDoor:
		return protoSFlow, wire.Note{Finding: wire.SFlowVersion, A: version}, false
	case door == SFlowDoor:
		return p, wire.Note{Finding: wire.SFlowVersion, A: binary.BigEndian.Uint32(payload)}, false
	}
	return p, wire.Note{Finding: wire.UnknownVersion, A: uint32(binary.BigEndian.Uint16(payload))}, false
}
