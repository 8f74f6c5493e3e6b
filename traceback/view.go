package traceback

import (
	"eagre/flow"
	"eagre/network"
)

// Packets are counted once although several routers saw them. A view is a set of
// network elements of which no two saw the same packet:
//
//   - by role: all elements whose input interface is external or customer;
//   - per exporter: its elements that are not core, because a router meters a
//     packet on one input only.
//
// The view by role counts, unless some exporter with interfaces of unknown role
// saw over a quarter more: then the map misses the interface where most of it
// came in. With no role known that is the exporter that saw most, and where only
// core interfaces saw anything, the same among them. Elements outside the view
// are transit or a second view of the same packets.
const (
	roleMargin = 4 // a fourth more
	// entryPercent is the share of the packets from which an element is an entry
	// point; below it a few innocent look-alikes would be named. Where the
	// packets come in at very many places, half of the largest share suffices.
	entryPercent = 8
)

// view is the elements that count.
func (t *tracing) view(nw *network.Map) map[interfaceKey]bool {
	roles := t.roles(nw)
	byRole, byRoleSum := t.pick(func(k interfaceKey) bool { return boundary(roles[k]) })
	best, bestSum := t.bestExporter(func(k interfaceKey) bool { return roles[k] != network.RoleCore })
	switch {
	case len(best) == 0:
		best, _ = t.bestExporter(func(interfaceKey) bool { return true })
		return best
	case len(byRole) > 0 && bestSum <= plus(byRoleSum, byRoleSum/roleMargin):
		return byRole
	}
	return best
}

func boundary(r network.Role) bool { return r == network.RoleExternal || r == network.RoleCustomer }

func (t *tracing) roles(nw *network.Map) map[interfaceKey]network.Role {
	roles := map[interfaceKey]network.Role{}
	for key := range t.groups {
		roles[key] = nw.Interface(key.exporter, key.index).Role
	}
	return roles
}

// pick is the elements that carried anything in the window, and their packets.
func (t *tracing) pick(want func(interfaceKey) bool) (picked map[interfaceKey]bool, sum uint64) {
	picked = map[interfaceKey]bool{}
	for key, g := range t.groups {
		if g.total != (count{}) && want(key) {
			picked[key] = true
			sum = plus(sum, g.total.packets)
		}
	}
	return picked, sum
}

// bestExporter is the exporter whose wanted elements saw most packets; of equals
// the one with the lowest address.
func (t *tracing) bestExporter(want func(interfaceKey) bool) (best map[interfaceKey]bool, most uint64) {
	tried := flow.IP{}
	for i, key := range t.keys() {
		if i > 0 && key.exporter == tried {
			continue
		}
		tried = key.exporter
		picked, sum := t.pick(func(k interfaceKey) bool { return k.exporter == key.exporter && want(k) })
		if len(picked) > 0 && (len(best) == 0 || sum > most) {
			best, most = picked, sum
		}
	}
	return best, most
}

// entries are the counted elements at which the traffic came in.
func (t *tracing) entries(nw *network.Map) map[interfaceKey]bool {
	total := t.countedTotal().packets
	var largest uint64
	for key := range t.counted {
		largest = max(largest, t.groups[key].total.packets)
	}
	enough := min(share(total, entryPercent, 100), largest/2)
	entries := map[interfaceKey]bool{}
	for key := range t.counted {
		core := nw.Interface(key.exporter, key.index).Role == network.RoleCore
		if packets := t.groups[key].total.packets; !core && packets > 0 && packets >= enough {
			entries[key] = true
		}
	}
	return entries
}

func (t *tracing) countedTotal() count {
	var total count
	for key := range t.counted {
		total.add(t.groups[key].total)
	}
	return total
}
