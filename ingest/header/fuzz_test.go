package header

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"eagre/flow"
)

// FuzzHeader throws frames at the parser, with tunnels and without.
func FuzzHeader(f *testing.F) {
	inner := ip4(6, tcpSYN())
	f.Add(uint16(Ethernet), ethernet(EtherVLAN, vlan(EtherIPv4, inner)), 60)
	f.Add(uint16(Ethernet), ethernet(etherMPLS, join([]byte{0, 0, 0x11, 64}, inner)), 60)
	f.Add(uint16(Raw), ip6(0, join(extension(51, 0), []byte{44, 1}, make([]byte, 10), []byte{17, 0, 0, 1, 0, 0, 0, 9}, udpPacket(9))), 100)
	f.Add(uint16(LinuxSLL2), join([]byte{0x86, 0xdd}, make([]byte, 18), ip6(6, tcpSYN())), 0)
	f.Add(uint16(Raw), tunnel(47, gre(0xb000, EtherIPv4, 12, inner)), 100)
	f.Add(uint16(Raw), tunnel(17, udpTo(4789, vxlan(ethernet(EtherIPv4, inner)))), 9000)
	f.Add(uint16(Raw), ip6(17, udpTo(6081, geneve(2, etherBridging, ethernet(EtherIPv6, ip6(41, ip6(6, tcpSYN())))))), 0)
	f.Fuzz(func(t *testing.T, link uint16, frame []byte, size int) {
		outer := fuzzed(t, Parser{}, LinkType(link), frame, size)
		asked := 0
		inside := fuzzed(t, Parser{Tunnels: func(flow.IP, flow.IP) bool { asked++; return true }}, LinkType(link), frame, size)
		if asked > 4*(MaxDepth+1) { // the frame is read four times
			t.Fatalf("asked about %d tunnels", asked)
		}
		if asked == 0 && !cmp.Equal(outer, inside) {
			t.Fatalf("no tunnel, but %+v became %+v", outer, inside)
		}
		if inside.IPBytes > outer.IPBytes {
			t.Fatalf("%d bytes inside %d", inside.IPBytes, outer.IPBytes)
		}
	})
}

// fuzzed reads a frame and looks for what cannot be.
func fuzzed(t *testing.T, p Parser, link LinkType, frame []byte, size int) (h Header) {
	var again Header
	known := p.Parse(link, frame, size, &h)
	if known && (h.Src.IsZero() && h.Dst.IsZero()) && len(frame) < ipv4Header {
		t.Fatalf("found an IP packet in %d bytes", len(frame))
	}
	if int(h.IPBytes) > max(size, len(frame)) {
		t.Fatalf("%d IP bytes in a frame of %d", h.IPBytes, max(size, len(frame)))
	}
	if len(h.Transport) > len(frame) || h.Fragment && h.Transport != nil {
		t.Fatalf("%d transport bytes in a frame of %d, fragment %v", len(h.Transport), len(frame), h.Fragment)
	}
	if n := testing.AllocsPerRun(1, func() { p.Parse(link, frame, size, &again) }); n != 0 {
		t.Fatalf("%v allocations", n)
	}
	if p.Parse(link, frame, size, &again); !cmp.Equal(h, again) {
		t.Fatalf("a second look differs: %+v, then %+v", h, again)
	}
	return h
}
