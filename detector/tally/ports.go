package tally

import "unsafe"

// ports counts by protocol and port. There are no more than 65,536 of each, so
// they need no keys: a page holds the cells of 1024 neighbouring ports, and one
// flow touches one cell.
type ports struct {
	memory  *memory
	sets    map[portSet]*portPages
	pages   int         // in all sets
	free    []*portPage // cut from rooms, to be used
	observe uint32
	last    [256]*portPages // by protocol, of the observer seen last
}

type portSet struct {
	observer uint32
	proto    uint8
}

type portPages [1 << 16 / portsPerPage]*portPage

const portsPerPage = 1024

type portPage [portsPerPage][2]portCell // by port and parity of the tick

// portCell is what one port moved in one tick: packets and bytes in 1/256, and the
// variance of the packets.
type portCell struct{ Packets, Bytes, Variance uint64 }

// maxPortPages bounds the pages of one partition: 48 MiB.
const maxPortPages = 1024

// cells finds the cells of a port, by parity of the tick, and makes its page if
// need be; nil when the bound is reached.
func (p *ports) cells(observer uint32, proto uint8, port uint16) *[2]portCell {
	if p.observe != observer {
		p.observe, p.last = observer, [256]*portPages{}
	}
	pages := p.last[proto]
	if pages == nil {
		if pages = p.set(portSet{observer, proto}); pages == nil {
			return nil
		}
		p.last[proto] = pages
	}
	at := &pages[port/portsPerPage]
	if *at == nil {
		if p.pages >= maxPortPages {
			return nil
		}
		*at = p.take()
	}
	return &(*at)[port%portsPerPage]
}

// take cuts a page from a room.
func (p *ports) take() *portPage {
	if len(p.free) == 0 {
		pages := room[portPage](p.memory, largePage/int(unsafe.Sizeof(portPage{})))
		for i := range pages {
			p.free = append(p.free, &pages[i])
		}
	}
	last := len(p.free) - 1
	page := p.free[last]
	p.free = p.free[:last]
	p.pages++
	return page
}

// set finds or makes the pages of a protocol; nil when there is no room for a first
// one, so that there are no more sets than pages.
func (p *ports) set(k portSet) *portPages {
	pages := p.sets[k]
	if pages != nil || p.pages >= maxPortPages {
		return pages
	}
	if p.sets == nil {
		p.sets = map[portSet]*portPages{}
	}
	pages = new(portPages)
	p.sets[k] = pages
	return pages
}

// countPort counts a flow for its service.
func (c *Counter) countPort(r *row) {
	if r.port == nil {
		c.partial.KeysRefused++
		return
	}
	if r.oneTick {
		r.port[r.tick&1].add(&r.sum)
		return
	}
	r.port[0].add(&r.parts[0])
	r.port[1].add(&r.parts[1])
}

func (c *portCell) add(s *Sum) {
	c.Packets = addSaturating(c.Packets, s.Packets)
	c.Bytes = addSaturating(c.Bytes, s.Bytes)
	c.Variance = addSaturating(c.Variance, s.Variance)
}

func (c *portCell) sum() Sum { return Sum{Packets: c.Packets, Bytes: c.Bytes, Variance: c.Variance} }

func (k portSet) key(port uint16) Key {
	return Key{Kind: Port, Observer: k.observer, Bits: k.proto, DstPort: port}
}

// each visits the ports that moved anything, in no order.
func (p *ports) each(visit func(k Key, ticks *[2]Sum)) {
	for k, pages := range p.sets {
		for at, page := range pages {
			if page != nil {
				page.each(k, uint16(at*portsPerPage), visit)
			}
		}
	}
}

func (p *portPage) each(k portSet, first uint16, visit func(k Key, ticks *[2]Sum)) {
	for i := range p {
		if p[i] != [2]portCell{} {
			visit(k.key(first+uint16(i)), &[2]Sum{p[i][0].sum(), p[i][1].sum()})
		}
	}
}

// settle forgets one tick, and the pages that hold nothing any more. The sums
// of a port are told when they were moved within the tick.
func (p *ports) settle(tick int64, tell func(KeySum)) {
	for k, pages := range p.sets {
		for at, page := range pages {
			if page != nil && !page.settle(k, uint16(at*portsPerPage), tick, tell) {
				pages[at] = nil // all its cells are zero
				p.free = append(p.free, page)
				p.pages--
			}
		}
		if *pages == (portPages{}) {
			delete(p.sets, k)
		}
	}
	p.last = [256]*portPages{}
}

// settle tells whether the page still holds something in the other tick.
func (p *portPage) settle(k portSet, first uint16, tick int64, tell func(KeySum)) (holds bool) {
	for i := range p {
		cell := &p[i][tick&1]
		if cell.Packets != 0 {
			tell(KeySum{Key: k.key(first + uint16(i)), Sum: cell.sum()})
		}
		*cell = portCell{}
		holds = holds || p[i][(tick+1)&1] != portCell{}
	}
	return holds
}
