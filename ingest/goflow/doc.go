// Package goflow reads flows that another collector has decoded, as goflow2
// hands them on: its protobuf FlowMessage, single or in a stream of messages with
// their lengths before them, and its JSON lines. It also writes both, for programs
// that know how to read goflow2.
//
// Bytes of a message, a line or a stream come in; a flow.Record goes out, with the
// time at which the other collector received it. What cannot be read is counted
// and passed over. The package opens no files and no sockets, knows no exporters
// and asks no clock.
//
// What crosses: addresses, ports, protocol, flags, ToS, prefix lengths, next hop,
// AS and interface numbers, ICMP type and code (as destination port), packets and
// bytes, times to the millisecond, sampling rate, observation domain, exporter,
// forwarding status, and the direction of metering in the field that goflow2's
// own mapping.yaml gives it (flow_direction, number 42). FlowMessage has no place
// for application labels, round-trip times and the quality of a record.
//
// Bytes are as the other collector counted them. goflow2 gives the frame length
// for sFlow samples of raw packets, link header and FCS included.
package goflow
