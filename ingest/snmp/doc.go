// Package snmp asks routers for the counters of their interfaces, so that what
// flows say can be held against what really passed. It is the only door to gosnmp.
//
// Targets come in by configuration: an exporter, where its SNMP agent listens, and
// a community (version 2c) or a user (version 3; RFC 3414, 3826, 7860). In regular
// intervals each is asked for the tables of RFC 2863 (IF-MIB): octets, packets,
// discards and errors in 64 bits, in 32 bits where the agent has no others, with
// speed and name. How far they moved since the last poll goes out as
// counters.Movement. After a restart of the agent or a discontinuity nothing is
// told, and counting begins anew.
//
// Agents are not trusted: rows, bytes, requests and time of a poll are bounded,
// object names must grow, and text is made harmless. The package sets nothing on a
// router, hears no traps, and knows no flows: package detector/crosscheck compares.
package snmp
