package traffic

import (
	"cmp"
	"slices"
	"time"

	"eagre/flow"
	"eagre/quality"
)

// Datagram is one export datagram. The payload is valid only until the next second.
type Datagram struct {
	At      time.Time
	Router  int // index in the world
	Payload []byte
}

// Wire turns what routers export into datagrams, in the format of each. One goroutine may
// use it.
type Wire struct {
	world    *quality.World
	encoders []encoder
	dice     dice
	out      []Datagram
	buffer   []byte
	lost     uint64
}

// loss is the part of datagrams that the network loses.
const loss = 0.0005

// encoder makes the datagrams of one router's second. emit takes each payload.
type encoder interface {
	encode(now clock, flows []Flow, emit func(payload []byte))
}

// clock is what a router believes of a moment.
type clock struct {
	time   time.Time
	uptime time.Duration
	skew   time.Duration
	boot   time.Time
	rate   uint32 // of its sampler
}

// NewWire makes the encoders of a world's routers.
func NewWire(w *quality.World) *Wire {
	out := &Wire{world: w, dice: newDice(w.Seed ^ 0x77697265)}
	for n, r := range w.Routers {
		out.encoders = append(out.encoders, newEncoder(n, r))
	}
	return out
}

func newEncoder(n int, r quality.Router) encoder {
	switch r.Format {
	case flow.NetFlowV5:
		return &fixed{engine: uint8(n)}
	case flow.SFlowV5:
		return &agent{address: r.Address, sources: map[uint32]*source{}}
	}
	return newTemplated(n, r)
}

// Second makes the datagrams of a second, in order of time.
func (w *Wire) Second(s Second) []Datagram {
	w.out, w.buffer = w.out[:0], w.buffer[:0]
	for n := range s.Routers {
		if !s.Routers[n].Silent {
			w.router(n, s.At, &s.Routers[n])
		}
	}
	slices.SortStableFunc(w.out, func(a, b Datagram) int { return cmp.Or(a.At.Compare(b.At), a.Router-b.Router) })
	return w.out
}

// Lost is how many datagrams the network lost.
func (w *Wire) Lost() uint64 { return w.lost }

// router makes the datagrams of one router. They leave when the second is over, so that
// every flow has been before it is told.
func (w *Wire) router(n int, at time.Time, e *Export) {
	first := len(w.out)
	end := at.Add(time.Second)
	now := clock{time: end.Add(e.Skew), uptime: end.Sub(e.Boot), skew: e.Skew, boot: e.Boot.Add(e.Skew), rate: e.Sampling}
	w.encoders[n].encode(now, e.Flows, func(payload []byte) {
		if w.dice.Float64() < loss {
			w.lost++
			return
		}
		start := len(w.buffer)
		w.buffer = append(w.buffer, payload...)
		w.out = append(w.out, Datagram{Router: n, Payload: w.buffer[start:len(w.buffer):len(w.buffer)]})
	})
	sent := w.out[first:]
	for i := range sent {
		sent[i].At = end.Add(time.Duration(i) * 10 * time.Microsecond)
	}
}

// chunks hands out flows as the records of one datagram after the other, in order, all of
// one with the same rate.
func chunks(flows []Flow, most int, scratch []flow.Record, skew time.Duration, send func(rate uint32, records []flow.Record)) []flow.Record {
	for len(flows) > 0 {
		n := 1
		for n < len(flows) && n < most && flows[n].Rate == flows[0].Rate {
			n++
		}
		scratch = scratch[:0]
		for i := range flows[:n] {
			r := flows[i].record()
			if skew != 0 {
				r.Start, r.End = r.Start.Add(skew), r.End.Add(skew)
			}
			scratch = append(scratch, r)
		}
		send(flows[0].Rate, scratch)
		flows = flows[n:]
	}
	return scratch
}
