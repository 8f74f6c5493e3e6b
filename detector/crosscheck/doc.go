// Package crosscheck holds what flows say of an interface against what the router
// itself counted there, and finds out where they disagree: a sampling rate that is
// applied twice or not at all, flows exported at both ends of a router, export that
// was never switched on.
//
// Movements of interface counters come in, from sFlow counter samples or by SNMP,
// and a Ledger answers what flows said of the same interface, direction and time.
// Verdicts go out, one for each interval that can be judged, with the ratio of flows
// to counters, how far sampling can have moved it, and whether a mismatch begins or
// ends with it. From all interfaces of an exporter comes how far its numbers can be
// trusted.
//
// # Method
//
// Packets are compared with packets: all of ifInUcastPkts, multicast and broadcast,
// or their sFlow likes. Bytes are compared as well, but not as they are: flows count
// IP bytes, interfaces count octets of frames, so that the counter is made less by 18
// octets for each packet, which are header and checksum of Ethernet. Frames are
// padded to 64 octets, so where packets are small, below 80 bytes on average, bytes
// are not compared; nor are they where more than one packet in fifty was discarded,
// as packets are counted before that and octets after. Where an agent counts no
// packets, the 18 octets are added to each packet of the flows instead. VLAN tags
// and what is no IP make counters larger by a few percent, which the band allows.
//
// The error is that of sampling one in N: an estimate of X packets has the variance
// X(N-1), and X is taken to be the larger of what flows and counters say, so that
// few samples do not claim to be sure. 1.96 standard errors are shown, which cover 95
// of 100; bytes have twice the variance, as in package tally. An interval is out of
// band where the ratio is outside 0.8 to 1.25 by more than that error; where the
// error is larger than a half, no interval counts as in band.
//
// Flows come late, some routers' by half an hour. An interval is asked for two
// minutes after its end, and if flows are too few then, once more after 35. Three
// intervals out of band in a row, of those that could be judged, open a mismatch;
// three in band end it, and so does an hour without judgement.
//
// What fools it: flows that a router counts and an agent does not (packets from and
// to the router itself), counters that are refreshed more rarely than they are read,
// and two sFlow agents behind one address whose interfaces have the same numbers,
// which are left out.
//
// The package has no clock and knows neither how counters were read nor how flows
// are counted.
package crosscheck
