// Package tally turns flows into counts per key over event time: renormalised
// for sampling, spread over the time each flow lasted, counted once although
// several routers saw it, and with the variance that sampling adds.
//
// It is the first of the detector's two stages. A Counter owns one partition of
// the flow stream; batches go in, and at the end of each step a Partial comes
// out: sums that merge with those of other partitions in any order, in memory
// or over a wire. Partials carry only series worth judging (hot ones, signature
// groups) and, when a tick settles, the larger of all keys.
//
// It knows no limits but the heat at which a series becomes worth a closer look,
// no rules but the rows a Matcher names, no clock but the steps of its input.
package tally
