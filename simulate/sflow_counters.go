package simulate

import "encoding/binary"

// SFlowCounters is a sample of an interface's counters: those of the interfaces
// group of MIB-II (RFC 2863), as generic interface counters (sFlow Version 5 §5.3,
// counter data format 1).
type SFlowCounters struct {
	Sequence uint32 // counter samples of this data source before this one
	Index    uint32 // ifIndex
	Speed    uint64 // bits per second
	In, Out  SFlowCounts
	Expanded bool // the form for ifIndex above 2^24 (format 4)
}

// SFlowCounts is one direction of an interface, since it was started.
type SFlowCounts struct {
	Bytes                              uint64
	Unicast, Multicast, Broadcast      uint32
	Discards, Errors, UnknownProtocols uint32 // unknown protocols: of the input alone
}

const (
	sflowGenericCounters = 1
	ifTypeEthernet       = 6
	fullDuplex           = 1
	upAndUp              = 3 // ifAdminStatus, ifOperStatus
)

func (c *SFlowCounters) append(dst []byte) []byte {
	format := uint32(sflowCounterSample)
	if c.Expanded {
		format = sflowExpandedCounters
	}
	dst, start := beginStructure(dst, format)
	dst = appendWords(dst, c.Sequence)
	if c.Expanded {
		dst = appendWords(dst, 0) // the class of data source: ifIndex
	}
	dst = appendWords(dst, c.Index, 1)
	dst = c.appendGeneric(dst)
	return endStructure(dst, start)
}

func (c *SFlowCounters) appendGeneric(dst []byte) []byte {
	be := binary.BigEndian
	dst, start := beginStructure(dst, sflowGenericCounters)
	dst = appendWords(dst, c.Index, ifTypeEthernet)
	dst = be.AppendUint64(dst, c.Speed)
	dst = appendWords(dst, fullDuplex, upAndUp)
	dst = be.AppendUint64(dst, c.In.Bytes)
	dst = appendWords(dst, c.In.Unicast, c.In.Multicast, c.In.Broadcast, c.In.Discards, c.In.Errors, c.In.UnknownProtocols)
	dst = be.AppendUint64(dst, c.Out.Bytes)
	dst = appendWords(dst, c.Out.Unicast, c.Out.Multicast, c.Out.Broadcast, c.Out.Discards, c.Out.Errors)
	return endStructure(appendWords(dst, 0), start) // not promiscuous
}
