// Package capture reads recorded input of the engine from a file or a pipe, also
// gzipped, and finds out by its content what it is:
//
//   - pcap and pcapng. By looking at the first packets it decides whether they are
//     export datagrams, whose UDP payloads it takes out of the frames, or plain
//     traffic. Ports hardly matter: exporters send to any.
//   - IPFIX files (RFC 5655): messages back to back.
//   - flow-tools files (stream version 3, records of NetFlow v1, v5, v6, v7 and all
//     v8 aggregations, either byte order, compressed or not).
//   - What goflow2 writes: JSON lines and delimited protobuf.
//
// Bytes come in; Items in the order of their times go out: a datagram or message
// to be decoded, a frame to be metered, or a flow that was decoded by others. The
// package decodes no export format of the network, meters no flows and assembles
// no fragments.
package capture
