package ipfix

import (
	"encoding/binary"

	"eagre/flow"
	"eagre/ingest/header"
)

var be = binary.BigEndian

// scratch is the memory that a Message works in. It is allocated with its first
// record and used again for all others.
type scratch struct {
	*aside
	packed []byte  // records as gather leaves them
	found  []extra // and their fields to look into
	parsed header.Header
}

// rows are records of one template that are decoded together: n rows of a batch
// from one on, and the bytes in which they stand stride bytes apart.
type rows struct {
	b       *flow.Batch
	from, n int
	bytes   []byte
	stride  int
	at      *moment
}

// runAll runs all operations of a template.
func (m *Message) runAll(r *rows, ops []op) {
	for i := 0; i < len(ops); i++ {
		m.steps += r.n
		if ops[i].twin {
			m.steps += r.n
			runTwins(r, ops[i], ops[i+1])
			i++
			continue
		}
		m.run(r, ops[i])
	}
}

// run copies one field of all records into its column.
func (m *Message) run(r *rows, o op) {
	b, x, from, to := r.b, m.aside, r.from, r.from+r.n
	switch o.to {
	case srcAddr:
		addresses(b.SrcAddr[from:to], r, o)
	case dstAddr:
		addresses(b.DstAddr[from:to], r, o)
	case nextHop:
		addresses(b.NextHop[from:to], r, o)
	case octets:
		integers(m, b.Bytes[from:to], r, o)
	case packets:
		integers(m, b.Packets[from:to], r, o)
	case inIf:
		integers(m, b.InIf[from:to], r, o)
	case outIf:
		integers(m, b.OutIf[from:to], r, o)
	case srcAS:
		integers(m, b.SrcAS[from:to], r, o)
	case dstAS:
		integers(m, b.DstAS[from:to], r, o)
	case srcPort:
		integers(m, b.SrcPort[from:to], r, o)
	case dstPort:
		integers(m, b.DstPort[from:to], r, o)
	case proto:
		integers(m, b.Proto[from:to], r, o)
	case flags:
		integers(m, b.TCPFlags[from:to], r, o)
	case tos:
		integers(m, b.TOS[from:to], r, o)
	case srcMask:
		integers(m, b.SrcMask[from:to], r, o)
	case dstMask:
		integers(m, b.DstMask[from:to], r, o)
	case forwarding:
		integers(m, b.Forwarding[from:to], r, o)
	case direction:
		integers(m, b.Direction[from:to], r, o)
	case app:
		integers(m, b.App[from:to], r, o)
	case start:
		ages(b.Start[from:to], r, o)
	case end:
		ages(b.End[from:to], r, o)
	default:
		x.run(m, r, o)
	}
}

// number is what a column of numbers may consist of.
type number interface {
	~uint8 | ~uint16 | ~uint32 | ~uint64
}

// integers copies numbers, of any of the eight lengths, and cuts off high bits
// that the column has no room for.
func integers[T number](m *Message, dst []T, r *rows, o op) {
	if o.mode == replace && o.class == unsigned {
		load(dst, r.bytes[o.offset:], r.stride, int(o.length))
		return
	}
	words := m.words[:len(dst)]
	if o.class == label {
		for i := range words {
			words[i] = application(r.bytes[int(o.offset)+i*r.stride:][:o.length])
		}
	} else {
		load(words, r.bytes[o.offset:], r.stride, int(o.length))
	}
	shift := 0
	if o.class == dscp {
		shift = 2
	}
	for i, w := range words {
		switch v := T(w << shift); {
		case o.mode == replace, o.mode == ifZero && dst[i] == 0:
			dst[i] = v
		case o.mode == join:
			dst[i] |= v
		}
	}
}

// load reads big-endian numbers that stand stride bytes apart.
func load[T number](dst []T, from []byte, stride, length int) {
	at := 0
	switch length {
	case 1:
		for i := range dst {
			dst[i] = T(from[at])
			at += stride
		}
	case 2:
		for i := range dst {
			dst[i] = T(be.Uint16(from[at:]))
			at += stride
		}
	case 4:
		for i := range dst {
			dst[i] = T(be.Uint32(from[at:]))
			at += stride
		}
	case 8:
		for i := range dst {
			dst[i] = T(be.Uint64(from[at:]))
			at += stride
		}
	default:
		for i := range dst {
			dst[i] = T(integer(from[at:][:length]))
			at += stride
		}
	}
}

// addresses copies addresses of either family.
func addresses(dst []flow.IP, r *rows, o op) {
	from, at := r.bytes[o.offset:], 0
	if o.mode == ifZero {
		fillAddresses(dst, r, o)
		return
	}
	if o.class == ipv4 {
		for i := range dst {
			dst[i] = flow.V4(be.Uint32(from[at:]))
			at += r.stride
		}
		return
	}
	for i := range dst {
		dst[i] = flow.V6(from[at:])
		at += r.stride
	}
}

// fillAddresses fills in addresses where there is none but the unspecified one.
func fillAddresses(dst []flow.IP, r *rows, o op) {
	for i := range dst {
		if b := r.bytes[int(o.offset)+i*r.stride:]; unspecified(dst[i]) {
			if ip := address(b, o); !unspecified(ip) {
				dst[i] = ip
			}
		}
	}
}

// address reads one address of the family that the operation copies.
func address(b []byte, o op) flow.IP {
	if o.class == ipv4 {
		return flow.V4(be.Uint32(b))
	}
	return flow.V6(b)
}

func unspecified(ip flow.IP) bool { return ip.IsZero() || ip == flow.V4(0) }
