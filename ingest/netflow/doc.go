// Package netflow decodes the NetFlow export formats with fixed layouts into
// columns: versions 1, 5, 6 and 7, and version 8 with its 14 aggregation schemes.
//
// The payload of one datagram and its wire.Source come in; rows of a flow.Batch
// and notes in a wire.Report go out. What the bytes hold wins over what the
// header counts, so a record that is not there never becomes a row. The package
// knows no exporter state and no clock: duplicates, loss and lists of exporters
// are its caller's.
//
// One way for all: every layout is a table of where its fields stand, and its
// records are moved into the shape of a version 5 record, which alone is turned
// into columns, timed and judged. Version 5 itself is read in place.
//
// A row that adds up many flows, so that its addresses are prefixes or missing,
// is marked flow.Aggregated. Several schemes of version 8 from one router count
// the same traffic several times; which one is listened to is for the operator
// to say. How many flows a row adds up (dFlows) is not kept, as nothing counts by
// it: a row is one flow.
//
// A flow keeps its beginning, up to 24 days before its arrival: a 32-bit uptime tells
// no more. What ended more than two hours ago is marked flow.LateReceived and counts
// now, however short it was; what ended in the future, before it began, or after more
// than those 24 days is marked flow.BadDuration.
//
// Sources: Cisco, "NetFlow Export Datagram Format" (versions 1, 5, 7, 8) and the
// NDE chapters of the Catalyst 5000 and 6500 guides (which fields of version 7 are
// populated by which flow mask); for version 6 and the Catalyst schemes of version
// 8 the structures of flow-tools (ftlib.h).
package netflow
