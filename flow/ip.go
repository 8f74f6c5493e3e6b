package flow

import (
	"encoding/binary"
	"math/bits"
	"net/netip"
)

// IP is an address as two big-endian words: the form it has in a column and in
// a tally key. IPv4 stands in its v4-mapped form (::ffff:a.b.c.d). The zero
// value means "no address"; the unspecified addresses 0.0.0.0 and :: are told
// apart from it only for IPv4.
type IP struct{ Hi, Lo uint64 }

const (
	mapped    = 0xffff << 32
	v4LoMask  = 0xffffffff
	v4BitsOff = 96 // an IPv4 prefix length counts from here
)

// V4 is the IPv4 address with the given 32 bits.
func V4(a uint32) IP { return IP{Lo: mapped | uint64(a)} }

// V6 is the address in 16 network-order bytes; v4-mapped bytes give IPv4.
func V6(b []byte) IP {
	_ = b[15]
	return IP{Hi: binary.BigEndian.Uint64(b), Lo: binary.BigEndian.Uint64(b[8:])}
}

// FromAddr converts an address; the zone of a link-local address is dropped and
// the zero Addr gives the zero IP.
func FromAddr(a netip.Addr) IP {
	if !a.IsValid() {
		return IP{}
	}
	b := a.As16()
	return V6(b[:])
}

// Addr is the address in its everyday form, unmapped; the zero IP gives the
// zero Addr.
func (ip IP) Addr() netip.Addr {
	switch {
	case ip.IsZero():
		return netip.Addr{}
	case ip.Is4():
		var b [4]byte
		binary.BigEndian.PutUint32(b[:], ip.V4())
		return netip.AddrFrom4(b)
	}
	var b [16]byte
	binary.BigEndian.PutUint64(b[:], ip.Hi)
	binary.BigEndian.PutUint64(b[8:], ip.Lo)
	return netip.AddrFrom16(b)
}

// IsZero tells whether there is no address.
func (ip IP) IsZero() bool { return ip == IP{} }

// Is4 tells whether the address is IPv4.
func (ip IP) Is4() bool { return ip.Hi == 0 && ip.Lo>>32 == 0xffff }

// V4 is the 32 bits of an IPv4 address.
func (ip IP) V4() uint32 { return uint32(ip.Lo & v4LoMask) }

// Mask keeps the first n bits of the address, counted in its own family, and
// clears the rest.
func (ip IP) Mask(n int) IP {
	if ip.Is4() {
		n += v4BitsOff
	}
	switch {
	case n <= 0:
		return IP{}
	case n < 64:
		return IP{Hi: ip.Hi &^ (1<<(64-n) - 1)}
	case n < 128:
		return IP{Hi: ip.Hi, Lo: ip.Lo &^ (1<<(128-n) - 1)}
	}
	return ip
}

// Prefix is the prefix of n bits, counted in the address's own family, that
// holds the address.
func (ip IP) Prefix(n int) netip.Prefix { return netip.PrefixFrom(ip.Mask(n).Addr(), n) }

// Compare orders addresses by their 128 bits, IPv4 among the v4-mapped ones.
func (ip IP) Compare(other IP) int {
	if c := compare(ip.Hi, other.Hi); c != 0 {
		return c
	}
	return compare(ip.Lo, other.Lo)
}

// Hash mixes the address with a seed. Equal inputs give equal results on every
// machine, so partitions and shards may be chosen by it.
func (ip IP) Hash(seed uint64) uint64 {
	hi, lo := bits.Mul64(ip.Hi^seed^0x9e3779b97f4a7c15, ip.Lo^0xd6e8feb86659fd93)
	hi2, lo2 := bits.Mul64(hi^lo^seed, 0xa0761d6478bd642f)
	return hi2 ^ lo2
}

// String prints the address, or "-" where there is none.
func (ip IP) String() string {
	if ip.IsZero() {
		return "-"
	}
	return ip.Addr().String()
}

func compare(a, b uint64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}
