package flow

import (
	"math"
	"net/netip"
	"testing"

	"pgregory.net/rapid"
)

// families are the addresses that every table of addresses is tried with.
var families = []string{
	"0.0.0.0", "0.0.0.1", "10.0.0.0", "127.0.0.1", "198.51.100.7", "203.0.113.255", "255.255.255.255",
	"::1", "::ffff", "::fffe:c633:6407", "::1:ffff:c633:6407", "2001:db8::7", "fe80::1", "ff02::1", "8000::",
	"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
}

func TestAddressesComeBack(t *testing.T) {
	for _, text := range families {
		addr := netip.MustParseAddr(text)
		ip := FromAddr(addr)
		if got := ip.Addr(); got != addr {
			t.Errorf("%s: got %s back", text, got)
		}
		if got := ip.Is4(); got != addr.Is4() {
			t.Errorf("%s: got IPv4 %t", text, got)
		}
		if got := ip.String(); got != text {
			t.Errorf("%s: printed %s", text, got)
		}
		if ip.IsZero() {
			t.Errorf("%s: is no address", text)
		}
	}
}

func TestMappedAddressIsIPv4(t *testing.T) {
	for _, text := range []string{"::ffff:198.51.100.7", "::ffff:0.0.0.0"} {
		mapped := netip.MustParseAddr(text)
		if got, want := FromAddr(mapped), FromAddr(mapped.Unmap()); got != want || got.Addr() != mapped.Unmap() {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
		bytes := mapped.As16()
		if got, want := V6(bytes[:]), FromAddr(mapped.Unmap()); got != want {
			t.Errorf("%s in 16 bytes: got %s, want %s", text, got, want)
		}
	}
	if got, want := V4(0xc6336407), FromAddr(netip.MustParseAddr("198.51.100.7")); got != want || got.V4() != 0xc6336407 {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestNoAddress(t *testing.T) {
	var none IP
	if got := FromAddr(netip.Addr{}); got != none || !none.IsZero() || none.Addr().IsValid() || none.String() != "-" {
		t.Errorf("no address became %q, %v", got, none.Addr())
	}
}

func TestZoneIsDropped(t *testing.T) {
	if got, want := FromAddr(netip.MustParseAddr("fe80::1%eth0")), FromAddr(netip.MustParseAddr("fe80::1")); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestMaskAndPrefixAgreeWithNetip(t *testing.T) {
	for _, text := range families {
		addr := netip.MustParseAddr(text)
		for bits := 0; bits <= addr.BitLen(); bits++ {
			want := netip.PrefixFrom(addr, bits).Masked()
			masked := FromAddr(addr).Mask(bits)
			if bits > 0 && masked != FromAddr(want.Addr()) {
				if !(masked.IsZero() && want.Addr() == netip.IPv6Unspecified()) { // :: and no address are the same
					t.Errorf("%s/%d: got %s, want %s", text, bits, masked, want)
				}
			}
			if got := FromAddr(addr).Prefix(bits); got != want && want.Addr() != netip.IPv6Unspecified() {
				t.Errorf("%s/%d: got prefix %s, want %s", text, bits, got, want)
			}
		}
	}
}

func TestMaskBeyondTheAddressChangesNothing(t *testing.T) {
	for _, text := range families {
		ip := FromAddr(netip.MustParseAddr(text))
		for _, bits := range []int{ip.Addr().BitLen(), 129, math.MaxInt32} {
			if got := ip.Mask(bits); got != ip {
				t.Errorf("%s/%d: got %s", text, bits, got)
			}
		}
	}
}

// anyAddr draws addresses of both families, near each other and anywhere.
func anyAddr() *rapid.Generator[netip.Addr] {
	return rapid.Custom(func(t *rapid.T) netip.Addr {
		hi := rapid.OneOf(rapid.Just(uint64(0)), rapid.Uint64()).Draw(t, "hi")
		lo := rapid.OneOf(rapid.Uint64Range(mapped, mapped|math.MaxUint32), rapid.Uint64Range(1, math.MaxUint64)).Draw(t, "lo")
		return IP{hi, lo}.Addr()
	})
}

func TestCompareOrdersAsTheBytesDo(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := anyAddr().Draw(t, "a"), anyAddr().Draw(t, "b")
		want := netip.AddrFrom16(a.As16()).Compare(netip.AddrFrom16(b.As16()))
		if got := FromAddr(a).Compare(FromAddr(b)); got != want {
			t.Errorf("%s with %s: got %d, want %d", a, b, got, want)
		}
		if got := FromAddr(a).Compare(FromAddr(a)); got != 0 {
			t.Errorf("%s with itself: got %d", a, got)
		}
	})
}

func TestAnyAddressComesBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := anyAddr().Draw(t, "address")
		if got := FromAddr(a).Addr(); got != a {
			t.Errorf("got %s, want %s", got, a)
		}
	})
}

// Partitions and shards are chosen by the hash, also by the next release.
func TestHashStaysWhatItIs(t *testing.T) {
	for text, want := range map[string][2]uint64{
		"198.51.100.7": {0x31c1dd2591201547, 0x23587409dddf2e41}, "2001:db8::7": {0x4d34eb3d829f2575, 0xe7b930d4dcbe2ddc},
	} {
		ip := FromAddr(netip.MustParseAddr(text))
		if got := [2]uint64{ip.Hash(0), ip.Hash(42)}; got != want {
			t.Errorf("%s: got %#x", text, got)
		}
	}
}

func TestHashSpreadsNeighbours(t *testing.T) {
	for name, address := range map[string]func(i uint32) IP{
		"IPv4": func(i uint32) IP { return V4(0x0a000000 + i) },
		"IPv6": func(i uint32) IP { return IP{0x20010db8 << 32, uint64(i)} },
	} {
		var counts [16]int
		for i := range uint32(16_000) {
			counts[address(i).Hash(7)%16]++
		}
		for shard, n := range counts {
			if n < 800 || n > 1200 {
				t.Errorf("%s: shard %d has %d of 16000 addresses, want about 1000", name, shard, n)
			}
		}
	}
}
