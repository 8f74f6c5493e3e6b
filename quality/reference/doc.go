// Package reference is the rules of thumb that a detector must be better than: a fixed
// limit for every host, and twice the maximum of the last seven days of each.
//
// In come flow batches as ingest makes them; out come anomaly events. Both rules count
// as the programs do that have them: a record counts in the window in which it arrives,
// renormalised by its sampling rate and without regard to sampling error or to the time
// that the flow lasted. Two things are done for them that such programs leave to their
// operator: only hosts of managed objects are watched, and a flow counts where it enters
// the network alone.
//
// The rules know no classes, no fingerprints and no entry points, and every alarm is of
// high importance: whoever runs them acts on each.
package reference
