package simulate

import (
	"context"
	"fmt"
	"io"
	"net/netip"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"

	"eagre/flow"
)

// PCAP runs a scenario up to until and writes its datagrams as a capture of UDP
// packets in Ethernet frames, each from its router's address to the target of
// its format. What still stands in the flow caches at until leaves at the end.
func PCAP(w io.Writer, s *Scenario, to Targets, until time.Time) error {
	_, err := Record(context.Background(), w, s, to, until)
	return err
}

// Record is PCAP until the context ends. What it returns is in the capture, also
// beside an error; one that the context ended has no flows of the caches.
func Record(ctx context.Context, w io.Writer, s *Scenario, to Targets, until time.Time) (Sent, error) {
	out := pcapgo.NewWriter(w)
	if err := out.WriteFileHeader(0xffff, layers.LinkTypeEthernet); err != nil {
		return Sent{}, fmt.Errorf("simulate: pcap: header: %w", err)
	}
	c := capture{writer: out, scenario: s, targets: to}
	for s.Now().Add(s.step).Before(until) && c.err == nil && ctx.Err() == nil {
		s.Advance(earlier(until, s.Now().Add(time.Second)), c.write)
	}
	if c.err == nil && ctx.Err() == nil {
		s.Advance(until, c.write)
		s.Finish(c.write)
	}
	if c.err != nil {
		return c.sent, fmt.Errorf("simulate: pcap: after %d packets: %w", c.sent.Datagrams, c.err)
	}
	return c.sent, ctx.Err()
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// capture keeps the first error, as the scenario does not stop for one.
type capture struct {
	writer   *pcapgo.Writer
	scenario *Scenario
	targets  Targets
	frame    []byte
	sent     Sent
	err      error
}

func (c *capture) write(d Datagram) {
	if c.err != nil {
		return
	}
	router := c.scenario.Routers()[d.Router]
	c.frame = appendDatagram(c.frame[:0], router, c.targets.of(router), d.Payload)
	info := gopacket.CaptureInfo{Timestamp: d.At, CaptureLength: len(c.frame), Length: len(c.frame)}
	if c.err = c.writer.WritePacket(info, c.frame); c.err != nil {
		return
	}
	c.sent.Datagrams++
	c.sent.Bytes += uint64(len(d.Payload))
	c.sent.Records += uint64(d.Records)
}

// exportPort is the source port of every export datagram.
const exportPort = 50_000

// appendDatagram appends the Ethernet frame that carries a datagram.
func appendDatagram(dst []byte, from Router, to netip.AddrPort, payload []byte) []byte {
	packet := flow.Record{SrcAddr: from.Exporter.Address.Unmap(), DstAddr: to.Addr().Unmap(), SrcPort: exportPort, DstPort: to.Port(), Proto: protoUDP}
	length := ipv4Header + udpHeader + len(payload)
	if packet.SrcAddr.Is6() {
		length = ipv6Header + udpHeader + len(payload)
	}
	dst = appendFrame(dst, &packet, length, ethernetHeader+length)
	copy(dst[len(dst)-len(payload):], payload)
	return dst
}
