package capture

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"eagre/flow"
	"eagre/ingest/goflow"
	"eagre/ingest/wire"
	"eagre/internal/recorded"
)

// message is an IPFIX message with one empty template set, exported at a time.
func message(after time.Duration, domain uint32) []byte {
	b := make([]byte, ipfixHeader+setHeader)
	binary.BigEndian.PutUint16(b, ipfixVersion)
	binary.BigEndian.PutUint16(b[2:], uint16(len(b)))
	binary.BigEndian.PutUint32(b[4:], uint32(began.Add(after).Unix()))
	binary.BigEndian.PutUint32(b[12:], domain)
	binary.BigEndian.PutUint16(b[16:], templateSet)
	binary.BigEndian.PutUint16(b[18:], setHeader)
	return b
}

func TestIPFIXFileYieldsItsMessages(t *testing.T) {
	file := bytes.Join([][]byte{message(0, 1), message(2*time.Second, 2), message(time.Second, 3)}, nil)
	r := open2(t, file, DefaultConfig())
	var domains []uint32
	for {
		item, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		check(t, err)
		if item.Kind != Exports || item.From != netip.MustParseAddrPort("127.0.0.1:0") || item.Truncated || !wire.LooksExported(item.Data) {
			t.Fatalf("got %+v", item)
		}
		domains = append(domains, binary.BigEndian.Uint32(item.Data[12:]))
	}
	if diff := cmp.Diff([]uint32{1, 3, 2}, domains); diff != "" || r.Kind() != Exports || r.Counts() != (Counts{Frames: 3, Items: 3}) {
		t.Errorf("%v, %+v, messages in the order of their export times (-want +got):\n%s", r.Kind(), r.Counts(), diff)
	}
}

func TestIPFIXFileThatTurnsToGarbageSaysWhere(t *testing.T) {
	good := append(message(0, 1), message(time.Second, 2)...)
	for tail, want := range map[string]string{
		"\x00\x09\x00\x14 this is no longer":   "capture: after message 2: version 9 and length 20: not an IPFIX message",
		"\x00\x0a\x00\x0f this is too short":   "capture: after message 2: version 10 and length 15: not an IPFIX message",
		"\x00\x0a\xff\xff claims more than is": "capture: after message 2: unexpected EOF",
		"\x00\x0a":                             "capture: after message 2: unexpected EOF",
	} {
		r := open2(t, append(bytes.Clone(good), tail...), DefaultConfig())
		if got := seconds(t, r); len(got) != 2 || r.Cut() == nil || r.Cut().Error() != want || r.Counts().Cut != 1 {
			t.Errorf("got %d messages, %v; want 2, %s", len(got), r.Cut(), want)
		}
	}
}

// walk counts the messages of an IPFIX file in the plainest way.
func walk(file []byte) (count int) {
	for ; len(file) > 0; count++ {
		file = file[binary.BigEndian.Uint16(file[2:]):]
	}
	return count
}

func TestRealIPFIXFileIsReadToItsEnd(t *testing.T) {
	file, err := os.ReadFile(filepath.Join(recorded.Path(t, "captures", "exporters/ipfixcol2"), "example_flows.ipfix"))
	check(t, err)
	r, size, count := open2(t, file, DefaultConfig()), 0, 0
	for {
		item, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		check(t, err)
		if !wire.LooksExported(item.Data) || item.At.Year() < 2000 {
			t.Fatalf("message %d: %v, %x…", count, item.At, item.Data[:16])
		}
		size, count = size+len(item.Data), count+1
	}
	if want := walk(file); count != want || size != len(file) || r.Cut() != nil {
		t.Errorf("got %d messages of %d bytes, want %d of %d; cut: %v", count, size, want, len(file), r.Cut())
	}
}

// imports are three flows as goflow2 hands them on, the second received last.
func imports() (want []flow.Record, lines, delimited []byte) {
	for i, after := range []time.Duration{0, 9 * time.Second, 5 * time.Second} {
		at := began.Add(after)
		r := flow.Record{
			Exporter: netip.MustParseAddr("192.0.2.1"), Version: flow.Imported, Domain: uint32(i),
			SrcAddr: netip.MustParseAddr("198.51.100.7"), DstAddr: netip.MustParseAddr("2001:db8::7"), SrcPort: 5353, DstPort: 1434, Proto: 17,
			Start: at.Add(-time.Second), End: at, Bytes: 404, Packets: 1, SamplingRate: 10, Sampling: flow.SamplingImported,
		}
		want = append(want, r)
		lines = append(goflow.AppendJSON(lines, &r, at), '\n')
		delimited = goflow.AppendDelimited(delimited, &r, at)
	}
	return []flow.Record{want[0], want[2], want[1]}, lines, delimited
}

func TestFlowsOfGoflow2AreReadInTheOrderOfTheirReceipt(t *testing.T) {
	want, lines, delimited := imports()
	for name, file := range map[string][]byte{"lines": lines, "delimited": delimited, "lines behind white space": append([]byte("\n \n"), lines...)} {
		r := open2(t, file, DefaultConfig())
		got, at := records(t, r)
		if diff := cmp.Diff(want, got, sameRecord); diff != "" {
			t.Errorf("%s: flows (-want +got):\n%s", name, diff)
		}
		if r.Kind() != Records || r.Counts() != (Counts{Frames: 3, Items: 3}) || r.Complaint() != nil || !at[2].Equal(began.Add(9*time.Second)) {
			t.Errorf("%s: %v, %+v, %v, last at %v", name, r.Kind(), r.Counts(), r.Complaint(), at)
		}
	}
}

func TestWhatCannotBeReadOfGoflow2IsCounted(t *testing.T) {
	_, lines, delimited := imports()
	text := append([]byte("{}\n"+`{"etype":"ARP","bytes":60,"packets":1}`+"\n"), lines...)
	r := open2(t, append(text, "not JSON\n"...), DefaultConfig())
	if got, _ := records(t, r); len(got) != 3 || r.Counts() != (Counts{Frames: 6, Items: 3, Skipped: 2, Broken: 1}) {
		t.Errorf("got %d flows, %+v", len(got), r.Counts())
	}
	if err := r.Complaint(); err == nil || err.Error() != "line 6: goflow2 JSON: not a JSON object" {
		t.Errorf("got complaint %v", err)
	}
	r = open2(t, delimited[:len(delimited)-3], DefaultConfig())
	if got, _ := records(t, r); len(got) != 2 || r.Cut() == nil || r.Cut().Error() != "capture: after record 2: goflow2 message 3: it ends inside the message" {
		t.Errorf("got %d flows, cut: %v", len(got), r.Cut())
	}
}

func TestFilesThatAreNotReadAreNamed(t *testing.T) {
	for file, want := range map[string]string{
		"\x0c\xa5\x02\x00 nfdump":            "capture: an nfdump file, which is not read; nfreplay ",
		"\xde\xad\xbe\xef SiLK":              "capture: a SiLK file, which is not read; rwsilk2ipfix ",
		"snoop\x00\x00\x00":                  "capture: a snoop capture, which is not read; ",
		"PAR1....":                           "capture: a Parquet file, ",
		"[{\"src_addr\":\"192.0.2.1\"}]":     "capture: a JSON array, which is not read; ",
		"{\"hello\":\"world\"}\n":            "capture: JSON, but not the lines of goflow2; the first: goflow2 JSON: no packets and no bytes",
		"{\n  \"bytes\": 1\n}\n":             "capture: JSON, but not the lines of goflow2; the first: goflow2 JSON: not a JSON object",
		"\x28\xb5\x2f\xfd zstd":              "capture: compressed with zstd; ",
		"BZh91AY":                            "capture: compressed with bzip2; ",
		"\xfd7zXZ\x00\x00":                   "capture: compressed with xz; ",
		"PK\x03\x04zip":                      "capture: a zip archive; ",
		string(v5(1)):                        "capture: NetFlow v5 without a capture around it, ",
		"\x00\x09\x00\x01" + v9Rest:          "capture: NetFlow v9 without a capture around it, ",
		"\x00\x00\x00\x05 sFlow or whatever": "capture: not a capture: it begins with 00000005, and pcap, pcapng, IPFIX files, ",
	} {
		if _, err := NewReader(strings.NewReader(file), DefaultConfig()); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%.20q: got %v, want %q…", file, err, want)
		}
	}
}

const v9Rest = "\x00\x00\x00\x01\x00\x00\x00\x01\x00\x00\x00\x01\x00\x00\x00\x01"

func TestWarmReaderOfRecordsDoesNotAllocate(t *testing.T) {
	_, lines, _ := imports()
	file := bytes.Repeat(lines, 2000)
	c := DefaultConfig()
	c.Buffer = 100_000 // so that few are held
	r := open2(t, file, c)
	o := &r.order
	for range 1000 {
		_, err := r.Next()
		check(t, err)
	}
	if len(o.records) > mostFree || r.Counts().Crowded == 0 {
		t.Errorf("%d flows kept for reuse, %+v", len(o.records), r.Counts())
	}
	f := frame{at: began.Add(time.Hour), record: &flow.Record{}}
	if n := testing.AllocsPerRun(100, func() {
		o.push(f)
		g := o.pop()
		o.recycle(&g)
	}); n > 0 {
		t.Errorf("got %v allocations for a record that passes through, want none", n)
	}
}

func BenchmarkLines(b *testing.B) {
	_, lines, _ := imports()
	benchmarkFile(b, bytes.Repeat(lines, 1000), 3000)
}

func BenchmarkDelimited(b *testing.B) {
	_, _, delimited := imports()
	benchmarkFile(b, bytes.Repeat(delimited, 1000), 3000)
}
