package traceback

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"eagre/flow"
)

func tallyOf(bytes map[string]uint64) *tally[flow.IP] {
	t := newTally(maxBound, coarserIP)
	for a, n := range bytes {
		t.add(flow.FromAddr(addr(a)), count{bytes: n, packets: n / 40})
	}
	return &t
}

// rowsOf are the rows as "prefix bytes", largest first.
func rowsOf(rows []block) []string {
	slices.SortFunc(rows, func(a, b block) int {
		if a.bytes != b.bytes {
			return int(int64(b.bytes) - int64(a.bytes))
		}
		return a.ip.Compare(b.ip)
	})
	var out []string
	for _, r := range rows {
		out = append(out, fmt.Sprintf("%s %d", r, r.bytes))
	}
	return out
}

func TestAddressesCollapseToWhatAnOperatorWouldSay(t *testing.T) {
	hosts := func(format string, from, to int, each uint64) map[string]uint64 {
		m := map[string]uint64{}
		for i := from; i <= to; i++ {
			m[fmt.Sprintf(format, i)] = each
		}
		return m
	}
	join := func(ms ...map[string]uint64) map[string]uint64 {
		out := map[string]uint64{}
		for _, m := range ms {
			for k, v := range m {
				out[k] = v
			}
		}
		return out
	}
	spoofed := map[string]uint64{}
	for i := range 2000 {
		spoofed[flow.V4(uint32(i)*2147483).Addr().String()] = 40
	}
	for name, c := range map[string]struct {
		in   map[string]uint64
		want []string
	}{
		"a few hosts stay hosts": {
			hosts("203.0.113.%d", 1, 4, 100),
			[]string{"203.0.113.1/32 100", "203.0.113.2/32 100", "203.0.113.3/32 100", "203.0.113.4/32 100"},
		},
		"a busy network is one row": {hosts("203.0.113.%d", 0, 255, 100), []string{"203.0.113.0/24 25600"}},
		"its IPv6 twin":             {hosts("2001:db8::%x", 0, 255, 100), []string{"2001:db8::/120 25600"}},
		"two networks are two rows": {
			join(hosts("203.0.113.%d", 0, 255, 200), hosts("203.0.120.%d", 0, 255, 100)),
			[]string{"203.0.113.0/24 51200", "203.0.120.0/24 25600"},
		},
		"both families": {
			join(hosts("203.0.113.%d", 0, 255, 200), hosts("2001:db8::%x", 0, 255, 100)),
			[]string{"203.0.113.0/24 51200", "2001:db8::/120 25600"},
		},
		"the seed's sources": {
			join(hosts("204.38.130.%d", 0, 191, 33), hosts("204.38.130.%d", 192, 255, 1600)),
			[]string{"204.38.130.192/26 102400", "204.38.130.0/24 6336"},
		},
		"one host above its network": {
			join(hosts("203.0.113.%d", 0, 255, 100), map[string]uint64{"203.0.113.9": 30000}),
			[]string{"203.0.113.9/32 30000", "203.0.113.0/24 25500"},
		},
		"spoofed sources are no row":         {spoofed, nil},
		"a network among spoofed ones shows": {join(spoofed, hosts("203.0.113.%d", 0, 255, 300)), []string{"203.0.113.0/24 76800"}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, rowsOf(collapse(tallyOf(c.in)))); diff != "" {
				t.Errorf("rows (-want +got):\n%s", diff)
			}
		})
	}
}

// slowCollapse walks all prefix lengths from the longest to the shortest and
// looks at every prefix in use, without any path compression.
func slowCollapse(leaves []block) []block {
	var total uint64
	for _, l := range leaves {
		total += l.bytes
	}
	if len(leaves) <= rowsShown {
		return leaves
	}
	v4, v6 := families(leaves)
	enough := max(1, total/rowDivisor)
	return append(slowFamily(v4, enough), slowFamily(v6, enough)...)
}

type slowNode struct {
	rest count
	rows []block
}

func slowFamily(leaves []block, enough uint64) []block {
	at := map[flow.IP]slowNode{}
	for _, l := range leaves {
		at[l.ip] = slowClaim(l, slowNode{rest: l.count}, enough)
	}
	if len(leaves) == 0 {
		return nil
	}
	for n := 127; n >= offset(leaves[0].ip); n-- {
		parents := map[flow.IP][]flow.IP{}
		for ip := range at {
			parent := maskBits(ip, n)
			parents[parent] = append(parents[parent], ip)
		}
		next := map[flow.IP]slowNode{}
		for parent, children := range parents {
			slices.SortFunc(children, flow.IP.Compare)
			next[parent] = slowParent(block{ip: parent, bits: n}, at, children, enough)
		}
		at = next
	}
	var rows []block
	for _, node := range at {
		rows = append(rows, node.rows...)
	}
	return rows
}

func slowParent(here block, at map[flow.IP]slowNode, children []flow.IP, enough uint64) slowNode {
	if len(children) == 1 {
		return slowClaim(here, at[children[0]], enough)
	}
	l, r := at[children[0]], at[children[1]]
	sum := slowNode{rest: l.rest, rows: append(append([]block{}, l.rows...), r.rows...)}
	sum.rest.add(r.rest)
	here.count = sum.rest
	if rows, ok := here.join(l.rows, r.rows); ok {
		return slowNode{rows: rows}
	}
	return slowClaim(here, sum, enough)
}

func slowClaim(here block, n slowNode, enough uint64) slowNode {
	if n.rest.bytes < enough || here.bits < minBits(here.ip) {
		return n
	}
	here.count = n.rest
	return slowNode{rows: append(n.rows, here)}
}

// clustered draws addresses that sit in a few networks, some alone, with sizes
// from mice to elephants.
func clustered(r *rand.Rand) *tally[flow.IP] {
	t := newTally(maxBound, coarserIP)
	networks := 1 + r.IntN(6)
	for range 1 + r.IntN(400) {
		ip := flow.V4(uint32(1+r.IntN(networks))*0x0b130000 + r.Uint32N(1<<r.IntN(17)))
		if r.IntN(3) == 0 {
			ip = flow.IP{Hi: 0x20010db800000000 + r.Uint64N(uint64(networks))<<16, Lo: r.Uint64() >> r.IntN(64)}
		}
		n := r.Uint64N(1 << r.IntN(12))
		t.add(ip, count{bytes: n * 40, packets: n})
	}
	return &t
}

func TestCollapseAgreesWithItsSlowTwin(t *testing.T) {
	r := random(5)
	for round := range 300 {
		tally := clustered(r)
		leaves := make([]block, len(tally.cells))
		for i, c := range tally.cells {
			leaves[i] = block{ip: c.key, bits: 128, count: c.count}
		}
		want, got := rowsOf(slowCollapse(leaves)), rowsOf(collapse(tally))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("round %d, %d addresses (-slow +collapse):\n%s", round, len(leaves), diff)
		}
	}
}

func TestRowsNeverHoldMoreThanThereIs(t *testing.T) {
	r := random(6)
	for range 200 {
		tally := clustered(r)
		var total, rows uint64
		for _, c := range tally.cells {
			total += c.bytes
		}
		for _, b := range collapse(tally) {
			rows += b.bytes
		}
		if rows > total {
			t.Fatalf("rows hold %d of %d bytes", rows, total)
		}
	}
}

func TestTooManyAddressesAreCountedPerNetworkWhateverTheOrder(t *testing.T) {
	r := random(7)
	ips := make([]flow.IP, 3000)
	for i := range ips {
		ips[i] = flow.V4(0xc6336400 - 600 + r.Uint32N(1000))
	}
	var want []string
	for range 4 {
		r.Shuffle(len(ips), func(i, j int) { ips[i], ips[j] = ips[j], ips[i] })
		tally := newTally(256, coarserIP)
		for _, ip := range ips {
			tally.add(ip, count{bytes: 100, packets: 1})
		}
		if tally.level != 1 {
			t.Fatalf("level %d, want 1", tally.level)
		}
		got := rowsOf(collapse(&tally))
		if want == nil {
			want = got
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("another order (-first +now):\n%s", diff)
		}
	}
}

func TestATallyNeverHoldsMoreThanItsBound(t *testing.T) {
	r := random(8)
	ips, ports := newTally(minBound, coarserIP), newTally(minBound, coarserNumber[uint32])
	interfaces := newTally(minBound, coarserInterface)
	for range 100_000 {
		c := count{bytes: 1, packets: 1}
		ips.add(flow.IP{Hi: r.Uint64(), Lo: r.Uint64()}, c)
		ports.add(r.Uint32(), c)
		interfaces.add(interfaceKey{flow.V4(r.Uint32()), r.Uint32()}, c)
	}
	if len(ips.cells) > minBound || len(ports.cells) > minBound || len(interfaces.cells) > minBound {
		t.Errorf("tallies hold %d, %d and %d values, bound %d", len(ips.cells), len(ports.cells), len(interfaces.cells), minBound)
	}
}
