package quality

import (
	"net/netip"
	"time"

	"eagre/network"
)

// World is the network and how long it is watched. Two goroutines may read it.
type World struct {
	Seed      uint64         `json:"seed"`
	Start     time.Time      `json:"start"`
	Days      int            `json:"days"`
	Train     int            `json:"train"`
	Noise     float64        `json:"noise"`
	Space     Space          `json:"space"`
	Routers   []Router       `json:"routers"`
	Customers []Customer     `json:"customers"`
	Dark      []netip.Prefix `json:"dark"`
	Trusted   []netip.Prefix `json:"trusted"`
	Profiles  int            `json:"profiles"` // nominal number, see newWorld
	Unplaced  int            `json:"unplaced"` // events for which there was no quiet time

	Events []Event `json:"-"`
}

// New makes a world and everything that will happen to it.
func New(c Config) (*World, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	w := newWorld(c)
	w.plan(c)
	return w, nil
}

func newWorld(c Config) *World {
	d := newDraw(c.Seed, forNetwork)
	monday := time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC)
	w := &World{
		Seed: c.Seed, Days: c.Days, Train: c.Train, Noise: c.Noise,
		Start: monday.AddDate(0, 0, d.IntN(7*40)), Space: newSpace(d), Routers: newRouters(d, c.Sampling),
	}
	w.darken()
	w.attach(c.Customers)
	// What a detector of this design keeps for such a network: for each customer and
	// direction nine classes, for each interface two directions; packets and bytes.
	w.Profiles = 2 * (2*9*len(w.Customers) + 2*w.interfaces())
	return w
}

// attach gives the network its customers. One in twelve comes when learning is over.
func (w *World) attach(customers int) {
	d := newDraw(w.Seed, forCustomers)
	for n := range customers {
		c := newCustomer(d, w, n)
		if n%12 == 7 {
			c.Since = w.Tested().Add(d.span(4*time.Hour, 12*time.Hour))
		}
		w.Customers = append(w.Customers, c)
		home := &w.Routers[c.Router]
		home.Interfaces = append(home.Interfaces, network.Interface{Index: c.Interface, Name: c.Name, Role: network.RoleCustomer, SpeedBPS: 10e9})
	}
}

// Plots of our space that nobody uses, and those of our own monitors.
const (
	darkPlot    = 248 // of 256 /20s
	monitorPlot = 240
)

func (w *World) darken() {
	w.Dark = []netip.Prefix{
		netip.PrefixFrom(w.Space.plot4(darkPlot), 18),
		netip.PrefixFrom(w.Space.plot4(darkPlot+5), 21),
		netip.PrefixFrom(w.Space.plot6(0xf000), 40),
	}
	w.Trusted = []netip.Prefix{netip.PrefixFrom(w.Space.plot4(monitorPlot), 29)}
}

func (w *World) interfaces() (n int) {
	for _, r := range w.Routers {
		n += len(r.Interfaces)
	}
	return n
}

// Tested is when learning is over: reports before it do not count.
func (w *World) Tested() time.Time { return w.Start.AddDate(0, 0, w.Train) }

// End is when the world ends.
func (w *World) End() time.Time { return w.Start.AddDate(0, 0, w.Days) }

// Expected is a customer's mean rate at a time, packets per second to it, as a
// calendar could know it.
func (w *World) Expected(customer int, t time.Time) float64 {
	c := w.Customers[customer]
	return c.PPS * c.Rhythm.At(t, w.Start, false)
}
