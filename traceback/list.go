package traceback

import (
	"cmp"
	"fmt"
	"slices"

	"eagre/flow"
	"eagre/network"
)

// List is the largest values of one kind and what is left over. Its rows never
// overlap in what they count, so rows and rest add up to the traffic.
type List struct {
	Rows []Row  `json:"rows"` // at most ten, by bytes
	Rest Amount `json:"rest"` // everything that is in no row
	// Distinct is how many values (or blocks of them, where CountedPer says so)
	// were seen.
	Distinct   int    `json:"distinct"`
	CountedPer string `json:"counted_per,omitempty"` // the block when there were too many values
}

// Row is one line of a list.
type Row struct {
	Key string `json:"key"` // "198.51.100.0/24", "1024 - 1791", "udp (17)", "S (0x02)"
	Amount
	PercentBPS float64 `json:"percent_bps"` // of the traffic's bits per second
}

// keyed is a row before it has rates.
type keyed struct {
	key string
	count
}

// traffic builds the lists of an amount.
func traffic(total count, d *breakdown, seconds int, nw *network.Map) Traffic {
	list := func(rows []keyed, distinct int, per string) List {
		out := topRows(rows, total, seconds, rowsShown)
		out.Distinct, out.CountedPer = distinct, per
		return out
	}
	addresses := func(t *tally[flow.IP]) List { return list(labels(collapse(t)), len(t.cells), perAddresses(t.level)) }
	ports := func(t *tally[uint16]) List { return list(named(ranges(t)), len(t.cells), perValues(t.level)) }
	numbers := func(t *tally[uint32]) List { return list(labels(ranges(t)), len(t.cells), perValues(t.level)) }
	interfaces := func(t *tally[interfaceKey]) List {
		name := func(k interfaceKey) string { return interfaceLabel(nw, k) }
		return list(cells(t, name), len(t.cells), perInterfaces(t.level))
	}
	small := func(t *tally[uint8], name func(uint8) string) List { return list(cells(t, name), len(t.cells), "") }
	return Traffic{
		Amount:          amount(total, seconds),
		SourceAddresses: addresses(&d.sources), DestinationAddresses: addresses(&d.destinations),
		SourcePorts: ports(&d.sourcePorts), DestinationPorts: ports(&d.destinationPorts),
		Protocols: small(&d.protocols, protocolName), TCPFlags: small(&d.flags, flagsName),
		InputInterfaces: interfaces(&d.inputs), OutputInterfaces: interfaces(&d.outputs),
		SourceAS: numbers(&d.sourceAS), DestinationAS: numbers(&d.destinationAS),
	}
}

// topRows sorts rows by bytes, packets and key, and keeps the largest.
func topRows(rows []keyed, total count, seconds, keep int) List {
	slices.SortFunc(rows, func(a, b keyed) int {
		return cmp.Or(cmp.Compare(b.bytes, a.bytes), cmp.Compare(b.packets, a.packets), cmp.Compare(a.key, b.key))
	})
	list, rest := List{Rows: []Row{}}, total
	for _, r := range rows[:min(keep, len(rows))] {
		row := Row{Key: r.key, Amount: amount(r.count, seconds)}
		if total.bytes > 0 {
			row.PercentBPS = 100 * float64(r.bytes) / float64(total.bytes)
		}
		list.Rows = append(list.Rows, row)
		rest = rest.without(r.count)
	}
	list.Rest = amount(rest, seconds)
	return list
}

// countedThing is what collapsing makes: a count that can say what it is about.
type countedThing interface {
	fmt.Stringer
	value() count
}

func labels[T countedThing](in []T) []keyed {
	out := make([]keyed, len(in))
	for i, c := range in {
		out[i] = keyed{c.String(), c.value()}
	}
	return out
}

// named adds the service's name to single ports.
func named(in []span) []keyed {
	out := labels(in)
	for i, s := range in {
		if name := serviceNames[s.first]; s.first == s.last && name != "" {
			out[i].key += " (" + name + ")"
		}
	}
	return out
}

func cells[K comparable](t *tally[K], name func(K) string) []keyed {
	out := make([]keyed, len(t.cells))
	for i, c := range t.cells {
		out[i] = keyed{name(c.key), c.count}
	}
	return out
}

func perAddresses(level int) string {
	if level == 0 {
		return ""
	}
	return fmt.Sprintf("/%d (IPv6 /%d)", levelBits(flow.V4(0), level), levelBits(flow.IP{}, level))
}

func perValues(level int) string {
	if level == 0 {
		return ""
	}
	return fmt.Sprintf("%d values", blockWidth(level))
}

func perInterfaces(level int) string {
	return [...]string{"", "exporter", "network"}[min(level, 2)]
}
