package wire

import "fmt"

// elementNames are the information elements that the decoders read, by number
// (IANA IPFIX Information Elements; NetFlow v9 shares them).
var elementNames = map[uint16]string{
	1: "octetDeltaCount", 2: "packetDeltaCount", 4: "protocolIdentifier", 5: "ipClassOfService", 6: "tcpControlBits",
	7: "sourceTransportPort", 8: "sourceIPv4Address", 9: "sourceIPv4PrefixLength", 10: "ingressInterface",
	11: "destinationTransportPort", 12: "destinationIPv4Address", 13: "destinationIPv4PrefixLength",
	14: "egressInterface", 15: "ipNextHopIPv4Address", 16: "bgpSourceAsNumber", 17: "bgpDestinationAsNumber",
	18: "bgpNextHopIPv4Address", 21: "flowEndSysUpTime", 22: "flowStartSysUpTime", 23: "postOctetDeltaCount",
	24: "postPacketDeltaCount", 27: "sourceIPv6Address", 28: "destinationIPv6Address", 29: "sourceIPv6PrefixLength",
	30: "destinationIPv6PrefixLength", 32: "icmpTypeCodeIPv4", 34: "samplingInterval",
	44: "sourceIPv4Prefix", 45: "destinationIPv4Prefix", 48: "samplerId", 50: "samplerRandomInterval",
	55: "postIpClassOfService", 56: "sourceMacAddress", 57: "postDestinationMacAddress", 60: "ipVersion",
	61: "flowDirection", 62: "ipNextHopIPv6Address", 63: "bgpNextHopIPv6Address", 80: "destinationMacAddress",
	81: "postSourceMacAddress", 82: "interfaceName", 83: "interfaceDescription", 85: "octetTotalCount",
	86: "packetTotalCount", 88: "fragmentOffset", 89: "forwardingStatus", 94: "applicationDescription",
	95: "applicationId", 96: "applicationName", 104: "layer2packetSectionData", 128: "bgpNextAdjacentAsNumber",
	129: "bgpPrevAdjacentAsNumber", 139: "icmpTypeCodeIPv6", 145: "templateId", 149: "observationDomainId",
	150: "flowStartSeconds", 151: "flowEndSeconds", 152: "flowStartMilliseconds", 153: "flowEndMilliseconds",
	154: "flowStartMicroseconds", 155: "flowEndMicroseconds", 156: "flowStartNanoseconds", 157: "flowEndNanoseconds",
	158: "flowStartDeltaMicroseconds", 159: "flowEndDeltaMicroseconds", 160: "systemInitTimeMilliseconds",
	161: "flowDurationMilliseconds", 162: "flowDurationMicroseconds", 169: "destinationIPv6Prefix",
	170: "sourceIPv6Prefix", 171: "postOctetTotalCount", 172: "postPacketTotalCount", 176: "icmpTypeIPv4",
	177: "icmpCodeIPv4", 178: "icmpTypeIPv6", 179: "icmpCodeIPv6", 180: "udpSourcePort", 181: "udpDestinationPort",
	182: "tcpSourcePort", 183: "tcpDestinationPort", 195: "ipDiffServCodePoint",
	225: "postNATSourceIPv4Address", 226: "postNATDestinationIPv4Address", 227: "postNAPTSourceTransportPort",
	228: "postNAPTDestinationTransportPort", 231: "initiatorOctets", 232: "responderOctets", 233: "firewallEvent",
	252: "ingressPhysicalInterface", 253: "egressPhysicalInterface", 258: "collectionTimeMilliseconds",
	281: "postNATSourceIPv6Address", 282: "postNATDestinationIPv6Address", 291: "basicList", 292: "subTemplateList",
	293: "subTemplateMultiList", 298: "initiatorPackets", 299: "responderPackets", 302: "selectorId",
	305: "samplingPacketInterval", 306: "samplingPacketSpace", 309: "samplingSize", 310: "samplingPopulation",
	311: "samplingProbability", 312: "dataLinkFrameSize", 313: "ipHeaderPacketSection", 315: "dataLinkFrameSection",
	322: "observationTimeSeconds", 323: "observationTimeMilliseconds", 324: "observationTimeMicroseconds",
	325: "observationTimeNanoseconds", 352: "layer2OctetDeltaCount", 353: "layer2OctetTotalCount",
	408: "dataLinkFrameType",
}

// ElementName is the name of an information element, or its number when it is
// none that the decoders read.
func ElementName(number uint16) string {
	if name, ok := elementNames[number]; ok {
		return name
	}
	return fmt.Sprintf("element %d", number)
}
