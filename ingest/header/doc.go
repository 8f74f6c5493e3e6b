// Package header reads the first bytes of a frame, as a packet capture or an
// sFlow sample holds them, down to the ports: link header, VLAN tags, MPLS
// labels, PPPoE, IPv4 or IPv6 with its extension headers, then TCP, UDP, SCTP,
// DCCP or ICMP.
//
// Bytes that may be cut anywhere or lie come in; one plain Header goes out, with
// whatever is known. Tunnels (GRE, VXLAN, IP in IP) are not followed: a flow is
// what a router on the path would have exported, the outer packet. The package
// keeps no state, allocates nothing and reassembles nothing.
package header
