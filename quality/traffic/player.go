package traffic

import (
	"fmt"
	"slices"
	"time"

	"eagre/quality"
)

// minute is the step in which traffic is drawn.
const minute = time.Minute

// Player plays a world once. One goroutine may use it.
type Player struct {
	world      *quality.World
	dice       dice
	caches     []*cache
	paths      *paths
	subjects   []*subject // one for each customer
	usual      conditions
	now        conditions
	active     []*quality.Event
	upcoming   int // index of the first event that has not begun
	clock      time.Time
	dark       noise
	flows      uint64
	duplicates []Flow
}

// NewPlayer makes the player of a world.
func NewPlayer(w *quality.World) *Player {
	p := &Player{world: w, dice: newDice(w.Seed), paths: newPaths(w), usual: newConditions(w), clock: w.Start, dark: newNoise(300, 0.2)}
	for _, r := range w.Routers {
		p.caches = append(p.caches, &cache{router: r, format: r.Format, next: w.Start.Unix()})
	}
	for n := range w.Customers {
		p.subjects = append(p.subjects, newSubject(p, n))
	}
	return p
}

// Second is what routers export in one second. Everything in it is valid only until
// the next one.
type Second struct {
	At      time.Time
	Routers []Export // by router
}

// Export is what one router exports in a second, and what it says of itself.
type Export struct {
	Flows    []Flow
	Skew     time.Duration // its clock is so far ahead
	Boot     time.Time     // sysUptime counts from here
	Sampling uint32        // one packet in so many, at the moment
	Silent   bool          // it says nothing, not even templates
}

// Play hands out the whole world second by second, and on until the caches are empty.
// An error ends it.
func (p *Player) Play(each func(Second) error) error {
	end := p.world.End().Add(2 * minute)
	for p.clock.Before(end) {
		p.turn()
		if p.clock.Before(p.world.End()) {
			p.fill()
		}
		for s := range int64(minute / time.Second) {
			if err := each(p.second(p.clock.Add(time.Duration(s) * time.Second))); err != nil {
				return fmt.Errorf("traffic: %s: %w", p.clock.Format(time.RFC3339), err)
			}
		}
		p.clock = p.clock.Add(minute)
	}
	return nil
}

// Flows is how many flows have left so far.
func (p *Player) Flows() uint64 { return p.flows }

// turn finds out what happens in this minute.
func (p *Player) turn() {
	end := p.clock.Add(minute)
	for _, e := range p.active {
		if e.Kind == "exporter-restart" && !e.End.After(p.clock) {
			p.usual.routers[e.Router].boot = e.End.UnixMilli()
		}
	}
	p.active = slices.DeleteFunc(p.active, func(e *quality.Event) bool { return !e.End.After(p.clock) })
	for ; p.upcoming < len(p.world.Events) && p.world.Events[p.upcoming].Start.Before(end); p.upcoming++ {
		p.active = append(p.active, &p.world.Events[p.upcoming])
	}
	p.now = p.usual.during(p.active)
}

// fill draws a minute of traffic into the caches.
func (p *Player) fill() {
	for _, s := range p.subjects {
		s.minute()
	}
	p.radiate()
	for _, e := range p.active {
		if len(e.Vectors) > 0 {
			p.strike(e)
		}
	}
}

// second empties the caches of one second.
func (p *Player) second(at time.Time) Second {
	out := Second{At: at, Routers: make([]Export, len(p.caches))}
	p.duplicates = p.duplicates[:0]
	for n, c := range p.caches {
		now := p.now.routers[n]
		flows := c.take()
		switch {
		case now.silent:
			flows = nil
		case now.doubled:
			flows = p.twice(flows)
		}
		flows = remembered(flows, now.boot)
		p.flows += uint64(len(flows))
		out.Routers[n] = Export{flows, now.skew, time.UnixMilli(now.boot), now.sampling, now.silent}
	}
	return out
}

// remembered leaves out what a router saw before it started: it was in its cache.
func remembered(flows []Flow, boot int64) []Flow {
	return slices.DeleteFunc(flows, func(f Flow) bool { return f.Start < boot })
}

// twice adds to each flow what the router metered when the packets left.
func (p *Player) twice(flows []Flow) []Flow {
	from := len(p.duplicates)
	for _, f := range flows {
		p.duplicates = append(p.duplicates, f)
		f.Egress = true
		p.duplicates = append(p.duplicates, f)
	}
	return p.duplicates[from:]
}

// travel draws how many packets of a stream each router on a way samples in a minute,
// and has draw make flows of them.
func (p *Player) travel(hops []quality.Hop, packets float64, draw func(c *cache, hop quality.Hop, rate uint32, n int)) {
	for _, hop := range hops {
		rate := p.now.routers[hop.Router].sampling
		if n := p.dice.poisson(packets / float64(rate)); n > 0 {
			draw(p.caches[hop.Router], hop, rate, n)
		}
	}
}

// diverted is where honest traffic of an entry comes in at the moment.
func (p *Player) diverted(at quality.Place) quality.Place {
	at.Router = p.now.routers[at.Router].diverted
	return at
}

func moment(ms int64) time.Time { return time.UnixMilli(ms).UTC() }
