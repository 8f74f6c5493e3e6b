package simulate

import (
	"fmt"
	"net/netip"
	"time"

	"eagre/flow"
	"eagre/network"
)

// Router is one router of a scenario and how it exports.
type Router struct {
	// Exporter has its name, its interfaces and the address that its datagrams
	// come from. The operator's sampling override in it is not used.
	Exporter network.Exporter
	Format   flow.Version // flow.NetFlowV5 or flow.SFlowV5
	Domain   uint8        // v5 engine id, sFlow sub-agent
	Sampling uint32       // one packet in so many, at random; 0 and 1 look at all
	// Active and Inactive are the timeouts of the flow cache (NetFlow v5): a
	// running flow is exported every Active, a silent one after Inactive.
	Active, Inactive time.Duration
	Agent            netip.Addr // sFlow agent address; zero: the exporter's address
	Boot             time.Time  // where sysUptime counts from
}

func (r Router) check() error {
	name := r.Exporter.Name
	switch {
	case r.Format != flow.NetFlowV5 && r.Format != flow.SFlowV5:
		return fmt.Errorf("simulate: router %s: cannot export %s", name, r.Format)
	case r.Format == flow.NetFlowV5 && (r.Active <= 0 || r.Inactive <= 0):
		return fmt.Errorf("simulate: router %s: a flow cache needs both timeouts, got %v and %v", name, r.Active, r.Inactive)
	case r.Format == flow.NetFlowV5 && r.Sampling > maxV5Sampling:
		return fmt.Errorf("simulate: router %s: NetFlow v5 says at most 1:%d, got 1:%d", name, maxV5Sampling, r.Sampling)
	case !r.Exporter.Address.IsValid():
		return fmt.Errorf("simulate: router %s: no address", name)
	}
	return nil
}

const maxV5Sampling = 1<<14 - 1

// Counters say what became of the packets that a router forwarded. What is not
// sampled is not exported; Exported reaches Sampled once Finish has run.
type Counters struct {
	Seen         uint64 // packets forwarded
	Sampled      uint64 // packets the meter looked at
	SampledBytes uint64 // and their IP bytes
	// Unexportable are sampled packets that the format cannot express: IPv6 in
	// NetFlow v5.
	Unexportable  uint64
	Exported      uint64 // packets in datagrams, Unexportable left out
	ExportedBytes uint64
	Records       uint64 // flow records or samples in datagrams
	Datagrams     uint64
	CacheFlushes  uint64 // times the flow cache was full and emptied early
}

// Burst is a number of equal packets at one moment, and the way they take.
type Burst struct {
	At     time.Time
	Flow   flow.Record // addresses, ports, protocol, TCP flags, TOS, masks, AS
	Length int         // IP bytes of each packet
	Count  int
	Path   []Hop // the routers passed, in order
}

// Hop is the passage through one router.
type Hop struct {
	Router  int    // index into the scenario's routers
	In, Out uint32 // ifIndex
}

// meter is the part of a router that counts packets and makes datagrams.
type meter interface {
	// observe sees a burst pass, of which n packets are sampled, perhaps none.
	observe(b *Burst, hop Hop, n int)
	// export emits what is due at now; with all set, everything.
	export(now time.Time, all bool, emit func(payload []byte))
}

// router is a Router at work.
type router struct {
	Router
	Counters
	meter meter
	dice  *dice
}

func newRouter(r Router, d *dice) *router {
	out := &router{Router: r, dice: d}
	if r.Format == flow.SFlowV5 {
		out.meter = newAgent(out)
	} else {
		out.meter = newCache(out)
	}
	return out
}

func (r *router) forward(b *Burst, hop Hop) {
	r.Seen += uint64(b.Count)
	n := r.dice.take(b.Count)
	r.Sampled += uint64(n)
	r.SampledBytes += uint64(n) * uint64(b.Length)
	r.meter.observe(b, hop, n)
}

// rate is what the datagrams say.
func (r *router) rate() uint32 { return max(1, r.Sampling) }

func (r *router) uptime(now time.Time) time.Duration { return now.Sub(r.Boot) }

func (r *router) sent(records int) {
	r.Records += uint64(records)
	r.Datagrams++
}
