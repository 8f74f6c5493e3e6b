package main

import (
	"bytes"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"

	"eagre/flow"
	"eagre/simulate"
)

// countingAgent is an sFlow agent with one interface whose counters are known. Its
// samples tell of 7,000 packets each ten seconds, and of a SYN flood when it is told so.
type countingAgent struct {
	address netip.Addr
	began   time.Time
	factor  func(minute int) float64 // counters ÷ what samples tell
	flood   int                      // the minute with a SYN flood of 14,000 packets a second; 0 is none

	sequence, samples, pool uint32
	counters                simulate.SFlowCounters
}

const (
	agentSampling = 1000
	agentPackets  = simulate.SFlowSamplesPerDatagram * agentSampling // of ten seconds
	agentLength   = 700                                              // of a packet, in bytes
)

var agentsNoon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

func newCountingAgent(address string, factor func(minute int) float64) *countingAgent {
	return &countingAgent{address: netip.MustParseAddr(address), began: agentsNoon, factor: factor}
}

// sent is a datagram at its time.
type sent struct {
	at   time.Time
	from netip.Addr
	data []byte
}

// day is what the agent sends in so many minutes, counters after every other datagram.
func (a *countingAgent) day(minutes int) (out []sent) {
	for tens := range 6 * minutes {
		at, minute := a.began.Add(time.Duration(tens)*10*time.Second), tens/6
		out = append(out, sent{at, a.address, a.sampled(at, a.record(minute))})
		a.move(agentPackets, a.factor(minute))
		if tens%2 == 1 {
			out = append(out, sent{at.Add(100 * time.Millisecond), a.address, a.counted(at)})
		}
		for n := 0; minute == a.flood && minute > 0 && n < 20; n++ {
			out = append(out, sent{at.Add(time.Duration(n) * 490 * time.Millisecond), a.address, a.sampled(at, a.syn(n))})
			a.move(agentPackets, a.factor(minute))
		}
	}
	return out
}

func (a *countingAgent) record(minute int) flow.Record {
	r := flow.Record{
		SrcAddr: netip.MustParseAddr("203.0.113.9"), DstAddr: netip.MustParseAddr("198.51.100.7"), Proto: 6, SrcPort: 443, DstPort: uint16(20_000 + minute),
		TCPFlags: 0x10, InIf: 1, OutIf: 2, Bytes: agentLength, SamplingRate: agentSampling,
	}
	if a.address.Is6() {
		r.SrcAddr, r.DstAddr = netip.MustParseAddr("2001:db8:9::9"), netip.MustParseAddr("2001:db8:1::7")
	}
	return r
}

// syn is a packet of a flood, from many sources.
func (a *countingAgent) syn(n int) flow.Record {
	r := a.record(0)
	r.SrcAddr = netip.AddrFrom4([4]byte{192, 88, byte(n >> 8), byte(n)})
	if a.address.Is6() {
		r.SrcAddr = netip.AddrFrom16([16]byte{0x20, 1, 0xd, 0xb8, 0, 9, 14: byte(n >> 8), 15: byte(n)})
	}
	r.DstPort, r.TCPFlags = 80, 0x02
	return r
}

func (a *countingAgent) sampled(at time.Time, r flow.Record) []byte {
	var all []simulate.SFlowSample
	for range simulate.SFlowSamplesPerDatagram {
		a.pool += agentSampling
		all = append(all, simulate.SFlowSample{Sequence: a.samples, Pool: a.pool, Record: r})
		a.samples++
	}
	return a.datagram(at, all)
}

func (a *countingAgent) counted(at time.Time) []byte {
	a.counters.Index, a.counters.Speed = 1, 10e9
	a.counters.Sequence++
	return a.datagram(at, nil, a.counters)
}

func (a *countingAgent) move(packets int, factor float64) {
	a.counters.In.Unicast += uint32(float64(packets) * factor)
	a.counters.In.Bytes += uint64(float64(packets*(agentLength+18)) * factor)
}

func (a *countingAgent) datagram(at time.Time, samples []simulate.SFlowSample, counters ...simulate.SFlowCounters) []byte {
	h := simulate.SFlowHeader{Agent: a.address, Sequence: a.sequence, Uptime: time.Hour + at.Sub(a.began)}
	a.sequence++
	return simulate.AppendSFlow(nil, h, samples, counters...)
}

// merged is everything that is sent, in the order of time.
func merged(days ...[]sent) []sent {
	all := slices.Concat(days...)
	slices.SortStableFunc(all, func(a, b sent) int { return a.at.Compare(b.at) })
	return all
}

// doubled tells of twice the packets for some minutes.
func doubled(minutes int) func(int) float64 {
	return func(minute int) float64 {
		if minute < minutes {
			return 2
		}
		return 1
	}
}

func honest(int) float64 { return 1 }

// pcapOf is a capture of what was sent, from IPv4 agents.
func pcapOf(t *testing.T, all []sent) string {
	t.Helper()
	var b bytes.Buffer
	w := pcapgo.NewWriter(&b)
	if err := w.WriteFileHeader(65535, layers.LinkTypeEthernet); err != nil {
		t.Fatal(err)
	}
	for _, s := range all {
		from := s.from.As4()
		frame := udpFrame(uint32(from[0])<<24|uint32(from[1])<<16|uint32(from[2])<<8|uint32(from[3]), 0xc0000232, 5000, 6343, 28+len(s.data))
		copy(frame[14+28:], s.data)
		if err := w.WritePacket(gopacket.CaptureInfo{Timestamp: s.at, CaptureLength: len(frame), Length: len(frame)}, frame); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(t.TempDir(), "agents.pcap")
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
