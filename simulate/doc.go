// Package simulate is routers that are not there. It makes the export datagrams
// that real routers would send for a scenario of steady traffic and attacks:
// for the demo, for load, for tests and labelled benchmarks.
//
// In comes a Scenario (routers, traffic, a seed); out go Datagrams in time
// order, the same for the same seed, and the Truth of what was injected.
// AppendV5 and AppendSFlow are the encoders alone, the inverse of the decoders,
// and serve other rooms' tests.
//
// Everything takes its time as an argument. Only the Player reads a clock and
// sends, and it sends to loopback alone. The room knows nothing of how flows are
// decoded or judged.
package simulate
