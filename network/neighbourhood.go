package network

import "eagre/flow"

// The neighbourhoods of a host. A /24 is the smallest IPv4 network that is
// routed between providers. In IPv6 a /64 is one link (RFC 4291, 2.5.1), and a
// /48 the largest network that one site is commonly given (RFC 6177).
var neighbourhoods4, neighbourhoods6 = [2]uint8{24}, [2]uint8{64, 48}

// Neighbourhoods is the lengths of the prefixes around an address that are
// watched as a whole, the longest first, as bits of the address's own family:
// the first n of the array. No address has none. It does not allocate.
func Neighbourhoods(ip flow.IP) (bits [2]uint8, n int) {
	switch {
	case ip.IsZero():
		return bits, 0
	case ip.Is4():
		return neighbourhoods4, 1
	}
	return neighbourhoods6, 2
}
