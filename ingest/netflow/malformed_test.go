package netflow

import (
	"encoding/binary"
	"testing"

	"github.com/google/go-cmp/cmp"

	"eagre/ingest/wire"
)

// Every odd datagram gets the answer that is promised for it: so many flows, these
// sentences, one disposition.
func TestOddDatagramsGetTheirAnswer(t *testing.T) {
	kindOf := func(name string) kind {
		for _, k := range kinds {
			if k.name == name {
				return k
			}
		}
		panic(name)
	}
	one := datagram(header(1), slammer())
	with := func(payload []byte, at int, bytes ...byte) []byte {
		return append(append(append([]byte{}, payload[:at]...), bytes...), payload[at+len(bytes):]...)
	}
	v8 := kindOf("v8 AS").datagram(v8AS{traffic: recent}, v8AS{traffic: recent})
	cases := []struct {
		name    string
		payload []byte
		flows   int
		notes   []string
		want    wire.Disposition
	}{
		{"nothing", nil, 0, []string{"unknown version 0 on netflow port; is this sFlow/other?"}, wire.Malformed},
		{"one byte", []byte{5}, 0, []string{"unknown version 0 on netflow port; is this sFlow/other?"}, wire.Malformed},
		{"version 4", with(one, 0, 0, 4), 0, []string{"unknown version 4 on netflow port; is this sFlow/other?"}, wire.Malformed},
		{"version 9 is no fixed layout", with(one, 0, 0, 9), 0, []string{"unknown version 9 on netflow port; is this sFlow/other?"}, wire.Malformed},
		{"version 65535", with(one, 0, 0xff, 0xff), 0, []string{"unknown version 65535 on netflow port; is this sFlow/other?"}, wire.Malformed},
		{"v1, half a header", kindOf("v1").datagram()[:15], 0, []string{"v1: header is 16 bytes, datagram holds 15; dropped"}, wire.Malformed},
		{"v5, half a header", one[:23], 0, []string{"v5: header is 24 bytes, datagram holds 23; dropped"}, wire.Malformed},
		{"v7, half a header", kindOf("v7").datagram()[:2], 0, []string{"v7: header is 24 bytes, datagram holds 2; dropped"}, wire.Malformed},
		{"v8, half a header", v8[:27], 0, []string{"v8: header is 28 bytes, datagram holds 27; dropped"}, wire.Malformed},

		{"row 9: 65535 records that are not there", datagram(header(65535)), 0, []string{"v5: header says 65535 records, datagram holds 0; 0 decoded"}, wire.Malformed},
		{"row 10: one record of thirty", datagram(header(30), slammer()), 1, []string{"v5: header says 30 records, datagram holds 1; 1 decoded"}, wire.Partial},
		{"row 10: the same in v1", with(kindOf("v1").datagram(v1Record{traffic: recent}), 2, 0, 30), 1, []string{"v1: header says 30 records, datagram holds 1; 1 decoded"}, wire.Partial},
		{"row 11: no records", datagram(header(0)), 0, []string{"v5: no records; keepalive"}, wire.OK},
		{"row 11: the same in v8", kindOf("v8 AS").datagram(), 0, []string{"v8: no records; keepalive"}, wire.OK},
		{"row 12: 7 bytes behind", append(datagram(header(1), slammer()), 1, 2, 3, 4, 5, 6, 7), 1, []string{"v5: 7 bytes after the last record; ignored"}, wire.Partial},
		{"row 12: no record and a byte", append(datagram(header(0)), 1), 0, []string{"v5: 1 byte after the last record; ignored"}, wire.Malformed},
		{"a second datagram behind the first", append(datagram(header(1), slammer()), datagram(header(1), slammer())...), 1, []string{"v5: 72 bytes after the last record; ignored"}, wire.Partial},
		{"row 13: 31 records", datagram(header(31), many(31)...), 31, []string{"v5: more records than the format allows (count=31, limit 30); all decoded"}, wire.OK},
		{"row 14: a sampling mode without interval", with(one, 22, 0x80, 0), 1, []string{"v5: sampling mode 2 with interval 0; counted 1:1, provisional"}, wire.OK},
		{"row 14: the same in v6", with(kindOf("v6").datagram(v6Record{v5Record: slammer()}), 22, 0x80, 0), 1, []string{"v6: sampling mode 2 with interval 0; counted 1:1, provisional"}, wire.OK},
		{"row 14: v7 has no sampling word", with(kindOf("v7").datagram(v7Record{v5Record: slammer()}), 22, 0x80, 0), 1, nil, wire.OK},
		{"row 16: fields that are said to be invalid", kindOf("v7").datagram(v7Record{v5Record: v5Record{Dst: 1, FieldFlags: 1, Packets: 1, Octets: 40, First: uptime, Last: uptime}}), 1, []string{"v7: 1 records say that some of their fields are invalid; those are null"}, wire.OK},
		{"row 17: scheme 0", with(v8, offScheme, 0), 0, []string{"v8: unknown aggregation scheme 0"}, wire.Malformed},
		{"row 17: scheme 15", with(v8, offScheme, 15), 0, []string{"v8: unknown aggregation scheme 15"}, wire.Malformed},
		{"row 17: scheme 255", with(v8, offScheme, 255), 0, []string{"v8: unknown aggregation scheme 255"}, wire.Malformed},
		{"row 18: records of another scheme", with(v8, offScheme, 5), 0, []string{"v8: header says 2 records, datagram holds 0; 0 decoded"}, wire.Malformed},
		{"row 18: records of no scheme", v8[:len(v8)-4], 1, []string{"v8: header says 2 records, datagram holds 1; 1 decoded", "v8: 24 bytes after the last record; ignored"}, wire.Partial},
		{"row 19: last before first", datagram(header(1), timed(uptime-5, uptime-9)), 1, []string{"1 records end before they start, in the future, or 24 days later; clamped"}, wire.OK},
		{"row 19: first after the datagram", datagram(header(1), timed(uptime+5, uptime+9)), 1, []string{"1 records end before they start, in the future, or 24 days later; clamped"}, wire.OK},
		{"row 20: export time 0", with(one, 8, 0, 0, 0, 0), 1, []string{"v5: impossible export time (unix_secs=0, unix_nsecs=0); receive time used"}, wire.OK},
		{"row 20: export time 2^32-1", with(one, 8, 0xff, 0xff, 0xff, 0xff), 1, []string{"v5: impossible export time (unix_secs=4294967295, unix_nsecs=0); receive time used"}, wire.OK},
		{"row 20: a second has no billion nanoseconds", with(one, 12, binary.BigEndian.AppendUint32(nil, 1e9)...), 1, []string{"v5: impossible export time (unix_secs=1772366400, unix_nsecs=1000000000); receive time used"}, wire.OK},
		{"row 21: bytes without packets", datagram(header(1), counted(0, 1)), 1, []string{"1 records have impossible counters; kept, not used for rates"}, wire.OK},
		{"row 21: packets below their headers", datagram(header(2), counted(3, 59), counted(3, 60)), 2, []string{"1 records have impossible counters; kept, not used for rates"}, wire.OK},
		{"row 22: a mask of 33", with(one, 24+44, 33), 1, []string{"prefix length 33 for IPv4; mask null"}, wire.OK},
		{"row 22: a mask of 255", with(one, 24+45, 255), 1, []string{"prefix length 255 for IPv4; mask null"}, wire.OK},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, report, opened := decode(c.payload, exporter)
			var notes []string
			for _, n := range report.Notes() {
				notes = append(notes, n.String())
			}
			if diff := cmp.Diff(c.notes, notes); diff != "" {
				t.Errorf("notes (-want +got):\n%s", diff)
			}
			if d, _ := report.Disposition(); len(got) != c.flows || report.Decoded != c.flows || d != c.want || !opened && c.flows > 0 {
				t.Errorf("got %d flows, %d reported, %v; want %d, %v", len(got), report.Decoded, d, c.flows, c.want)
			}
		})
	}
}

// recent is what an ordinary flow of a moment ago counts.
var recent = traffic{Packets: 2, Octets: 200, First: uptime - 900, Last: uptime - 300}

func many(n int) []v5Record {
	records := make([]v5Record, n)
	for i := range records {
		records[i] = slammer()
	}
	return records
}

func timed(first, last uint32) v5Record {
	r := slammer()
	r.First, r.Last = first, last
	return r
}

func counted(packets, octets uint32) v5Record {
	r := slammer()
	r.Packets, r.Octets = packets, octets
	return r
}

// Row 15: there is nothing to tell loss by, which is not the same as no loss.
func TestOnlyVersion1HasNoSequenceNumbers(t *testing.T) {
	var d Datagram
	var report wire.Report
	for _, k := range kinds {
		payload := k.datagram()
		if !d.Open(payload, exporter, &report) {
			t.Fatalf("%s: not opened", k.name)
		}
		sequence, domain := uint32(7), 1<<8|2|uint32(k.scheme)<<16
		if k.version == 1 {
			sequence, domain = 0, 0
		}
		if d.Numbered != (k.version > 1) || d.Sequence != sequence || d.Domain != domain || d.Uptime != uptime || d.Version != k.format() {
			t.Errorf("%s: got %v, numbered %t, sequence %d, domain %#x, uptime %d", k.name, d.Version, d.Numbered, d.Sequence, d.Domain, d.Uptime)
		}
	}
}
