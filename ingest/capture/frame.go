package capture

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/pcapgo"

	"eagre/ingest/header"
)

// frame is one packet of the file.
type frame struct {
	at        time.Time
	seq       uint64 // its place in the file
	link      header.LinkType
	iface     uint32 // counted from 1 in a pcapng file, 0 in a pcap file
	wireBytes int
	data      []byte
}

// source reads frames in file order. The data of one is valid until the next.
type source interface {
	next() (frame, error)
}

// pcapngMagic begins a pcapng file in either byte order
// (draft-ietf-opsawg-pcapng §4.1); gzipMagic a gzipped file of either kind.
const (
	pcapngMagic = 0x0a0d0d0a
	gzipMagic   = 0x1f8b
)

// open finds out which kind of file r is.
func open(r io.Reader) (source, error) {
	b := bufio.NewReaderSize(r, 1<<16)
	b, err := gunzip(b)
	if err != nil {
		return nil, err
	}
	magic, err := b.Peek(4)
	if err != nil {
		return nil, fmt.Errorf("not a capture: %d bytes, shorter than any file header", len(magic))
	}
	if binary.BigEndian.Uint32(magic) == pcapngMagic {
		ng, err := pcapgo.NewNgReader(b, pcapgo.NgReaderOptions{WantMixedLinkType: true, SkipUnknownVersion: true})
		if err != nil {
			return nil, fmt.Errorf("pcapng: %w", err)
		}
		return &pcapng{r: ng}, nil
	}
	old, err := pcapgo.NewReader(b)
	if err != nil {
		return nil, fmt.Errorf("pcap: %w", err)
	}
	return &pcap{r: old}, nil
}

type pcap struct{ r *pcapgo.Reader }

func (p *pcap) next() (frame, error) {
	data, ci, err := p.r.ZeroCopyReadPacketData()
	if err != nil {
		return frame{}, err
	}
	return toFrame(data, ci, header.LinkType(p.r.LinkType()), 0), nil
}

type pcapng struct{ r *pcapgo.NgReader }

func (p *pcapng) next() (frame, error) {
	data, ci, err := p.r.ZeroCopyReadPacketData()
	if err != nil {
		return frame{}, err
	}
	i, err := p.r.Interface(ci.InterfaceIndex)
	if err != nil {
		return frame{}, err
	}
	return toFrame(data, ci, header.LinkType(i.LinkType), uint32(ci.InterfaceIndex)+1), nil
}

func toFrame(data []byte, ci gopacket.CaptureInfo, link header.LinkType, iface uint32) frame {
	return frame{at: ci.Timestamp.UTC(), link: link, iface: iface, wireBytes: ci.Length, data: data}
}
