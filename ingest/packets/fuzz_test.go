package packets

import (
	"testing"

	"eagre/ingest/header"
)

// conversation is a TCP handshake and its end as raw packets of 40 bytes.
func conversation() (out []byte) {
	for i, flags := range []byte{syn, syn | ack, ack, fin | ack, fin | ack, ack} {
		p := make([]byte, 40)
		p[0], p[3], p[9], p[15], p[19], p[21], p[23], p[33] = 0x45, 40, protoTCP, byte(1+i%2), byte(2-i%2), byte(1+i%2), byte(2-i%2), flags
		out = append(out, p...)
	}
	return out
}

// FuzzPackets meters whatever frames there are: no packet and no byte may go
// missing, and the cache stays within its bound.
func FuzzPackets(f *testing.F) {
	f.Add([]byte{0x45, 0, 0, 40, 0, 0, 0, 0, 64, 6, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 0, 80, 0, 81}, uint8(24), false, false)
	f.Add(conversation(), uint8(40), true, true)
	f.Add([]byte{0x60, 0, 0, 0, 0, 8, 17, 64}, uint8(8), true, false)
	f.Fuzz(func(t *testing.T, data []byte, size uint8, pair, endTCP bool) {
		c := DefaultConfig()
		c.Flows, c.Pair, c.EndTCP = 4, pair, endTCP
		b := newBenchOf(c)
		var packets, bytes uint64
		var h header.Header
		at := start
		for len(data) > 2 {
			at += int64(int8(data[0])) * 100
			n := min(int(size), len(data))
			if n == 0 {
				return
			}
			if header.Parse(header.Raw, data[:n], n, &h) {
				b.Packet(at, uint32(data[0]), &h)
				packets, bytes = packets+1, bytes+uint64(h.IPBytes)
			}
			if b.Len() > 4 {
				t.Fatalf("%d flows in a cache of 4", b.Len())
			}
			data = data[n:]
		}
		for _, r := range b.all() {
			packets, bytes = packets-r.Packets, bytes-r.Bytes
			if r.End.Before(r.Start) || r.Packets == 0 || r.RTT > 0 && !pair {
				t.Fatalf("impossible flow: %+v", r)
			}
		}
		if packets != 0 || bytes != 0 {
			t.Fatalf("%d packets and %d bytes went missing", packets, bytes)
		}
	})
}
