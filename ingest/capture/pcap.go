package capture

import (
	"fmt"
	"io"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/pcapgo"

	"eagre/ingest/header"
)

type pcap struct{ r *pcapgo.Reader }

func openPcap(r io.Reader) (source, error) {
	old, err := pcapgo.NewReader(r)
	if err != nil {
		return nil, fmt.Errorf("pcap: %w", err)
	}
	return &pcap{r: old}, nil
}

func (p *pcap) next() (frame, error) {
	data, ci, err := p.r.ZeroCopyReadPacketData()
	if err != nil {
		return frame{}, err
	}
	return toFrame(data, ci, header.LinkType(p.r.LinkType()), 0), nil
}

type pcapng struct{ r *pcapgo.NgReader }

func openPcapng(r io.Reader) (source, error) {
	ng, err := pcapgo.NewNgReader(r, pcapgo.NgReaderOptions{WantMixedLinkType: true, SkipUnknownVersion: true})
	if err != nil {
		return nil, fmt.Errorf("pcapng: %w", err)
	}
	return &pcapng{r: ng}, nil
}

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
