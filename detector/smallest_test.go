package detector

import (
	"math/rand/v2"
	"net/netip"
	"testing"

	"eagre/detector/tally"
	"eagre/flow"
)

// bombed are the hosts and prefixes of a carpet bombing: of each family so many
// prefixes, of so many hosts each.
func bombed(prefixes, hosts int) (out []*series) {
	for n := range prefixes {
		for _, first := range []string{"198.18.0.0", "2001:db8::"} {
			address := netip.MustParseAddr(first).AsSlice()
			address[min(5, len(address)-2)] += byte(n) // another /24, another /48
			for host := range hosts {
				address[len(address)-1] = byte(host)
				a, _ := netip.AddrFromSlice(address)
				ip := flow.FromAddr(a)
				out = append(out, hot(tally.Host, ip, uint8(a.BitLen())))
				if host == 0 {
					for prefix := range around(tally.Key{Kind: tally.Host, Addr: ip, Bits: uint8(a.BitLen())}) {
						out = append(out, hot(tally.Prefix, prefix.Addr, prefix.Bits))
					}
				}
			}
		}
	}
	return out
}

func hot(kind tally.Kind, a flow.IP, bits uint8) *series {
	return &series{
		key:   tally.Key{Kind: kind, Class: tally.SYN, Addr: a, Bits: bits},
		panes: tally.Panes{{At: 100, Sum: tally.Sum{Packets: uint64(bits) << 20}}},
	}
}

// holds is the slow obvious twin of insides.
func holds(prefix, k tally.Key) bool {
	inner := k
	inner.Kind, inner.Bits, inner.Addr = prefix.Kind, prefix.Bits, k.Addr.Mask(int(prefix.Bits))
	return (k.Kind == tally.Host || k.Kind == tally.Prefix) && k.Bits > prefix.Bits && k.Addr.Is4() == prefix.Addr.Is4() && inner == prefix
}

// TestEveryPrefixKnowsItsSmallerParts: hosts, and in IPv6 the /64 of a /48, while series
// come and go.
func TestEveryPrefixKnowsItsSmallerParts(t *testing.T) {
	r, in, held := rand.New(rand.NewPCG(1, 2)), insides{}, map[tally.Key]*series{}
	all := bombed(4, 5)
	for range 400 {
		s := all[r.IntN(len(all))]
		if _, known := held[s.key]; known {
			delete(held, s.key)
			in.remove(s.key)
		} else {
			held[s.key] = s
			in.add(s)
		}
		for _, p := range all {
			if p.key.Kind != tally.Prefix {
				continue
			}
			want := 0
			for k := range held {
				if holds(p.key, k) {
					want++
				}
			}
			if got := len(in[p.key]); got != want {
				t.Fatalf("%s: got %d smaller parts, want %d", p.key, got, want)
			}
		}
	}
	for k := range held {
		in.remove(k)
	}
	if len(in) != 0 {
		t.Errorf("%d prefixes are remembered of which nothing is held", len(in))
	}
}

// BenchmarkWhoIsTheVictimOfACarpetBombing asks for 256 prefixes, as a step does.
func BenchmarkWhoIsTheVictimOfACarpetBombing(b *testing.B) {
	j := &judge{inside: insides{}}
	all := bombed(128, 60)
	for _, s := range all {
		j.inside.add(s)
	}
	w := window{Sum: tally.Sum{Packets: 1 << 40}, last: 100, panes: windowPanes}
	for b.Loop() {
		for _, s := range all {
			if s.key.Kind == tally.Prefix && s.key.Bits != 64 {
				j.smallerExplains(s, w)
			}
		}
	}
}
