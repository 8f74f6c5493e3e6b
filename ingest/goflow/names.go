package goflow

import "strings"

// noPrefix and the names below are how goflow2 prints what it does not know.
const (
	noPrefix     = "invalid Prefix"
	unassigned   = "unassigned"
	experimental = "experimental"
	reserved     = "reserved"
	unknownName  = "unknown"
)

const reservedProto = 255

// flowTypes and etherTypes are the names that goflow2 prints for numbers.
var (
	flowTypes  = map[string]uint32{"FLOWUNKNOWN": 0, "SFLOW_5": 1, "NETFLOW_V5": 2, "NETFLOW_V9": 3, "IPFIX": 4}
	etherTypes = map[string]uint32{"": 0, "IPv4": etherIPv4, "IPv6": etherIPv6, "ARP": etherARP}
)

const etherARP = 0x0806

func etherName(etype uint32) string {
	switch etype {
	case etherIPv4:
		return "IPv4"
	case etherIPv6:
		return "IPv6"
	}
	return ""
}

// protocolNames are the keywords of the IP protocol numbers from 0 on, as IANA
// assigns them and as goflow2 spells them.
var protocolNames = strings.Split("HOPOPT,ICMP,IGMP,GGP,IPv4,ST,TCP,CBT,EGP,IGP,BBN-RCC-MON,NVP-II,PUP,ARGUS,EMCON,XNET,CHAOS,UDP,MUX,DCN-MEAS,HMP,PRM,"+
	"XNS-IDP,TRUNK-1,TRUNK-2,LEAF-1,LEAF-2,RDP,IRTP,ISO-TP4,NETBLT,MFE-NSP,MERIT-INP,DCCP,3PC,IDPR,XTP,DDP,IDPR-CMTP,TP++,"+
	"IL,IPv6,SDRP,IPv6-Route,IPv6-Frag,IDRP,RSVP,GRE,DSR,BNA,ESP,AH,I-NLSP,SWIPE,NARP,Min-IPv4,TLSP,SKIP,IPv6-ICMP,"+
	"IPv6-NoNxt,IPv6-Opts,any-host-internal-protocol,CFTP,any-local-network,SAT-EXPAK,KRYPTOLAN,RVD,IPPC,"+
	"any-distributed-file-system,SAT-MON,VISA,IPCV,CPNX,CPHB,WSN,PVP,BR-SAT-MON,SUN-ND,WB-MON,WB-EXPAK,ISO-IP,VMTP,"+
	"SECURE-VMTP,VINES,IPTM,NSFNET-IGP,DGP,TCF,EIGRP,OSPFIGP,Sprite-RPC,LARP,MTP,AX.25,IPIP,MICP,SCC-SP,ETHERIP,ENCAP,"+
	"any-private-encryption-scheme,GMTP,IFMP,PNNI,PIM,ARIS,SCPS,QNX,A/N,IPComp,SNP,Compaq-Peer,IPX-in-IP,VRRP,PGM,"+
	"any-0-hop-protocol,L2TP,DDX,IATP,STP,SRP,UTI,SMP,SM,PTP,ISIS over IPv4,FIRE,CRTP,CRUDP,SSCOPMCE,IPLT,SPS,PIPE,SCTP,FC,"+
	"RSVP-E2E-IGNORE,Mobility Header,UDPLite,MPLS-in-IP,manet,HIP,Shim6,WESP,ROHC,Ethernet,AGGFRAG,NSH", ",")

// protocolNumbers is the way back.
var protocolNumbers = numbersOf(protocolNames)

func numbersOf(names []string) map[string]uint32 {
	out := map[string]uint32{unassigned: reservedProto, experimental: reservedProto, reserved: reservedProto, unknownName: reservedProto}
	for number, name := range names {
		out[name] = uint32(number)
	}
	return out
}

// protocolName is how goflow2 prints a protocol.
func protocolName(number uint8) string {
	switch {
	case int(number) < len(protocolNames):
		return protocolNames[number]
	case number == reservedProto:
		return reserved
	case number >= firstExperimental:
		return experimental
	}
	return unassigned
}

const firstExperimental = 253
