package network

import (
	"cmp"
	"net/netip"
	"slices"

	"pgregory.net/rapid"
)

// longest is the length of the longest of some prefixes that holds an address,
// -1 if none does.
func longest(all []netip.Prefix, a netip.Addr) int {
	bits := -1
	for _, p := range all {
		if p.Contains(a) {
			bits = max(bits, p.Bits())
		}
	}
	return bits
}

// slowChain is the twin that anyone can check by eye: the objects that hold an
// address, sorted by the longest of their prefixes that does.
func slowChain(c Config, a netip.Addr) (chain []Object) {
	bits := map[Object]int{}
	for i, o := range c.Managed {
		if n := longest(o.Prefixes, a); n >= 0 {
			chain = append(chain, Object(i+1))
			bits[Object(i+1)] = n
		}
	}
	slices.SortFunc(chain, func(x, y Object) int { return cmp.Compare(bits[y], bits[x]) })
	return chain
}

// slowDark: the longest dark prefix around an address beats every managed one.
func slowDark(c Config, a netip.Addr) bool {
	dark := longest(c.Dark, a)
	for _, o := range c.Managed {
		if longest(o.Prefixes, a) > dark {
			return false
		}
	}
	return dark >= 0
}

// slowDirection asks the prefixes of one object alone.
func slowDirection(o ManagedObject, src, dst netip.Addr) Direction {
	from, to := longest(o.Prefixes, src) >= 0, longest(o.Prefixes, dst) >= 0
	switch {
	case from && to:
		return Internal
	case from:
		return Outgoing
	case to:
		return Incoming
	}
	return Transit
}

// anyAddr draws addresses of both families from so few networks that prefixes
// of them nest, and often.
func anyAddr() *rapid.Generator[netip.Addr] {
	digit := rapid.ByteRange(0, 2)
	return rapid.Custom(func(t *rapid.T) netip.Addr {
		d := [3]byte{digit.Draw(t, "a"), digit.Draw(t, "b"), digit.Draw(t, "c")}
		if rapid.Bool().Draw(t, "six") {
			return netip.AddrFrom16([16]byte{0x20, 1, 0xd, 0xb8, 0, d[0], 0, d[1], 15: d[2]})
		}
		return netip.AddrFrom4([4]byte{10, d[0], d[1], d[2]})
	})
}

func anyPrefix() *rapid.Generator[netip.Prefix] {
	return rapid.Custom(func(t *rapid.T) netip.Prefix {
		a := anyAddr().Draw(t, "address")
		p, _ := a.Prefix(rapid.IntRange(0, a.BitLen()).Draw(t, "bits"))
		return p
	})
}

// anyConfig draws networks whose prefixes nest in every way, each of one owner.
func anyConfig() *rapid.Generator[Config] {
	return rapid.Custom(func(t *rapid.T) (c Config) {
		owners := rapid.IntRange(0, 6).Draw(t, "objects")
		c.Managed = make([]ManagedObject, owners)
		for _, p := range rapid.SliceOfNDistinct(anyPrefix(), 0, 24, rapid.ID).Draw(t, "prefixes") {
			switch owner := rapid.IntRange(0, owners).Draw(t, "owner"); owner {
			case owners:
				c.Dark = append(c.Dark, p)
			default:
				c.Managed[owner].Prefixes = append(c.Managed[owner].Prefixes, p)
			}
		}
		c.Trusted = rapid.SliceOfN(anyPrefix(), 0, 3).Draw(t, "trusted")
		return c
	})
}
