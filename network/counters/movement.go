package counters

import (
	"time"

	"eagre/flow"
)

// Movement is how far the counters of an interface went between two readings. It
// is a value that any number of goroutines may copy.
type Movement struct {
	Exporter flow.IP // whose flows are compared with it: the source address of its datagrams
	Agent    flow.IP // who counted, where sFlow names an agent; zero otherwise
	Index    uint32  // ifIndex
	Name     string  // ifName in harmless characters; empty where nobody tells
	Speed    uint64  // bits per second; 0 is unknown
	From, To int64   // when the readings were taken, Unix milliseconds
	In, Out  Moved
}

// Moved is one direction of a Movement. What an agent does not count is 0.
type Moved struct {
	Octets   uint64 // of whole frames, with link header and checksum (RFC 2863, ifHCInOctets)
	Packets  uint64 // unicast, multicast and broadcast
	Discards uint64 // packets for which there was no room; of those to be sent, they are among Packets
	Errors   uint64
}

// Span is the time between the readings.
func (m *Movement) Span() time.Duration { return time.Duration(m.To-m.From) * time.Millisecond }

// Follows tells whether the movement begins where another of the same counters
// ended.
func (m *Movement) Follows(before *Movement) bool {
	return m.From == before.To && m.Agent == before.Agent
}

// Join makes one movement of two, of which the other follows m.
func (m *Movement) Join(next *Movement) {
	m.To, m.Name, m.Speed = next.To, next.Name, next.Speed
	m.In.join(&next.In)
	m.Out.join(&next.Out)
}

func (m *Moved) join(next *Moved) {
	m.Octets += next.Octets
	m.Packets += next.Packets
	m.Discards += next.Discards
	m.Errors += next.Errors
}

const (
	disbelief   = 1.5              // times the speed of an interface: no counter moves faster
	stale       = time.Second      // how old counters may be when they are sent
	fastest     = 1e12             // bits per second, of an interface that does not say its speed
	leastPacket = 20               // octets: no packet is shorter than the header of IPv4
	rollover    = float64(1 << 32) // where a counter of 32 bits begins again
)

// Believable tells whether an interface can have moved so much in this time of
// its agent: at most 1.5 times its speed. Where it does not say its speed, it is
// given that of the fastest. What is not believable began anew in between.
func (m *Movement) Believable(elapsed time.Duration) bool {
	limit := octetsWithin(m.Speed, elapsed+stale) * disbelief
	return m.In.within(limit) && m.Out.within(limit)
}

func (m *Moved) within(limit float64) bool {
	return float64(m.Octets) <= limit && float64(m.Packets) <= limit/leastPacket
}

// Rolls tells whether a counter of octets of 32 bits may have gone around more
// than once in this time, so that its difference says nothing: at 1 Gbit/s after
// 34 seconds. An interface without a speed is taken to be as slow as RFC 2863
// (3.1.6) allows one with such counters to be.
func Rolls(speed uint64, elapsed time.Duration) bool {
	return speed > 0 && octetsWithin(speed, elapsed) >= rollover
}

func octetsWithin(speed uint64, elapsed time.Duration) float64 {
	bits := float64(speed)
	if speed == 0 {
		bits = fastest
	}
	return bits / 8 * elapsed.Seconds()
}
