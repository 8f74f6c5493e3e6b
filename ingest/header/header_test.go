package header

import (
	"encoding/binary"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"eagre/flow"
)

var (
	v4src, v4dst = flow.V4(0xc0000201), flow.V4(0xc6336407)
	v6src, v6dst = address6(1), address6(2)
)

func address6(last byte) flow.IP {
	b := [16]byte{0x20, 0x01, 0x0d, 0xb8, 15: last}
	return flow.V6(b[:])
}

func join(parts ...[]byte) (out []byte) {
	for _, p := range parts {
		out = append(out, p...)
	}
	return out
}

func ethernet(kind uint16, payload []byte) []byte {
	return join(make([]byte, 12), binary.BigEndian.AppendUint16(nil, kind), payload)
}

func vlan(kind uint16, payload []byte) []byte {
	return join([]byte{0, 7}, binary.BigEndian.AppendUint16(nil, kind), payload)
}

// ip4 is an IPv4 packet whose header says the length that it has.
func ip4(proto byte, payload []byte) []byte {
	h := []byte{0x45, 0x10, 0, 0, 0, 0, 0, 0, 64, proto, 0, 0, 192, 0, 2, 1, 198, 51, 100, 7}
	binary.BigEndian.PutUint16(h[2:], uint16(20+len(payload)))
	return append(h, payload...)
}

func ip6(proto byte, payload []byte) []byte {
	h := []byte{0x61, 0, 0, 0, 0, 0, proto, 64}
	binary.BigEndian.PutUint16(h[4:], uint16(len(payload)))
	src, dst := v6src.Addr().As16(), v6dst.Addr().As16()
	return join(h, src[:], dst[:], payload)
}

func udpPacket(n int) []byte {
	return append([]byte{0x30, 0x39, 0x05, 0x9a, 0, 8, 0, 0}, make([]byte, n)...)
}

func tcpSYN() []byte {
	return []byte{0x30, 0x39, 0, 80, 0, 0, 0, 0, 0, 0, 0, 0, 0x50, 2, 0, 0, 0, 0, 0, 0}
}

func extension(next byte, words int) []byte {
	return append([]byte{next, byte(words)}, make([]byte, 8*(words+1)-2)...)
}

func repeat(n int, f func([]byte) []byte, inner []byte) []byte {
	for range n {
		inner = f(inner)
	}
	return inner
}

func plainV4(h Header) Header {
	h.Src, h.Dst, h.TOS = v4src, v4dst, 0x10
	return h
}

func plainV6(h Header) Header {
	h.Src, h.Dst, h.TOS = v6src, v6dst, 0x10
	return h
}

func TestParse(t *testing.T) {
	slammer := Header{SrcPort: 12345, DstPort: 1434, Proto: 17, IPBytes: 404}
	syn := Header{SrcPort: 12345, DstPort: 80, Proto: 6, TCPFlags: 2, IPBytes: 40}
	syn6 := syn
	syn6.IPBytes = 60
	short := func(h Header, bytes uint32, partial bool) Header {
		h.IPBytes, h.Partial = bytes, partial
		return h
	}
	cases := []struct {
		name  string
		link  LinkType
		frame []byte
		size  int // on the wire, 0: as captured
		want  Header
	}{
		{"a Slammer packet is 404 bytes, not the 418 or 422 of its frame", Ethernet, ethernet(EtherIPv4, ip4(17, udpPacket(376))), 422, plainV4(slammer)},
		{"padding of a short frame does not count", Ethernet, append(ethernet(EtherIPv4, ip4(6, tcpSYN())), 0, 0, 0, 0, 0, 0), 60, plainV4(syn)},
		{"one VLAN tag", Ethernet, ethernet(EtherVLAN, vlan(EtherIPv4, ip4(6, tcpSYN()))), 0, plainV4(syn)},
		{"QinQ", Ethernet, ethernet(etherQinQ, vlan(EtherVLAN, vlan(EtherIPv6, ip6(6, tcpSYN())))), 0, plainV6(syn6)},
		{"two MPLS labels", Ethernet, ethernet(etherMPLS, join([]byte{0, 0, 0x10, 64, 0, 0, 0x21, 64}, ip4(6, tcpSYN()))), 0, plainV4(syn)},
		{"PPPoE session", Ethernet, ethernet(etherPPPoE, join([]byte{0x11, 0, 0, 1, 0, 42, 0, 0x21}, ip4(6, tcpSYN()))), 0, plainV4(syn)},
		{"raw IPv4", Raw, ip4(6, tcpSYN()), 0, plainV4(syn)},
		{"raw IPv6", Raw, ip6(6, tcpSYN()), 0, plainV6(syn6)},
		{"BSD loopback little-endian", Null, join([]byte{2, 0, 0, 0}, ip4(6, tcpSYN())), 0, plainV4(syn)},
		{"BSD loopback big-endian IPv6", Loop, join([]byte{0, 0, 0, 30}, ip6(6, tcpSYN())), 0, plainV6(syn6)},
		{"Linux cooked", LinuxSLL, join(make([]byte, 14), []byte{8, 0}, ip4(6, tcpSYN())), 0, plainV4(syn)},
		{"Linux cooked 2", LinuxSLL2, join([]byte{0x86, 0xdd}, make([]byte, 18), ip6(6, tcpSYN())), 0, plainV6(syn6)},
		{"ICMP echo request as a port", Raw, ip4(1, []byte{8, 0, 0, 0}), 0, plainV4(Header{Proto: 1, DstPort: 0x0800, IPBytes: 24})},
		{"ICMPv6 neighbour solicitation as a port", Raw, ip6(58, []byte{135, 0, 0, 0}), 0, plainV6(Header{Proto: 58, DstPort: 135 << 8, IPBytes: 44})},
		{"GRE is not followed", Raw, ip4(47, ip4(6, tcpSYN())), 0, plainV4(Header{Proto: 47, IPBytes: 60})},
		{"VXLAN is not followed", Raw, ip4(17, join([]byte{0x30, 0x39, 0x12, 0xb5, 0, 58, 0, 0, 8, 0, 0, 0, 0, 0, 1, 0}, ethernet(EtherIPv4, ip4(6, tcpSYN())))), 0, plainV4(Header{SrcPort: 12345, DstPort: 4789, Proto: 17, IPBytes: 90})},
		{"IPv6 extension headers, authentication among them", Raw, ip6(0, join(extension(60, 0), extension(51, 1), []byte{6, 1}, make([]byte, 10), tcpSYN())), 0, plainV6(short(syn6, 60+8+16+12, false))},
		{"IPv6 first fragment has ports", Raw, ip6(44, join([]byte{17, 0, 0, 1, 0, 0, 0, 9}, udpPacket(0))), 0, plainV6(Header{SrcPort: 12345, DstPort: 1434, Proto: 17, IPBytes: 56})},
		{"IPv6 later fragment has none", Raw, ip6(44, join([]byte{17, 0, 0x05, 0xa8, 0, 0, 0, 9}, udpPacket(0))), 0, plainV6(Header{Proto: 17, Fragment: true, IPBytes: 56})},
		{"IPv6 no next header", Raw, ip6(59, nil), 0, plainV6(Header{Proto: 59, IPBytes: 40})},
		{"total length 0 of an offloaded packet falls back to the frame", Ethernet, ethernet(EtherIPv4, zeroLength(ip4(6, tcpSYN()))), 9014, plainV4(short(syn, 9000, false))},
		{"payload length 0 of an offloaded IPv6 packet too", Ethernet, ethernet(EtherIPv6, zeroPayload(ip6(6, tcpSYN()))), 9014, plainV6(short(syn6, 9000, false))},
		{"a total length beyond the frame is not believed", Raw, ip4Claims(65535, ip4(6, tcpSYN())), 0, plainV4(syn)},
		{"captured up to the ports", Raw, ip4(17, udpPacket(376))[:24], 404, plainV4(slammer)},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var got Header
			if !Parse(c.link, c.frame, c.size, &got) {
				t.Fatal("no IP packet found")
			}
			if diff := cmp.Diff(c.want, got, cmpopts.IgnoreFields(Header{}, "Transport")); diff != "" {
				t.Errorf("header (-want +got):\n%s", diff)
			}
		})
	}
}

func zeroLength(p []byte) []byte  { return ip4Claims(0, p) }
func zeroPayload(p []byte) []byte { p[4], p[5] = 0, 0; return p }

func ip4Claims(total uint16, p []byte) []byte {
	binary.BigEndian.PutUint16(p[2:], total)
	return p
}

func headerLength(words byte, p []byte) []byte { p[0] = 0x40 | words; return p }

// Hostile frames keep what is known and go no deeper than eight.
func TestParseKeepsWhatIsKnownOfABrokenFrame(t *testing.T) {
	ipv4, ipv6 := Header{Src: v4src, Dst: v4dst}, Header{Src: v6src, Dst: v6dst}
	cases := []struct {
		name  string
		link  LinkType
		frame []byte
		known bool
		want  Header
	}{
		{"Ethernet cut", Ethernet, make([]byte, 9), false, Header{}},
		{"nothing at all", Ethernet, nil, false, Header{}},
		{"eight VLAN tags are followed", Ethernet, ethernet(EtherVLAN, repeat(7, func(b []byte) []byte { return vlan(EtherVLAN, b) }, vlan(EtherIPv4, ip4(6, tcpSYN())))), true, Header{Src: v4src, Dst: v4dst, SrcPort: 12345, DstPort: 80, TCPFlags: 2}},
		{"nine are not", Ethernet, ethernet(EtherVLAN, repeat(8, func(b []byte) []byte { return vlan(EtherVLAN, b) }, vlan(EtherIPv4, ip4(6, tcpSYN())))), false, Header{}},
		{"64 MPLS labels", MPLS, append(make([]byte, 64*4), ip4(6, tcpSYN())...), false, Header{}},
		{"IPv4 header length below its minimum", Raw, headerLength(4, ip4(17, udpPacket(8))), true, ipv4},
		{"IPv4 header length beyond the capture", Raw, headerLength(15, ip4(17, udpPacket(8))), true, ipv4},
		{"IPv4 cut inside its header", Raw, ip4(17, nil)[:19], false, Header{}},
		{"IPv4 total length below its header", Raw, ip4Claims(19, ip4(17, udpPacket(8))), true, ipv4},
		{"100 IPv6 extension headers", Raw, ip6(60, repeat(100, func(b []byte) []byte { return append(extension(60, 0), b...) }, tcpSYN())), true, ipv6},
		{"IPv6 extension header longer than the packet", Raw, ip6(60, extension(6, 255)[:16]), true, ipv6},
		{"IPv6 cut inside its header", Raw, ip6(17, nil)[:39], false, Header{}},
		{"UDP cut inside its ports", Raw, ip4(17, []byte{1, 2, 3}), true, Header{Src: v4src, Dst: v4dst, SrcPort: 0x0102}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var got Header
			if known := Parse(c.link, c.frame, len(c.frame), &got); known != c.known {
				t.Fatalf("got known %v, want %v", known, c.known)
			}
			if c.name != "eight VLAN tags are followed" && !got.Partial {
				t.Error("it is not marked as partial")
			}
			ignore := cmpopts.IgnoreFields(Header{}, "Transport", "Partial", "Proto", "TOS", "IPBytes")
			if diff := cmp.Diff(c.want, got, ignore); diff != "" {
				t.Errorf("header (-want +got):\n%s", diff)
			}
		})
	}
}

func TestParseDoesNotAllocate(t *testing.T) {
	p := Parser{Tunnels: between}
	for name, frame := range map[string][]byte{
		"plain":               ethernet(EtherIPv4, ip4(6, tcpSYN())),
		"extension headers":   ethernet(EtherVLAN, vlan(EtherIPv6, ip6(0, join(extension(6, 0), tcpSYN())))),
		"a tunnel in another": ethernet(EtherIPv4, tunnel(47, gre(0, EtherIPv4, 0, tunnel(4, ip4(6, tcpSYN()))))),
	} {
		var h Header
		if n := testing.AllocsPerRun(100, func() { p.Parse(Ethernet, frame, len(frame), &h) }); n != 0 {
			t.Errorf("%s: got %v allocations per frame, want 0", name, n)
		}
	}
}

func BenchmarkParse(b *testing.B) {
	for name, c := range map[string]struct {
		p     Parser
		frame []byte
	}{
		"plain":        {Parser{}, ethernet(EtherIPv4, ip4(6, tcpSYN()))},
		"tagged twice": {Parser{}, ethernet(etherQinQ, vlan(EtherVLAN, vlan(EtherIPv4, ip4(6, tcpSYN()))))},
		"GRE":          {Parser{Tunnels: between}, ethernet(EtherIPv4, tunnel(47, gre(0, EtherIPv4, 0, ip4(6, tcpSYN()))))},
	} {
		b.Run(name, func(b *testing.B) {
			var h Header
			b.ReportAllocs()
			for b.Loop() {
				c.p.Parse(Ethernet, c.frame, len(c.frame), &h)
			}
		})
	}
}
