package header

import (
	"encoding/binary"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"eagre/flow"
)

// The ends of the operator's tunnel, and a host that is none.
var (
	west, east = flow.V4(0x0a000001), flow.V4(0x0a000002)
	forger     = flow.V4(0xcb007109)
)

// between are the ends of the operator's tunnels, in both families.
func between(src, dst flow.IP) bool {
	return src == west && dst == east || src == v6src && dst == v6dst
}

// carried is an IPv4 packet from one address to another.
func carried(src, dst flow.IP, proto byte, payload []byte) []byte {
	p := ip4(proto, payload)
	binary.BigEndian.PutUint32(p[12:], src.V4())
	binary.BigEndian.PutUint32(p[16:], dst.V4())
	return p
}

func tunnel(proto byte, payload ...[]byte) []byte {
	return carried(west, east, proto, join(payload...))
}

func udpTo(port uint16, payload ...[]byte) []byte {
	head := []byte{0xc0, 0, byte(port >> 8), byte(port), 0, 0, 0, 0}
	return append(head, join(payload...)...)
}

func gre(flags, kind uint16, optional int, payload []byte) []byte {
	head := binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(nil, flags), kind)
	return join(head, make([]byte, optional), payload)
}

func vxlan(frame []byte) []byte { return join([]byte{8, 0, 0, 0, 0, 0, 42, 0}, frame) }

func geneve(options int, kind uint16, payload []byte) []byte {
	return join([]byte{byte(options), 0, byte(kind >> 8), byte(kind), 0, 0, 42, 0}, make([]byte, 4*options), payload)
}

func TestPacketInsideAKnownTunnelIsTheFlow(t *testing.T) {
	syn := plainV4(Header{SrcPort: 12345, DstPort: 80, Proto: 6, TCPFlags: 2, IPBytes: 40})
	syn6 := plainV6(Header{SrcPort: 12345, DstPort: 80, Proto: 6, TCPFlags: 2, IPBytes: 60})
	inner, inner6 := ip4(6, tcpSYN()), ip6(6, tcpSYN())
	framed := ethernet(EtherIPv4, inner)
	offloaded, fragment := syn, syn
	offloaded.IPBytes = 9000
	fragment.Fragment, fragment.SrcPort, fragment.DstPort, fragment.TCPFlags = true, 0, 0, 0
	cases := []struct {
		name  string
		frame []byte
		size  int
		want  Header
	}{
		{"IPv4 in IPv4", tunnel(4, inner), 0, syn},
		{"IPv6 in IPv4", tunnel(41, inner6), 0, syn6},
		{"IPv4 in IPv6", ip6(4, inner), 0, syn},
		{"IPv6 in IPv6, behind an extension header", ip6(60, join(extension(41, 0), inner6)), 0, syn6},
		{"MPLS in IPv4", tunnel(137, []byte{0, 0, 0x11, 64}, inner), 0, syn},
		{"GRE", tunnel(47, gre(0, EtherIPv4, 0, inner)), 0, syn},
		{"GRE with an IPv6 packet", tunnel(47, gre(0, EtherIPv6, 0, inner6)), 0, syn6},
		{"GRE with checksum, key and sequence number", tunnel(47, gre(0xb000, EtherIPv4, 12, inner)), 0, syn},
		{"GRE with a key", tunnel(47, gre(0x2000, EtherIPv4, 4, inner)), 0, syn},
		{"GRE with a whole frame", tunnel(47, gre(0, etherBridging, 0, framed)), 0, syn},
		{"NVGRE", tunnel(47, gre(0x2000, etherBridging, 4, framed)), 0, syn},
		{"GRE with MPLS", tunnel(47, gre(0, etherMPLS, 0, join([]byte{0, 0, 0x11, 64}, inner))), 0, syn},
		{"VXLAN", tunnel(17, udpTo(4789, vxlan(framed))), 0, syn},
		{"VXLAN on the port of old", tunnel(17, udpTo(8472, vxlan(framed))), 0, syn},
		{"VXLAN over IPv6 with a tagged frame", ip6(17, udpTo(4789, vxlan(ethernet(EtherVLAN, vlan(EtherIPv6, inner6))))), 0, syn6},
		{"Geneve with a frame", tunnel(17, udpTo(6081, geneve(0, etherBridging, framed))), 0, syn},
		{"Geneve with options and a packet", tunnel(17, udpTo(6081, geneve(63, EtherIPv4, inner))), 0, syn},
		{"VXLAN in GRE", tunnel(47, gre(0, EtherIPv4, 0, tunnel(17, udpTo(4789, vxlan(framed))))), 0, syn},
		{"GRE with a packet of another", tunnel(47, gre(0, EtherIPv4, 0, carried(forger, v4dst, 6, tcpSYN()))), 0, func() Header { h := syn; h.Src = forger; return h }()},
		{"an offloaded packet inside one that is whole", tunnel(4, zeroLength(ip4(6, tcpSYN()))), 0, syn},
		{"an offloaded packet inside an offloaded one", zeroLength(tunnel(4, zeroLength(ip4(6, tcpSYN())))), 9020, offloaded},
		{"a fragment inside", tunnel(4, fragmented(ip4(6, tcpSYN()))), 0, fragment},
	}
	p := Parser{Tunnels: between}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var got Header
			if !p.Parse(Raw, c.frame, c.size, &got) {
				t.Fatal("no IP packet found")
			}
			if diff := cmp.Diff(c.want, got, cmpopts.IgnoreFields(Header{}, "Transport")); diff != "" {
				t.Errorf("header (-want +got):\n%s", diff)
			}
		})
	}
}

func fragmented(p []byte) []byte { p[7] = 100; return p }

// A flood of tunnel packets against a host must not hide behind addresses that
// its sender chose.
func TestOuterPacketIsTheFlowWhereNoTunnelIsKnown(t *testing.T) {
	inner := ip4(6, tcpSYN())
	floods := map[string][]byte{
		"GRE":          carried(forger, east, 47, gre(0, EtherIPv4, 0, inner)),
		"VXLAN":        carried(forger, east, 17, udpTo(4789, vxlan(ethernet(EtherIPv4, inner)))),
		"IPv4 in IPv4": carried(forger, east, 4, inner),
		"the way back": carried(east, west, 4, inner),
	}
	for name, frame := range floods {
		for asked, p := range map[string]Parser{"of no tunnel": {}, "of another": {Tunnels: between}} {
			var got Header
			if !p.Parse(Raw, frame, 0, &got) || got.Dst == v4dst || got.IPBytes != uint32(len(frame)) {
				t.Errorf("%s, where the parser knows %s: got %+v, want the outer packet", name, asked, got)
			}
		}
	}
}

// What cannot be read inside leaves the outer packet as the flow; a packet that
// can be read in part is the flow with what is known of it.
func TestTunnelThatCannotBeReadStaysTheFlow(t *testing.T) {
	outer := Header{Src: west, Dst: east, TOS: 0x10}
	of := func(proto uint8, bytes int, partial bool) Header {
		h := outer
		h.Proto, h.IPBytes, h.Partial = proto, uint32(bytes), partial
		return h
	}
	port := func(h Header, port uint16) Header { h.SrcPort, h.DstPort = 0xc000, port; return h }
	inner := ip4(6, tcpSYN())
	cases := []struct {
		name  string
		frame []byte
		want  Header
	}{
		{"GRE of version 1 (PPTP)", tunnel(47, gre(1, 0x880b, 0, inner)), of(47, 64, false)},
		{"GRE with source routes", tunnel(47, gre(0x4000, EtherIPv4, 4, inner)), of(47, 68, false)},
		{"GRE cut in its key", tunnel(47, gre(0x2000, EtherIPv4, 0, nil), []byte{1}), of(47, 25, true)},
		{"ARP in a frame in VXLAN", tunnel(17, udpTo(4789, vxlan(ethernet(0x0806, make([]byte, 28))))), port(of(17, 78, false), 4789)},
		{"VXLAN without network identifier", tunnel(17, udpTo(4789, make([]byte, 8), ethernet(EtherIPv4, inner))), port(of(17, 90, false), 4789)},
		{"Geneve of version 1", tunnel(17, udpTo(6081, geneve(64, EtherIPv4, inner)[:8], inner)), port(of(17, 76, false), 6081)},
		{"Geneve whose options go beyond", tunnel(17, udpTo(6081, geneve(63, EtherIPv4, nil)[:40])), port(of(17, 68, true), 6081)},
		{"nothing in IPv4", tunnel(4), of(4, 20, true)},
		{"IPv6 where IPv4 was said", tunnel(4, ip6(6, tcpSYN())), of(4, 80, true)},
		{"an inner packet cut in its addresses", tunnel(4, inner[:19]), of(4, 39, true)},
		{"a later fragment", fragmented(tunnel(4, inner)), Header{Src: west, Dst: east, TOS: 0x10, Proto: 4, IPBytes: 60, Fragment: true}},
		{"an inner packet cut in its ports", tunnel(4, inner[:22]), plainV4(Header{SrcPort: 12345, Proto: 6, IPBytes: 22, Partial: true})},
	}
	p := Parser{Tunnels: between}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var got Header
			if !p.Parse(Raw, c.frame, 0, &got) {
				t.Fatal("no IP packet found")
			}
			if diff := cmp.Diff(c.want, got, cmpopts.IgnoreFields(Header{}, "Transport")); diff != "" {
				t.Errorf("header (-want +got):\n%s", diff)
			}
		})
	}
}

// Fifty tunnels in one another are entered no deeper than eight, all layers
// counted.
func TestNestedTunnelsAreEnteredToTheDepthThatIsAllowed(t *testing.T) {
	always := Parser{Tunnels: func(flow.IP, flow.IP) bool { return true }}
	nest := map[string]func(inner []byte) []byte{
		"IP in IP": func(inner []byte) []byte { return ip4(4, inner) },
		"GRE":      func(inner []byte) []byte { return ip4(47, gre(0, EtherIPv4, 0, inner)) },
		"VXLAN": func(inner []byte) []byte {
			return ip4(17, udpTo(4789, vxlan(ethernet(EtherVLAN, vlan(EtherIPv4, inner)))))
		},
	}
	layers := map[string]int{"IP in IP": 1, "GRE": 1, "VXLAN": 2}
	for name, wrap := range nest {
		for _, depth := range []int{1, 3, 4, 8, 9, 50} {
			frame := repeat(depth, wrap, ip4(6, tcpSYN()))
			step := (len(frame) - 40) / depth
			entered := min(depth, MaxDepth/layers[name])
			var got Header
			known := always.Parse(Raw, frame, 0, &got)
			if want := len(frame) - entered*step; !known || int(got.IPBytes) != want || got.Partial != (depth > entered) {
				t.Errorf("%s %d deep: got %+v, want %d bytes, partial %v", name, depth, got, want, depth > entered)
			}
		}
	}
}
