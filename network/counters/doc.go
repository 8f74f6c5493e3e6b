// Package counters is what the counters of a router's interface say: how many
// octets and packets went through it between two readings. Whoever reads them,
// from sFlow counter samples or by SNMP, takes the differences here, so that both
// wrap, start anew and are doubted by the same rules; whoever holds flows against
// them takes a Movement.
//
// Two readings of the same counter come in, a Movement goes out. The package
// keeps no state, has no clock, and knows neither who read the counters nor what
// they are compared with.
package counters
