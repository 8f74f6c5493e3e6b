package simulate

import (
	"encoding/binary"
	"net/netip"
	"testing"
	"time"

	"eagre/flow"
)

// t0 is when the test scenarios begin.
var t0 = time.Date(2008, 2, 20, 10, 0, 0, 0, time.UTC)

func addr(s string) netip.Addr { return netip.MustParseAddr(s) }

// v5 is a NetFlow v5 datagram, read field by
// field at fixed offsets: slow, obvious, and fatal on anything unexpected.
type v5 struct {
	header  V5Header
	records []flow.Record
}

func readV5(t *testing.T, b []byte) v5 {
	t.Helper()
	be := binary.BigEndian
	count := int(be.Uint16(b[2:]))
	if be.Uint16(b) != 5 || len(b) != 24+48*count {
		t.Fatalf("version %d, %d records in %d bytes", be.Uint16(b), count, len(b))
	}
	sampling := be.Uint16(b[22:])
	d := v5{header: V5Header{
		Time: time.Unix(int64(be.Uint32(b[8:])), int64(be.Uint32(b[12:]))).UTC(), Uptime: time.Duration(be.Uint32(b[4:])) * time.Millisecond,
		Sequence: be.Uint32(b[16:]), EngineType: b[20], EngineID: b[21], SamplingMode: uint8(sampling >> 14), SamplingInterval: sampling & 0x3fff,
	}}
	for r := b[24:]; len(r) > 0; r = r[48:] {
		at := func(off int) time.Time {
			ago := be.Uint32(b[4:]) - be.Uint32(r[off:]) // wraps as the counter does
			return d.header.Time.Add(-time.Duration(ago) * time.Millisecond)
		}
		v4 := func(off int) netip.Addr { return netip.AddrFrom4([4]byte(r[off : off+4])) }
		d.records = append(d.records, flow.Record{
			SrcAddr: v4(0), DstAddr: v4(4), NextHop: v4(8), InIf: uint32(be.Uint16(r[12:])), OutIf: uint32(be.Uint16(r[14:])),
			Packets: uint64(be.Uint32(r[16:])), Bytes: uint64(be.Uint32(r[20:])), Start: at(24), End: at(28),
			SrcPort: be.Uint16(r[32:]), DstPort: be.Uint16(r[34:]), TCPFlags: r[37], Proto: r[38], TOS: r[39],
			SrcAS: uint32(be.Uint16(r[40:])), DstAS: uint32(be.Uint16(r[42:])), SrcMask: r[44], DstMask: r[45],
		})
	}
	return d
}

// sflowDatagram is an sFlow version 5 datagram, read word by word.
type sflowDatagram struct {
	header  SFlowHeader
	samples []sflowSample
}

type sflowSample struct {
	SFlowSample
	frameLength, stripped uint32
	header                []byte
}

type words struct {
	t *testing.T
	b []byte
}

func (w *words) next() uint32 {
	w.t.Helper()
	if len(w.b) < 4 {
		w.t.Fatalf("%d bytes left where a word is expected", len(w.b))
	}
	v := binary.BigEndian.Uint32(w.b)
	w.b = w.b[4:]
	return v
}

func (w *words) take(n int) []byte {
	w.t.Helper()
	if len(w.b) < n {
		w.t.Fatalf("%d bytes left where %d are claimed", len(w.b), n)
	}
	out := w.b[:n]
	w.b = w.b[n:]
	return out
}

func readSFlow(t *testing.T, b []byte) sflowDatagram {
	t.Helper()
	w := &words{t, b}
	if v := w.next(); v != 5 {
		t.Fatalf("version %d", v)
	}
	var d sflowDatagram
	if kind := w.next(); kind == 1 {
		d.header.Agent = netip.AddrFrom4([4]byte(w.take(4)))
	} else {
		d.header.Agent = netip.AddrFrom16([16]byte(w.take(16)))
	}
	d.header.SubAgent, d.header.Sequence = w.next(), w.next()
	d.header.Uptime = time.Duration(w.next()) * time.Millisecond
	for range w.next() {
		if format := w.next(); format != 1 {
			t.Fatalf("sample format %d", format)
		}
		d.samples = append(d.samples, readSample(&words{t, w.take(int(w.next()))}))
	}
	if len(w.b) != 0 {
		t.Fatalf("%d bytes after the last sample", len(w.b))
	}
	return d
}

func readSample(w *words) sflowSample {
	w.t.Helper()
	var s sflowSample
	s.Sequence = w.next()
	w.next() // the data source
	s.Record.SamplingRate, s.Pool, s.Drops, s.Record.InIf, s.Record.OutIf = w.next(), w.next(), w.next(), w.next(), w.next()
	if records, format := w.next(), w.next(); records != 1 || format != 1 {
		w.t.Fatalf("%d records, the first of format %d", records, format)
	}
	raw := &words{w.t, w.take(int(w.next()))}
	if len(w.b) != 0 {
		w.t.Fatalf("%d bytes after the record", len(w.b))
	}
	raw.next() // Ethernet
	s.frameLength, s.stripped = raw.next(), raw.next()
	n := raw.next()
	if padding := len(raw.b) - int(n); padding < 0 || padding > 3 {
		w.t.Fatalf("header of %d bytes in %d", n, len(raw.b))
	}
	s.header = raw.b[:n]
	readFrame(w.t, s.header, &s.Record)
	return s
}

// readFrame reads an Ethernet frame with IPv4 without options, or IPv6.
func readFrame(t *testing.T, b []byte, r *flow.Record) {
	t.Helper()
	be := binary.BigEndian
	ip := b[14:]
	var transport []byte
	switch be.Uint16(b[12:]) {
	case 0x0800:
		if ip[0] != 0x45 || internetChecksum(ip[:20]) != 0 {
			t.Fatalf("IPv4 header % x", ip[:20])
		}
		r.Bytes, r.Proto, r.TOS = uint64(be.Uint16(ip[2:])), ip[9], ip[1]
		r.SrcAddr, r.DstAddr, transport = netip.AddrFrom4([4]byte(ip[12:16])), netip.AddrFrom4([4]byte(ip[16:20])), ip[20:]
	case 0x86dd:
		r.Bytes, r.Proto, r.TOS = uint64(be.Uint16(ip[4:]))+40, ip[6], uint8(be.Uint32(ip)>>20)
		r.SrcAddr, r.DstAddr, transport = netip.AddrFrom16([16]byte(ip[8:24])), netip.AddrFrom16([16]byte(ip[24:40])), ip[40:]
	default:
		t.Fatalf("ethertype %#x", be.Uint16(b[12:]))
	}
	switch r.Proto {
	case protoTCP:
		r.SrcPort, r.DstPort, r.TCPFlags = be.Uint16(transport), be.Uint16(transport[2:]), transport[13]
	case protoUDP:
		r.SrcPort, r.DstPort = be.Uint16(transport), be.Uint16(transport[2:])
	case protoICMP, protoICMPv6:
		r.DstPort = be.Uint16(transport)
	}
}
