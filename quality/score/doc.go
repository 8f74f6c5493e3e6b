// Package score holds what a detector said against what happened.
//
// In comes a quality.World with its labels and the anomaly events of a run, one JSON
// object a line as `eagre replay --format jsonl` prints them; out comes a Sheet, which can
// be added to those of other worlds, and its Rows: the measures of the design with the
// gate that must be passed and the goal that is aimed at.
//
// # How a finding is matched with an event
//
// All lines of one id are one incident. It was reported when its first line says, and its
// rest is what its last line says. Reports before the end of learning do not count;
// neither do shadow findings, which nobody is told. An incident is of an attack or an outage when
//
//   - it was reported between the event's start and ten minutes after its end, and
//   - its source is the offender, or its victim (where there is none, its resource)
//     overlaps what was attacked. A sweep's victim is wide, so there the class must fit as
//     well. A finding about a customer as a whole, or about an interface over which the
//     attack came, is of it, too.
//
// Of several such events the one whose class it names is taken, then the one that began
// last. An incident that is of no attack may be excused by a surge of the customer, a
// failover or a holiday. Excused, it is no notice without cause; called High, it is an
// alarm all the same.
//
// Attacks of which fewer than eight packets are sampled in all are not asked for.
package score
