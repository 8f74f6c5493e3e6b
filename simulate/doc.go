// Package simulate is routers that are not there. It makes the export datagrams
// that real routers would send for a scenario of steady traffic and attacks:
// for the demo, for load, for tests and labelled benchmarks.
//
// In comes a Scenario (routers, traffic, a load, attacks, a seed); out go Datagrams
// in time order, the same for the same seed, and the Truth of what was injected.
// Every Router meters the packets that pass it and exports them in its format: any
// NetFlow, IPFIX or sFlow, with its sampling, timeouts, clock, restarts and the
// faults of the network behind it.
//
// The encoders alone are the inverse of the decoders and serve other rooms' tests:
// AppendV1 to AppendV8 and AppendSFlow make a datagram at once, BeginV9 and
// BeginIPFIX a Message set by set, AppendFrame a packet in its envelope.
//
// Everything takes its time as an argument. Only the Player reads a clock and
// sends, and it sends to loopback alone unless it is allowed to go further. The room
// knows nothing of how flows are decoded or judged.
package simulate
