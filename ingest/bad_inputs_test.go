package ingest

import (
	"encoding/binary"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"eagre/ingest/wire"
)

// with sets one 16-bit word of a datagram.
func with(payload []byte, at int, v uint16) []byte {
	binary.BigEndian.PutUint16(payload[at:], v)
	return payload
}

func with32(payload []byte, at int, v uint32) []byte {
	binary.BigEndian.PutUint32(payload[at:], v)
	return payload
}

func version(v uint16) []byte { return with(v5(0, 1), 0, v) }

func sflowVersion(v uint32) []byte { return with32(sflowOf(0, 0), 0, v) }

// first record of a v5 datagram starts here.
const firstRecord = 24

// The bad inputs of any format, of NetFlow v5 and of sFlow: each gets its
// disposition, its sentence in the log and its counter.
func TestBadInputsGetTheirAnswer(t *testing.T) {
	const uptime = 3_600_000
	cases := []struct {
		name    string
		door    Door
		payload []byte
		cut     bool
		want    wire.Disposition
		flows   int
		proto   proto
		reason  wire.Reason
		line    string // in the log; empty: nothing is to be complained about
	}{
		{"1 no bytes", NetFlowDoor, nil, false, wire.Malformed, 0, protoNetFlow, wire.Empty, "NetFlow from 192.0.2.1/0: empty datagram; dropped"},
		{"2 one byte", NetFlowDoor, []byte{5}, false, wire.Malformed, 0, protoNetFlow, wire.ShortHeader, "NetFlow from 192.0.2.1/0: shorter than any header (1 byte)"},
		{"2 three bytes", SFlowDoor, []byte{0, 0, 0}, false, wire.Malformed, 0, protoSFlow, wire.ShortHeader, "sFlow from 192.0.2.1/0: shorter than any header (3 bytes)"},
		{"3 version 0", NetFlowDoor, version(0), false, wire.Malformed, 0, protoNetFlow, wire.BadVersion, "unknown version 0 on netflow port; is this sFlow/other?"},
		{"3 version 2", NetFlowDoor, version(2), false, wire.Malformed, 0, protoNetFlow, wire.BadVersion, "unknown version 2 on netflow port; is this sFlow/other?"},
		{"3 version 3", NetFlowDoor, version(3), false, wire.Malformed, 0, protoNetFlow, wire.BadVersion, "unknown version 3 on netflow port; is this sFlow/other?"},
		{"3 version 4", NetFlowDoor, version(4), false, wire.Malformed, 0, protoNetFlow, wire.BadVersion, "unknown version 4 on netflow port; is this sFlow/other?"},
		{"3 version 11", NetFlowDoor, version(11), false, wire.Malformed, 0, protoNetFlow, wire.BadVersion, "unknown version 11 on netflow port; is this sFlow/other?"},
		{"3 version 65535", AutoDoor, version(65535), false, wire.Malformed, 0, protoUnknown, wire.BadVersion, "datagram from 192.0.2.1/0: unknown version 65535 on netflow port; is this sFlow/other?"},
		{"4 sFlow on a NetFlow port", NetFlowDoor, sflowOf(0, 0), false, wire.Malformed, 0, protoNetFlow, wire.BadVersion, "sFlow v5 datagram on a netflow-only listener"},
		{"4 NetFlow on an sFlow port", SFlowDoor, v5(0, 1), false, wire.Malformed, 0, protoSFlow, wire.BadVersion, "NetFlow v5 datagram on an sflow-only listener"},
		{"4 IPFIX on an sFlow port", SFlowDoor, version(10), false, wire.Malformed, 0, protoSFlow, wire.BadVersion, "IPFIX datagram on an sflow-only listener"},
		{"4 sFlow where anything goes", AutoDoor, sflowOf(0, 0), false, wire.OK, 1, protoSFlow, wire.NoReason, ""},
		{"4 NetFlow where anything goes", AutoDoor, v5(0, 2), false, wire.OK, 2, protoV5, wire.NoReason, ""},
		{"6 cut by the kernel", NetFlowDoor, make([]byte, 65535), true, wire.Malformed, 0, protoNetFlow, wire.Truncated, "NetFlow from 192.0.2.1/0: truncated at 65535"},
		{"header cut", NetFlowDoor, v5(0, 1)[:23], false, wire.Malformed, 0, protoV5, wire.ShortHeader, "v5: header is 24 bytes, datagram holds 23; dropped"},
		{"9 65535 records said, none there", NetFlowDoor, with(v5(0, 0), 2, 65535), false, wire.Malformed, 0, protoV5, wire.CountMismatch, "NetFlow from 192.0.2.1/0: v5: header says 65535 records, datagram holds 0; 0 decoded"},
		{"10 30 records said, one there", NetFlowDoor, with(v5(0, 1), 2, 30), false, wire.Partial, 1, protoV5, wire.CountMismatch, "v5: header says 30 records, datagram holds 1; 1 decoded"},
		{"11 keepalive", NetFlowDoor, v5(0, 0), false, wire.OK, 0, protoV5, wire.Keepalive, ""},
		{"12 seven bytes behind the records", NetFlowDoor, append(v5(0, 2), 1, 2, 3, 4, 5, 6, 7), false, wire.Partial, 2, protoV5, wire.TrailingBytes, "v5: 7 bytes after the last record; ignored"},
		{"13 31 records", NetFlowDoor, v5(0, 31), false, wire.OK, 31, protoV5, wire.CountAboveLimit, "v5: more records than the format allows (count=31, limit 30); all decoded"},
		{"14 sampling mode without interval", NetFlowDoor, with(v5(0, 1), 22, 1<<14), false, wire.OK, 1, protoV5, wire.SamplingUnknown, "v5: sampling mode 1 with interval 0; counted 1:1, provisional"},
		{"14 sampling interval 0x3fff", NetFlowDoor, with(v5(0, 1), 22, 0x3fff), false, wire.OK, 1, protoV5, wire.NoReason, ""},
		{"19 last packet before the first", NetFlowDoor, with32(v5(0, 1), firstRecord+28, uptime-5000), false, wire.OK, 1, protoV5, wire.BadDuration, "1 records end before they start, in the future, or 24 days later; clamped"},
		{"19 first packet after the uptime", NetFlowDoor, with32(v5(0, 1), firstRecord+24, uptime+5000), false, wire.OK, 1, protoV5, wire.BadDuration, "1 records end before they start, in the future, or 24 days later; clamped"},
		{"19 older than is believed", NetFlowDoor, with32(v5(0, 1), 4, 3*uptime+1), false, wire.OK, 1, protoV5, wire.LateReceived, "1 records ended more than 2 h ago; clamped"},
		{"20 export time 0", NetFlowDoor, with32(v5(0, 1), 8, 0), false, wire.OK, 1, protoV5, wire.BadExportTime, "v5: impossible export time (unix_secs=0, unix_nsecs=0); receive time used"},
		{"20 export time at its end", NetFlowDoor, with32(v5(0, 1), 8, 1<<32-1), false, wire.OK, 1, protoV5, wire.BadExportTime, "v5: impossible export time (unix_secs=4294967295, unix_nsecs=0); receive time used"},
		{"20 a billion nanoseconds", NetFlowDoor, with32(v5(0, 1), 12, 1_000_000_000), false, wire.OK, 1, protoV5, wire.BadExportTime, "v5: impossible export time (unix_secs=1772366400, unix_nsecs=1000000000); receive time used"},
		{"21 bytes without packets", NetFlowDoor, with32(v5(0, 1), firstRecord+16, 0), false, wire.OK, 1, protoV5, wire.ImplausibleCounters, "1 records have impossible counters; kept, not used for rates"},
		{"21 packets smaller than IP allows", NetFlowDoor, with32(v5(0, 1), firstRecord+20, 19), false, wire.OK, 1, protoV5, wire.ImplausibleCounters, "1 records have impossible counters; kept, not used for rates"},
		{"22 mask 33", NetFlowDoor, with(v5(0, 1), firstRecord+44, 33<<8), false, wire.OK, 1, protoV5, wire.BadMask, "prefix length 33 for IPv4; mask null"},
		{"22 mask 255", NetFlowDoor, with(v5(0, 1), firstRecord+44, 255), false, wire.OK, 1, protoV5, wire.BadMask, "prefix length 255 for IPv4; mask null"},
		{"65 sFlow version 2", SFlowDoor, sflowVersion(2), false, wire.Malformed, 0, protoSFlow, wire.BadVersion, "sFlow from 192.0.2.1/0: sFlow v2 not supported (need v5)"},
		{"65 sFlow version 4", AutoDoor, sflowVersion(4), false, wire.Malformed, 0, protoSFlow, wire.BadVersion, "sFlow v4 not supported (need v5)"},
		{"65 sFlow version 4000000000", SFlowDoor, sflowVersion(4_000_000_000), false, wire.Malformed, 0, protoSFlow, wire.BadVersion, "sFlow v4000000000 not supported (need v5)"},
		{"66 agent address type 3", SFlowDoor, with32(sflowOf(0, 0), 4, 3), false, wire.Malformed, 0, protoSFlow, wire.BadAgentAddress, "unknown agent address type 3"},
		{"67 4294967295 samples", SFlowDoor, with32(sflowOf(0, 7), 24, 1<<32-1), false, wire.Partial, 1, protoSFlow, wire.CountMismatch, "sFlow from 192.0.2.1/7: sFlow v5: header says 4294967295 samples, datagram holds 1; 1 decoded"},
		{"68 sample beyond the datagram", SFlowDoor, with32(sflowOf(0, 0), 32, 76), false, wire.Malformed, 0, protoSFlow, wire.SampleOverrun, "sFlow v5: bad sample length (length=76, limit 72); rest of datagram skipped"},
		{"69 50 million records", SFlowDoor, with32(sflowOf(0, 0), 64, 50_000_000), false, wire.Partial, 1, protoSFlow, wire.CountMismatch, "sFlow v5: sample says 50000000 records, holds 1; those are read"},
		{"70 record beyond its sample", SFlowDoor, with32(sflowOf(0, 0), 72, 36), false, wire.Partial, 0, protoSFlow, wire.RecordSkipped, "sFlow v5: bad record length (length=36, limit 32); rest of sample skipped"},
		{"74 sampling rate 0", SFlowDoor, with32(sflowOf(0, 0), 44, 0), false, wire.Malformed, 0, protoSFlow, wire.SamplingZero, "sFlow v5: 1 samples with sampling rate 0; ignored for volume"},
		{"sampling rate 4294967295", SFlowDoor, with32(sflowOf(0, 0), 44, 1<<32-1), false, wire.Malformed, 0, protoSFlow, wire.SamplingRejected, "sampling rate 4294967295 > 10000000; ignored"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s := newStation(t, nil)
			s.Datagram(began, c.door, edge1, c.payload, c.cut)
			s.Finish(began)
			sum := s.Totals()
			if sum.Dispositions[c.want] != 1 || len(s.flows) != c.flows {
				t.Errorf("got %d flows and dispositions %v, want %d and %v", len(s.flows), sum.Dispositions, c.flows, c.want)
			}
			if got := testutil.ToFloat64(s.metrics.datagrams[c.want]); got != 1 {
				t.Errorf("the counter of %v datagrams says %v", c.want, got)
			}
			s.answered(t, c.proto, c.reason, c.line)
			s.balanced(t)
		})
	}
}

// answered checks the counters and the log line of one reason.
func (s *station) answered(t *testing.T, p proto, why wire.Reason, line string) {
	t.Helper()
	if why != wire.NoReason {
		if got := testutil.ToFloat64(s.metrics.notes[p][why]); got != 1 {
			t.Errorf("eagre_ingest_notes_total{proto=%q,reason=%q} is %v, want 1", protoLabels[p], why, got)
		}
	}
	if why.Fault() {
		if got := testutil.ToFloat64(s.metrics.malformed[p][why]); got != 1 {
			t.Errorf("eagre_ingest_malformed_total{proto=%q,reason=%q} is %v, want 1", protoLabels[p], why, got)
		}
	}
	if !strings.Contains(s.log.String(), line) || line == "" && s.log.Len() > 0 {
		t.Errorf("log: %s\nwant: %s", s.log.String(), line)
	}
}

func TestRow5SourceThatIsNotAllowedIsOnlyCounted(t *testing.T) {
	s := newStation(t, nil)
	s.netflow(0, nobody, v5(0, 1))
	s.Finish(began)
	s.answered(t, protoUnknown, wire.NotAllowed, "datagram from 203.0.113.9: not in the list of exporters; dropped")
	if len(s.flows) != 0 || len(s.Accounts()) != 0 {
		t.Errorf("got %d flows and accounts %v, want none", len(s.flows), s.Accounts())
	}
}

func TestRow7ExactDuplicateIsNotApplied(t *testing.T) {
	s := newStation(t, nil)
	s.netflow(0, edge1, v5(0, 1))
	s.netflow(time.Second, edge1, v5(0, 1))
	s.Finish(began.Add(time.Second))
	s.answered(t, protoUnknown, wire.DuplicateDatagram, "")
	if len(s.flows) != 1 || s.Totals().Dispositions[wire.Duplicate] != 1 {
		t.Errorf("got %d flows and %v", len(s.flows), s.Totals().Dispositions)
	}
}

// A sender of rubbish gets one line a minute per reason, which counts the rest.
func TestLogIsSampled(t *testing.T) {
	s := newStation(t, nil)
	for i := range 1000 {
		s.netflow(time.Duration(i)*100*time.Millisecond, edge1, with32(version(4), 16, uint32(i)))
	}
	got := strings.Split(strings.TrimSpace(s.log.String()), "\n")
	if len(got) != 2 || !strings.Contains(got[0], "left_out=0") || !strings.Contains(got[1], "left_out=599") {
		t.Errorf("got %d lines, want 2 with 0 and 599 left out:\n%s", len(got), s.log.String())
	}
}

// FuzzDatagram opens every door to anything: whatever comes, the books balance
// and a datagram makes no more records than its bytes could hold.
func FuzzDatagram(f *testing.F) {
	f.Add(v5(0, 3), uint8(NetFlowDoor), false)
	f.Add(sflowOf(0, 1), uint8(SFlowDoor), false)
	f.Add([]byte{}, uint8(AutoDoor), true)
	f.Fuzz(func(t *testing.T, payload []byte, door uint8, truncated bool) {
		s := newStation(t, func(c *Config) { c.Partitions = 1 })
		s.Datagram(began, Door(door%3), edge1, payload, truncated)
		s.Datagram(began, Door(door%3), edge1, payload, truncated)
		s.balanced(t)
		s.Finish(began)
		s.balanced(t)
		sum := s.Totals()
		if sum.Dispositions[wire.Duplicate] != 1 || sum.Decoded > uint64(len(payload)/40) {
			t.Fatalf("%d bytes gave %d records and dispositions %v", len(payload), sum.Decoded, sum.Dispositions)
		}
	})
}
