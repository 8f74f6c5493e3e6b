package goflow

import (
	"github.com/netsampler/goflow2/v2/pb"
	"google.golang.org/protobuf/encoding/protowire"

	"eagre/flow"
)

// directionField is the number under which goflow2's mapping.yaml adds element 61
// (flowDirection) to the message, which has no field of its own for it.
const directionField = 42

// direction looks for element 61 among the fields that FlowMessage does not know.
func direction(m *flowpb.FlowMessage) flow.Direction {
	out := flow.DirectionUnknown
	for b := m.ProtoReflect().GetUnknown(); len(b) > 0; {
		number, kind, n := protowire.ConsumeField(b)
		if n < 0 {
			return out
		}
		if number == directionField && kind == protowire.VarintType {
			_, _, tag := protowire.ConsumeTag(b)
			value, _ := protowire.ConsumeVarint(b[tag:])
			out = metered(value)
		}
		b = b[n:]
	}
	return out
}

// metered reads a value of element 61.
func metered(value uint64) flow.Direction {
	switch value {
	case 0:
		return flow.Ingress
	case 1:
		return flow.Egress
	}
	return flow.DirectionUnknown
}

// direct puts element 61 into a message.
func direct(m *flowpb.FlowMessage, value uint64) {
	b := protowire.AppendTag(m.ProtoReflect().GetUnknown(), directionField, protowire.VarintType)
	m.ProtoReflect().SetUnknown(protowire.AppendVarint(b, value))
}
