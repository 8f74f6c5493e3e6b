package quality

import (
	"net/netip"
	"time"

	"eagre/flow"
)

// Customer is somebody whose traffic is protected.
type Customer struct {
	Name      string       `json:"name"`
	Prefix4   netip.Prefix `json:"ipv4"`
	Prefix6   netip.Prefix `json:"ipv6"`
	Router    int          `json:"router"`    // where it is attached
	Interface uint32       `json:"interface"` // ifIndex there
	Rhythm    Rhythm       `json:"rhythm"`
	PPS       float64      `json:"pps"`    // mean packets per second to it
	Hosts     int          `json:"hosts"`  // that have traffic
	Share6    float64      `json:"share6"` // part of the traffic that is IPv6, where the path can say so
	// Ways is over which entries its traffic comes and goes, with their shares.
	Ways []Way `json:"ways"`
	// Since is when the customer came; the zero time for nearly all.
	Since time.Time `json:"since,omitzero"`
}

// Way is a part of a customer's traffic at one entry of the network.
type Way struct {
	Entry Place   `json:"entry"`
	Share float64 `json:"share"`
}

// Place is an interface of a router.
type Place struct {
	Router    int    `json:"router"`
	Interface uint32 `json:"interface"` // ifIndex
}

func newCustomer(d draw, w *World, n int) Customer {
	kind := []CustomerKind{Hosting, Eyeballs, Office, Hosting, Eyeballs}[(n+d.IntN(2))%5]
	bits := 20 + d.IntN(6)
	c := Customer{
		Name:    "customer-" + letters(n),
		Prefix4: netip.PrefixFrom(w.Space.plot4(n), bits),
		Prefix6: netip.PrefixFrom(w.Space.plot6(n+1), 48),
		Router:  n % edges, Interface: uint32(100 + n),
		Rhythm: newRhythm(d, kind), PPS: d.scale(100, 4000), Share6: d.between(0.05, 0.4),
	}
	c.Hosts = min(1<<(32-bits)-2, int(d.scale(20, 3000)))
	c.Ways = w.ways(d, n)
	return c
}

// ways are three different entries, the first the busiest.
func (w *World) ways(d draw, n int) (out []Way) {
	entries := w.Entries()
	for i, k := range d.Perm(len(entries))[:3] {
		out = append(out, Way{entries[k], [...]float64{0.5, 0.3, 0.2}[i]})
	}
	if n%4 == 3 { // one with a link of its own
		out = []Way{{out[0].Entry, 1}}
	}
	return out
}

// Host is the customer's host of a rank, 0 the busiest; ranks above Hosts are hosts
// that nobody talks to.
func (c Customer) Host(rank int, six bool) flow.IP {
	if !six {
		size := uint64(1)<<(32-c.Prefix4.Bits()) - 2
		ip := flow.FromAddr(c.Prefix4.Addr())
		ip.Lo += 1 + (uint64(rank)*odd(size)+uint64(c.Interface))%size
		return ip
	}
	ip := flow.FromAddr(c.Prefix6.Addr())
	ip.Hi |= uint64(rank % 24) // some /64s
	ip.Lo = mix(uint64(rank)<<16|uint64(c.Interface)) | 1
	return ip
}

// odd is a step through a range of this size that meets every place once: a prime
// that does not divide it.
func odd(size uint64) uint64 {
	for _, prime := range []uint64{1543, 769, 389, 193, 97, 53, 29, 13} {
		if size%prime != 0 {
			return prime
		}
	}
	return 1
}

// Prefix is the customer's prefix of a family.
func (c Customer) Prefix(six bool) netip.Prefix {
	if six {
		return c.Prefix6
	}
	return c.Prefix4
}

// letters counts a, b, … z, ba, bb, …
func letters(n int) string {
	out := string(rune('a' + n%26))
	if n >= 26 {
		out = letters(n/26) + out
	}
	return out
}
