package tally

import (
	"testing"

	"pgregory.net/rapid"

	"eagre/flow"
	"eagre/network"
)

// TestTheTableIsAMap runs the table beside the built-in map through inserts,
// look-ups and sweeps.
func TestTheTableIsAMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tab, twin := newTable(rapid.Uint64().Draw(t, "seed")), map[Key]uint64{}
		for round := range rapid.IntRange(1, 4).Draw(t, "rounds") {
			for range rapid.IntRange(0, 5000).Draw(t, "inserts") {
				k := Key{Kind: rapid.SampledFrom([]Kind{Host, Prefix}).Draw(t, "kind"), Addr: flow.V4(rapid.Uint32Range(0, 6000).Draw(t, "host")), Bits: 32}
				e := tab.find(&k, k.Hash(tab.seed))
				if _, has := twin[k]; has != (e != nil) {
					t.Fatalf("key %v: in the map %v, in the table %v", k, has, e != nil)
				}
				if e == nil {
					e = tab.at(tab.insert(&k, k.Hash(tab.seed)))
				}
				e.ticks[0].Packets++
				twin[k]++
			}
			keep := func(k Key) bool { return (k.Addr.Lo+uint64(round))%3 != 0 }
			tab.sweep(func(e *entry) bool { return keep(e.key) })
			for k := range twin {
				if !keep(k) {
					delete(twin, k)
				}
			}
		}
		if tab.n != len(twin) {
			t.Fatalf("table holds %d keys, map %d", tab.n, len(twin))
		}
		for k, want := range twin {
			e := tab.find(&k, k.Hash(tab.seed))
			if e == nil || e.ticks[0].Packets != want {
				t.Fatalf("key %v: got %+v, want %d", k, e, want)
			}
		}
	})
}

func TestAKeyIsWhatItsFieldsSay(t *testing.T) {
	base := Key{Addr: flow.V4(1), Peer: flow.V4(2), Index: 3, Observer: 4, SrcPort: 5, DstPort: 6, Kind: Group, Class: UDP, Side: From, Bits: 32}
	variants := []Key{base, base, base, base, base, base, base, base, base, base}
	variants[0].Addr = flow.V4(9)
	variants[1].Peer = flow.V4(9)
	variants[2].Index = 9
	variants[3].Observer = 9
	variants[4].SrcPort = 9
	variants[5].DstPort = 9
	variants[6].Kind = Host
	variants[7].Class = SYN
	variants[8].Side = To
	variants[9].Bits = 24
	for i, v := range variants {
		if v.same(&base) || v.Compare(base) == 0 || v.Hash(7) == base.Hash(7) {
			t.Errorf("variant %d (%v) is taken for %v", i, v, base)
		}
	}
	again := base
	if !again.same(&base) || again.Compare(base) != 0 || again.Hash(7) != base.Hash(7) {
		t.Errorf("%v is not taken for itself", base)
	}
}

// TestAClassLivesBesideItsHost follows a host with two classes of traffic: one
// beside it, one with a slot of its own, both found by their key, both forgotten.
func TestAClassLivesBesideItsHost(t *testing.T) {
	tab := newTable(1)
	host := Key{Kind: Host, Addr: flow.V4(7), Bits: 32}
	udp, syn := host, host
	udp.Class, syn.Class = UDP, SYN
	ref := tab.insert(&host, host.Hash(tab.seed))
	if e := tab.beside(ref, UDP); e == nil || e.key != udp {
		t.Fatalf("the first class: got %+v", e)
	}
	if e := tab.beside(ref, SYN); e != nil {
		t.Fatalf("the second class took the place of the first: %+v", e)
	}
	tab.insert(&syn, syn.Hash(tab.seed))
	for _, k := range []Key{host, udp, syn} {
		if e := tab.find(&k, k.Hash(tab.seed)); e == nil || e.key != k {
			t.Errorf("%v: found %+v", k, e)
		}
	}
	tab.sweep(func(e *entry) bool { return e.key.Class == UDP }) // the host alone would go
	if tab.n != 2 || tab.find(&udp, udp.Hash(tab.seed)) == nil || tab.find(&syn, syn.Hash(tab.seed)) != nil {
		t.Errorf("after the first sweep %d series are held, want the host for the sake of its class", tab.n)
	}
	tab.sweep(func(*entry) bool { return false })
	if tab.n != 0 || tab.keys != 0 || tab.find(&udp, udp.Hash(tab.seed)) != nil {
		t.Errorf("after the second sweep %d series are held, want none", tab.n)
	}
}

// TestTheLastEntryOfAFullChunkHasNothingBesideIt counts a flow to a host whose
// hash leads to a prefix that has the last place of all: what would lie beside
// it is not there to be touched.
func TestTheLastEntryOfAFullChunkHasNothingBesideIt(t *testing.T) {
	c := New(DefaultConfig(), 0, mapOf(t, network.Config{}), Warmth{{}}, nil)
	for i := range uint32(chunkSize) {
		k := Key{Kind: Prefix, Addr: flow.V4(i << 8), Bits: 24}
		c.table.insert(&k, k.Hash(c.cfg.Seed))
	}
	observer := Observer(flow.FromAddr(edge))
	for i := uint32(1); i < 1<<28; i++ {
		k := Key{Kind: Host, Addr: flow.V4(i), Bits: 32, Observer: observer}
		if c.table.candidate(k.Hash(c.cfg.Seed)) == chunkSize {
			c.Count(batchAt(morning, record(morning, flow.V4(i).Addr(), 1)))
			return
		}
	}
	t.Fatal("no host leads to the last entry")
}
