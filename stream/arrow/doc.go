// Package arrow writes flows as Apache Arrow, for programs that are not ours:
// pandas, DuckDB, ClickHouse and whatever else reads columns. Batches go in at
// Encoder.Add; messages come out, each a complete Arrow IPC stream of its own
// (schema, dictionaries, one record batch, end of stream; nothing compressed),
// so that a reader may begin with any of them and needs no schema from
// elsewhere. It is the only door to arrow-go.
//
// The room does not know where messages go, whether anyone reads them, or what
// time it is.
//
// # Columns
//
// Names are those of goflow2's FlowMessage where it has the field, so a query
// written for one works for the other. Columns are only ever added, at the end;
// the metadata key "eagre.schema" of the schema holds SchemaVersion.
//
//	type                  names, see below      format the flow came in
//	time_received_ns      timestamp(ns, UTC)    receive time, in steps of 100 ms
//	sampler_address       fixed binary(16)      exporter
//	sampling_rate         uint32                one packet in N was seen; 0: unknown
//	time_flow_start_ns    timestamp(ns, UTC)    first packet, millisecond resolution
//	time_flow_end_ns      timestamp(ns, UTC)    last packet
//	bytes, packets        uint64                as the exporter counted, not multiplied by the sampling rate
//	src_addr, dst_addr    fixed binary(16)
//	etype                 uint16                0x0800, 0x86dd, or 0 without addresses
//	proto                 uint8
//	src_port, dst_port    uint16
//	in_if, out_if         uint32                ifIndex; 0: unknown
//	ip_tos                uint8
//	forwarding_status     uint8                 RFC 7270 §4.12; 0: unknown
//	tcp_flags             uint8                 OR over the flow
//	src_as, dst_as        uint32
//	next_hop              fixed binary(16)
//	src_net, dst_net      uint8                 prefix lengths
//	observation_domain_id uint32
//	flow_direction        names                 unknown, ingress, egress
//	sampling_source       names                 who said the sampling rate
//	application_id        uint64                engine<<56 | selector (RFC 6759); 0: none
//	rtt_us                uint32                round-trip time of the handshake; 0: unknown
//	quality               uint8                 flow.Quality: 1 bad duration, 2 implausible, 4 fragment, 8 late, 16 aggregated
//
// Timestamps rather than the plain integers of FlowMessage, because every reader
// then knows them for times. In ClickHouse they arrive as DateTime64(9, 'UTC').
//
// Addresses are sixteen bytes in network order, IPv4 in its v4-mapped form, and
// null where there is none. That is what ClickHouse reads as its IPv6 type, it
// sorts by prefix, and it costs a third of the time of text. Programs that want
// text render it: ipaddress.ip_address in Python, IPv6NumToString in ClickHouse.
//
// Columns of names are dictionaries: an index of one byte, which pandas shows as
// a category, ClickHouse as LowCardinality(String), DuckDB as text. The names of
// formats are spelled as FlowMessage spells them in JSON, and in that manner
// where it has none.
//
// # Adopted, not built
//
// Rows are gathered in plain slices laid out as Arrow wants them, and messages
// adopt these as they are: there is no builder, no row is touched twice, and
// the schema and dictionaries are encoded once in an encoder's life.
package arrow
