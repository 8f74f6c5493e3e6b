package ipfix

// column is where the value of an element goes: a column of flow.Batch, one that
// is kept aside until a later pass, or a part of an announcement.
type column uint8

const (
	nowhere column = iota
	srcAddr
	dstAddr
	nextHop
	octets
	packets
	inIf
	outIf
	srcAS
	dstAS
	srcPort
	dstPort
	proto
	flags
	tos
	srcMask
	dstMask
	forwarding
	direction
	app
	batchColumns // those before are columns of a batch

	start // ages at the time of export, until times makes them times
	end
	duration
	icmp
	icmpType
	icmpCode
	ipVersion
	fragment
	event
	frameSize
	frameType
	sampler
	interval
	packetInterval
	packetSpace
	sampleSize
	population
	probability
	revOctets
	revPackets
	revFlags
	revTOS
	revICMP
	revStart
	revEnd
	dataColumns // those before are read in data records

	ipSection // parts of a record that are looked into one by one
	linkSection
	basicList
	subTemplateList
	subTemplateMultiList

	templateID // of options records only
	domainID
	systemInit
	interfaceName
	interfaceDescription
	applicationName
	applicationDescription
	columnCount
)

// columns is a set of columns.
type columns uint64

func (s columns) has(c column) bool   { return s>>c&1 != 0 }
func (s columns) any(of columns) bool { return s&of != 0 }
func (s *columns) add(c column)       { *s |= 1 << c }
func set(members ...column) (s columns) {
	for _, c := range members {
		s.add(c)
	}
	return s
}

var (
	batch    = columns(1<<batchColumns - 2)
	inTwos   = set(srcAddr, octets, inIf, srcAS, srcPort, srcMask, start) // the column behind is its twin
	counters = set(octets, packets)
	reversed = set(revOctets, revPackets)
	inRecord = set(interval, packetInterval, packetSpace, sampleSize, population, probability)
	extras   = set(ipSection, linkSection, basicList, subTemplateList, subTemplateMultiList)
	sections = set(ipSection, linkSection)
	subLists = set(subTemplateList, subTemplateMultiList)
)
