// Package ipfix decodes exports that are described by templates: NetFlow v9
// (RFC 3954) and IPFIX (RFC 7011 and 7012), with reverse elements (RFC 5103),
// structured data (RFC 6313), packet reports (RFC 5477), application labels
// (RFC 6759) and address translation (RFC 8158).
//
// One datagram or message (Message), what its sender has announced before
// (Exporter) and a wire.Source come in; rows of a flow.Batch and notes in a
// wire.Report go out. A template is compiled once into operations that copy one
// field of many records into one column, so no record costs an allocation or a
// look at the template. The package opens no socket, keeps no clock but the
// arrival of datagrams, and follows no sequence numbers.
//
// # Which element fills a column
//
// Several elements may say the same thing. The first one here that the template
// has is read; those behind an "or" fill in where its value is zero; those in
// parentheses count only where none of the others is in the template. An element
// that stands twice in a template counts where it stands first.
//
//	source         8 or 27      (44, 170: a prefix, marks the row Aggregated; 225, 281: after NAT)
//	destination    12 or 28     (45, 169; 226, 282)
//	next hop       15 or 62 or 18 or 63
//	source port    7 or 180 or 182   (227)
//	destination    11 or 181 or 183  (228); for ICMP with port 0: 32, 139, 176–179 as type<<8 | code
//	octets         1 or 231 or 23 or 352  (85, 171, 353: totals since the flow began)
//	packets        2 or 298 or 24         (86, 172)
//	reverse octets, packets   1, 85, 23 and 2, 86, 24 of PEN 29305; 232 and 299 beside 231 or 298
//	interfaces     10 or 252, 14 or 253
//	systems        16 or 129, 17 or 128
//	traffic class  5 or 55 or 195
//	flags          6, and those of CERT (PEN 6871, 14 and 15)
//	start, end     NetFlow v9: 22, 21, then 152–157, 150–151, 158–159; IPFIX: 152–157, 150–151, 158–159,
//	               then 22, 21 with 160 of an options record; then a duration (161, 162); then 322–325, 258
//
// Octets of 352 and 353 include the link header, those of 231 and 232 are
// payload as firewalls count it; they are taken as they are. Counters are taken
// to be those of sampled packets: an exporter that scales its own counters needs
// the operator's rate of 1.
//
// Firewalls (NSEL) report a connection when it is created, without octets, then
// in updates and when it is torn down, each time with what came since the last
// report (231, 232): creation is no row, the others add up. Where a firewall
// counts totals instead (85), its updates are no rows, as the teardown holds it
// all. A record whose counters are all zero is no row.
//
// # When a flow was
//
// Event time is the arrival less the age at the export, so the exporter's clock does
// not matter. A flow keeps its beginning, up to 24 days before its arrival. What
// ended more than two hours ago is marked flow.LateReceived and counts now, however
// short it was; what ended in the future, before it began, or after more than those
// 24 days is marked flow.BadDuration. Headers say the export time in whole seconds,
// so times that are told as dates come out up to a second late.
//
// # Whose sampling rate
//
// The operator's; else an element of the record (34, 50, 305 with 306, 309 with
// 310, 311); else what options data announced for the record's sampler (48,
// 302), for its interface, its template or its domain; else, where the record
// names no sampler and all samplers of the domain have one rate, that rate; else
// 1:1, assumed. Where nothing but the record's sampler could say and that was
// never announced, the rate is unknown; sampler 0 of a record means none.
//
// # What is kept, and how long
//
// A template holds for the bytes behind it until it changes, is withdrawn, or was
// neither announced nor used for an hour. Data that comes before its template
// waits a minute for it, with the times of its own arrival. Limits say how much
// of everything there may be; what is in use does not make room for what is new.
package ipfix
