package header

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"eagre/flow"
)

// plainFrames draws frames that are plain, or would be but for one thing.
func plainFrames() *rapid.Generator[[]byte] {
	return rapid.Custom(func(t *rapid.T) []byte {
		proto := rapid.SampledFrom([]byte{6, 17, 17, 1, 4, 47, 0}).Draw(t, "protocol")
		payload := rapid.SliceOfN(rapid.Byte(), rapid.SampledFrom([]int{0, 14, 40}).Draw(t, "least"), 80).Draw(t, "payload")
		if proto == 17 && len(payload) > 4 && rapid.Bool().Draw(t, "tunnel") {
			copy(payload[2:], []byte{0x12, 0xb5}) // VXLAN
		}
		packet, kind := ip4(proto, payload), uint16(EtherIPv4)
		if rapid.Bool().Draw(t, "six") {
			packet, kind = ip6(proto, payload), EtherIPv6
		}
		frame := ethernet(kind, packet)
		for range rapid.IntRange(0, 2).Draw(t, "tags") {
			frame = ethernet(EtherVLAN, vlan(kind, packet))
			packet, kind = frame[etherHeader:], EtherVLAN
		}
		frame = append(frame, make([]byte, rapid.IntRange(0, 8).Draw(t, "padding"))...)
		if rapid.Bool().Draw(t, "mutated") {
			i := rapid.IntRange(atEther, min(len(frame), 60)-1).Draw(t, "at")
			frame[i] = rapid.Byte().Draw(t, "byte")
		}
		if rapid.Bool().Draw(t, "cut") {
			return frame[:rapid.IntRange(0, len(frame)).Draw(t, "captured")]
		}
		return frame
	})
}

// The short way and the long way say the same of a frame.
func TestPlainFramesAreReadAsTheWalkReadsThem(t *testing.T) {
	always := func(flow.IP, flow.IP) bool { return true }
	short := 0
	rapid.Check(t, func(t *rapid.T) {
		frame := plainFrames().Draw(t, "frame")
		size := max(len(frame), rapid.SampledFrom([]int{0, 60, 1514, 70000}).Draw(t, "size"))
		for _, p := range []Parser{{}, {Tunnels: always}} {
			got, want := Header{Partial: true, Fragment: true}, Header{Partial: true}
			if !plain(frame, size, p.Tunnels != nil, &got) {
				continue
			}
			short++
			if !p.walk(Ethernet, frame, size, &want) {
				t.Fatal("the walk finds no packet")
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("header (-walk +plain):\n%s", diff)
			}
		}
	})
	if short == 0 {
		t.Error("no frame was plain")
	}
}

func TestOrdinaryFramesArePlain(t *testing.T) {
	for name, frame := range map[string][]byte{
		"IPv4":        append(ethernet(EtherIPv4, ip4(6, tcpSYN())), 0, 0, 0, 0, 0, 0),
		"IPv6":        ethernet(EtherIPv6, ip6(17, udpPacket(20))),
		"IPv4 tagged": ethernet(EtherVLAN, vlan(EtherIPv4, ip4(17, udpPacket(20)))),
		"IPv6 tagged": ethernet(EtherVLAN, vlan(EtherIPv6, ip6(6, tcpSYN()))),
	} {
		var h Header
		if !plain(frame, len(frame), true, &h) {
			t.Errorf("%s: goes the long way", name)
		}
	}
}
