// Package stream is the only door to NATS. Packed flow batches go in at
// FlowWriter.Publish and come out, once each and in the order of the stream, at
// Follower.Next; anomaly events go in at WriteEvent and come back at Events and
// WatchEvents. Other programs take flows from us at ExportFlows and give us theirs
// at Import, on plain subjects that nothing stores. The JetStream server behind it
// all is embedded (in this process, its files in Config.Dir) or external
// (Config.URL).
//
// What a power cut may cost differs by stream. EAGRE_ANOMALIES is fsynced before
// WriteEvent returns. EAGRE_FLOWS is telemetry and opts out of that: its last
// moments may be gone, which is why a Position tells a message by its number and
// by the time at which it was stored.
//
// Nobody tells a publisher who listens, and nothing should be encoded for nobody.
// So exported messages ask for an answer: the server itself answers those that
// reach nobody, in order, and silence means that someone listens (Exporter).
//
// The room does not know what a flow means, who published it, or who judges it;
// it never blocks whoever publishes flows.
//
// # What was chosen for the way of a flow, and why
//
// CPU time of the whole process per flow, on two cores, messages of 1000 flows
// and 30,000 bytes, as fast as they go:
//
//	core publish, core subscription, nothing stored             37 ns
//	publish and store                                           79 ns
//	publish, store, follow by a pull consumer                  119 ns   chosen
//	publish, store, follow by an ordered push consumer         124 ns
//	publish, store, follow by the stream's own republishing    179 ns
//	the pull consumer over loopback TCP instead of in-process  181 ns
//
// BenchmarkRoundTrip measures what became of it: 105 to 148 ns, packing and all
// checks of a follower included. A third is the write to the file, a quarter the
// copies between connection, store and connection. Silence costs 0.2 ms in every
// step of 16 empty batches, a fifth of a percent of a core (BenchmarkIdleSteps).
//
// A core subscription alone would be cheapest, but its messages carry no
// position, and what a reconnect loses cannot be noticed. A pull consumer costs
// no more than a push consumer and bounds what is under way by what was asked
// for, with no flow control to get wrong.
//
// Batches are published over a plain connection and the server's answers are
// counted by this room: the client library's own window waits when it is full,
// and keeps each message until it is answered.
package stream
