package anomaly

// protocolNames are IANA's keywords of the protocols seen in practice.
var protocolNames = map[uint8]string{
	0: "hopopt", 1: "icmp", 2: "igmp", 4: "ipip", 6: "tcp", 17: "udp", 33: "dccp", 41: "ipv6", 46: "rsvp", 47: "gre",
	50: "esp", 51: "ah", 58: "icmpv6", 88: "eigrp", 89: "ospf", 103: "pim", 112: "vrrp", 132: "sctp", 136: "udplite",
}

// ProtocolName is the keyword of an IP protocol, such as "udp"; empty for one
// that is rarely seen.
func ProtocolName(proto uint8) string { return protocolNames[proto] }
