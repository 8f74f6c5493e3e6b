// Package header reads the first bytes of a frame, as a packet capture or an
// sFlow sample holds them, down to the ports: link header, VLAN tags, MPLS
// labels, PPPoE, IPv4 or IPv6 with its extension headers, then TCP, UDP, SCTP,
// DCCP or ICMP.
//
// Bytes that may be cut anywhere or lie come in; one plain Header goes out, with
// whatever is known. Tunnels (GRE, VXLAN, Geneve, IP in IP) are entered only
// between end points that a Parser is told of: everywhere else the outer packet
// is the flow, so that a flood of tunnel packets against a host cannot hide
// behind forged addresses inside. The package keeps no state, allocates nothing
// and reassembles nothing.
package header
