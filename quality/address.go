package quality

import (
	"encoding/binary"
	"net/netip"

	"eagre/flow"
)

// Space is the addresses of a world: what is ours and what lies outside.
type Space struct {
	Ours4 netip.Prefix `json:"ours_ipv4"`
	Ours6 netip.Prefix `json:"ours_ipv6"`
}

// What no honest packet comes from, by first octet, besides 224 and above: this
// network, private, shared, loopback, link-local and documentation space, in whole /8s.
var unroutable = map[byte]bool{0: true, 10: true, 100: true, 127: true, 169: true, 172: true, 192: true, 198: true, 203: true}

// newSpace draws a /12 and a /32 of the public space. Nothing is ever sent there: the
// addresses stand in recordings alone.
func newSpace(d draw) Space {
	first := byte(d.IntN(200) + 1)
	for unroutable[first] {
		first++
	}
	four := netip.AddrFrom4([4]byte{first, byte(d.IntN(16)) << 4, 0, 0})
	six := [16]byte{0x2a, byte(d.IntN(16)), byte(d.IntN(256)), byte(d.IntN(256))}
	return Space{Ours4: netip.PrefixFrom(four, 12), Ours6: netip.PrefixFrom(netip.AddrFrom16(six), 32)}
}

// plot4 is the n-th /20 of our space.
func (s Space) plot4(n int) netip.Addr {
	return flow.V4(flow.FromAddr(s.Ours4.Addr()).V4() + uint32(n)<<12).Addr()
}

// plot6 is the n-th /48 of our space.
func (s Space) plot6(n int) netip.Addr {
	ip := flow.FromAddr(s.Ours6.Addr())
	ip.Hi += uint64(n) << 16
	return ip.Addr()
}

// Outside is an address somewhere else, the same for the same number. A million
// numbers give about as many addresses.
func (s Space) Outside(number uint64, six bool) flow.IP {
	h := mix(number)
	if six {
		return s.outside6(h)
	}
	ours := flow.FromAddr(s.Ours4.Addr()).V4() >> 24
	first := uint32(h>>32)%223 + 1
	for unroutable[byte(first)] || first == ours {
		first = first%223 + 1
	}
	return flow.V4(first<<24 | uint32(h)&0xffffff)
}

// outside6 is in 2400::/7 or so: the blocks of the registries, but not ours.
func (s Space) outside6(h uint64) flow.IP {
	block := [...]uint64{0x2400, 0x2404, 0x2600, 0x2607, 0x2620, 0x2800, 0x2c00}[h%7]
	return flow.IP{Hi: block<<48 | h>>20&0xffffffffffff, Lo: mix(h) | 1}
}

// Mine is an address inside a prefix, the same for the same number; never its first.
func Mine(p netip.Prefix, number uint64) flow.IP {
	ip := flow.FromAddr(p.Masked().Addr())
	free := 128 - p.Bits()
	if p.Addr().Is4() {
		free = 32 - p.Bits()
	}
	switch {
	case free == 0:
	case free >= 64:
		ip.Hi |= mix(number) & (1<<(free-64) - 1)
		ip.Lo |= mix(number^1) | 1
	case free < 2:
		ip.Lo |= number & 1
	default:
		ip.Lo |= mix(number)%(1<<free-2) + 1
	}
	return ip
}

// mix is the finaliser of SplitMix64 (Steele, Lea, Flood, 2014): every bit of the
// number moves every bit of the result.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// host is an address as a prefix of itself.
func host(ip flow.IP) netip.Prefix {
	a := ip.Addr()
	return netip.PrefixFrom(a, a.BitLen())
}

// addressOf is the n-th address of exporters: they talk among themselves.
func addressOf(n int) netip.Addr {
	var b [4]byte
	binary.BigEndian.PutUint32(b[:], 10<<24|255<<16|uint32(n+1))
	return netip.AddrFrom4(b)
}
