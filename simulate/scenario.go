package simulate

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"time"
)

// Tick is the grain of a scenario: traffic is made and routers export every
// tenth of a second.
const Tick = 100 * time.Millisecond

// Traffic is something that sends packets. Send emits the bursts of [from, to),
// drawing from r alone, so that a scenario is the same for the same seed. Spans
// follow each other without gaps.
type Traffic interface {
	Send(from, to time.Time, r *rand.Rand, emit func(Burst))
}

// Config is a scenario: what there is and what happens.
type Config struct {
	Start   time.Time
	Seed    uint64
	Routers []Router
	Steady  []Traffic
	// Load is flows at a set rate besides; nil is none.
	Load *Load
	// Attacks is the timetable: the k-th attack, in order of start, and whether
	// there is one. It must be a pure function. nil is peace.
	Attacks func(k int) (Attack, bool)
}

// Datagram is what a router sends.
type Datagram struct {
	At      time.Time
	Router  int // index into the scenario's routers
	Payload []byte
	Records int // flow records, samples or packet reports in it
}

// Scenario makes the datagrams of its routers. One goroutine owns it.
type Scenario struct {
	config  Config
	routers []*router
	loaders []*loader
	step    time.Duration
	rand    *rand.Rand
	now     time.Time
	attacks []Attack // running
	next    int      // the timetable's next attack
}

// New checks a scenario and sets its clock to the start.
func New(c Config) (*Scenario, error) {
	var errs []error
	s := &Scenario{config: c, now: c.Start, step: Tick, rand: rand.New(rand.NewPCG(c.Seed, 0))}
	for _, r := range c.Routers {
		errs = append(errs, r.Validate())
	}
	if len(c.Routers) == 0 {
		errs = append(errs, errors.New("simulate: no routers"))
	}
	if c.Load != nil {
		errs = append(errs, c.Load.Validate())
	}
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("scenario: %w", err)
	}
	s.start()
	return s, nil
}

// start puts the routers to work.
func (s *Scenario) start() {
	c := s.config
	for i, r := range c.Routers {
		s.routers = append(s.routers, newRouter(r, c, uint64(i)+1))
	}
	if c.Load == nil {
		return
	}
	if len(c.Steady) == 0 && c.Attacks == nil {
		s.step = loadStep
	}
	for i, r := range s.routers {
		s.loaders = append(s.loaders, newLoader(*c.Load, r, c, i))
	}
}

// Now is up to where the scenario has run.
func (s *Scenario) Now() time.Time { return s.now }

// Routers are the routers, in the order that Datagram.Router counts.
func (s *Scenario) Routers() []Router { return s.config.Routers }

// Counters are those of one router.
func (s *Scenario) Counters(router int) Counters { return s.routers[router].Counters }

// Totals are the counters of all routers together.
func (s *Scenario) Totals() (sum Counters) {
	for _, r := range s.routers {
		sum.add(r.Counters)
	}
	return sum
}

// Advance runs the scenario up to the last whole tick before or at to and emits
// the datagrams in time order. With a Load and nothing else the ticks are of 2 ms, so
// that its datagrams do not come in bursts. A payload is valid only during the call.
func (s *Scenario) Advance(to time.Time, emit func(Datagram)) {
	for !s.now.Add(s.step).After(to) {
		s.tick()
		s.export(false, emit)
	}
}

// Finish empties the flow caches, as a router does that shuts down.
func (s *Scenario) Finish(emit func(Datagram)) { s.export(true, emit) }

func (s *Scenario) tick() {
	from, to := s.now, s.now.Add(s.step)
	s.begin(to)
	for _, t := range s.config.Steady {
		t.Send(from, to, s.rand, s.carry)
	}
	for _, l := range s.loaders {
		l.send(to)
	}
	running := s.attacks[:0]
	for _, a := range s.attacks {
		a.Send(from, to, s.rand, s.carry)
		if a.End.After(to) {
			running = append(running, a)
		}
	}
	s.attacks, s.now = running, to
}

// begin starts the attacks that the timetable has before the end of the tick.
func (s *Scenario) begin(to time.Time) {
	for s.config.Attacks != nil {
		a, ok := s.config.Attacks(s.next)
		if !ok || !a.Start.Before(to) {
			return
		}
		s.attacks = append(s.attacks, a)
		s.next++
	}
}

// carry takes a burst along its path.
func (s *Scenario) carry(b Burst) {
	for _, hop := range b.Path {
		s.routers[hop.Router].forward(&b, hop)
	}
}

func (s *Scenario) export(all bool, emit func(Datagram)) {
	for i, r := range s.routers {
		r.export(s.now, all, func(payload []byte, records int) {
			emit(Datagram{At: s.now, Router: i, Payload: payload, Records: records})
		})
	}
}

// Truth is what was injected, for whoever scores what was found. All attacks
// that start before until are listed, in order of start.
func (s *Scenario) Truth(until time.Time) []Truth {
	var out []Truth
	for k := 0; s.config.Attacks != nil; k++ {
		a, ok := s.config.Attacks(k)
		if !ok || !a.Start.Before(until) {
			break
		}
		out = append(out, a.truth(s.config.Routers))
	}
	return out
}
