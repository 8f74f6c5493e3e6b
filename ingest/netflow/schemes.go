package netflow

import "eagre/flow"

// offScheme is where the aggregation scheme stands in a header of version 8; the
// version of the aggregation follows, which is 2, and 0 from some Juniper routers.
const offScheme = 22

// offV8Sampling is where its sampling word stands, which older routers leave at
// zero.
const offV8Sampling = 24

// counters are the fields that the records of routers begin with: dFlows, which is
// not kept, then packets, bytes, first and last in the order of version 5.
var counters = move{4, offPackets, 16}

// schemes are the layouts of version 8 by their numbers on the wire.
//
// Those of routers (1–5, 9–14) count prefixes, systems or ports. Of the Catalyst's
// own (6–8), which are flow masks, DestOnly has no source and so is about no pair
// of hosts; SourceDest lacks protocol and ports, but both of its addresses are hosts
// and what it counts is all the traffic between them; FullFlow is a flow. What
// exceeded a contract (marked ToS, extra packets) and the router that is bypassed
// have no column. There are no TCP flags.
//
// Wireshark reads two things otherwise: the order of both masks (see orderMasks), and
// ToSAS, whose interfaces it takes to follow the type of service. Cisco's description
// ("NetFlow ToS-Based Router Aggregation") and flow-tools have them before it.
var schemes = [...]layout{
	{number: 8, header: headerV8}, // no scheme: what is common to all

	// AS
	1: scheme(28, 51, noSource|noDestination, counters, move{20, offSrcAS, 4}, move{24, offInput, 4}),
	// ProtocolPort
	2: scheme(28, 51, noSource|noDestination, counters, move{20, offProto, 1}, move{24, offSrcPort, 4}),
	// SourcePrefix
	3: scheme(32, 44, noDestination, counters, move{20, offSrc, 4}, move{24, offSrcMask, 1}, move{26, offSrcAS, 2}, move{28, offInput, 2}),
	// DestinationPrefix
	4: scheme(32, 44, noSource, counters, move{20, offDst, 4}, move{24, offDstMask, 1}, move{26, offDstAS, 2}, move{28, offOutput, 2}),
	// Prefix
	5: bothMasks(scheme(40, 35, 0, counters, move{20, offSrc, 8}, move{28, offSrcMask, 2}, move{32, offSrcAS, 4}, move{36, offInput, 4})),
	// DestOnly
	6: scheme(32, 44, noSource, move{0, offDst, 4}, move{4, offPackets, 16}, move{20, offOutput, 2}, move{22, offTOS, 1}),
	// SourceDest
	7: hosts(scheme(40, 35, 0, move{0, offDst, 4}, move{4, offSrc, 4}, move{8, offPackets, 16},
		move{24, offOutput, 2}, move{26, offInput, 2}, move{28, offTOS, 1})),
	// FullFlow
	8: hosts(scheme(44, 32, 0, move{0, offDst, 4}, move{4, offSrc, 4}, move{8, offDstPort, 2}, move{10, offSrcPort, 2},
		move{12, offPackets, 16}, move{28, offOutput, 2}, move{30, offInput, 2}, move{32, offTOS, 1}, move{33, offProto, 1})),
	// ToSAS
	9: scheme(32, 44, noSource|noDestination, counters, move{20, offSrcAS, 4}, move{24, offInput, 4}, move{28, offTOS, 1}),
	// ToSProtocolPort
	10: scheme(32, 44, noSource|noDestination, counters, move{20, offProto, 2}, move{24, offSrcPort, 4}, move{28, offInput, 4}),
	// ToSSourcePrefix
	11: scheme(32, 44, noDestination, counters, move{20, offSrc, 4}, move{24, offSrcMask, 1}, move{25, offTOS, 1},
		move{26, offSrcAS, 2}, move{28, offInput, 2}),
	// ToSDestinationPrefix
	12: scheme(32, 44, noSource, counters, move{20, offDst, 4}, move{24, offDstMask, 1}, move{25, offTOS, 1},
		move{26, offDstAS, 2}, move{28, offOutput, 2}),
	// ToSPrefix
	13: bothMasks(scheme(40, 35, 0, counters, move{20, offSrc, 8}, move{28, offSrcMask, 2}, move{30, offTOS, 1},
		move{32, offSrcAS, 4}, move{36, offInput, 4})),
	// PrePortProtocol
	14: bothMasks(scheme(40, 35, 0, counters, move{20, offSrc, 8}, move{28, offSrcMask, 2}, move{30, offTOS, 1}, move{31, offProto, 1},
		move{32, offSrcPort, 4}, move{36, offInput, 4})),
}

func scheme(record, limit int, lacks lack, moves ...move) layout {
	return layout{
		number: 8, version: flow.NetFlowV8, header: headerV8, record: record, limit: limit,
		moves: moves, lacks: lacks | noNextHop, aggregated: true, sampled: true,
	}
}

func hosts(l layout) layout {
	l.aggregated = false
	return l
}

func bothMasks(l layout) layout {
	l.twoMasks = true
	return l
}
