package arrow

import (
	"bytes"
	"errors"
	"flag"
	"io"
	"math"
	"net/netip"
	"os"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"eagre/flow"
)

var update = flag.Bool("update", false, "write the golden schema anew")

// The names, order and types of columns are a promise to programs that are not
// ours.
func TestTheSchemaIsAsPromised(t *testing.T) {
	const golden = "testdata/schema-v1.txt"
	got := newSchema(newColumns()).String() + "\n"
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "schema", got, string(want))
}

// Every format and provenance that flows know has a name here.
func TestEveryValueHasItsName(t *testing.T) {
	for v := range flow.Version(len(formatNames)) {
		if v > 0 && v.String() == flow.VersionUnknown.String() {
			t.Errorf("format %d (%s) is none of flow's", v, formatNames[v])
		}
	}
	for name, next := range map[string]string{
		"format":    flow.Version(len(formatNames)).String(),
		"direction": (flow.Egress + 1).String(),
		"sampling":  (flow.SamplingImported + 1).String(),
	} {
		if next != "unknown" {
			t.Errorf("the newest %s, %s, has no name in the export", name, next)
		}
	}
}

func TestWhatGoesInComesOut(t *testing.T) {
	for name, c := range map[string]struct{ change func(*flow.Record) }{
		"IPv4":                 {func(*flow.Record) {}},
		"IPv6":                 {inIPv6},
		"no address at all":    {func(r *flow.Record) { r.SrcAddr, r.DstAddr, r.NextHop = netip.Addr{}, netip.Addr{}, netip.Addr{} }},
		"one address only":     {func(r *flow.Record) { r.SrcAddr = netip.Addr{} }},
		"the unspecified IPv4": {func(r *flow.Record) { r.NextHop = netip.IPv4Unspecified() }},
		"largest numbers": {func(r *flow.Record) {
			r.Bytes, r.Packets, r.App, r.InIf, r.SrcAS = math.MaxUint64, math.MaxUint64, math.MaxUint64, math.MaxUint32, math.MaxUint32
			r.SrcPort, r.SrcMask, r.Quality = math.MaxUint16, 128, 255
		}},
		"all zero": {func(r *flow.Record) { *r = flow.Record{Start: time.Unix(0, 0).UTC(), End: time.Unix(0, 0).UTC()} }},
	} {
		t.Run(name, func(t *testing.T) {
			want := []flow.Record{record(), record(), record()}
			c.change(&want[1])
			message := encoded(t, batchOf(want...))
			same(t, "records", recordsOf(t, message), want)
		})
	}
}

// A message is a stream of its own: the second needs nothing of the first.
func TestEveryMessageStandsAlone(t *testing.T) {
	alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
	e := small(t, alloc)
	for i := range 3 {
		want := record()
		want.Bytes = uint64(i)
		e.add(batchOf(want))
		same(t, "records", recordsOf(t, e.flush()), []flow.Record{want})
		alloc.AssertSize(t, 0) // a message leaves nothing behind
	}
}

func TestHelloIsTheSchemaAndNothingElse(t *testing.T) {
	e := small(t, memory.DefaultAllocator)
	hello := e.Hello()
	same(t, "records", len(recordsOf(t, hello)), 0)
	same(t, "schema", schemaOf(t, hello), e.schema.String())

	e.add(batchOf(record()))
	message := e.flush()
	if !bytes.HasPrefix(message, hello[:len(hello)-len(endOfStream)]) {
		t.Error("a message does not begin as hello does")
	}
	if rest := len(message) - bytesPerRow; rest < 3500 || rest > 5000 {
		t.Errorf("what is not flows takes %d bytes; the comment at Linger says 4 kB", rest)
	}
}

func TestAFullMessageLeavesAtOnce(t *testing.T) {
	e := start(t, Config{Rows: 5, Linger: time.Second}, memory.DefaultAllocator)
	batch := batchOf(record(), record())
	same(t, "after 2 flows", len(recordsOf(t, e.add(batch))), 0)
	same(t, "after 4 flows", len(recordsOf(t, e.add(batch))), 0)
	same(t, "after 6 flows", len(recordsOf(t, e.add(batch))), 6)
	same(t, "waiting", e.Rows(), 0)
}

func TestFewFlowsLingerAndThenLeave(t *testing.T) {
	e := start(t, Config{Rows: 1000, Linger: time.Second}, memory.DefaultAllocator)
	began := e.now
	if due := e.Due(); due.Before(began.AddDate(100, 0, 0)) {
		t.Errorf("nothing waits, and yet something is due at %v", due)
	}
	e.add(batchOf(record()))
	same(t, "due", e.Due(), began.Add(time.Second))
	e.now = began.Add(999 * time.Millisecond)
	same(t, "shortly before", len(recordsOf(t, e.add(batchOf(record())))), 0)
	e.now = began.Add(time.Second)
	same(t, "with an empty batch", len(recordsOf(t, e.add(flow.NewBatch()))), 2)
	same(t, "flushed again", len(recordsOf(t, e.flush())), 0)
}

// Receive times are those of the batches, also where a message holds several.
func TestReceiveTimesAreThoseOfTheSteps(t *testing.T) {
	e := small(t, memory.DefaultAllocator)
	for step := range int64(3) {
		b := batchOf(record())
		b.Step = 17_000_000_000 + step
		e.add(b)
	}
	var got []time.Time
	read(t, e.flush(), func(r arrow.RecordBatch) {
		for i := range int(r.NumRows()) {
			got = append(got, instantAt(r, "time_received_ns", i))
		}
	})
	start := flow.StepStart(17_000_000_000)
	same(t, "times", got, []time.Time{start, start.Add(100 * time.Millisecond), start.Add(200 * time.Millisecond)})
}

// Numbers that a newer eagre wrote, and rubbish, must not give messages that
// readers choke on.
func TestValuesWithoutANameAreUnknown(t *testing.T) {
	b := batchOf(record())
	b.Version[0], b.Direction[0], b.Sampling[0] = 200, 201, 202
	read(t, encoded(t, b), func(r arrow.RecordBatch) {
		same(t, "type", nameAt(r, "type", 0), "FLOWUNKNOWN")
		same(t, "flow_direction", nameAt(r, "flow_direction", 0), "unknown")
		same(t, "sampling_source", nameAt(r, "sampling_source", 0), "unknown")
	})
}

func TestTimesThatNanosecondsCannotSayBecomeTheLast(t *testing.T) {
	b := batchOf(record())
	b.Start[0], b.End[0], b.Step = math.MinInt64, math.MaxInt64, math.MaxInt64
	read(t, encoded(t, b), func(r arrow.RecordBatch) {
		same(t, "first", instantAt(r, "time_flow_start_ns", 0).Year(), 1677)
		same(t, "last", instantAt(r, "time_flow_end_ns", 0).Year(), 2262)
		same(t, "received", instantAt(r, "time_received_ns", 0).Year(), 2262)
	})
}

func TestFamiliesAreToldApart(t *testing.T) {
	six, none, aggregate := record(), record(), record()
	inIPv6(&six)
	none.SrcAddr, none.DstAddr = netip.Addr{}, netip.Addr{}
	aggregate.SrcAddr = netip.Addr{}
	want := []uint16{0x0800, 0x86dd, 0, 0x0800}
	read(t, encoded(t, batchOf(record(), six, none, aggregate)), func(r arrow.RecordBatch) {
		same(t, "etype", col[*array.Uint16](r, "etype").Uint16Values(), want)
	})
}

// The largest message of any configuration fits into what a server takes.
func TestTheLargestMessage(t *testing.T) {
	e := start(t, Config{Rows: mostRows, Linger: time.Minute}, memory.DefaultAllocator)
	full := flow.NewBatch()
	for full.Room() > 0 {
		full.Append(record())
	}
	almost := flow.NewBatch()
	for range mostRows % flow.MaxRows {
		almost.Append(record())
	}
	var message []byte
	for rows := 0; message == nil; rows += full.N {
		message = e.add(full)
		if rows == mostRows-flow.MaxRows-1 {
			message = e.add(almost)
		}
	}
	if len(message) > MaxMessage || MaxMessage > 1<<20 {
		t.Errorf("got %d bytes, want at most %d, and that at most 1 MiB", len(message), MaxMessage)
	}
	same(t, "flows", len(recordsOf(t, message)), mostRows)
	width := (len(message) - len(e.Hello())) / mostRows
	if width < bytesPerRow || width > bytesPerRow+2 {
		t.Errorf("a flow takes %d bytes, the bound says %d", width, bytesPerRow)
	}
}

func TestConfigSaysAllThatIsWrong(t *testing.T) {
	if errs := DefaultConfig().Validate(); len(errs) > 0 {
		t.Errorf("default: %v", errs)
	}
	_, err := New(Config{Rows: 0, Linger: time.Hour})
	same(t, "error", err.Error(), "export.arrow.rows 0: want 1 to 4096\nexport.arrow.linger 1h0m0s: want 100ms to 1m")
}

// bench is an encoder with a clock that stands still unless it is set.
type bench struct {
	*Encoder
	t   testing.TB
	now time.Time
}

func start(t testing.TB, c Config, alloc memory.Allocator) *bench {
	t.Helper()
	e, err := newEncoder(c, alloc)
	if err != nil {
		t.Fatal(err)
	}
	return &bench{e, t, time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)}
}

func small(t testing.TB, alloc memory.Allocator) *bench { return start(t, DefaultConfig(), alloc) }

func (e *bench) add(b *flow.Batch) []byte {
	e.t.Helper()
	message, err := e.Add(b, e.now)
	if err != nil {
		e.t.Fatal(err)
	}
	return message
}

func (e *bench) flush() []byte {
	e.t.Helper()
	message, err := e.Flush()
	if err != nil {
		e.t.Fatal(err)
	}
	return message
}

func encoded(t testing.TB, b *flow.Batch) []byte {
	t.Helper()
	e := small(t, memory.DefaultAllocator)
	e.add(b)
	return e.flush()
}

// record sets every field, each to another value.
func record() flow.Record {
	at := time.Date(2026, 11, 24, 11, 59, 1, 234e6, time.UTC)
	return flow.Record{
		Exporter: netip.MustParseAddr("192.0.2.1"), Domain: 42, Version: flow.NetFlowV9,
		SrcAddr: netip.MustParseAddr("198.51.100.7"), DstAddr: netip.MustParseAddr("203.0.113.9"), NextHop: netip.MustParseAddr("192.0.2.254"),
		SrcPort: 51000, DstPort: 443, Proto: 6, TCPFlags: 0x12, TOS: 0xb8, SrcMask: 24, DstMask: 25,
		SrcAS: 64500, DstAS: 4_200_000_001, InIf: 3, OutIf: 4, Direction: flow.Egress, Forwarding: 0x40, App: 13<<56 | 80,
		Start: at, End: at.Add(1500 * time.Millisecond), Bytes: 123_456, Packets: 321, RTT: 1700,
		SamplingRate: 1000, Sampling: flow.SamplingOptions, Quality: flow.Fragment,
	}
}

func inIPv6(r *flow.Record) {
	r.Exporter, r.NextHop = netip.MustParseAddr("2001:db8::1"), netip.MustParseAddr("fe80::1")
	r.SrcAddr, r.DstAddr = netip.MustParseAddr("2001:db8:1::7"), netip.MustParseAddr("2001:db8:2::9")
}

func batchOf(records ...flow.Record) *flow.Batch {
	b := flow.NewBatch()
	for _, r := range records {
		b.Append(r)
	}
	return b
}

// read walks through a message as any reader would.
func read(t testing.TB, message []byte, see func(arrow.RecordBatch)) {
	t.Helper()
	if message == nil {
		return
	}
	alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer alloc.AssertSize(t, 0)
	r, err := ipc.NewReader(bytes.NewReader(message), ipc.WithAllocator(alloc))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Release()
	for r.Next() {
		see(r.RecordBatch())
	}
	if err := r.Err(); err != nil && !errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
}

func schemaOf(t testing.TB, message []byte) string {
	t.Helper()
	r, err := ipc.NewReader(bytes.NewReader(message))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Release()
	return r.Schema().String()
}

// recordsOf reads a message back, row by row and by the names of columns: the
// slow twin of the encoder.
func recordsOf(t testing.TB, message []byte) (records []flow.Record) {
	t.Helper()
	read(t, message, func(r arrow.RecordBatch) {
		for i := range int(r.NumRows()) {
			records = append(records, recordAt(r, i))
		}
	})
	return records
}

func recordAt(r arrow.RecordBatch, i int) flow.Record {
	u8 := func(name string) uint8 { return col[*array.Uint8](r, name).Value(i) }
	u16 := func(name string) uint16 { return col[*array.Uint16](r, name).Value(i) }
	u32 := func(name string) uint32 { return col[*array.Uint32](r, name).Value(i) }
	u64 := func(name string) uint64 { return col[*array.Uint64](r, name).Value(i) }
	return flow.Record{
		Exporter: addressAt(r, "sampler_address", i), Domain: u32("observation_domain_id"),
		Version: flow.Version(indexOf(formatNames, nameAt(r, "type", i))),
		SrcAddr: addressAt(r, "src_addr", i), DstAddr: addressAt(r, "dst_addr", i), NextHop: addressAt(r, "next_hop", i),
		SrcPort: u16("src_port"), DstPort: u16("dst_port"), Proto: u8("proto"), TCPFlags: u8("tcp_flags"), TOS: u8("ip_tos"),
		SrcMask: u8("src_net"), DstMask: u8("dst_net"), SrcAS: u32("src_as"), DstAS: u32("dst_as"), InIf: u32("in_if"), OutIf: u32("out_if"),
		Direction:  flow.Direction(indexOf([]string{"unknown", "ingress", "egress"}, nameAt(r, "flow_direction", i))),
		Forwarding: u8("forwarding_status"), App: u64("application_id"), RTT: u32("rtt_us"),
		Start: instantAt(r, "time_flow_start_ns", i), End: instantAt(r, "time_flow_end_ns", i), Bytes: u64("bytes"), Packets: u64("packets"),
		SamplingRate: u32("sampling_rate"), Sampling: flow.Sampling(indexOf(samplingNames(), nameAt(r, "sampling_source", i))),
		Quality: flow.Quality(u8("quality")),
	}
}

func samplingNames() []string { return stringsOf[flow.Sampling](flow.SamplingImported) }

func indexOf(all []string, name string) int {
	for i, each := range all {
		if each == name {
			return i
		}
	}
	return 255
}

func col[T arrow.Array](r arrow.RecordBatch, name string) T {
	return r.Column(r.Schema().FieldIndices(name)[0]).(T)
}

func nameAt(r arrow.RecordBatch, name string, i int) string {
	return col[*array.Dictionary](r, name).ValueStr(i)
}

func instantAt(r arrow.RecordBatch, name string, i int) time.Time {
	return col[*array.Timestamp](r, name).Value(i).ToTime(arrow.Nanosecond)
}

func addressAt(r arrow.RecordBatch, name string, i int) netip.Addr {
	c := col[*array.FixedSizeBinary](r, name)
	if c.IsNull(i) {
		return netip.Addr{}
	}
	a, _ := netip.AddrFromSlice(c.Value(i))
	return a.Unmap()
}

func same[T any](t testing.TB, what string, got, want T) {
	t.Helper()
	if diff := cmp.Diff(want, got, cmpopts.EquateComparable(netip.Addr{})); diff != "" {
		t.Fatalf("%s (-want +got):\n%s", what, diff)
	}
}
