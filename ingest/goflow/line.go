package goflow

import (
	"fmt"

	"github.com/netsampler/goflow2/v2/pb"
)

// parse reads a JSON line into a message.
func parse(line []byte, m *flowpb.FlowMessage) error {
	o, err := open(line)
	if err != nil {
		return err
	}
	for {
		key, v, ok := o.next()
		if !ok {
			return nil
		}
		set, known := members[string(fold(key))]
		if !known || value(v).null() {
			continue
		}
		if err := set(m, v); err != nil {
			return fmt.Errorf("%s: %w", key[1:len(key)-1], err)
		}
	}
}

const longestKey = 32

// fold brings a quoted key into the spelling of the table: src_addr, srcAddr and
// SrcAddr are one. A key that is longer than any in the table folds to nothing.
func fold(key []byte) []byte {
	if len(key) > longestKey {
		return nil
	}
	out := make([]byte, 0, longestKey)
	for _, c := range key[1 : len(key)-1] {
		switch {
		case c == '_':
		case 'A' <= c && c <= 'Z':
			out = append(out, c+'a'-'A')
		default:
			out = append(out, c)
		}
	}
	return out
}

type setter func(*flowpb.FlowMessage, value) error

// members are the keys that are read, folded.
var members = map[string]setter{
	"type": func(m *flowpb.FlowMessage, v value) error {
		n, err := v.named(flowTypes)
		m.Type = flowpb.FlowMessage_FlowType(n)
		return err
	},
	"timereceivedns":      nanoseconds(func(m *flowpb.FlowMessage) *uint64 { return &m.TimeReceivedNs }),
	"timeflowstartns":     nanoseconds(func(m *flowpb.FlowMessage) *uint64 { return &m.TimeFlowStartNs }),
	"timeflowendns":       nanoseconds(func(m *flowpb.FlowMessage) *uint64 { return &m.TimeFlowEndNs }),
	"samplingrate":        number(func(m *flowpb.FlowMessage) *uint64 { return &m.SamplingRate }),
	"bytes":               number(func(m *flowpb.FlowMessage) *uint64 { return &m.Bytes }),
	"packets":             number(func(m *flowpb.FlowMessage) *uint64 { return &m.Packets }),
	"sampleraddress":      address(func(m *flowpb.FlowMessage) *[]byte { return &m.SamplerAddress }),
	"srcaddr":             address(func(m *flowpb.FlowMessage) *[]byte { return &m.SrcAddr }),
	"dstaddr":             address(func(m *flowpb.FlowMessage) *[]byte { return &m.DstAddr }),
	"nexthop":             address(func(m *flowpb.FlowMessage) *[]byte { return &m.NextHop }),
	"srcnet":              prefix(func(m *flowpb.FlowMessage) *uint32 { return &m.SrcNet }),
	"dstnet":              prefix(func(m *flowpb.FlowMessage) *uint32 { return &m.DstNet }),
	"etype":               named(etherTypes, func(m *flowpb.FlowMessage) *uint32 { return &m.Etype }),
	"proto":               named(protocolNumbers, func(m *flowpb.FlowMessage) *uint32 { return &m.Proto }),
	"srcport":             named(nil, func(m *flowpb.FlowMessage) *uint32 { return &m.SrcPort }),
	"dstport":             named(nil, func(m *flowpb.FlowMessage) *uint32 { return &m.DstPort }),
	"inif":                named(nil, func(m *flowpb.FlowMessage) *uint32 { return &m.InIf }),
	"outif":               named(nil, func(m *flowpb.FlowMessage) *uint32 { return &m.OutIf }),
	"iptos":               named(nil, func(m *flowpb.FlowMessage) *uint32 { return &m.IpTos }),
	"forwardingstatus":    named(nil, func(m *flowpb.FlowMessage) *uint32 { return &m.ForwardingStatus }),
	"tcpflags":            named(nil, func(m *flowpb.FlowMessage) *uint32 { return &m.TcpFlags }),
	"icmptype":            named(nil, func(m *flowpb.FlowMessage) *uint32 { return &m.IcmpType }),
	"icmpcode":            named(nil, func(m *flowpb.FlowMessage) *uint32 { return &m.IcmpCode }),
	"fragmentoffset":      named(nil, func(m *flowpb.FlowMessage) *uint32 { return &m.FragmentOffset }),
	"srcas":               named(nil, func(m *flowpb.FlowMessage) *uint32 { return &m.SrcAs }),
	"dstas":               named(nil, func(m *flowpb.FlowMessage) *uint32 { return &m.DstAs }),
	"observationdomainid": named(nil, func(m *flowpb.FlowMessage) *uint32 { return &m.ObservationDomainId }),
	"flowdirection": func(m *flowpb.FlowMessage, v value) error {
		n, err := v.number32()
		if err == nil {
			direct(m, uint64(n))
		}
		return err
	},
}

func number(of func(*flowpb.FlowMessage) *uint64) setter {
	return func(m *flowpb.FlowMessage, v value) (err error) {
		*of(m), err = v.number()
		return err
	}
}

func nanoseconds(of func(*flowpb.FlowMessage) *uint64) setter {
	return func(m *flowpb.FlowMessage, v value) (err error) {
		*of(m), err = v.nanoseconds()
		return err
	}
}

func address(of func(*flowpb.FlowMessage) *[]byte) setter {
	return func(m *flowpb.FlowMessage, v value) (err error) {
		*of(m), err = v.address()
		return err
	}
}

func prefix(of func(*flowpb.FlowMessage) *uint32) setter {
	return func(m *flowpb.FlowMessage, v value) (err error) {
		*of(m), err = v.prefix()
		return err
	}
}

func named(numbers map[string]uint32, of func(*flowpb.FlowMessage) *uint32) setter {
	return func(m *flowpb.FlowMessage, v value) (err error) {
		*of(m), err = v.named(numbers)
		return err
	}
}
