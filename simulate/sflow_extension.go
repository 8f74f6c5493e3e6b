package simulate

import (
	"net/netip"
)

// SFlowExtension is a further record of a flow sample (sFlow Version 5 §5.3, flow
// data of the enterprise 0).
type SFlowExtension interface{ append(dst []byte) []byte }

// Formats of the extensions.
const (
	sflowSwitch  = 1001
	sflowRouter  = 1002
	sflowGateway = 1003
	sflowUser    = 1004
)

// SFlowSwitch is the extended switch data: VLANs and priorities.
type SFlowSwitch struct{ SrcVLAN, SrcPriority, DstVLAN, DstPriority uint32 }

func (s SFlowSwitch) append(dst []byte) []byte {
	dst, start := beginStructure(dst, sflowSwitch)
	return endStructure(appendWords(dst, s.SrcVLAN, s.SrcPriority, s.DstVLAN, s.DstPriority), start)
}

// SFlowRouter is the extended router data: the next hop and the lengths of the
// routes.
type SFlowRouter struct {
	NextHop          netip.Addr
	SrcMask, DstMask uint32
}

func (s SFlowRouter) append(dst []byte) []byte {
	dst, start := beginStructure(dst, sflowRouter)
	dst = appendSFlowAddress(dst, s.NextHop)
	return endStructure(appendWords(dst, s.SrcMask, s.DstMask), start)
}

// SFlowGateway is the extended gateway data: what BGP says.
type SFlowGateway struct {
	NextHop     netip.Addr
	AS          uint32 // of the router
	SrcAS       uint32
	SrcPeerAS   uint32
	Path        []uint32 // to the destination, as one sequence; the last is the destination's AS
	Communities []uint32
	LocalPref   uint32
}

const asSequence = 2 // as against a set

func (s SFlowGateway) append(dst []byte) []byte {
	dst, start := beginStructure(dst, sflowGateway)
	dst = appendSFlowAddress(dst, s.NextHop)
	dst = appendWords(dst, s.AS, s.SrcAS, s.SrcPeerAS)
	if len(s.Path) == 0 {
		dst = appendWords(dst, 0)
	} else {
		dst = appendWords(dst, 1, asSequence, uint32(len(s.Path)))
		dst = appendWords(dst, s.Path...)
	}
	dst = appendWords(dst, uint32(len(s.Communities)))
	dst = appendWords(dst, s.Communities...)
	return endStructure(appendWords(dst, s.LocalPref), start)
}

// SFlowUser is the extended user data: names of the two ends.
type SFlowUser struct{ Source, Destination string }

const utf8Charset = 106 // IANA MIBenum

func (s SFlowUser) append(dst []byte) []byte {
	dst, start := beginStructure(dst, sflowUser)
	for _, name := range []string{s.Source, s.Destination} {
		dst = appendWords(dst, utf8Charset, uint32(len(name)))
		dst = append(dst, name...)
		dst = appendZeros(dst, (4-len(name)%4)%4)
	}
	return endStructure(dst, start)
}

// SFlowRaw is a record of any content, for tests. Format is enterprise<<12 | number.
type SFlowRaw struct {
	Format  uint32
	Content []byte
}

func (s SFlowRaw) append(dst []byte) []byte {
	dst, start := beginStructure(dst, s.Format)
	return endStructure(append(dst, s.Content...), start)
}
