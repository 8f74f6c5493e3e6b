package baseline

// Given is what others know of a series in a tick.
type Given struct {
	// Interval is for how many packets one sample stands, the effective one where
	// several exporters differ (variance ÷ packets); below 1 counts as 1: nothing
	// was sampled.
	Interval float64
	// SizesVary is how much less sure bits are than packets, 1 + cv² of the packet
	// sizes; below 1 counts as 1.
	SizesVary float64
	// Shape is what the calendar of the parent adds to its level now, in logarithms
	// (Expectation.Shape of the parent): it stands in for what the series has not
	// seen yet.
	Shape float64
	// Special is what the parent's day of month and day of year add (Calendar.Value).
	Special float64
	// Minutes are the cells of the five minutes, for series that have them.
	Minutes *Minutes
}

const (
	mostInterval = 1e9
	mostVaried   = 100.
	mostShaped   = 10. // twenty thousand times
)

// check takes what is no number for nothing, and keeps the rest within reason.
func (g *Given) check() {
	g.Interval = within(g.Interval, 1, mostInterval)
	g.SizesVary = within(g.SizesVary, 1, mostVaried)
	g.Shape = within(g.Shape, -mostShaped, mostShaped)
	g.Special = within(g.Special, -mostShaped, mostShaped)
}

// Expectation is what one profile expects of one tick. It is for Score and Learn of
// the same profile, as long as nothing was learned in between.
type Expectation struct {
	Packets, Bits Range
	Maturity      Maturity
	// Shape is what calendar and parent add to the level, in logarithms, without
	// special days: the Shape that is Given to children.
	Shape float64

	now   *Moment
	given Given
	// before is what of the calendar stands before each bucket, the five minutes and
	// the special days; the last is all of it.
	before   [bucketCount + 3]float64
	offset   float64 // x0
	fast     float64 // yhat, with x0
	slow     float64 // the same by level and calendar alone
	bitScale float64 // packets per bit
	packets  deviations
	bits     deviations
	sampling float64 // variance of packets by sampling
	missing  float64 // Σ (1-w)τ²
	hour     float64 // variance of this hour against that of the day
}

// Range is what is expected of one metric, counted in a tick.
type Range struct {
	Value    float64 // packets, or bits
	Calendar float64 // the same without the short memory
	Spread   float64 // one standard deviation of its logarithm, sampling included
	Samples  float64 // how many sampled packets that is
}

// Expect says what is normal for a tick. It changes nothing. The expectation keeps
// the moment, which must not change.
func (p *Profile) Expect(now *Moment, given Given) (e Expectation) {
	given.check()
	e.now, e.given, e.Maturity, e.offset = now, given, p.maturity(now), offsetSamples*given.Interval
	p.sumBuckets(&e)
	level := p.capped(now.model) + e.before[len(e.before)-1]
	packets, calendar := exp(level+float64(p.short)), exp(level)
	e.fast, e.slow = log(packets+e.offset), log(calendar+e.offset)
	samples := packets / given.Interval
	e.sampling = samplingVariance(samples)
	e.hour = p.hourly(now)
	scale := exp(float64(p.size))
	e.bitScale = 1 / scale
	e.packets, e.bits = p.packets.deviations(&e, 1), p.bits.deviations(&e, given.SizesVary)
	e.Packets = Range{packets, calendar, e.packets.fast, samples}
	e.Bits = Range{float64(packets * scale), float64(calendar * scale), e.bits.fast, samples}
	return e
}

// sumBuckets shrinks every cell by its visits and adds them up.
func (p *Profile) sumBuckets(e *Expectation) {
	now := e.now
	weights := &now.model.weights
	own := weights[p.cells.visits[now.slots.cells[halfHour]]]
	sum := 0.
	for i, slot := range now.slots.cells {
		w := weights[p.cells.visits[slot]]
		e.before[i] = sum
		sum += float64(w * p.cells.mean(slot))
		e.missing += float64((1 - w) * unknown[i])
		if i == halfHour { // its cell is shrunk towards the parent, not added to it
			sum += float64((1 - own) * e.given.Shape)
		}
	}
	e.before[bucketCount] = sum
	if five := e.given.Minutes; five != nil {
		slot := now.slots.five
		sum += float64(weights[five.visits[slot]] * five.mean(slot))
	}
	e.before[bucketCount+1], e.Shape = sum, sum
	e.before[bucketCount+2] = sum + float64(float64(p.special)*e.given.Special)
	e.missing += priorSpread * priorSpread * priorTicks / (float64(p.ticks) + priorTicks)
}

// unknown are τ², by how much each bucket leaves less variance than those before it.
// Measured on 92 series of five minutes over a week: σ is .225 around the level, .182
// with the half hour of the day, .134 with weekends apart, .126 with all, of which the
// last three have the little that is left in equal measure, more or less.
var unknown = [bucketCount]float64{0.0175, 0.0152, 0.0013, 0.0003, 0.0005}

// capped is the level, kept down while a drift is guarded against.
func (p *Profile) capped(m *Model) float64 {
	if p.is(guarded) {
		return min(float64(p.level), float64(p.guard)+m.drift)
	}
	return float64(p.level)
}

// samplingVariance is that of ln(x + x0) where x is so many samples.
func samplingVariance(samples float64) float64 {
	with := samples + 0.5 + offsetSamples
	return (samples + 0.5) / (with * with)
}

// deviations are √V around the expectation, and around level and calendar alone.
type deviations struct{ fast, slow float64 }

func (y *yardstick) deviations(e *Expectation, varied float64) deviations {
	others := float64(varied*e.sampling) + e.missing
	return deviations{
		fast: spread(float64(float64(y.own)*e.hour) + others),
		slow: spread(float64(y.ownSlow) + others),
	}
}

// hourUnit is a ratio of one; hours are between a sixteenth and sixteen.
const (
	hourUnit  = 256
	mostHour  = 16.
	hourVisit = 1. / 7 // memory of a week
)

// hourly is the variance of this hour against that of the day, trusted by how often
// the hour was visited.
func (p *Profile) hourly(now *Moment) float64 {
	hour := now.slots.hour
	w := now.model.weights[p.cells.visits[atHalfHour+2*uint16(hour)]]
	if p.hours[hour] == 0 {
		return 1
	}
	return toward(1, float64(p.hours[hour])/hourUnit, w)
}

// Threshold is how many packets and bits of this tick and the next one score as
// much as the bar: the base of severity, and the smallest change that would have
// kept an alarm silent.
func (p *Profile) Threshold(e *Expectation, bar float64) (packets, bits float64) {
	limit := func(y *yardstick, r Range) float64 {
		needed := bar + float64(y.bar)
		ratio := max(needed/e.now.model.cfg.SizeKey, y.zAt(needed)*r.Spread)
		return max(float64(exp(e.fast+ratio))-e.offset, 0)
	}
	return limit(&p.packets, e.Packets), limit(&p.bits, e.Bits) / e.bitScale
}
