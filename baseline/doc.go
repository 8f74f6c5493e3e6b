// Package baseline says what is normal for one series, and how far what is seen
// is from it: the packets and bits of an interface, a prefix, a host or a class of
// its traffic, tick by tick.
//
// What comes in: the time, what was counted in a tick that has settled, how coarse
// the sampling was, and what others know of the tick (the parent's shape, special
// days, whether an alarm was corroborated). What goes out: an Expectation with its
// spread, bucket by bucket; a Score to hold against a Budget; a Notice where
// normal itself has changed. The room refuses to know keys, other profiles, the
// network, what an anomaly is, and what time it is: it is arithmetic, and equal
// input in equal order gives equal bytes of state on every machine.
//
// # Method
//
// In logarithms, with x counted in a tick and x0 six samples' worth,
//
//	y      = ln(x + x0)
//	yhat   = ln(e^(L + B + f) + x0)
//	B      = Σ w·m[slot],  w = v/(v+κ)
//	V      = σ² of this hour + sampling + Σ (1-w)·τ²
//	z      = (y - yhat)/√V,  zs the same without f
//
// L is the slow level, f the short memory. The cells m of the buckets (30 minutes
// of the day, the same apart for weekends, day of week, 12 hours of the week, hour
// of the week, 5 minutes of the day, then day of month and day of year) each learn
// what those before them leave over, and are shrunk towards zero, or towards the
// parent's shape, by their number of visits v, that is of days and not of ticks:
// ticks of one day are one opinion (James and Stein 1961; Efron and Morris 1975 for
// shrinkage, Cleveland et al. 1990 for one season taken off after the other). As x0
// joins both sides, the model speaks of x itself, and other sampling changes only
// how coarsely the two are compared.
//
// A sample count n has the relative variance 1/(n+½); through the logarithm with
// six samples added that is (n+½)/(n+6½)². The model keeps its own variance without
// it, so that other sampling widens V at once and nothing is learned anew.
//
// How rare a z is says a tail of peaks over threshold (Pickands 1975; Siffer et al.
// 2017 for streams), kept by the moments of Hosking and Wallis (1987). How large it
// is says G·ln(observed/expected). An alarm needs both keys, over two ticks or
// overwhelmingly in one, and passes a bar of the profile's own that false alarms
// raise.
//
// It begins with the parent's shape or nothing, and a wide V. It forgets the level
// in two days, cells in weeks, the spread in a day. What is too rare teaches
// nothing until it has lasted so long that it is normal, or for three days if
// others say that it is an attack. What fools it: a ramp slower than the level
// follows, which the guard of 28 days meets only where the mix of traffic moved
// too; and the first day, which has nothing to be held against.
package baseline
