package simulate

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/gopacket/gopacket/pcapgo"

	"eagre/anomaly"
	"eagre/flow"
	"eagre/network"
)

// heard is what one router exported about something, scaled back.
type heard map[interfaceOf]uint64

type interfaceOf struct {
	router int
	in     uint32
}

// listen runs the demo and sums the packets of the records that match.
func listenTo(t *testing.T, s *Scenario, until time.Duration, match func(flow.Record) bool) heard {
	t.Helper()
	out := heard{}
	s.Advance(t0.Add(until), func(d Datagram) {
		for _, r := range recordsOf(t, s, d) {
			if match(r) {
				out[interfaceOf{d.Router, r.InIf}] += r.Packets * uint64(max(1, r.SamplingRate))
			}
		}
	})
	return out
}

func recordsOf(t *testing.T, s *Scenario, d Datagram) []flow.Record {
	t.Helper()
	if s.Routers()[d.Router].Format == flow.NetFlowV5 {
		read := readV5(t, d.Payload)
		for i := range read.records {
			read.records[i].SamplingRate = uint32(read.header.SamplingInterval)
		}
		return read.records
	}
	var out []flow.Record
	for _, sample := range readSFlow(t, d.Payload).samples {
		sample.Record.Packets = 1
		out = append(out, sample.Record)
	}
	return out
}

// near tells whether a sampled number is within a few percent of what was sent.
func near(got uint64, want float64) bool {
	return float64(got) > .93*want && float64(got) < 1.07*want
}

func TestTheDemoIsAtFirstSlammerFromInsideThenASYNFloodFromOutside(t *testing.T) {
	s := Demo(t0, 1)
	slammer := func(r flow.Record) bool {
		return r.Proto == protoUDP && r.DstPort == 1434 && r.Bytes == 404*r.Packets
	}
	syn := func(r flow.Record) bool { return r.DstAddr == webServer && r.TCPFlags == tcpSyn && r.DstPort == 443 }
	early := listenTo(t, s, 14*time.Second, func(r flow.Record) bool { return slammer(r) || syn(r) && r.Packets > 10 })
	if len(early) != 0 {
		t.Errorf("before the first attack: %v", early)
	}
	worm, flood := heard{}, heard{}
	s.Advance(t0.Add(80*time.Second), func(d Datagram) {
		for _, r := range recordsOf(t, s, d) {
			at := interfaceOf{d.Router, r.InIf}
			switch n := r.Packets * uint64(max(1, r.SamplingRate)); {
			case slammer(r):
				worm[at] += n
			case syn(r):
				flood[at] += n
			}
		}
	})
	const wormSent, floodSent = 6000. * 40, 20_000. * 40
	for at, want := range map[interfaceOf]float64{{edge2, toCampus}: wormSent, {core1, toEdge2}: wormSent, {edge1, toCore}: wormSent} {
		if !near(worm[at], want) {
			t.Errorf("slammer at %+v: %d packets, want about %.0f", at, worm[at], want)
		}
	}
	for at, want := range map[interfaceOf]float64{
		{edge1, transitA}: .7 * floodSent, {edge2, peering}: .3 * floodSent,
		{core1, toEdge1}: .7 * floodSent, {edge2, toCore}: .7 * floodSent,
	} {
		if !near(flood[at], want) {
			t.Errorf("SYN flood at %+v: %d packets, want about %.0f", at, flood[at], want)
		}
	}
}

func TestTheTruthOfTheDemoNamesVictimsSourcesAndEntries(t *testing.T) {
	truth := Demo(t0, 1).Truth(t0.Add(6 * time.Minute))
	var got []string
	for _, a := range truth {
		got = append(got, string(a.Class)+"/"+a.Subclass)
	}
	want := []string{
		"signature/slammer", "misuse/syn-flood", "misuse/udp-flood", "misuse/icmp-flood", "misuse/dns-amplification",
		"signature/slammer", "misuse/syn-flood",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("attacks (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]TrueEntry{{addr("127.0.0.11"), 1, .7}, {addr("127.0.0.12"), 1, .3}}, truth[1].Entries, compareAddr); diff != "" {
		t.Errorf("entries of the SYN flood (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]TrueEntry{{addr("127.0.0.12"), toCampus, 1}}, truth[0].Entries, compareAddr); diff != "" {
		t.Errorf("entries of Slammer (-want +got):\n%s", diff)
	}
	for i, a := range truth {
		if a.Victim.IsValid() == a.Source.IsValid() || !a.Start.Before(a.End) {
			t.Errorf("attack %d: victim %v, source %v, from %v to %v", i, a.Victim, a.Source, a.Start, a.End)
		}
		if i > 1 && a.Start.Before(truth[i-1].End) {
			t.Errorf("attack %d begins before the one before it ended", i)
		}
	}
	if truth[0].Class != anomaly.Signature || truth[0].Start != t0.Add(15*time.Second) || truth[1].End != t0.Add(70*time.Second) {
		t.Errorf("first %+v, second %+v", truth[0], truth[1])
	}
}

func TestTheDemoIsLightEnoughForALaptop(t *testing.T) {
	s := Demo(t0, 3)
	var records uint64
	for i := range 48 {
		s.Advance(t0.Add(time.Duration(i+1)*5*time.Second), func(Datagram) {})
		var now uint64
		for r := range s.Routers() {
			now += s.Counters(r).Records
		}
		if perSecond := (now - records) / 5; perSecond > 3000 {
			t.Errorf("%d flows a second around second %d, want at most 3000", perSecond, 5*i)
		}
		records = now
	}
}

func TestDNSReflectorsAreManyAndTheirAnswersLarge(t *testing.T) {
	s := Demo(t0, 1)
	reflectors := map[netip.Addr]bool{}
	attack := s.Truth(t0.Add(5 * time.Minute))[4]
	s.Advance(attack.Start, func(Datagram) {})
	s.Advance(attack.End, func(d Datagram) {
		for _, r := range recordsOf(t, s, d) {
			if r.SrcPort == 53 && r.DstAddr == attack.Victim.Addr() {
				reflectors[r.SrcAddr] = true
				if r.Bytes < 1200*r.Packets {
					t.Fatalf("an answer of %d bytes", r.Bytes/r.Packets)
				}
			}
		}
	})
	if len(reflectors) < 150 {
		t.Errorf("%d reflectors, want at least 150", len(reflectors))
	}
}

func TestTheFlashCrowdIsAnsweredAndEnds(t *testing.T) {
	s := Demo(t0, 1)
	var in, out, fins uint64
	s.Advance(t0.Add(80*time.Second), func(d Datagram) {
		for _, r := range recordsOf(t, s, d) {
			switch {
			case d.Router == edge1 && r.DstAddr == campusHost(80):
				in += r.Packets
			case d.Router == edge1 && r.SrcAddr == campusHost(80):
				out += r.Packets
				fins += uint64(r.TCPFlags & tcpFin)
			}
		}
	})
	if in == 0 || out < in || fins == 0 {
		t.Errorf("%d packets in, %d out, %d ends: want an honest conversation", in, out, fins)
	}
}

func TestTheDemoNetworkIsAValidMapOfItsRouters(t *testing.T) {
	c := DemoNetwork()
	if _, err := network.New(c); err != nil {
		t.Fatal(err)
	}
	s := Demo(t0, 1)
	declared := map[interfaceOf]bool{}
	for i, e := range c.Exporters {
		for _, one := range e.Interfaces {
			declared[interfaceOf{i, one.Index}] = true
		}
	}
	s.Advance(t0.Add(40*time.Second), func(d Datagram) {
		for _, r := range recordsOf(t, s, d) {
			if !declared[interfaceOf{d.Router, r.InIf}] || !declared[interfaceOf{d.Router, r.OutIf}] {
				t.Fatalf("router %d: flow from %d to %d, not on the map", d.Router, r.InIf, r.OutIf)
			}
		}
	})
}

func TestACaptureHoldsEveryDatagram(t *testing.T) {
	var want []Datagram
	s := Demo(t0, 5)
	keep := func(d Datagram) {
		d.Payload = bytes.Clone(d.Payload)
		want = append(want, d)
	}
	s.Advance(t0.Add(10*time.Second), keep)
	s.Finish(keep)
	var file bytes.Buffer
	again := Demo(t0, 5)
	if err := PCAP(&file, again, DefaultTargets(), t0.Add(10*time.Second)); err != nil {
		t.Fatal(err)
	}
	reader, err := pcapgo.NewReader(&file)
	if err != nil {
		t.Fatal(err)
	}
	for i, d := range want {
		frame, info, err := reader.ReadPacketData()
		if err != nil {
			t.Fatalf("packet %d: %v", i, err)
		}
		var packet flow.Record
		readFrame(t, frame, &packet)
		router := s.Routers()[d.Router]
		if !info.Timestamp.Equal(d.At) || packet.SrcAddr != router.Exporter.Address || packet.DstPort != DefaultTargets().of(router).Port() ||
			!bytes.Equal(frame[14+20+8:], d.Payload) {
			t.Fatalf("packet %d at %v from %v to port %d, want %v from %v", i, info.Timestamp, packet.SrcAddr, packet.DstPort, d.At, router.Exporter.Address)
		}
	}
	if _, _, err := reader.ReadPacketData(); !errors.Is(err, io.EOF) {
		t.Errorf("after the last datagram: %v, want the end", err)
	}
}

type full struct{ left int }

func (f *full) Write(b []byte) (int, error) {
	if f.left -= len(b); f.left < 0 {
		return 0, errors.New("disk full")
	}
	return len(b), nil
}

func TestACaptureThatCannotBeWrittenSaysHowFarItCame(t *testing.T) {
	for left, want := range map[int]string{10: "simulate: pcap: header: disk full", 3000: "simulate: pcap: after"} {
		err := PCAP(&full{left}, Demo(t0, 5), DefaultTargets(), t0.Add(20*time.Second))
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

func TestNothingIsSentBeyondLoopback(t *testing.T) {
	for _, to := range []string{"192.0.2.1:2055", "[2001:db8::1]:2055", "0.0.0.0:2055", "127.0.0.1:0"} {
		targets := DefaultTargets()
		targets.NetFlow = netip.MustParseAddrPort(to)
		if _, err := Open(Demo(t0, 1), targets); err == nil {
			t.Errorf("would send to %s", to)
		}
	}
	if err := DefaultTargets().Validate(); err != nil {
		t.Error(err)
	}
}

// collector is a UDP socket on loopback.
func collector(t *testing.T) (*net.UDPConn, netip.AddrPort) {
	t.Helper()
	c, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.MustParseAddrPort("127.0.0.1:0")))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c, c.LocalAddr().(*net.UDPAddr).AddrPort()
}

func TestAPlayerSendsEachRoutersDatagramsFromItsOwnAddress(t *testing.T) {
	netflow, netflowAt := collector(t)
	sflow, sflowAt := collector(t)
	p, err := Open(Demo(t0, 1), Targets{NetFlow: netflowAt, SFlow: sflowAt})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ticks, ended := make(chan time.Time), make(chan error)
	now := t0
	go func() { ended <- p.run(ctx, ticks, func() time.Time { return now }) }()
	now = t0.Add(3 * time.Second)
	ticks <- now
	own := len(p.Warnings()) == 0
	for socket, version := range map[*net.UDPConn]byte{netflow: 5, sflow: 0} {
		socket.SetReadDeadline(time.Now().Add(10 * time.Second))
		b := make([]byte, 2000)
		_, from, err := socket.ReadFromUDPAddrPort(b)
		if err != nil {
			t.Fatal(err)
		}
		if b[1] != version {
			t.Errorf("a datagram that begins with %x", b[:4])
		}
		if address := from.Addr().Unmap(); own && address == netflowAt.Addr() {
			t.Errorf("sent from the collector's own address %v", address)
		}
	}
	stop()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("ended with %v, want the context's end", err)
	}
	if p.Failed() != 0 {
		t.Errorf("%d datagrams were refused", p.Failed())
	}
}

func TestARouterThatCannotBindItsAddressSendsFromTheTargetsAndSaysSo(t *testing.T) {
	_, at := collector(t)
	router := Router{Exporter: network.Exporter{Name: "far", Address: addr("192.0.2.7")}, Format: flow.SFlowV5}
	s, err := New(Config{Start: t0, Routers: []Router{router}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	var warnings []string
	err = Play(ctx, s, Targets{NetFlow: at, SFlow: at}, func() time.Time { return t0 }, func(w string) { warnings = append(warnings, w) })
	want := []string{"router far cannot send from 192.0.2.7 here and sends from 127.0.0.1"}
	if diff := cmp.Diff(want, warnings); diff != "" || !errors.Is(err, context.Canceled) {
		t.Errorf("ended with %v, warnings (-want +got):\n%s", err, diff)
	}
}

func BenchmarkDemo(b *testing.B) {
	for b.Loop() {
		Demo(t0, 1).Advance(t0.Add(time.Minute), func(Datagram) {})
	}
}
