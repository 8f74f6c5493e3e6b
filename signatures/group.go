package signatures

import (
	"eagre/flow"
)

// Field is a part of a flow by which flows are grouped, or whose different values
// are counted.
type Field uint8

// The fields.
const (
	SrcAddr Field = iota
	DstAddr
	SrcPort
	DstPort
	Proto
)

var fieldWords = []string{"src_addr", "dst_addr", "src_port", "dst_port", "proto"}

func (f Field) String() string { return fieldWords[min(int(f), len(fieldWords)-1)] }

// MaxGroupFields is how many fields a rule may group by.
const MaxGroupFields = 3

// Group is what the flows of one group have in common: the fields of the rule's
// group-by, the others zero. It is comparable and may be a map's key.
type Group struct {
	Src, Dst         flow.IP
	SrcPort, DstPort uint16
	Proto            uint8
}

// Group is the group that one flow of a batch belongs to. It does not allocate.
func (r *Rule) Group(b *flow.Batch, row int) Group {
	var g Group
	for _, field := range r.GroupBy {
		switch field {
		case SrcAddr:
			g.Src = b.SrcAddr[row]
		case DstAddr:
			g.Dst = b.DstAddr[row]
		case SrcPort:
			g.SrcPort = b.SrcPort[row]
		case DstPort:
			g.DstPort = b.DstPort[row]
		case Proto:
			g.Proto = b.Proto[row]
		}
	}
	return g
}

// elementSeed keeps element hashes apart from the hashes that choose partitions.
const elementSeed = 0x5349474e41545552

// element is a 64-bit hash of the field's value in one flow: the same on every
// machine, and well mixed, as a distinct counter wants it.
func (f Field) element(b *flow.Batch, row int) uint64 {
	switch f {
	case SrcAddr:
		return b.SrcAddr[row].Hash(elementSeed)
	case DstAddr:
		return b.DstAddr[row].Hash(elementSeed)
	case SrcPort:
		return hashNumber(uint64(b.SrcPort[row]))
	case DstPort:
		return hashNumber(uint64(b.DstPort[row]))
	}
	return hashNumber(uint64(b.Proto[row]))
}

// hashNumber mixes a small number into all 64 bits (the finaliser of
// SplitMix64: Steele, Lea, Flood, OOPSLA 2014). It is one to one.
func hashNumber(v uint64) uint64 {
	v += elementSeed
	v = (v ^ v>>30) * 0xbf58476d1ce4e5b9
	v = (v ^ v>>27) * 0x94d049bb133111eb
	return v ^ v>>31
}
