package traceback

import (
	"math"
	"math/bits"

	"eagre/anomaly"
	"eagre/flow"
)

// The fields of a fingerprint.
const (
	fieldProtocol = iota
	fieldSrcPort
	fieldDstPort
	fieldSize
	fieldFlags
	fieldCount
)

// fields is what a row says for each field. Bit f of has is set where the row
// has the field at all: ICMP has no ports, only TCP has flags.
type fields struct {
	value [fieldCount]uint32
	has   uint8
}

func fieldsOf(b *flow.Batch, i int) fields {
	f := fields{has: 1<<fieldProtocol | 1<<fieldSize}
	f.value[fieldProtocol] = uint32(b.Proto[i])
	f.value[fieldSize] = packetSize(b.Bytes[i], b.Packets[i])
	if hasPorts(b, i) {
		f.has |= 1<<fieldSrcPort | 1<<fieldDstPort
		f.value[fieldSrcPort], f.value[fieldDstPort] = uint32(b.SrcPort[i]), uint32(b.DstPort[i])
	}
	if b.Proto[i] == protoTCP {
		f.has |= 1 << fieldFlags
		f.value[fieldFlags] = uint32(b.TCPFlags[i])
	}
	return f
}

// packetSize is bytes per packet, rounded where it does not divide.
func packetSize(bytes, packets uint64) uint32 {
	if packets == 0 {
		return 0
	}
	size := bytes / packets
	if rest := bytes % packets; rest >= packets-rest {
		size++
	}
	return uint32(min(size, math.MaxUint32))
}

// vote finds the value that holds more than half of a weight, if there is one,
// in constant space and whatever the order: each of its bits then holds more
// than half of the weight too. Whether it truly does is counted afterwards.
type vote struct {
	weight uint64
	ones   [32]uint64 // weight of the values in which the bit is set
}

func (v *vote) add(value uint32, weight uint64) {
	v.weight = plus(v.weight, weight)
	for ; value != 0; value &= value - 1 {
		n := bits.TrailingZeros32(value)
		v.ones[n] = plus(v.ones[n], weight)
	}
}

func (v *vote) merge(o *vote) {
	v.weight = plus(v.weight, o.weight)
	for i := range v.ones {
		v.ones[i] = plus(v.ones[i], o.ones[i])
	}
}

// candidate is the value that alone may hold the majority.
func (v *vote) candidate() uint32 {
	var value uint32
	for i, ones := range v.ones {
		if ones > v.weight-ones {
			value |= 1 << i
		}
	}
	return value
}

// votes is one vote a field.
type votes [fieldCount]vote

func (v *votes) add(f fields, packets uint64) {
	for i := range v {
		if f.has>>i&1 == 1 {
			v[i].add(f.value[i], packets)
		}
	}
}

func (v *votes) merge(o *votes) {
	for i := range v {
		v[i].merge(&o[i])
	}
}

// verdict counts the candidates of all fields together: one cell for each
// combination of fields that a packet may agree with.
type verdict struct {
	candidate [fieldCount]uint32
	possible  uint8
	packets   [1 << fieldCount]uint64
}

func newVerdict(v *votes) verdict {
	var d verdict
	for i := range v {
		d.candidate[i] = v[i].candidate()
		if v[i].weight > 0 {
			d.possible |= 1 << i
		}
	}
	return d
}

func (d *verdict) add(f fields, packets uint64) {
	var agrees uint8
	for i, c := range d.candidate {
		if f.has>>i&1 == 1 && f.value[i] == c {
			agrees |= 1 << i
		}
	}
	d.packets[agrees] = plus(d.packets[agrees], packets)
}

// holding is the packets that agree with all the given fields.
func (d *verdict) holding(all uint8) uint64 {
	var sum uint64
	for agrees, packets := range d.packets {
		if uint8(agrees)&all == all {
			sum = plus(sum, packets)
		}
	}
	return sum
}

// fingerprint sets every field of which one value holds at least 60 % of the
// packets. With no field set, or no packets, the share is 0.
func (d *verdict) fingerprint() anomaly.Fingerprint {
	total := d.holding(0)
	var set uint8
	for i := range fieldCount {
		if bit := uint8(1) << i; d.possible&bit != 0 && total > 0 && d.holding(bit) >= threeFifths(total) {
			set |= bit
		}
	}
	var f anomaly.Fingerprint
	if set == 0 {
		return f
	}
	f.Protocol = chosen[uint8](d, set, fieldProtocol)
	f.SrcPort, f.DstPort = chosen[uint16](d, set, fieldSrcPort), chosen[uint16](d, set, fieldDstPort)
	f.PacketSize = chosen[uint32](d, set, fieldSize)
	f.TCPFlags = chosen[uint8](d, set, fieldFlags)
	f.Share = float64(d.holding(set)) / float64(total)
	return f
}

func chosen[T uint8 | uint16 | uint32](d *verdict, set uint8, field int) *T {
	if set>>field&1 == 0 {
		return nil
	}
	v := T(d.candidate[field])
	return &v
}

// threeFifths is 60 % of n, rounded up.
func threeFifths(n uint64) uint64 { return n/5*3 + (n%5*3+4)/5 }
