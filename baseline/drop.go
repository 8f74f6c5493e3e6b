package baseline

// Drop watches for traffic that stays away. The zero value has seen nothing; one
// goroutine owns it.
type Drop struct{ ticks uint8 }

const (
	dropRatio   = 0.25
	dropTicks   = 3
	dropSamples = 15.
)

// Health is whether the exporters of a series can be believed in a tick.
type Health bool

// While an exporter is silent, restarts or loses datagrams, that traffic is missing
// says nothing about the traffic.
const (
	Unhealthy Health = false
	Healthy   Health = true
)

// Step tells whether a tick is the third or later in a row in which less than a
// quarter of the packets came that were expected. Few expected samples tell nothing,
// and neither does a tick in which the exporters were not healthy.
func (d *Drop) Step(e *Expectation, seen Observation, health Health) bool {
	expected := min(e.Packets.Value, e.Packets.Calendar)
	missing := sane(seen.Packets) < dropRatio*expected && expected >= dropSamples*e.given.Interval
	if !missing || health == Unhealthy {
		d.ticks = 0
		return false
	}
	d.ticks = min(d.ticks, dropTicks-1) + 1
	return d.ticks == dropTicks
}
