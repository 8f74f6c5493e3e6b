package traceback

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"eagre/anomaly"
	"eagre/flow"
)

func bounded(m *Metrics, bound string) float64 {
	return testutil.ToFloat64(m.bounded.WithLabelValues(bound))
}

func ptr[T any](v T) *T { return &v }

// worm is a flow of SQL Slammer: many packets of 404 bytes.
func worm(i int) flow.Record {
	r := syn(edge2, 11, time.Duration(i)*10*time.Millisecond, "198.51.100.7", "203.0.113.1")
	r.DstAddr = flow.V4(0x08000000 + uint32(i)*7919).Addr()
	r.Proto, r.TCPFlags, r.SrcPort, r.DstPort, r.Packets, r.Bytes = protoUDP, 0, 1091, 1434, 2, 808
	return r
}

func TestSlammerHasAFingerprintInEveryFieldThatUDPHas(t *testing.T) {
	var records []flow.Record
	for i := range 99 {
		records = append(records, worm(i))
	}
	web := syn(edge2, 11, time.Second, "198.51.100.7", "203.0.113.80")
	web.Packets, web.Bytes = 2, 3000
	records = append(records, web) // the host still browses
	got := traceOne(hold(Config{}, records...), isp(t), Pattern{Source: prefix("198.51.100.7/32"), From: t0, To: t0.Add(time.Minute)})
	want := anomaly.Fingerprint{
		Protocol: ptr(uint8(17)), SrcPort: ptr(uint16(1091)), DstPort: ptr(uint16(1434)),
		PacketSize: ptr(uint32(404)), Share: .99,
	}
	if diff := cmp.Diff(want, got.Fingerprint); diff != "" {
		t.Errorf("fingerprint (-want +got):\n%s", diff)
	}
}

func TestAnICMPFloodHasNoPortsAndNoFlags(t *testing.T) {
	r := syn(edge1, 1, time.Second, "203.0.113.1", "198.51.100.7")
	r.Proto, r.SrcPort, r.DstPort = protoICMP, 0, 0x0800
	got := traceOne(hold(Config{}, r), nil, minute("198.51.100.7/32")).Fingerprint
	want := anomaly.Fingerprint{Protocol: ptr(uint8(1)), PacketSize: ptr(uint32(40)), Share: 1}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("fingerprint (-want +got):\n%s", diff)
	}
}

func TestAFieldIsSetFromSixtyPercentOn(t *testing.T) {
	for _, c := range []struct {
		like int
		want *uint16
	}{{59, nil}, {60, ptr(uint16(443))}} {
		records := flood(edge1, 1, 100, time.Second, "198.51.100.7")
		for i := range records[c.like:] {
			records[c.like+i].DstPort = uint16(1000 + i)
		}
		got := traceOne(hold(Config{}, records...), nil, minute("198.51.100.7/32")).Fingerprint.DstPort
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%d of 100 alike (-want +got):\n%s", c.like, diff)
		}
	}
}

func TestNothingTracedHasAnEmptyFingerprint(t *testing.T) {
	got := traceOne(NewRecent(Config{}), nil, minute("198.51.100.7/32"))
	if diff := cmp.Diff(anomaly.Fingerprint{}, got.Fingerprint); diff != "" {
		t.Errorf("fingerprint (-want +got):\n%s", diff)
	}
	if len(got.Elements) != 0 || got.Snapshot.Total.Packets != 0 || got.Snapshot.Seconds != 0 {
		t.Errorf("got %d elements and a snapshot of %d packets, want nothing", len(got.Elements), got.Snapshot.Total.Packets)
	}
}

// slowFingerprint is the fingerprint with a map a field, as anyone would write it.
func slowFingerprint(rows []fields, packets []uint64) anomaly.Fingerprint {
	var total uint64
	var weight [fieldCount]map[uint32]uint64
	for f := range weight {
		weight[f] = map[uint32]uint64{}
	}
	for i, row := range rows {
		total += packets[i]
		for f := range weight {
			if row.has>>f&1 == 1 {
				weight[f][row.value[f]] += packets[i]
			}
		}
	}
	var set [fieldCount]*uint32
	for f := range weight {
		for value, w := range weight[f] {
			if float64(w) >= .6*float64(total) {
				set[f] = ptr(value)
			}
		}
	}
	return slowShare(rows, packets, set, total)
}

func slowShare(rows []fields, packets []uint64, set [fieldCount]*uint32, total uint64) anomaly.Fingerprint {
	if set == [fieldCount]*uint32{} {
		return anomaly.Fingerprint{}
	}
	var matching uint64
	for i, row := range rows {
		all := true
		for f, want := range set {
			all = all && (want == nil || row.has>>f&1 == 1 && row.value[f] == *want)
		}
		if all {
			matching += packets[i]
		}
	}
	out := anomaly.Fingerprint{PacketSize: set[fieldSize], Share: float64(matching) / float64(total)}
	narrow := func(v *uint32, to8 **uint8, to16 **uint16) {
		switch {
		case v == nil:
		case to8 != nil:
			*to8 = ptr(uint8(*v))
		default:
			*to16 = ptr(uint16(*v))
		}
	}
	narrow(set[fieldProtocol], &out.Protocol, nil)
	narrow(set[fieldFlags], &out.TCPFlags, nil)
	narrow(set[fieldSrcPort], nil, &out.SrcPort)
	narrow(set[fieldDstPort], nil, &out.DstPort)
	return out
}

func TestTheVoteAgreesWithItsSlowTwin(t *testing.T) {
	r := random(3)
	for round := range 500 {
		rows, packets := make([]fields, 1+r.IntN(40)), []uint64{}
		for i := range rows {
			for f := range rows[i].value {
				rows[i].value[f] = uint32(r.IntN(1+r.IntN(4))) * 77
			}
			rows[i].has = uint8(r.IntN(32)) | 1
			packets = append(packets, r.Uint64N(100)+1)
		}
		var v votes
		for i, row := range rows {
			v.add(row, packets[i])
		}
		d := newVerdict(&v)
		for i, row := range rows {
			d.add(row, packets[i])
		}
		if diff := cmp.Diff(slowFingerprint(rows, packets), d.fingerprint()); diff != "" {
			t.Fatalf("round %d (-want +got):\n%s", round, diff)
		}
	}
}

func TestPacketSizeIsExactWhereItDividesAndRoundedOtherwise(t *testing.T) {
	for _, c := range []struct {
		bytes, packets uint64
		want           uint32
	}{{808, 2, 404}, {809, 2, 405}, {1000, 3, 333}, {0, 0, 0}, {math.MaxUint64, 1, math.MaxUint32}, {5, math.MaxUint64, 0}} {
		if got := packetSize(c.bytes, c.packets); got != c.want {
			t.Errorf("packetSize(%d, %d) = %d, want %d", c.bytes, c.packets, got, c.want)
		}
	}
}
