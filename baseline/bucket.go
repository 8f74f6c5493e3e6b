package baseline

// Bucket is what one of the calendars adds to an expectation.
type Bucket struct {
	Name   string
	Weight float64 // how far it is believed, by its visits: 0 to 1
	Visits int     // how often its slot was seen
	Value  float64 // what the slot holds, as a log ratio; it adds Weight × Value
}

var bucketNames = [bucketCount]string{"30 minutes of day", "30 minutes of day by weekend", "day of week", "12 hours of week", "hour of week"}

// Buckets explains an expectation of this profile: first the level with what is
// added to nothing, then each bucket in the order in which they build on each
// other. The values times their weights add up to the logarithm of Range.Value of
// the packets.
func (p *Profile) Buckets(e *Expectation, calendar *Calendar) []Bucket {
	now, weights := e.now, &e.now.model.weights
	own := weights[p.cells.visits[now.slots.cells[halfHour]]]
	out := []Bucket{
		{"level", 1, int(min(float64(p.ticks)/now.model.perDay, 1<<31)), p.capped(now.model)},
		{"parent's shape", 1 - own, 0, e.given.Shape},
	}
	for i, slot := range now.slots.cells {
		visits := p.cells.visits[slot]
		out = append(out, Bucket{bucketNames[i], weights[visits], int(visits), p.cells.mean(slot)})
	}
	if five := e.given.Minutes; five != nil {
		visits := five.visits[now.slots.five]
		out = append(out, Bucket{"5 minutes of day", weights[visits], int(visits), five.mean(now.slots.five)})
	}
	if calendar != nil {
		out = append(out, calendar.buckets(now, float64(p.special))...)
	}
	return append(out, Bucket{"short memory", 1, int(min(p.ticks, 1<<31-1)), float64(p.short)})
}
