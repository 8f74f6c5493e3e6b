// Package netflow decodes NetFlow export datagrams into columns. It reads
// version 5 (Cisco, "NetFlow Export Datagram Format"): a header of 24 bytes and
// records of 48.
//
// The payload of one datagram and its wire.Source come in; rows of a flow.Batch
// and notes in a wire.Report go out. What the bytes hold wins over what the
// header counts, so a record that is not there never becomes a row. The package
// knows no exporter state and no clock: duplicates, loss and lists of exporters
// are its caller's.
package netflow
