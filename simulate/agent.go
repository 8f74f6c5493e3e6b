package simulate

import "time"

// agent is the sFlow agent of a router: each sampled packet is a sample, and
// leaves within a tenth of a second.
type agent struct {
	router   *router
	sources  map[uint32]*dataSource // by ifIndex of the input
	due      []SFlowSample
	sequence uint32
	buffer   []byte
}

// dataSource is an interface that samples packets.
type dataSource struct{ sequence, pool uint32 }

func newAgent(r *router) *agent { return &agent{router: r, sources: map[uint32]*dataSource{}} }

// observe makes n samples. The pool counts every packet of the data source.
func (a *agent) observe(b *Burst, hop Hop, n int) {
	source := a.sources[hop.In]
	if source == nil {
		source = &dataSource{}
		a.sources[hop.In] = source
	}
	source.pool += uint32(b.Count)
	for range n {
		s := SFlowSample{Sequence: source.sequence, Pool: source.pool, Record: b.Flow}
		s.Record.InIf, s.Record.OutIf, s.Record.SamplingRate = hop.In, hop.Out, a.router.rate()
		s.Record.Packets, s.Record.Bytes = 1, uint64(b.Length)
		source.sequence++
		a.due = append(a.due, s)
	}
}

func (a *agent) export(now time.Time, _ bool, emit func([]byte)) {
	for len(a.due) > 0 {
		n := min(len(a.due), SFlowSamplesPerDatagram)
		a.send(now, a.due[:n], emit)
		a.due = a.due[n:]
	}
	a.due = nil
}

func (a *agent) send(now time.Time, samples []SFlowSample, emit func([]byte)) {
	address := a.router.Agent
	if !address.IsValid() {
		address = a.router.Exporter.Address
	}
	h := SFlowHeader{Agent: address, SubAgent: uint32(a.router.Domain), Sequence: a.sequence, Uptime: a.router.uptime(now)}
	a.buffer = AppendSFlow(a.buffer[:0], h, samples)
	a.sequence++
	for i := range samples {
		a.router.Exported++
		a.router.ExportedBytes += samples[i].Record.Bytes
	}
	a.router.sent(len(samples))
	emit(a.buffer)
}
