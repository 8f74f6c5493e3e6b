package simulate

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"net/netip"
	"time"

	"eagre/flow"
)

// Load is flows at a set rate, given to the routers as if they had just left their
// caches. It is for load: the packets behind so many flows would be too many to make.
// The routers share the rate equally.
type Load struct {
	PerSecond float64 // flow records (sFlow: samples), all routers together
	Hosts     int     // addresses that talk to each other, of each family
	IPv6      float64 // share of flows between IPv6 addresses
	// Long is the share of records that are pieces of long conversations, one each
	// active timeout; the rest are conversations of a few seconds.
	Long float64
}

// The limits of a Load.
const (
	MaxLoadRate  = 10e6
	MaxLoadHosts = 1 << 24
)

// DefaultLoad is 1000 flows a second between 1000 hosts.
func DefaultLoad() Load { return Load{PerSecond: 1000, Hosts: 1000} }

// Validate tells what is wrong with a load.
func (l Load) Validate() error {
	var errs []error
	if !(l.PerSecond > 0 && l.PerSecond <= MaxLoadRate) {
		errs = append(errs, fmt.Errorf("simulate: load: %v flows a second, want more than 0 and at most %.0f", l.PerSecond, MaxLoadRate))
	}
	if l.Hosts < 2 || l.Hosts > MaxLoadHosts {
		errs = append(errs, fmt.Errorf("simulate: load: %d hosts, want 2 to %d", l.Hosts, MaxLoadHosts))
	}
	if !(l.IPv6 >= 0 && l.IPv6 <= 1 && l.Long >= 0 && l.Long <= 1) {
		errs = append(errs, fmt.Errorf("simulate: load: shares of %v IPv6 and %v long flows, want 0 to 1", l.IPv6, l.Long))
	}
	return errors.Join(errs...)
}

// loadStep is the tick of a scenario that is a load and nothing else.
const loadStep = 2 * time.Millisecond

// loader is the part of a Load that one router exports.
type loader struct {
	Load
	router *router
	rand   *rand.Rand
	seed   uint64 // of conversations
	start  time.Time
	made   uint64 // records so far
	long   uint64 // of them pieces of long conversations
	batch  []flow.Record
}

// loadStreams are the random streams of loads, beside those of dice and faults.
const loadStreams = 1 << 34

func newLoader(l Load, r *router, c Config, i int) *loader {
	l.PerSecond /= float64(len(c.Routers))
	return &loader{
		Load: l, router: r, rand: rand.New(rand.NewPCG(c.Seed, loadStreams+uint64(i))),
		seed: c.Seed + uint64(i)<<48, start: c.Start,
	}
}

// maxBatch bounds the flows that are made at once.
const maxBatch = 1024

// send gives the router what it exports by the time until.
func (l *loader) send(until time.Time) {
	for due := uint64(l.PerSecond * until.Sub(l.start).Seconds()); l.made < due; {
		n := int(min(due-l.made, maxBatch))
		if cap(l.batch) < n {
			l.batch = make([]flow.Record, maxBatch)
		}
		l.batch = l.batch[:n]
		for i := range l.batch {
			l.fill(&l.batch[i], until)
		}
		l.router.load(l.batch)
	}
}

// fill makes the next record, of a flow that ended at now or, if it is long, goes on.
func (l *loader) fill(f *flow.Record, now time.Time) {
	l.made++
	if float64(l.long) < l.Long*float64(l.made) {
		l.piece(f, now)
		return
	}
	draw := l.rand.Uint64()
	l.converse(f, draw)
	f.Packets = 1 + draw>>32&15
	if draw>>36&63 == 0 { // some are large
		f.Packets *= 100
	}
	f.Bytes = f.Packets * (40 + draw>>42&1023)
	f.End = now
	f.Start = now.Add(-time.Duration(draw>>52) * time.Millisecond) // 4 s at most
	if f.Proto == protoTCP {
		f.TCPFlags = tcpSyn | tcpAck | tcpFin
	}
}

// piece is the next active timeout's worth of a conversation that does not end. There
// are as many of them as come by in one timeout.
func (l *loader) piece(f *flow.Record, now time.Time) {
	active := max(l.router.Active, time.Second)
	running := max(1, uint64(math.Round(l.PerSecond*l.Long*active.Seconds())))
	l.converse(f, mix(l.seed+l.long%running))
	l.long++
	f.Packets = uint64(active/time.Second) * 20
	f.Bytes = f.Packets * 1000
	f.Start, f.End = now.Add(-active), now
	if f.Proto == protoTCP {
		f.TCPFlags = tcpAck
	}
}

// services are what conversations of a load are about, by how common they are.
var services = [16]struct {
	proto uint8
	port  uint16
}{
	{protoTCP, 443},
	{protoTCP, 443},
	{protoTCP, 443},
	{protoTCP, 443},
	{protoTCP, 443},
	{protoTCP, 80},
	{protoTCP, 80},
	{protoUDP, 443},
	{protoUDP, 443},
	{protoUDP, 53},
	{protoUDP, 53},
	{protoUDP, 123},
	{protoTCP, 25},
	{protoTCP, 22},
	{protoTCP, 993},
	{protoUDP, 500},
}

// converse makes the key of a flow: the same for the same id.
func (l *loader) converse(f *flow.Record, id uint64) {
	a, b := mix(id), mix(id+1)
	service := services[a>>60]
	client, server := l.hosts(a, b)
	*f = flow.Record{SrcAddr: client, DstAddr: server, SrcPort: uint16(32768 + b>>48&0x3fff), DstPort: service.port, Proto: service.proto}
	if b>>63 == 0 { // the answer
		f.SrcAddr, f.DstAddr, f.SrcPort, f.DstPort = f.DstAddr, f.SrcAddr, f.DstPort, f.SrcPort
	}
	f.InIf = 1 + uint32(a>>56&7)
	f.OutIf = 1 + uint32(a>>56+1)&7
	f.SrcAS, f.DstAS, f.SrcMask, f.DstMask = asOf(f.SrcAddr), asOf(f.DstAddr), 24, 24
	f.Direction = flow.Ingress
}

// hosts are two different ones of one family.
func (l *loader) hosts(a, b uint64) (client, server netip.Addr) {
	const share = 1 << 20
	n := uint64(l.Hosts)
	i := a & 0xffffffff % n
	j := (i + 1 + b&0xffffffff%(n-1)) % n
	if float64(b>>32&(share-1)) < l.IPv6*share {
		return loadHost6(i), loadHost6(j)
	}
	return loadHost(i), loadHost(j)
}

func loadHost(n uint64) netip.Addr { return flow.V4(0x0a000000 + uint32(n)).Addr() }

// loadHost6 is in documentation space, 256 hosts to a /64.
func loadHost6(n uint64) netip.Addr { return flow.IP{Hi: 0x20010db8<<32 + n>>8, Lo: 1 + n&0xff}.Addr() }

// mix spreads a number over all bits (the finaliser of SplitMix64: Steele, Lea and
// Flood, "Fast Splittable Pseudorandom Number Generators", 2014).
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
