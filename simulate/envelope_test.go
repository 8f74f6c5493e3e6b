package simulate

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"

	"eagre/flow"
)

// What is wrapped can be unwrapped by somebody else.
func TestEnvelopesHoldThePacket(t *testing.T) {
	four := sampleRecord()
	four.Proto, four.TCPFlags = protoUDP, 0
	six := four
	six.SrcAddr, six.DstAddr = addr("2001:db8::1"), addr("2001:db8:1::2")
	e, d, m, v4, v6, o, u, x := layers.LayerTypeEthernet, layers.LayerTypeDot1Q, layers.LayerTypeMPLS, layers.LayerTypeIPv4, layers.LayerTypeIPv6,
		layers.LayerTypeIPv6Destination, layers.LayerTypeUDP, layers.LayerTypeVXLAN
	type stack []gopacket.LayerType
	gre := Envelope{Tunnel: GRE, From: addr("192.0.2.1"), To: addr("192.0.2.2")}
	gre6 := Envelope{Tunnel: GRE, From: addr("2001:db8:9::1"), To: addr("2001:db8:9::2")}
	vxlan := Envelope{Tunnel: VXLAN, VNI: 77, From: addr("192.0.2.1"), To: addr("192.0.2.2"), VLANs: []uint16{5}}
	for name, c := range map[string]struct {
		envelope Envelope
		record   flow.Record
		want     stack
	}{
		"none":              {Envelope{}, four, stack{e, v4, u}},
		"two VLANs":         {Envelope{VLANs: []uint16{100, 200}}, four, stack{e, d, d, v4, u}},
		"MPLS":              {Envelope{Labels: []uint32{16, 17, 18}}, four, stack{e, m, m, m, v4, u}},
		"VLAN, MPLS, IPv6":  {Envelope{VLANs: []uint16{1}, Labels: []uint32{16}}, six, stack{e, d, m, v6, u}},
		"IPv6 options":      {Envelope{Extensions: 2}, six, stack{e, v6, o, o, u}},
		"GRE":               {gre, four, stack{e, v4, layers.LayerTypeGRE, v4, u}},
		"GRE over IPv6":     {gre6, six, stack{e, v6, layers.LayerTypeGRE, v6, u}},
		"VXLAN over a VLAN": {vxlan, six, stack{e, d, v4, u, x, e, v6, u}},
	} {
		frame, wire := AppendFrame(nil, &c.record, 120, c.envelope, 500)
		packet := gopacket.NewPacket(frame, e, gopacket.Default)
		var got stack
		var last *layers.UDP
		for _, l := range packet.Layers() {
			if l.LayerType() != gopacket.LayerTypePayload {
				got = append(got, l.LayerType())
			}
			if udp, ok := l.(*layers.UDP); ok {
				last = udp
			}
		}
		if diff := cmp.Diff(c.want, got); diff != "" || packet.ErrorLayer() != nil {
			t.Errorf("%s: %v, layers (-want +got):\n%s", name, packet.ErrorLayer(), diff)
		}
		if last == nil || uint16(last.DstPort) != c.record.DstPort || wire != len(frame)+ethernetFCS {
			t.Errorf("%s: innermost %v, %d bytes on the wire of %d", name, last, wire, len(frame))
		}
	}
}

func TestAnEnvelopeIsCutWhereASampleEnds(t *testing.T) {
	r := sampleRecord()
	whole, wire := AppendFrame(nil, &r, 1000, Envelope{Labels: []uint32{3}}, 2000)
	cut, same := AppendFrame([]byte("x"), &r, 1000, Envelope{Labels: []uint32{3}}, 128)
	if wire != same || len(cut) != 129 || string(cut[1:]) != string(whole[:128]) {
		t.Errorf("%d bytes on the wire of %d, %d in the sample", same, wire, len(cut)-1)
	}
}
