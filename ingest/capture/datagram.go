package capture

import (
	"encoding/binary"
	"net/netip"
	"slices"

	"eagre/ingest/header"
	"eagre/ingest/wire"
)

const (
	protoUDP  = 17
	udpHeader = 8
)

// datagram is a UDP datagram inside a frame.
type datagram struct {
	from      netip.AddrPort
	to        uint16
	payload   []byte // aliases the frame
	truncated bool   // the frame holds less than the datagram had
}

// udp takes the datagram out of a frame. Fragments have none.
func udp(f *frame, h *header.Header) (datagram, bool) {
	if !header.Parse(f.link, f.data, f.wireBytes, h) || h.Proto != protoUDP || len(h.Transport) < udpHeader {
		return datagram{}, false
	}
	length := int(binary.BigEndian.Uint16(h.Transport[4:]))
	if length < udpHeader {
		return datagram{}, false
	}
	return datagram{
		from:      netip.AddrPortFrom(h.Src.Addr(), h.SrcPort),
		to:        h.DstPort,
		payload:   h.Transport[udpHeader:min(length, len(h.Transport))],
		truncated: length > len(h.Transport),
	}, true
}

// The ports that exporters are usually pointed at. They are a hint only: on
// them a datagram counts as an export when its version is one, though its
// lengths do not fit, and a broken one is handed on that looks like nothing.
var usualPorts = [...]uint16{2055, 4739, 6343, 9995}

// looksExported tells whether a datagram speaks for a capture of exports.
func (d *datagram) looksExported() bool {
	if wire.LooksExported(d.payload) {
		return true
	}
	format, _ := wire.Recognise(d.payload)
	return format != wire.UnknownFormatVersion && slices.Contains(usualPorts[:], d.to)
}

// portSet is the ports to which export datagrams were seen to go.
type portSet [1 << 16 / 64]uint64

func newPortSet() *portSet {
	s := new(portSet)
	for _, port := range usualPorts {
		s.add(port)
	}
	return s
}

func (s *portSet) add(port uint16)      { s[port/64] |= 1 << (port % 64) }
func (s *portSet) has(port uint16) bool { return s[port/64]&(1<<(port%64)) != 0 }

// exported tells whether a datagram is to be handed on as an export: it looks
// like one, or went where others go.
func (s *portSet) exported(d *datagram) bool {
	if wire.LooksExported(d.payload) {
		s.add(d.to)
		return true
	}
	return s.has(d.to)
}
