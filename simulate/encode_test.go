package simulate

import (
	"encoding/binary"
	"math"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"eagre/flow"
)

var compareAddr = cmp.Comparer(func(a, b netip.Addr) bool { return a == b })

func sampleRecord() flow.Record {
	return flow.Record{
		SrcAddr: addr("198.51.100.7"), DstAddr: addr("203.0.113.9"), NextHop: addr("192.0.2.1"), InIf: 3, OutIf: 9,
		Packets: 12, Bytes: 4848, Start: t0.Add(-1500 * time.Millisecond), End: t0.Add(-250 * time.Millisecond),
		SrcPort: 1091, DstPort: 1434, TCPFlags: 0x1b, Proto: protoTCP, TOS: 0xb8, SrcAS: 64500, DstAS: 64501, SrcMask: 24, DstMask: 16,
	}
}

func TestAV5DatagramSaysWhatWentIn(t *testing.T) {
	h := V5Header{Time: t0, Uptime: 5 * time.Hour, Sequence: 77, EngineType: 1, EngineID: 2, SamplingMode: 2, SamplingInterval: 1000}
	var records []flow.Record
	for i := range MaxV5Records {
		r := sampleRecord()
		r.Packets += uint64(i)
		records = append(records, r)
	}
	got := readV5(t, AppendV5(nil, h, records))
	if diff := cmp.Diff(v5{h, records}, got, compareAddr, cmp.AllowUnexported(v5{})); diff != "" {
		t.Errorf("datagram (-sent +read):\n%s", diff)
	}
}

func TestV5TimesSurviveTheWrapOfSysUptime(t *testing.T) {
	h := V5Header{Time: t0, Uptime: (1<<32 + 500) * time.Millisecond} // half a second after the wrap
	r := sampleRecord()
	got := readV5(t, AppendV5(nil, h, []flow.Record{r})).records[0]
	if !got.Start.Equal(r.Start) || !got.End.Equal(r.End) {
		t.Errorf("flow from %v to %v, want %v to %v", got.Start, got.End, r.Start, r.End)
	}
}

func TestV5CountersTooLargeForTheirFieldsStick(t *testing.T) {
	r := sampleRecord()
	r.Packets, r.Bytes, r.InIf, r.SrcAS = 1<<40, 1<<50, 1<<20, 1<<20
	got := readV5(t, AppendV5(nil, V5Header{Time: t0}, []flow.Record{r})).records[0]
	if got.Packets != math.MaxUint32 || got.Bytes != math.MaxUint32 || got.InIf != math.MaxUint16 || got.SrcAS != math.MaxUint16 {
		t.Errorf("packets %d, bytes %d, interface %d, AS %d", got.Packets, got.Bytes, got.InIf, got.SrcAS)
	}
}

func TestV5RefusesWhatItCannotSay(t *testing.T) {
	six := sampleRecord()
	six.SrcAddr = addr("2001:db8::1")
	for want, records := range map[string][]flow.Record{
		"31 records": make([]flow.Record, 31),
		"IPv6":       {six},
	} {
		func() {
			defer func() {
				if got, _ := recover().(string); !strings.Contains(got, want) {
					t.Errorf("panicked with %q, want something about %q", got, want)
				}
			}()
			AppendV5(nil, V5Header{}, records)
		}()
	}
}

func TestAnSFlowDatagramSaysWhatWentIn(t *testing.T) {
	for name, change := range map[string]func(*flow.Record){
		"tcp":  func(*flow.Record) {},
		"udp":  func(r *flow.Record) { r.Proto, r.TCPFlags = protoUDP, 0 },
		"icmp": func(r *flow.Record) { r.Proto, r.TCPFlags, r.SrcPort, r.DstPort = protoICMP, 0, 0, 8<<8 },
		"ipv6 tcp": func(r *flow.Record) {
			r.SrcAddr, r.DstAddr = addr("2001:db8::1"), addr("2001:db8:1::2")
		},
		"icmpv6": func(r *flow.Record) {
			r.SrcAddr, r.DstAddr = addr("2001:db8::1"), addr("2001:db8:1::2")
			r.Proto, r.TCPFlags, r.SrcPort, r.DstPort = protoICMPv6, 0, 0, 128<<8
		},
		"a protocol without ports": func(r *flow.Record) { r.Proto, r.TCPFlags, r.SrcPort, r.DstPort = 47, 0, 0, 0 },
	} {
		t.Run(name, func(t *testing.T) {
			in := flow.Record{
				SrcAddr: addr("198.51.100.7"), DstAddr: addr("203.0.113.9"), InIf: 3, OutIf: 9, Bytes: 404,
				SrcPort: 1091, DstPort: 1434, TCPFlags: 0x12, Proto: protoTCP, TOS: 0xb8, SamplingRate: 512,
			}
			change(&in)
			h := SFlowHeader{Agent: addr("192.0.2.12"), SubAgent: 4, Sequence: 9, Uptime: time.Hour}
			got := readSFlow(t, AppendSFlow(nil, h, []SFlowSample{{Sequence: 5, Pool: 2560, Drops: 1, Record: in}}))
			if diff := cmp.Diff(h, got.header, compareAddr); diff != "" {
				t.Errorf("header (-sent +read):\n%s", diff)
			}
			if diff := cmp.Diff(SFlowSample{Sequence: 5, Pool: 2560, Drops: 1, Record: in}, got.samples[0].SFlowSample, compareAddr); diff != "" {
				t.Errorf("sample (-sent +read):\n%s", diff)
			}
		})
	}
}

func TestSampledFramesHaveTheLengthsOfTheWire(t *testing.T) {
	for _, c := range []struct{ ip, frame, header int }{{404, 422, 128}, {40, 64, 54}, {1500, 1518, 128}, {114, 132, 128}, {46, 64, 60}, {20, 64, 34}} {
		r := sampleRecord()
		r.Bytes, r.Proto, r.TCPFlags = uint64(c.ip), 47, 0
		s := readSFlow(t, AppendSFlow(nil, SFlowHeader{Agent: addr("2001:db8::12")}, []SFlowSample{{Record: r}})).samples[0]
		if int(s.frameLength) != c.frame || len(s.header) != c.header || s.stripped != 4 || s.Record.Bytes != uint64(c.ip) {
			t.Errorf("IP packet of %d: frame %d, header %d, IP length %d, want %d, %d, %d", c.ip, s.frameLength, len(s.header), s.Record.Bytes, c.frame, c.header, c.ip)
		}
	}
}

func TestAFullSFlowDatagramFitsAnEthernetFrame(t *testing.T) {
	r := sampleRecord()
	r.Bytes = 1500
	samples := make([]SFlowSample, SFlowSamplesPerDatagram)
	for i := range samples {
		samples[i].Record = r
	}
	if got := len(AppendSFlow(nil, SFlowHeader{Agent: addr("2001:db8::12")}, samples)); got > 1500-28 {
		t.Errorf("%d bytes", got)
	}
}

func TestTheUDPLengthIsThePacketsOwn(t *testing.T) {
	r := flow.Record{SrcAddr: addr("198.51.100.7"), DstAddr: addr("203.0.113.9"), Proto: protoUDP}
	frame := appendFrame(nil, &r, 404, 128)
	if got := binary.BigEndian.Uint16(frame[38:]); got != 384 {
		t.Errorf("UDP length %d, want 384", got)
	}
}
