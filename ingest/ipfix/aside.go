package ipfix

// aside are columns that a batch does not have. Row 0 belongs to the first
// record of those that are decoded together.
type aside struct {
	words                                        [together]uint64
	sampler, event, interval, packets, space     [together]uint64
	size, population, duration, frame, frameType [together]uint64
	revOctets, revPackets                        [together]uint64
	probability                                  [together]float64
	revStart, revEnd                             [together]int64
	icmp, revICMP                                [together]uint16
	icmpType, icmpCode, version, fragment        [together]uint8
	revFlags, revTOS                             [together]uint8
	counted                                      [together]bool // some of it, in either direction
}

// run copies one field into a column that is kept aside.
func (x *aside) run(m *Message, r *rows, o op) {
	n := r.n
	switch o.to {
	case duration:
		x.durations(m, r, o)
	case icmp:
		integers(m, x.icmp[:n], r, o)
	case icmpType:
		integers(m, x.icmpType[:n], r, o)
	case icmpCode:
		integers(m, x.icmpCode[:n], r, o)
	case ipVersion:
		integers(m, x.version[:n], r, o)
	case fragment:
		integers(m, x.words[:n], r, op{to: o.to, class: o.class, length: o.length, offset: o.offset})
		for i, v := range x.words[:n] {
			x.fragment[i] = min(uint8(v|v>>8), 1)
		}
	case event:
		integers(m, x.event[:n], r, o)
	case frameSize:
		integers(m, x.frame[:n], r, o)
	case frameType:
		integers(m, x.frameType[:n], r, o)
	case revOctets:
		integers(m, x.revOctets[:n], r, o)
	case revPackets:
		integers(m, x.revPackets[:n], r, o)
	case revFlags:
		integers(m, x.revFlags[:n], r, o)
	case revTOS:
		integers(m, x.revTOS[:n], r, o)
	case revICMP:
		integers(m, x.revICMP[:n], r, o)
	case revStart:
		ages(x.revStart[:n], r, o)
	case revEnd:
		ages(x.revEnd[:n], r, o)
	default:
		x.sample(m, r, o)
	}
}

// sample copies one field that tells of sampling.
func (x *aside) sample(m *Message, r *rows, o op) {
	n := r.n
	switch o.to {
	case sampler:
		integers(m, x.sampler[:n], r, o)
	case interval:
		integers(m, x.interval[:n], r, o)
	case packetInterval:
		integers(m, x.packets[:n], r, o)
	case packetSpace:
		integers(m, x.space[:n], r, o)
	case sampleSize:
		integers(m, x.size[:n], r, o)
	case population:
		integers(m, x.population[:n], r, o)
	case probability:
		for i := range n {
			x.probability[i] = decimal(r.bytes[int(o.offset)+i*r.stride:][:o.length])
		}
	}
}
