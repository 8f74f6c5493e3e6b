package simulate

import (
	"slices"
	"time"

	"eagre/flow"
)

// emitter takes a datagram and how many records it holds. The payload is valid only
// during the call.
type emitter func(payload []byte, records int)

// meter is the part of a router that counts packets and makes datagrams.
type meter interface {
	// observe sees a burst pass, of which n packets are sampled, perhaps none.
	observe(b *Burst, hop Hop, n int)
	// load takes flows that nobody metered, as if they had left the cache.
	load(flows []flow.Record)
	// export emits what is due at now; with all set, everything.
	export(now time.Time, all bool, emit emitter)
	// restart forgets, and tells how many packets.
	restart() (packets uint64)
}

// router is a Router at work.
type router struct {
	Router
	Counters
	meter    meter
	dice     *dice
	network  *faults
	restarts restarts
}

func newRouter(r Router, c Config, stream uint64) *router {
	out := &router{Router: r.withDefaults(), restarts: newRestarts(r, c.Start), network: newFaults(r.Faults, c.Seed, stream)}
	out.dice = newDice(r.Sampling, r.Deterministic, c.Seed, stream)
	out.meter = newMeter(out)
	return out
}

func newMeter(r *router) meter {
	if r.Format == flow.SFlowV5 {
		return newAgent(r)
	}
	return newCache(r, newExporter(r))
}

func (r *router) forward(b *Burst, hop Hop) {
	r.Seen += uint64(b.Count)
	n := r.dice.take(b.Count)
	r.Sampled += uint64(n)
	r.SampledBytes += uint64(n) * uint64(b.Length)
	r.meter.observe(b, hop, n)
}

// load gives the router flows that were sampled elsewhere.
func (r *router) load(flows []flow.Record) {
	for i := range flows {
		flows[i].SamplingRate = r.rate()
		r.Seen += flows[i].Packets * uint64(r.rate())
		r.Sampled += flows[i].Packets
		r.SampledBytes += flows[i].Bytes
	}
	r.meter.load(flows)
}

// export makes the datagrams that are due and sends them through the network.
func (r *router) export(now time.Time, all bool, emit emitter) {
	for r.restarts.due(now) {
		r.restart(now)
	}
	r.meter.export(now, all, func(payload []byte, records int) {
		r.Datagrams++
		r.network.carry(&r.Counters, payload, records, emit)
	})
	if all {
		r.network.release(emit)
	}
}

// restart begins sysUptime anew; what was in the caches is gone.
func (r *router) restart(now time.Time) {
	r.Counters.Restarts++
	r.Boot = now
	r.Forgotten += r.meter.restart()
}

// rate is what the datagrams say.
func (r *router) rate() uint32 { return max(1, r.Sampling) }

// clock is what the router believes at now.
func (r *router) clock(now time.Time) clock { return clock{now.Add(r.Skew), now.Sub(r.Boot)} }

// exported counts what has gone into a datagram.
func (r *router) exported(records []flow.Record) {
	r.Records += uint64(len(records))
	for i := range records {
		r.Exported += records[i].Packets
		r.ExportedBytes += records[i].Bytes
	}
}

// restarts is when a router restarts: at some times, and again and again.
type restarts struct {
	at    []time.Time // still to come, in order
	every time.Duration
	next  time.Time
}

func newRestarts(r Router, start time.Time) restarts {
	at := slices.Clone(r.RestartAt)
	slices.SortFunc(at, time.Time.Compare)
	return restarts{at: at, every: r.RestartEvery, next: start.Add(r.RestartEvery)}
}

// due takes one restart off the list, if it has come.
func (r *restarts) due(now time.Time) bool {
	if len(r.at) > 0 && !r.at[0].After(now) {
		r.at = r.at[1:]
		return true
	}
	if r.every > 0 && !r.next.After(now) {
		r.next = r.next.Add(r.every)
		return true
	}
	return false
}
