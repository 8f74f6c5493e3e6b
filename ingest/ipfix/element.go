package ipfix

// lone is the first rank of elements that count only where no element of a
// lower rank is in the template.
const lone = 8

// Ranks that mean more than an order.
const (
	rankResponder = 7 // counts only beside the initiator's counters
	rankTotal     = lone
	rankPrefix    = lone
	rankNAT       = lone + 2
)

// element says what an information element is to us.
type element struct {
	to    column
	class class
	rank  uint8
}

// iana are the information elements that are read, by number. Elements without
// a column are here for their length alone.
var iana = [...]element{
	1: {octets, unsigned, 0}, 231: {octets, unsigned, 1}, 23: {octets, unsigned, 2}, 352: {octets, unsigned, 3},
	85: {octets, unsigned, rankTotal}, 171: {octets, unsigned, rankTotal + 1}, 353: {octets, unsigned, rankTotal + 2},
	2: {packets, unsigned, 0}, 298: {packets, unsigned, 1}, 24: {packets, unsigned, 2},
	86: {packets, unsigned, rankTotal}, 172: {packets, unsigned, rankTotal + 1},
	232: {revOctets, unsigned, rankResponder}, 299: {revPackets, unsigned, rankResponder},

	8: {srcAddr, ipv4, 0}, 27: {srcAddr, ipv6, 1}, 44: {srcAddr, ipv4, rankPrefix}, 170: {srcAddr, ipv6, rankPrefix + 1},
	225: {srcAddr, ipv4, rankNAT}, 281: {srcAddr, ipv6, rankNAT + 1},
	12: {dstAddr, ipv4, 0}, 28: {dstAddr, ipv6, 1}, 45: {dstAddr, ipv4, rankPrefix}, 169: {dstAddr, ipv6, rankPrefix + 1},
	226: {dstAddr, ipv4, rankNAT}, 282: {dstAddr, ipv6, rankNAT + 1},
	15: {nextHop, ipv4, 0}, 62: {nextHop, ipv6, 1}, 18: {nextHop, ipv4, 2}, 63: {nextHop, ipv6, 3},
	9: {srcMask, unsigned, 0}, 29: {srcMask, unsigned, 1}, 13: {dstMask, unsigned, 0}, 30: {dstMask, unsigned, 1},

	7: {srcPort, unsigned, 0}, 180: {srcPort, unsigned, 1}, 182: {srcPort, unsigned, 2}, 227: {srcPort, unsigned, rankNAT},
	11: {dstPort, unsigned, 0}, 181: {dstPort, unsigned, 1}, 183: {dstPort, unsigned, 2}, 228: {dstPort, unsigned, rankNAT},
	32: {icmp, unsigned, 0}, 139: {icmp, unsigned, 1}, 176: {icmpType, unsigned, 0}, 178: {icmpType, unsigned, 1},
	177: {icmpCode, unsigned, 0}, 179: {icmpCode, unsigned, 1},
	4: {proto, unsigned, 0}, 5: {tos, unsigned, 0}, 55: {tos, unsigned, 1}, 195: {tos, dscp, 2}, 6: {flags, unsigned, 0},
	60: {ipVersion, unsigned, 0}, 88: {fragment, unsigned, 0}, 89: {forwarding, unsigned, 0}, 61: {direction, unsigned, 0},
	95: {app, label, 0}, 233: {event, unsigned, 0},

	10: {inIf, unsigned, 0}, 252: {inIf, unsigned, 1}, 14: {outIf, unsigned, 0}, 253: {outIf, unsigned, 1},
	16: {srcAS, unsigned, 0}, 129: {srcAS, unsigned, 1}, 17: {dstAS, unsigned, 0}, 128: {dstAS, unsigned, 1},

	22: {start, uptime, 5}, 152: {start, millis, 1}, 154: {start, ntp, 2}, 156: {start, ntp, 2},
	150: {start, seconds, 3}, 158: {start, delta, 4},
	21: {end, uptime, 5}, 153: {end, millis, 1}, 155: {end, ntp, 2}, 157: {end, ntp, 2}, 151: {end, seconds, 3}, 159: {end, delta, 4},
	323: {end, millis, lone}, 324: {end, ntp, lone}, 325: {end, ntp, lone}, 258: {end, millis, lone + 1}, 322: {end, seconds, lone + 2},
	161: {duration, unsigned, 0}, 162: {duration, micros, 1},

	48: {sampler, unsigned, 0}, 302: {sampler, unsigned, 1}, 34: {interval, unsigned, 0}, 50: {interval, unsigned, 1},
	305: {packetInterval, unsigned, 0}, 306: {packetSpace, unsigned, 0},
	309: {sampleSize, unsigned, 0}, 310: {population, unsigned, 0}, 311: {probability, float, 0},

	312: {frameSize, unsigned, 0}, 408: {frameType, unsigned, 0},
	313: {ipSection, opaque, 0}, 315: {linkSection, opaque, 0}, 104: {linkSection, opaque, 1},
	291: {basicList, opaque, 0}, 292: {subTemplateList, opaque, 0}, 293: {subTemplateMultiList, opaque, 0},

	145: {templateID, unsigned, 0}, 149: {domainID, unsigned, 0}, 160: {systemInit, millis, 0},
	82: {interfaceName, text, 0}, 83: {interfaceDescription, text, 0},
	96: {applicationName, text, 0}, 94: {applicationDescription, text, 0},

	56: {nowhere, mac, 0}, 57: {nowhere, mac, 0}, 80: {nowhere, mac, 0}, 81: {nowhere, mac, 0},
}

// Private enterprise numbers.
const (
	penReverse = 29305 // the reverse direction of an element of IANA's (RFC 5103 §6.1)
	penCERT    = 6871  // YAF
)

// reverseOf are the columns of reverse elements. Others of them are not read.
var reverseOf = map[column]column{
	octets: revOctets, packets: revPackets, flags: revFlags, tos: revTOS, icmp: revICMP, start: revStart, end: revEnd,
}

// Elements of CERT: the flags of a flow's first packet and those of all others,
// and the same with the bit that makes an element reverse.
const (
	certInitialFlags = 14
	certUnionFlags   = 15
	certReverse      = 0x4000
)

// scopes are what NetFlow v9 scope types (RFC 3954 §6.1) name. System, line card
// and cache are the whole domain, as a source id is one of them.
var scopes = [...]element{2: {inIf, unsigned, 0}, 5: {templateID, unsigned, 0}}

// firewallEventOld is what firewalls called element 233 in NetFlow v9 before it had a number.
const firewallEventOld = 40005

// field is one field specifier of a template.
type field struct {
	element uint16
	length  uint16
	pen     uint32
	scope   bool
}

// variable is the length that says that every record tells its own.
const variable = 65535

// lookup says what a field is to us; the zero element for one that is not read.
func lookup(f field, v9 bool) element {
	switch {
	case f.scope && v9:
		return at(scopes[:], f.element)
	case f.pen == penReverse:
		e := at(iana[:], f.element)
		e.to = reverseOf[e.to]
		return e
	case f.pen == penCERT:
		return cert(f.element)
	case f.pen != 0:
		return element{}
	case v9 && f.element == firewallEventOld:
		return iana[233]
	}
	return at(iana[:], f.element)
}

func at(table []element, i uint16) element {
	if int(i) >= len(table) {
		return element{}
	}
	return table[i]
}

func cert(number uint16) element {
	e := element{flags, unsigned, 1}
	if number&certReverse != 0 {
		e.to = revFlags
	}
	switch number &^ certReverse {
	case certInitialFlags:
		return e
	case certUnionFlags:
		e.rank++
		return e
	}
	return element{}
}
