package quality

import (
	"cmp"
	"net/netip"
	"slices"
	"time"
)

// planner fills a world with events.
type planner struct {
	draw
	world *World
	busy  map[int][]span // by customer
}

type span struct{ from, to time.Time }

// plan makes the attacks first: they need quiet around them, so that a finding can be
// told to be of one and not of another.
func (w *World) plan(c Config) {
	busy := map[int][]span{}
	attacks := &planner{newDraw(w.Seed, forAttacks), w, busy}
	attacks.poisoning()
	for n := range c.PerKind {
		attacks.floods(n)
		attacks.scans(n)
	}
	innocents := &planner{newDraw(w.Seed, forInnocents), w, busy}
	innocents.disruptions()
	for range c.PerKind {
		innocents.surges()
	}
	innocents.everyday()
	slices.SortStableFunc(w.Events, func(a, b Event) int { return a.Start.Compare(b.Start) })
	for i := range w.Events {
		w.Events[i].ID = i
	}
}

// Quiet around an attack on the same customer, so that what is still open of one is
// not taken for the next.
const quiet = 40 * time.Minute

// place finds a customer and a time for an attack of some length, or counts that there
// was none.
func (p *planner) place(length time.Duration) (customer int, start time.Time, found bool) {
	const tries = 600
	for range tries {
		customer = p.IntN(len(p.world.Customers))
		start = p.sometime(length)
		taken := span{start.Add(-quiet), start.Add(length + quiet)}
		if p.free(customer, taken) {
			p.busy[customer] = append(p.busy[customer], taken)
			return customer, start, true
		}
	}
	p.world.Unplaced++
	return 0, time.Time{}, false
}

// sometime is a second of the test in which something of some length can begin and
// its end be seen.
func (p *planner) sometime(length time.Duration) time.Time {
	const lead, tail = time.Hour, time.Hour
	room := p.world.End().Sub(p.world.Tested()) - lead - tail - length
	if room <= 0 {
		return p.world.Tested().Add(lead)
	}
	return p.world.Tested().Add(lead + time.Duration(p.Int64N(int64(room/time.Second)))*time.Second)
}

func (p *planner) free(customer int, wanted span) bool {
	if wanted.from.Before(p.world.Customers[customer].Since) {
		return false
	}
	return !slices.ContainsFunc(p.busy[customer], func(s span) bool { return s.from.Before(wanted.to) && wanted.from.Before(s.to) })
}

// add finishes an event: rates from the multiple where none are set, and samples.
func (p *planner) add(e Event) {
	if e.PPS == 0 && e.Multiple > 1 && len(e.Vectors) > 0 {
		middle := e.Start.Add(e.End.Sub(e.Start) / 2)
		e.PPS = (e.Multiple - 1) * p.world.Expected(e.Customer, middle)
	}
	for _, v := range e.Vectors {
		e.BPS += 8 * e.PPS * v.Share * float64(v.PacketSize)
	}
	for _, s := range e.Entries {
		e.SamplesPerTick += e.PPS * s.Share * 60 / float64(p.world.Routers[s.Router].Sampling)
	}
	e.Samples = e.SamplesPerTick * e.End.Sub(e.Start).Minutes() * e.meanHeight()
	p.world.Events = append(p.world.Events, e)
}

// entries draws one to three ways in, of those that can say the family.
func (p *planner) entries(six bool) []EntryShare {
	places := slices.DeleteFunc(p.world.Entries(), func(e Place) bool { return six && !p.world.Routers[e.Router].Speaks6() })
	p.Shuffle(len(places), func(i, j int) { places[i], places[j] = places[j], places[i] })
	places = places[:1+p.IntN(3)]
	out, left := []EntryShare{}, 1.0
	for i, place := range places {
		share := left
		if i < len(places)-1 {
			share = left * p.between(0.35, 0.7)
		}
		left -= share
		out = append(out, p.entry(place, share))
	}
	slices.SortFunc(out, func(a, b EntryShare) int { return cmp.Compare(b.Share, a.Share) })
	return out
}

func (p *planner) entry(at Place, share float64) EntryShare {
	return EntryShare{p.world.Routers[at.Router].Address, at.Interface, share, at.Router}
}

// sixIn tells whether an event may be IPv6 where the world can say so: three in ten.
func (p *planner) sixIn() bool { return p.chance(0.3) }

// victim is a host of a customer: now one of the busiest, now any.
func (p *planner) victim(customer int, six bool) netip.Prefix {
	c := p.world.Customers[customer]
	if p.chance(0.4) {
		return host(c.Host(p.IntN(min(5, c.Hosts)), six))
	}
	return host(c.Host(p.IntN(c.Hosts), six))
}
