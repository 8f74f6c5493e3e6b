package reference

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"eagre/anomaly"
	"eagre/flow"
	"eagre/network"
)

// Meter counts what each host receives and sends, and asks a rule at the end of each
// window. One goroutine may use it. Time is that of the batches.
type Meter struct {
	network *network.Map
	rule    rule
	window  time.Duration
	tell    func(anomaly.Event) error
	hosts   map[key]*host
	busy    []key // that counted in the open window, or have an open alarm
	open    int64 // number of the window
	most    int   // hosts
	refused uint64
}

// maxHosts bounds the hosts of a Meter, each way counted for itself.
const maxHosts = 1 << 20

// quiet is how long a host must stay below its limit before its alarm ends.
const quiet = 2 * time.Minute

// NewFixed makes the rule of fixed limits, over windows of five seconds.
func NewFixed(nw *network.Map, tell func(anomaly.Event) error) *Meter {
	return newMeter(nw, fixed{}, 5*time.Second, tell)
}

// NewMaximum makes the rule of the maximum of seven days times two, over windows of a
// minute.
func NewMaximum(nw *network.Map, tell func(anomaly.Event) error) *Meter {
	return newMeter(nw, maximum{}, time.Minute, tell)
}

func newMeter(nw *network.Map, r rule, window time.Duration, tell func(anomaly.Event) error) *Meter {
	return &Meter{network: nw, rule: r, window: window, tell: tell, hosts: map[key]*host{}, most: maxHosts}
}

// key is a host and the way of the traffic.
type key struct {
	address flow.IP
	sends   bool
}

// host is what is known of a host, one way.
type host struct {
	packets, bytes, flows uint64 // of the open window, renormalised
	listed                bool   // among the busy ones
	alarm                 *alarm

	today int64
	sofar Rates             // today's maximum
	days  [remembered]Rates // by day modulo their number
}

// Count takes in the flows of a batch. An error is that of telling.
func (m *Meter) Count(b *flow.Batch) error {
	if err := m.advance(flow.StepStart(b.Step)); err != nil {
		return err
	}
	for row := range b.N {
		role := m.network.Role(b.Exporter[row], b.InIf[row])
		place := m.network.Place(b.SrcAddr[row], b.DstAddr[row], role)
		if role != network.RoleUnknown && !place.Boundary {
			continue
		}
		if place.Dst != 0 {
			m.add(key{b.DstAddr[row], false}, b, row)
		}
		if place.Src != 0 {
			m.add(key{b.SrcAddr[row], true}, b, row)
		}
	}
	return nil
}

func (m *Meter) add(k key, b *flow.Batch, row int) {
	h := m.hosts[k]
	if h == nil {
		if len(m.hosts) >= m.most {
			m.refused++
			return
		}
		h = &host{}
		m.hosts[k] = h
	}
	rate := uint64(max(1, b.SamplingRate[row]))
	h.packets += rate * b.Packets[row]
	h.bytes += rate * b.Bytes[row]
	h.flows++
	m.list(k, h)
}

func (m *Meter) list(k key, h *host) {
	if !h.listed {
		h.listed = true
		m.busy = append(m.busy, k)
	}
}

// advance closes the windows that are over. Once no host is busy the rest are empty and
// are leapt over.
func (m *Meter) advance(to time.Time) error {
	now := to.UnixNano() / int64(m.window)
	for m.open < now && len(m.busy) > 0 {
		if err := m.close(time.Unix(0, (m.open+1)*int64(m.window)).UTC()); err != nil {
			return err
		}
		m.open++
	}
	m.open = max(m.open, now)
	return nil
}

// Refused is how many records were of hosts for which there was no room.
func (m *Meter) Refused() uint64 { return m.refused }

// Finish closes the last window and lets every alarm end.
func (m *Meter) Finish() error {
	return m.advance(time.Unix(0, (m.open+1)*int64(m.window)).Add(quiet + m.window))
}

// close asks the rule about every host that did something, in order of address.
func (m *Meter) close(at time.Time) error {
	busy := m.busy
	m.busy = nil
	slices.SortFunc(busy, func(a, b key) int {
		return cmp.Or(a.address.Compare(b.address), cmp.Compare(direction(a.sends), direction(b.sends)))
	})
	for _, k := range busy {
		h := m.hosts[k]
		seconds := m.window.Seconds()
		r := Rates{float64(h.packets) / seconds, 8 * float64(h.bytes) / seconds, float64(h.flows) / seconds}
		if err := m.judge(k, h, r, at); err != nil {
			return fmt.Errorf("reference: %s: %w", at.Format(time.RFC3339), err)
		}
		h.packets, h.bytes, h.flows, h.listed = 0, 0, 0, false
		if h.alarm != nil {
			m.list(k, h)
		}
	}
	return nil
}

// direction is the number of a way, for sorting.
func direction(sends bool) network.Direction {
	if sends {
		return network.Outgoing
	}
	return network.Incoming
}

// judge opens, feeds and ends the alarm of a host.
func (m *Meter) judge(k key, h *host, r Rates, at time.Time) error {
	worst, broken := r.over(m.rule.limit(h, at))
	h.sofar = h.sofar.max(r)
	a := h.alarm
	switch {
	case broken && a == nil:
		h.alarm = m.begin(k, worst, at)
		h.alarm.feed(r, worst, at, m.window)
		return m.tell(h.alarm.event(anomaly.Opened, at))
	case broken:
		a.feed(r, worst, at, m.window)
	case a != nil && at.Sub(a.last) >= quiet:
		h.alarm = nil
		return m.tell(a.event(anomaly.Ended, at))
	}
	return nil
}

// prefix is the host as the events name it.
func (k key) prefix() netip.Prefix {
	a := k.address.Addr()
	return netip.PrefixFrom(a, a.BitLen())
}
