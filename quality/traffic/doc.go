// Package traffic plays a quality.World: it makes the sampled flows that the world's
// routers see, in the order in which they leave, and the export datagrams that carry
// them.
//
// In comes a world with its events; out come, second by second, the flows of each
// router (Player), the datagrams (Wire) or a whole capture (WritePCAP), always the same
// for the same world.
//
// Packets are never made one by one: what a router samples of a stream of packets is
// drawn directly, as a Poisson number for each minute, stream and router. Routers along a
// path draw for themselves, as real ones do, so that the same packet is seldom seen
// twice.
//
// The room knows nothing of how flows are decoded or judged.
package traffic
