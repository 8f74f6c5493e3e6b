package crosscheck

import (
	"math"

	"eagre/detector/tally"
	"eagre/network/counters"
)

// Quantity is what was compared.
type Quantity uint8

// The quantities.
const (
	Packets Quantity = iota
	Octets           // IP bytes; of frames, where the agent counts no packets
)

func (q Quantity) String() string { return [...]string{"packets", "bytes"}[min(q, Octets)] }

// Band is where a ratio lies.
type Band uint8

// The bands.
const (
	Inside Band = iota
	Below       // flows say less than counters
	Above
	Unsure // sampling may have moved it too far to say that it is inside
)

var bandNames = [...]string{"inside", "below", "above", "unsure"}

func (b Band) String() string { return bandNames[min(b, Unsure)] }

const (
	linkOctets    = 18   // of each frame of Ethernet: header and checksum
	shortestFrame = 64   // octets
	smallPackets  = 80   // bytes on average; below, padding makes frames longer than their packets
	fewDiscards   = 0.02 // as a part of the packets
	z95           = 1.95996
	sizesVary     = 2   // the relative variance of bytes against that of packets
	mostError     = 0.5 // of a ratio that counts as in band
)

// comparison is one quantity of flows held against that of counters.
type comparison struct {
	quantity       Quantity
	flows, counted float64
	ratio, err     float64 // flows ÷ counted, and 1.96 standard errors of it
	rate           float64 // of sampling
	band           Band
}

// comparisons are those that can be made of one interval: packets first.
type comparisons []comparison

// compare holds flows against the counters of the interval. At least one quantity
// can be compared, as it is loud.
func (i *interval) compare(sum tally.Sum, rate float64) comparisons {
	m := i.moved()
	// How many packets sampling chose from, at most: few samples are no small error.
	packets := max(sum.PacketCount(), float64(m.Packets))
	if m.Packets == 0 {
		octets := comparison{quantity: Octets, flows: sum.ByteCount() + linkOctets*sum.PacketCount(), counted: float64(m.Octets), rate: rate}
		return comparisons{octets.within(sizesVary, max(packets, octets.counted*packetsPerByte(sum)))}
	}
	out := comparisons{comparison{quantity: Packets, flows: sum.PacketCount(), counted: float64(m.Packets), rate: rate}.within(1, packets)}
	if bytes := ipBytes(m); bytes > 0 {
		out = append(out, comparison{quantity: Octets, flows: sum.ByteCount(), counted: bytes, rate: rate}.within(sizesVary, packets))
	}
	return out
}

// packetsPerByte is how many packets a byte of the flows is; where there are none,
// packets are taken to be large, which makes the error large.
func packetsPerByte(sum tally.Sum) float64 {
	const large = 1500
	if sum.Bytes == 0 {
		return 1.0 / large
	}
	return sum.PacketCount() / sum.ByteCount()
}

// ipBytes is how many IP bytes the octets of frames hold; 0 where that cannot be told
// well enough.
func ipBytes(m *counters.Moved) float64 {
	packets := float64(m.Packets)
	bytes := float64(m.Octets) - linkOctets*packets
	if bytes < smallPackets*packets || float64(m.Discards) > fewDiscards*packets {
		return 0
	}
	return bytes
}

// within fills in ratio and error, where sampling chose from so many packets.
func (c comparison) within(variance, packets float64) comparison {
	c.ratio = c.flows / c.counted
	c.err = z95 * math.Sqrt(variance*(c.rate-1)/packets) * max(1, c.ratio)
	return c
}

// judge is the comparison that counts: the first that is out of band, or else the
// first.
func (all comparisons) judge(cfg Config) comparison {
	for i := range all {
		all[i].band = all[i].place(cfg)
	}
	for _, c := range all {
		if c.band == Below || c.band == Above {
			return c
		}
	}
	return all[0]
}

// place says where the ratio lies for sure.
func (c *comparison) place(cfg Config) Band {
	switch {
	case c.ratio+c.err < cfg.Low:
		return Below
	case c.ratio-c.err > cfg.High:
		return Above
	case c.err > mostError:
		return Unsure
	}
	return Inside
}
