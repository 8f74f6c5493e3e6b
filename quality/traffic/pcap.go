package traffic

import (
	"bufio"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net/netip"

	"eagre/flow"
	"eagre/quality"
)

// Sent is what a capture holds.
type Sent struct {
	Flows, Datagrams, Bytes uint64
	Lost                    uint64 // datagrams
}

// WritePCAP plays a world into a classic pcap of UDP datagrams: what a collector of its
// routers would hear, in order of time. When the context ends, so does
// the capture, with an error.
func WritePCAP(ctx context.Context, w io.Writer, world *quality.World) (Sent, error) {
	out := capture{to: bufio.NewWriterSize(w, 1<<20), world: world}
	if err := out.head(); err != nil {
		return out.sent, fmt.Errorf("traffic: pcap: header: %w", err)
	}
	player, wire := NewPlayer(world), NewWire(world)
	err := player.Play(func(s Second) error {
		for _, d := range wire.Second(s) {
			if err := out.write(d); err != nil {
				return err
			}
		}
		return ctx.Err()
	})
	if err == nil {
		err = out.to.Flush()
	}
	out.sent.Flows, out.sent.Lost = player.Flows(), wire.Lost()
	return out.sent, err
}

type capture struct {
	to     *bufio.Writer
	world  *quality.World
	packet []byte
	sent   Sent
}

// The file format of libpcap (draft-ietf-opsawg-pcap), with microseconds. Packets begin
// with their IP header.
const (
	pcapMagic = 0xa1b2c3d4
	pcapSnap  = 65535
	linkRaw   = 101
)

func (c *capture) head() error {
	le := binary.LittleEndian
	b := le.AppendUint32(nil, pcapMagic)
	b = le.AppendUint16(le.AppendUint16(b, 2), 4)
	b = append(b, make([]byte, 8)...)
	b = le.AppendUint32(le.AppendUint32(b, pcapSnap), linkRaw)
	_, err := c.to.Write(b)
	return err
}

// The collector and its ports. Nothing is sent there.
var collector = netip.AddrFrom4([4]byte{10, 255, 255, 1})

const (
	exportPort  = 50_000
	netflowPort = 2055
	sflowPort   = 6343
	ipv4Header  = 20 // bytes
	udpHeader   = 8
)

func (c *capture) write(d Datagram) error {
	router := c.world.Routers[d.Router]
	port := uint16(netflowPort)
	if router.Format == flow.SFlowV5 {
		port = sflowPort
	}
	length := ipv4Header + udpHeader + len(d.Payload)
	le := binary.LittleEndian
	c.packet = le.AppendUint32(c.packet[:0], uint32(d.At.Unix()))
	c.packet = le.AppendUint32(c.packet, uint32(d.At.Nanosecond()/1000))
	c.packet = le.AppendUint32(c.packet, uint32(length))
	c.packet = le.AppendUint32(c.packet, uint32(length))
	c.packet = appendHeaders(c.packet, router.Address, port, length)
	c.packet = append(c.packet, d.Payload...)
	c.sent.Datagrams++
	c.sent.Bytes += uint64(len(d.Payload))
	_, err := c.to.Write(c.packet)
	return err
}

// appendHeaders writes the headers of IPv4 (RFC 791) and UDP (RFC 768), the latter
// without checksum, which IPv4 allows. length is that of the whole packet.
func appendHeaders(dst []byte, from netip.Addr, port uint16, length int) []byte {
	be, start := binary.BigEndian, len(dst)
	dst = be.AppendUint16(append(dst, 0x45, 0), uint16(length))
	dst = append(dst, 0, 0, 0, 0, 64, udp, 0, 0)
	src, to := from.As4(), collector.As4()
	dst = append(append(dst, src[:]...), to[:]...)
	sum := uint32(0)
	for i := start; i < start+ipv4Header; i += 2 {
		sum += uint32(be.Uint16(dst[i:]))
	}
	be.PutUint16(dst[start+10:], ^uint16(sum>>16+sum&0xffff))
	dst = be.AppendUint16(be.AppendUint16(dst, exportPort), port)
	return be.AppendUint16(be.AppendUint16(dst, uint16(length-ipv4Header)), 0)
}
