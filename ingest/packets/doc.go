// Package packets is a meter: it makes flows out of plain packets, for a capture
// or a monitoring port where no router exports anything.
//
// Parsed packet headers with their capture times come in; rows of a flow.Batch
// go out, when a flow has been idle for the inactive timeout, when it has lasted
// for the active one, or early: when the cache is full, or, if Config.EndTCP asks
// for it, when TCP says that the connection is over. All time is packet time,
// and the order of the rows depends on the packets alone. The meter reads no
// frames (package header does), and knows no files and no clock.
//
// A flow is one direction of a conversation on one interface, as routers have
// it. With Config.Pair both directions share an entry of the cache and leave
// together, as two rows that carry the round-trip time of the TCP handshake.
package packets
