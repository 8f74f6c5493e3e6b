package capture

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"io"
	"math/rand/v2"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"eagre/flow"
)

// structs are the records of flow-tools as its ftlib.h declares them: names and
// widths in order, in words of our own; _ is padding or what is not read.
var structs = map[string]string{
	"1/0":    "secs4 nsecs4 uptime4 exporter4 src4 dst4 hop4 in2 out2 packets4 octets4 first4 last4 sport2 dport2 proto1 tos1 flags1 _1 _4",
	"5/0":    "secs4 nsecs4 uptime4 exporter4 src4 dst4 hop4 in2 out2 packets4 octets4 first4 last4 sport2 dport2 proto1 tos1 flags1 _1 etype1 eid1 smask1 dmask1 sas2 das2",
	"6/0":    "secs4 nsecs4 uptime4 exporter4 src4 dst4 hop4 in2 out2 packets4 octets4 first4 last4 sport2 dport2 proto1 tos1 flags1 _1 etype1 eid1 smask1 dmask1 sas2 das2 _1 _1 _2 _4",
	"7/0":    "secs4 nsecs4 uptime4 exporter4 src4 dst4 hop4 in2 out2 packets4 octets4 first4 last4 sport2 dport2 proto1 tos1 flags1 _1 etype1 eid1 smask1 dmask1 sas2 das2 _4",
	"1005/0": "secs4 nsecs4 uptime4 exporter4 src4 dst4 hop4 in2 out2 packets4 octets4 first4 last4 sport2 dport2 proto1 tos1 flags1 _1 etype1 eid1 smask1 dmask1 sas2 das2 _4 _4",
	"8/1":    "secs4 nsecs4 uptime4 exporter4 _4 packets4 octets4 first4 last4 sas2 das2 in2 out2 etype1 eid1 _2",
	"8/2":    "secs4 nsecs4 uptime4 exporter4 _4 packets4 octets4 first4 last4 proto1 _1 _2 sport2 dport2 etype1 eid1 _2",
	"8/3":    "secs4 nsecs4 exporter4 uptime4 _4 packets4 octets4 first4 last4 src4 smask1 _1 sas2 in2 etype1 eid1",
	"8/4":    "secs4 nsecs4 uptime4 exporter4 _4 packets4 octets4 first4 last4 dst4 dmask1 _1 etype1 eid1 das2 out2",
	"8/5":    "secs4 nsecs4 uptime4 exporter4 _4 packets4 octets4 first4 last4 src4 dst4 dmask1 smask1 etype1 eid1 sas2 das2 in2 out2",
	"8/6":    "secs4 nsecs4 uptime4 exporter4 packets4 octets4 first4 last4 dst4 _4 _4 out2 _2 tos1 _1 etype1 eid1",
	"8/7":    "secs4 nsecs4 uptime4 exporter4 packets4 octets4 first4 last4 dst4 src4 _4 _4 out2 in2 tos1 _1 etype1 eid1",
	"8/8":    "secs4 nsecs4 uptime4 exporter4 packets4 octets4 first4 last4 dst4 src4 _4 _4 dport2 sport2 out2 in2 tos1 _1 etype1 eid1 proto1 _1 _2",
	"8/9":    "secs4 nsecs4 uptime4 exporter4 _4 packets4 octets4 first4 last4 sas2 das2 in2 out2 etype1 eid1 tos1 _1",
	"8/10":   "secs4 nsecs4 uptime4 exporter4 _4 packets4 octets4 first4 last4 sport2 dport2 in2 out2 etype1 eid1 proto1 tos1",
	"8/11":   "secs4 nsecs4 exporter4 uptime4 _4 packets4 octets4 first4 last4 src4 smask1 tos1 sas2 in2 etype1 eid1",
	"8/12":   "secs4 nsecs4 exporter4 uptime4 _4 packets4 octets4 first4 last4 dst4 out2 das2 dmask1 tos1 etype1 eid1",
	"8/13":   "secs4 nsecs4 uptime4 exporter4 _4 packets4 octets4 first4 last4 src4 dst4 sas2 das2 in2 out2 dmask1 smask1 etype1 eid1 tos1 _1 _2",
	"8/14":   "secs4 nsecs4 uptime4 exporter4 _4 packets4 octets4 first4 last4 src4 dst4 sport2 dport2 in2 out2 dmask1 smask1 etype1 eid1 tos1 proto1 _2",
}

// values are the fields of one record by name. Those that a record has not are
// not written, and what is padding is written as rubbish.
type values map[string]uint32

func (v values) encode(order binary.ByteOrder, layout string) (out []byte) {
	for _, f := range strings.Fields(layout) {
		name, width := f[:len(f)-1], f[len(f)-1]
		value, ok := v[name]
		if !ok {
			value = 0xeeeeeeee
		}
		switch width {
		case '1':
			out = append(out, byte(value))
		case '2':
			b := [2]byte{}
			order.PutUint16(b[:], uint16(value))
			out = append(out, b[:]...)
		default:
			b := [4]byte{}
			order.PutUint32(b[:], value)
			out = append(out, b[:]...)
		}
	}
	return out
}

// flow is what the record means, in the plainest way.
func (v values) flow(version flow.Version, scheme int, layout string) flow.Record {
	has := func(name string) bool { return strings.Contains(" "+layout, " "+name) }
	get := func(name string) uint32 {
		if !has(name) {
			return 0
		}
		return v[name]
	}
	addr := func(name string) netip.Addr {
		if !has(name) {
			return netip.Addr{}
		}
		b := [4]byte{}
		binary.BigEndian.PutUint32(b[:], v[name])
		return netip.AddrFrom4(b)
	}
	boot := time.Unix(int64(v["secs"]), int64(v["nsecs"])).UTC().Truncate(time.Millisecond).Add(-time.Duration(v["uptime"]) * time.Millisecond)
	r := flow.Record{
		Exporter: addr("exporter"), Domain: uint32(scheme)<<16 | get("etype")<<8 | get("eid"), Version: version,
		SrcAddr: addr("src"), DstAddr: addr("dst"), NextHop: addr("hop"), SrcPort: uint16(get("sport")), DstPort: uint16(get("dport")),
		Proto: uint8(get("proto")), TCPFlags: uint8(get("flags")), TOS: uint8(get("tos")), SrcMask: uint8(get("smask")), DstMask: uint8(get("dmask")),
		SrcAS: get("sas"), DstAS: get("das"), InIf: get("in"), OutIf: get("out"),
		Start: boot.Add(time.Duration(v["first"]) * time.Millisecond), End: boot.Add(time.Duration(v["last"]) * time.Millisecond),
		Bytes: uint64(v["octets"]), Packets: uint64(v["packets"]), SamplingRate: 1, Sampling: flow.SamplingAssumed,
	}
	if scheme > 0 && scheme != 7 && scheme != 8 {
		r.Quality = flow.Aggregated
	}
	return r
}

// someValues are plausible ones.
func someValues(r *rand.Rand, number int) values {
	return values{
		"secs": uint32(began.Unix()) + uint32(number), "nsecs": 123_456_789, "uptime": 50_000_000, "exporter": 0xc0000200 + r.Uint32N(3),
		"src": r.Uint32(), "dst": r.Uint32(), "hop": r.Uint32(), "in": r.Uint32N(1 << 16), "out": r.Uint32N(1 << 16),
		"packets": 10, "octets": 400 + r.Uint32N(10_000), "first": 49_900_000 + r.Uint32N(50_000), "last": 49_950_000 + r.Uint32N(50_000),
		"sport": r.Uint32N(1 << 16), "dport": r.Uint32N(1 << 16), "proto": r.Uint32N(256), "tos": r.Uint32N(256), "flags": r.Uint32N(256),
		"etype": r.Uint32N(256), "eid": r.Uint32N(256), "smask": r.Uint32N(33), "dmask": r.Uint32N(33), "sas": r.Uint32N(1 << 16), "das": r.Uint32N(1 << 16),
	}
}

type flowToolsFile struct {
	order           binary.ByteOrder
	version, scheme int
	compress        bool
	records         []byte
}

// bytes is the file as flow-capture leaves it, with a comment in its header.
func (f flowToolsFile) bytes(t testing.TB) []byte {
	var head []byte
	tlv := func(kind uint16, value []byte) {
		b := [4]byte{}
		f.order.PutUint16(b[:], kind)
		f.order.PutUint16(b[2:], uint16(len(value)))
		head = append(append(head, b[:]...), value...)
	}
	two, four := make([]byte, 2), make([]byte, 4)
	f.order.PutUint16(two, uint16(f.version))
	tlv(1, []byte{0, 1})
	tlv(tlvVersion, two)
	tlv(3, []byte{2})
	tlv(tlvScheme, []byte{byte(f.scheme)})
	tlv(16, []byte("flow-capture\x00"))
	if f.compress {
		f.order.PutUint32(four, flagCompress|1)
		var packed bytes.Buffer
		z := zlib.NewWriter(&packed)
		_, err := z.Write(f.records)
		check(t, err)
		check(t, z.Close())
		f.records = packed.Bytes()
	}
	tlv(tlvFlags, four)
	head = append(head, make([]byte, 3)...) // padding
	out := []byte{0xcf, 0x10, bigEndianFile, 3, 0, 0, 0, 0}
	if f.order == binary.LittleEndian {
		out[2] = littleEndianFile
	}
	f.order.PutUint32(out[4:], uint32(len(out)+len(head)))
	return append(append(out, head...), f.records...)
}

// records reads all flows of a file, with the times at which they came.
func records(t testing.TB, r *Reader) (out []flow.Record, at []time.Time) {
	t.Helper()
	for {
		item, err := r.Next()
		if errors.Is(err, io.EOF) {
			return out, at
		}
		check(t, err)
		if item.Kind != Records || item.Record == nil || item.Data != nil {
			t.Fatalf("got %+v, want a record", item)
		}
		out, at = append(out, *item.Record), append(at, item.At)
	}
}

var sameRecord = cmp.Comparer(func(a, b flow.Record) bool { return a == b })

func TestFlowToolsFilesOfAllVersionsAndByteOrders(t *testing.T) {
	versionOf := map[int]flow.Version{1: flow.NetFlowV1, 5: flow.NetFlowV5, 6: flow.NetFlowV6, 7: flow.NetFlowV7, 1005: flow.NetFlowV5, 8: flow.NetFlowV8}
	r := rand.New(rand.NewPCG(1, 2))
	for name, layout := range structs {
		left, right, _ := strings.Cut(name, "/")
		version, _ := strconv.Atoi(left)
		scheme, _ := strconv.Atoi(right)
		for _, order := range []binary.ByteOrder{binary.LittleEndian, binary.BigEndian} {
			for _, compress := range []bool{false, true} {
				file := flowToolsFile{order: order, version: version, scheme: scheme, compress: compress}
				var want []flow.Record
				for i := range 300 {
					v := someValues(r, i)
					if v["first"] > v["last"] {
						v["first"], v["last"] = v["last"], v["first"]
					}
					file.records = append(file.records, v.encode(order, layout)...)
					want = append(want, v.flow(versionOf[version], scheme, layout))
				}
				reader := open2(t, file.bytes(t), DefaultConfig())
				got, at := records(t, reader)
				if diff := cmp.Diff(want, got, sameRecord); diff != "" {
					t.Fatalf("v%s, %v, compressed %v: flows (-want +got):\n%s", name, order, compress, diff)
				}
				if reader.Kind() != Records || reader.Cut() != nil || reader.Counts() != (Counts{Frames: 300, Items: 300}) || !at[299].Equal(began.Add(299*time.Second+123*time.Millisecond)) {
					t.Errorf("v%s: kind %v, cut %v, %+v, last at %v", name, reader.Kind(), reader.Cut(), reader.Counts(), at[299])
				}
			}
		}
	}
}

func TestFlowToolsTimesAndCountersAreJudged(t *testing.T) {
	const uptime = 50_000_000
	cases := []struct {
		name          string
		change        values
		startAge, age int64 // ms before the record was sent
		quality       flow.Quality
	}{
		{"ordinary", values{"first": uptime - 9000, "last": uptime - 1000}, 9000, 1000, 0},
		{"uptime has wrapped", values{"uptime": 500, "first": 1<<32 - 1000, "last": 100}, 1500, 400, 0},
		{"it ends before it begins", values{"first": uptime - 1000, "last": uptime - 9000}, 9000, 9000, flow.BadDuration},
		{"it ends in the future", values{"first": uptime - 1000, "last": uptime + 9000}, 1000, 0, flow.BadDuration},
		{"it lasted long", values{"first": uptime - 9_000_000, "last": uptime}, 9_000_000, 0, 0},
		{"it began too long ago", values{"first": uptime + 2_200_000_000, "last": uptime}, longest, 0, flow.BadDuration},
		{"it ended too long ago", values{"first": uptime - 9_500_000, "last": uptime - 9_000_000}, 0, 0, flow.LateReceived},
		{"nanoseconds that are none", values{"nsecs": 4e9, "first": uptime, "last": uptime}, 0, 0, 0},
		{"fewer bytes than headers", values{"first": uptime, "last": uptime, "packets": 21, "octets": 419}, 0, 0, flow.Implausible},
		{"bytes without packets", values{"first": uptime, "last": uptime, "packets": 0}, 0, 0, flow.Implausible},
		{"a mask of 33", values{"first": uptime, "last": uptime, "smask": 33}, 0, 0, 0},
	}
	for _, c := range cases {
		v := someValues(rand.New(rand.NewPCG(1, 1)), 0)
		for name, value := range c.change {
			v[name] = value
		}
		file := flowToolsFile{order: binary.BigEndian, version: 5, records: v.encode(binary.BigEndian, structs["5/0"])}
		got, at := records(t, open2(t, file.bytes(t), DefaultConfig()))
		if start, end := at[0].Sub(got[0].Start).Milliseconds(), at[0].Sub(got[0].End).Milliseconds(); start != c.startAge || end != c.age || got[0].Quality != c.quality || got[0].SrcMask > 32 {
			t.Errorf("%s: aged %d to %d ms, quality %d, mask %d; want %d to %d, quality %d", c.name, start, end, got[0].Quality, got[0].SrcMask, c.startAge, c.age, c.quality)
		}
	}
}

func TestBrokenFlowToolsFilesSayWhatIsWrong(t *testing.T) {
	good := flowToolsFile{order: binary.BigEndian, version: 5}
	change := func(at int, to ...byte) []byte {
		b := good.bytes(t)
		copy(b[at:], to)
		return b
	}
	cases := map[string][]byte{
		"capture: flow-tools: byte order 3, want 1 (little) or 2 (big)":                                                     change(2, 3),
		"capture: flow-tools: stream version 1, only 3 is read":                                                             change(3, 1),
		"capture: flow-tools: header of 4294967295 bytes, want 8 to 16384":                                                  change(4, 255, 255, 255, 255),
		"capture: flow-tools: header of 7 bytes, want 8 to 16384":                                                           change(4, 0, 0, 0, 7),
		"capture: flow-tools: header of 16384 bytes: unexpected EOF":                                                        change(4, 0, 0, 0x40, 0),
		"capture: flow-tools: header value 1 of 65535 bytes, 46 are left":                                                   change(10, 255, 255),
		"capture: flow-tools: unexpected EOF":                                                                               change(0)[:6],
		"capture: flow-tools: records of NetFlow v9, aggregation 0, are not known; v1, v5, v6, v7 and v8 with 1 to 14 are":  flowToolsFile{order: binary.BigEndian, version: 9}.bytes(t),
		"capture: flow-tools: records of NetFlow v8, aggregation 15, are not known; v1, v5, v6, v7 and v8 with 1 to 14 are": flowToolsFile{order: binary.BigEndian, version: 8, scheme: 15}.bytes(t),
		"capture: flow-tools: records of NetFlow v8, aggregation 0, are not known; v1, v5, v6, v7 and v8 with 1 to 14 are":  flowToolsFile{order: binary.BigEndian, version: 8}.bytes(t),
	}
	for want, file := range cases {
		if _, err := NewReader(bytes.NewReader(file), DefaultConfig()); err == nil || err.Error() != want {
			t.Errorf("got %v\nwant %s", err, want)
		}
	}
}

func TestCutFlowToolsFileYieldsWhatItHolds(t *testing.T) {
	v := someValues(rand.New(rand.NewPCG(1, 1)), 0).encode(binary.LittleEndian, structs["7/0"])
	for _, compress := range []bool{false, true} {
		file := flowToolsFile{order: binary.LittleEndian, version: 7, compress: compress, records: bytes.Repeat(v, 3)}.bytes(t)
		r := open2(t, file[:len(file)-7], DefaultConfig())
		got, _ := records(t, r)
		if r.Cut() == nil || r.Counts().Cut != 1 || len(got) < 2 {
			t.Errorf("compressed %v: got %d flows, cut %v, %+v", compress, len(got), r.Cut(), r.Counts())
		}
	}
}

// flow-capture may be stopped before the first record is squeezed out.
func TestFlowToolsFileWithoutRecords(t *testing.T) {
	for _, compress := range []bool{false, true} {
		file := flowToolsFile{order: binary.LittleEndian, version: 7, compress: compress}.bytes(t)
		r := open2(t, file[:binary.LittleEndian.Uint32(file[4:])], DefaultConfig())
		if got, _ := records(t, r); len(got) != 0 || r.Cut() != nil || r.Kind() != Records {
			t.Errorf("compressed %v: got %d flows of %v, cut %v", compress, len(got), r.Kind(), r.Cut())
		}
	}
}

func TestGzippedFlowToolsFile(t *testing.T) {
	v := someValues(rand.New(rand.NewPCG(1, 1)), 0).encode(binary.LittleEndian, structs["5/0"])
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, err := z.Write(flowToolsFile{order: binary.LittleEndian, version: 5, compress: true, records: v}.bytes(t))
	check(t, err)
	check(t, z.Close())
	if got, _ := records(t, open2(t, packed.Bytes(), DefaultConfig())); len(got) != 1 {
		t.Errorf("got %d flows, want 1", len(got))
	}
}

func BenchmarkFlowTools(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 1))
	file := flowToolsFile{order: binary.LittleEndian, version: 5}
	for i := range 10_000 {
		file.records = append(file.records, someValues(r, i/100).encode(file.order, structs["5/0"])...)
	}
	benchmarkFile(b, file.bytes(b), 10_000)
}

// benchmarkFile reads a file to its end.
func benchmarkFile(b *testing.B, file []byte, items int) {
	b.ReportAllocs()
	for b.Loop() {
		r := open2(b, file, DefaultConfig())
		n := 0
		for ; ; n++ {
			if _, err := r.Next(); err != nil {
				break
			}
		}
		if n != items {
			b.Fatalf("%d items, want %d", n, items)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(items), "ns/record")
}
