// Package ingest is where datagrams become flows. It owns the sockets, what is
// known about each exporter (sampling override, sequence numbers, duplicates,
// accounting), and the steps of receive time into which flows are published.
//
// Datagrams of exporters and plain packets come in, with the time of their
// arrival as an argument; flow.Batch goes out to a Publisher, one per partition
// and step, the last of a step marked complete. Every datagram and every record
// gets exactly one disposition, which Accounting proves. The package judges no
// traffic and knows neither the stream behind the Publisher nor what the flows
// are counted for.
//
// Sub-rooms: netflow (fixed layouts), ipfix (NetFlow v9 and IPFIX, by templates)
// and sflow decode, goflow reads what another collector decoded, monitor and
// header and packets turn plain packets into flows, capture reads files, wire is
// the vocabulary they share.
package ingest
