package arrow

import (
	"strconv"

	"github.com/apache/arrow-go/v18/arrow"

	"eagre/flow"
)

// SchemaVersion is the value of "eagre.schema" in the metadata of the schema. It
// grows when a column changes its meaning, not when one is added.
const SchemaVersion = 1

const schemaKey = "eagre.schema"

// formatNames are indexed by flow.Version.
var formatNames = []string{
	"FLOWUNKNOWN", "NETFLOW_V5", "SFLOW_5", "PACKETS", "NETFLOW_V1", "NETFLOW_V6", "NETFLOW_V7", "NETFLOW_V8",
	"NETFLOW_V9", "IPFIX", "IMPORTED",
}

// newColumns are the columns of an export, in their order. New ones go last.
func newColumns() []column {
	return []column{
		names("type", formatNames, func(b *flow.Batch) []flow.Version { return b.Version }),
		received("time_received_ns"),
		addresses("sampler_address", func(b *flow.Batch) []flow.IP { return b.Exporter }),
		numbers("sampling_rate", arrow.PrimitiveTypes.Uint32, func(b *flow.Batch) []uint32 { return b.SamplingRate }),
		times("time_flow_start_ns", func(b *flow.Batch) []int64 { return b.Start }),
		times("time_flow_end_ns", func(b *flow.Batch) []int64 { return b.End }),
		numbers("bytes", arrow.PrimitiveTypes.Uint64, func(b *flow.Batch) []uint64 { return b.Bytes }),
		numbers("packets", arrow.PrimitiveTypes.Uint64, func(b *flow.Batch) []uint64 { return b.Packets }),
		addresses("src_addr", func(b *flow.Batch) []flow.IP { return b.SrcAddr }),
		addresses("dst_addr", func(b *flow.Batch) []flow.IP { return b.DstAddr }),
		etypes("etype"),
		numbers("proto", arrow.PrimitiveTypes.Uint8, func(b *flow.Batch) []uint8 { return b.Proto }),
		numbers("src_port", arrow.PrimitiveTypes.Uint16, func(b *flow.Batch) []uint16 { return b.SrcPort }),
		numbers("dst_port", arrow.PrimitiveTypes.Uint16, func(b *flow.Batch) []uint16 { return b.DstPort }),
		numbers("in_if", arrow.PrimitiveTypes.Uint32, func(b *flow.Batch) []uint32 { return b.InIf }),
		numbers("out_if", arrow.PrimitiveTypes.Uint32, func(b *flow.Batch) []uint32 { return b.OutIf }),
		numbers("ip_tos", arrow.PrimitiveTypes.Uint8, func(b *flow.Batch) []uint8 { return b.TOS }),
		numbers("forwarding_status", arrow.PrimitiveTypes.Uint8, func(b *flow.Batch) []uint8 { return b.Forwarding }),
		numbers("tcp_flags", arrow.PrimitiveTypes.Uint8, func(b *flow.Batch) []uint8 { return b.TCPFlags }),
		numbers("src_as", arrow.PrimitiveTypes.Uint32, func(b *flow.Batch) []uint32 { return b.SrcAS }),
		numbers("dst_as", arrow.PrimitiveTypes.Uint32, func(b *flow.Batch) []uint32 { return b.DstAS }),
		addresses("next_hop", func(b *flow.Batch) []flow.IP { return b.NextHop }),
		numbers("src_net", arrow.PrimitiveTypes.Uint8, func(b *flow.Batch) []uint8 { return b.SrcMask }),
		numbers("dst_net", arrow.PrimitiveTypes.Uint8, func(b *flow.Batch) []uint8 { return b.DstMask }),
		numbers("observation_domain_id", arrow.PrimitiveTypes.Uint32, func(b *flow.Batch) []uint32 { return b.Domain }),
		names("flow_direction", stringsOf[flow.Direction](flow.Egress), func(b *flow.Batch) []flow.Direction { return b.Direction }),
		names("sampling_source", stringsOf[flow.Sampling](flow.SamplingImported), func(b *flow.Batch) []flow.Sampling { return b.Sampling }),
		numbers("application_id", arrow.PrimitiveTypes.Uint64, func(b *flow.Batch) []uint64 { return b.App }),
		numbers("rtt_us", arrow.PrimitiveTypes.Uint32, func(b *flow.Batch) []uint32 { return b.RTT }),
		numbers("quality", arrow.PrimitiveTypes.Uint8, func(b *flow.Batch) []flow.Quality { return b.Quality }),
	}
}

// stringsOf are the names of all values up to and including the last.
func stringsOf[T interface {
	~uint8
	String() string
}](last T) []string {
	var all []string
	for v := range last + 1 {
		all = append(all, v.String())
	}
	return all
}

func newSchema(columns []column) *arrow.Schema {
	var fields []arrow.Field
	for _, c := range columns {
		fields = append(fields, c.field())
	}
	about := arrow.NewMetadata([]string{schemaKey}, []string{strconv.Itoa(SchemaVersion)})
	return arrow.NewSchema(fields, &about)
}
