package flow

import (
	"time"
)

// MaxRows is how many flows a batch may hold: one message on the stream.
const MaxRows = 1024

// StepLength is the receive time that one step covers. Steps are numbered from
// the Unix epoch and are the unit in which the detector judges.
const StepLength = 100 * time.Millisecond

// StepOf is the step in which something received at t falls.
func StepOf(t time.Time) int64 { return t.UnixMilli() / StepLength.Milliseconds() }

// StepStart is the first instant of a step.
func StepStart(step int64) time.Time {
	return time.UnixMilli(step * StepLength.Milliseconds()).UTC()
}

// Batch is up to MaxRows flows of one partition and one step as columns. Row i
// of every column belongs to the same flow; rows at and above N hold rubbish
// from earlier use, so whoever adds a row sets all columns of it (or calls Clear).
//
// A batch is owned by one goroutine at a time and reused: Reset, fill, hand on.
// Times are Unix milliseconds, which is the resolution of the protocols.
type Batch struct {
	N int // rows in use

	Partition uint16
	Step      int64
	// Complete says that with this batch the partition has delivered all it
	// will ever deliver for steps up to and including Step.
	Complete bool

	Exporter                  []IP
	SrcAddr, DstAddr, NextHop []IP
	Start, End                []int64 // Unix milliseconds
	Bytes, Packets            []uint64
	Domain                    []uint32
	InIf, OutIf               []uint32
	SrcAS, DstAS              []uint32
	SamplingRate              []uint32
	SrcPort, DstPort          []uint16
	Proto, TCPFlags, TOS      []uint8
	SrcMask, DstMask          []uint8
	Forwarding                []uint8
	Direction                 []Direction
	App                       []uint64
	RTT                       []uint32
	Version                   []Version
	Sampling                  []Sampling
	Quality                   []Quality
}

// NewBatch allocates a batch with room for MaxRows rows.
func NewBatch() *Batch {
	ips, times, words := newSlab[IP](4), newSlab[int64](2), newSlab[uint64](3)
	halves, quarters, octets := newSlab[uint32](7), newSlab[uint16](2), newSlab[uint8](6)
	return &Batch{
		Exporter: ips.cut(), SrcAddr: ips.cut(), DstAddr: ips.cut(), NextHop: ips.cut(),
		Start: times.cut(), End: times.cut(),
		Bytes: words.cut(), Packets: words.cut(), App: words.cut(),
		Domain: halves.cut(), InIf: halves.cut(), OutIf: halves.cut(), SrcAS: halves.cut(), DstAS: halves.cut(),
		SamplingRate: halves.cut(), RTT: halves.cut(),
		SrcPort: quarters.cut(), DstPort: quarters.cut(),
		Proto: octets.cut(), TCPFlags: octets.cut(), TOS: octets.cut(),
		SrcMask: octets.cut(), DstMask: octets.cut(), Forwarding: octets.cut(),
		Direction: newSlab[Direction](1).cut(), Version: newSlab[Version](1).cut(),
		Sampling: newSlab[Sampling](1).cut(), Quality: newSlab[Quality](1).cut(),
	}
}

// slab is memory from which columns of one type are cut.
type slab[T any] struct{ left []T }

// slabGap is how many elements lie unused between two columns. A row is written
// into all columns at once, and of memory whose addresses end alike a cache keeps
// only a few lines: without the gap columns of 1024 elements would drive each other
// out. It is at least one line, whatever the type.
const slabGap = 64

func newSlab[T any](columns int) *slab[T] {
	return &slab[T]{make([]T, columns*(MaxRows+slabGap))}
}

func (s *slab[T]) cut() []T {
	column := s.left[:MaxRows:MaxRows]
	s.left = s.left[MaxRows+slabGap:]
	return column
}

// Reset empties the batch and gives it to a partition and step.
func (b *Batch) Reset(partition uint16, step int64) {
	b.N, b.Partition, b.Step, b.Complete = 0, partition, step, false
}

// Room is how many more rows fit.
func (b *Batch) Room() int { return MaxRows - b.N }

// Clear sets every column of row i to zero.
func (b *Batch) Clear(i int) {
	b.Exporter[i], b.SrcAddr[i], b.DstAddr[i], b.NextHop[i] = IP{}, IP{}, IP{}, IP{}
	b.Start[i], b.End[i], b.Bytes[i], b.Packets[i] = 0, 0, 0, 0
	b.Domain[i], b.InIf[i], b.OutIf[i], b.SrcAS[i], b.DstAS[i], b.SamplingRate[i] = 0, 0, 0, 0, 0, 0
	b.SrcPort[i], b.DstPort[i] = 0, 0
	b.Proto[i], b.TCPFlags[i], b.TOS[i], b.SrcMask[i], b.DstMask[i] = 0, 0, 0, 0, 0
	b.Forwarding[i], b.Direction[i], b.App[i], b.RTT[i] = 0, 0, 0, 0
	b.Version[i], b.Sampling[i], b.Quality[i] = 0, 0, 0
}

// Append adds a record; it panics when there is no room, as append to a full
// batch is a mistake of the caller.
func (b *Batch) Append(r Record) {
	i := b.N
	b.Exporter[i], b.Domain[i], b.Version[i] = FromAddr(r.Exporter), r.Domain, r.Version
	b.SrcAddr[i], b.DstAddr[i], b.NextHop[i] = FromAddr(r.SrcAddr), FromAddr(r.DstAddr), FromAddr(r.NextHop)
	b.SrcPort[i], b.DstPort[i] = r.SrcPort, r.DstPort
	b.Proto[i], b.TCPFlags[i], b.TOS[i] = r.Proto, r.TCPFlags, r.TOS
	b.SrcMask[i], b.DstMask[i] = r.SrcMask, r.DstMask
	b.SrcAS[i], b.DstAS[i], b.InIf[i], b.OutIf[i] = r.SrcAS, r.DstAS, r.InIf, r.OutIf
	b.Start[i], b.End[i] = r.Start.UnixMilli(), r.End.UnixMilli()
	b.Bytes[i], b.Packets[i] = r.Bytes, r.Packets
	b.Forwarding[i], b.Direction[i], b.App[i], b.RTT[i] = r.Forwarding, r.Direction, r.App, r.RTT
	b.SamplingRate[i], b.Sampling[i], b.Quality[i] = r.SamplingRate, r.Sampling, r.Quality
	b.N++
}

// Record is row i as a value.
func (b *Batch) Record(i int) Record {
	return Record{
		Exporter: b.Exporter[i].Addr(), Domain: b.Domain[i], Version: b.Version[i],
		SrcAddr: b.SrcAddr[i].Addr(), DstAddr: b.DstAddr[i].Addr(), NextHop: b.NextHop[i].Addr(),
		SrcPort: b.SrcPort[i], DstPort: b.DstPort[i],
		Proto: b.Proto[i], TCPFlags: b.TCPFlags[i], TOS: b.TOS[i],
		SrcMask: b.SrcMask[i], DstMask: b.DstMask[i],
		SrcAS: b.SrcAS[i], DstAS: b.DstAS[i], InIf: b.InIf[i], OutIf: b.OutIf[i],
		Start: time.UnixMilli(b.Start[i]).UTC(), End: time.UnixMilli(b.End[i]).UTC(),
		Bytes: b.Bytes[i], Packets: b.Packets[i],
		Forwarding: b.Forwarding[i], Direction: b.Direction[i], App: b.App[i], RTT: b.RTT[i],
		SamplingRate: b.SamplingRate[i], Sampling: b.Sampling[i], Quality: b.Quality[i],
	}
}
