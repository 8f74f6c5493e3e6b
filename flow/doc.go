// Package flow holds the noun that travels: one flow as a value (Record), many
// flows as columns (Batch), and the packed form in which a batch crosses the
// stream (Pack, Unpack).
//
// Decoders write columns, the stream carries packed bytes, the tally reads
// columns; Record is for everything that is not hot: tests, rule cases, output.
// The package knows no exporter protocol, no clock and no other room of the house.
package flow
