// Package detector decides what is an anomaly, when it opens, how it grows and
// when it ends. Packed flow batches come in, in the order of the stream; at every
// step anomaly events come out, each with the pattern of its traffic so that
// others can trace it.
//
// Two stages: workers count partitions (package tally) and hand on partial sums;
// the judge merges the sums of all partitions at barriers and holds them against
// limits, structure and signatures. What comes out depends on the input, the
// configuration and the rules alone: never on the clock, on how many workers
// there are, or on which of them was faster.
//
// It fires on lower bounds: the count of an open stretch of time only grows, so
// a limit may be called broken the moment the part that is known breaks it. It
// does not know routers' protocols, who is told, or what a report looks like.
package detector
