package ingest

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"eagre/ingest/capture"
	"eagre/ingest/wire"
	"eagre/internal/recorded"
	"eagre/network"
)

// facts are what other programs found in each capture.
func facts(t testing.TB, root string) map[string]string {
	t.Helper()
	f, err := os.Open(filepath.Join(root, "FACTS.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	out := map[string]string{}
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if columns := strings.Split(lines.Text(), "\t"); len(columns) > 4 {
			out[columns[0]] = columns[4]
		}
	}
	return out
}

// sums is what came out of a capture, scaled back to the unsampled traffic.
type sums struct{ flows, packets, bytes uint64 }

// replayed runs a capture through a collector.
func replayed(t testing.TB, path string) (*station, sums) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	r, err := capture.NewReader(f, capture.DefaultConfig())
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	s := newStation(t, nil)
	s.network, _ = network.New(network.Config{})
	s.everyone = true
	s.play(t, r)
	s.balanced(t)
	var out sums
	for _, f := range s.flows {
		out.flows++
		out.packets += f.Packets * uint64(f.SamplingRate)
		out.bytes += f.Bytes * uint64(f.SamplingRate)
	}
	return s, out
}

func (s *station) play(t testing.TB, r *capture.Reader) {
	t.Helper()
	last := time.Time{}
	for {
		item, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		last = item.At
		if item.Kind == capture.Exports {
			s.Datagram(item.At, AutoDoor, item.From, item.Data, item.Truncated)
		} else {
			s.Frame(item.At, item.Link, item.Data, item.WireBytes, item.Interface)
		}
	}
	s.Finish(last)
}

var exported = regexp.MustCompile(`(\d+) datagrams; nfdump: flows (\d+), packets (\d+), bytes (\d+), sequence errors (\d+)`)

// unscaled is what came out as the exporter counted it.
func (s *station) unscaled() (out sums) {
	for _, f := range s.flows {
		out.flows++
		out.packets += f.Packets
		out.bytes += f.Bytes
	}
	return out
}

// What real exporters send of the attacks comes out flow for flow, packet for
// packet, byte for byte as an independent collector counts it. For sFlow that
// collector counts whole frames, so the bytes are those of the IP packets.
func TestExportedAttacksComeOutAsOthersCountThem(t *testing.T) {
	root := recorded.Captures(t)
	perPacket := map[string]uint64{"slammer_storm_constructed": 404, "amp.UDP.isakmp": 232, "pkt.TCP.synflood.spoofed": 40}
	tried := 0
	for path, fact := range facts(t, root) {
		isSFlow := strings.Contains(path, "sflow")
		m := exported.FindStringSubmatch(fact)
		if m == nil {
			continue
		}
		tried++
		t.Run(filepath.Base(path), func(t *testing.T) {
			want := sums{number(m[2]), number(m[3]), number(m[4])}
			if isSFlow {
				want.bytes = want.packets * perPacket[strings.TrimSuffix(filepath.Base(path), ".pmacct-sflow-1in10.pcap")]
			}
			s, got := replayed(t, filepath.Join(root, path))
			if strings.HasSuffix(path, ".ipfix.pcap") { // sampled, and that collector does not scale it
				got = s.unscaled()
			}
			if got != want {
				t.Errorf("got %+v, want %+v", got, want)
			}
			total := s.Totals()
			if total.Datagrams != number(m[1]) || total.Dispositions[wire.OK] != total.Datagrams {
				t.Errorf("got %d datagrams (%v), want %s, all ok", total.Datagrams, total.Dispositions, m[1])
			}
			if total.Lost != 0 && m[5] == "0" {
				t.Errorf("got %d lost, want none", total.Lost)
			}
		})
	}
	if tried != 18 {
		t.Errorf("tried %d captures, want 18", tried)
	}
}

func number(s string) uint64 {
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil {
		panic(err)
	}
	return n
}

var counted = regexp.MustCompile(`^pkts (\d+) \(ip (\d+), v6 \d+\), ip bytes (\d+)`)

// Plain packets are metered without losing one, in the attacks and in ordinary
// traffic alike.
func TestMeteredCapturesComeOutAsOthersCountThem(t *testing.T) {
	root := recorded.Captures(t)
	for path, fact := range facts(t, root) {
		m := counted.FindStringSubmatch(fact)
		if m == nil || !strings.HasPrefix(path, "attacks/") && !strings.HasPrefix(path, "benign/") {
			continue
		}
		t.Run(filepath.Base(path), func(t *testing.T) {
			s, got := replayed(t, filepath.Join(root, path))
			if got.packets != number(m[2]) || got.bytes != number(m[3]) {
				t.Errorf("got %d packets, %d bytes; want %s, %s", got.packets, got.bytes, m[2], m[3])
			}
			if total := s.Totals(); total.Frames != number(m[1]) {
				t.Errorf("got %d frames, want %s", total.Frames, m[1])
			}
		})
	}
}

func TestOneRealSlammerPacketIs404Bytes(t *testing.T) {
	s, _ := replayed(t, filepath.Join(recorded.Captures(t), "attacks", "slammer_real_1pkt_payload-zeroed.pcap"))
	if len(s.flows) != 1 {
		t.Fatalf("got %d flows, want 1", len(s.flows))
	}
	f := s.flows[0]
	if f.Proto != 17 || f.DstPort != 1434 || f.Bytes != 404 || f.Packets != 1 {
		t.Errorf("got %+v", f)
	}
}

var sampledFacts = map[string]string{
	"sflow-print-v6.pcap":                 "25 datagrams, 13 flows, 48 counter samples, 0 malformed",
	"sflow_expanded.pcap":                 "1 datagrams, 1 flows, 0 counter samples, 0 malformed",
	"sflow_multiple_counter_30_pdus.pcap": "30 datagrams, 7 flows, 144 counter samples, 0 malformed",
	"sflow_print-segv.pcap":               "1 datagrams, 0 flows, 0 counter samples, 1 malformed",
}

// Samples of several vendors, one of them made to crash a reader.
func TestSFlowOfSeveralVendors(t *testing.T) {
	root := filepath.Join(recorded.Captures(t), "exporters", "tcpdump-sflow")
	for name, want := range sampledFacts {
		s, _ := replayed(t, filepath.Join(root, name))
		a := s.Totals()
		got := fmt.Sprintf("%d datagrams, %d flows, %d counter samples, %d malformed", a.Datagrams, len(s.flows), a.Noted[wire.CounterSample], a.Dispositions[wire.Malformed])
		if got != want {
			t.Errorf("%s:\n got %s\nwant %s\n%s", name, got, want, s.log.String())
		}
	}
}

// Raw datagrams of many devices, in formats that are decoded and that are not.
func TestDatagramsOfManyDevicesKeepTheBooksBalanced(t *testing.T) {
	root := filepath.Join(recorded.Captures(t), "exporters")
	paths, err := filepath.Glob(filepath.Join(root, "*", "*", "*.bin"))
	if err != nil {
		t.Fatal(err)
	}
	more, err := filepath.Glob(filepath.Join(root, "*", "*.dat"))
	if err != nil {
		t.Fatal(err)
	}
	s := newStation(t, nil)
	for i, path := range append(paths, more...) {
		payload, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		s.Datagram(began.Add(time.Duration(i)*time.Second), AutoDoor, edge1, payload, false)
	}
	s.Finish(began.Add(time.Hour))
	s.balanced(t)
	if a := s.Totals(); a.Datagrams != uint64(len(paths)+len(more)) || a.Decoded == 0 {
		t.Errorf("got %d datagrams and %d records of %d files", a.Datagrams, a.Decoded, len(paths)+len(more))
	}
}

var printed = regexp.MustCompile(`src="([^"]+)",src_port=(\d+)u,dst="([^"]+)",dst_port=(\d+)u.*in_bytes=(\d+)u,in_packets=(\d+)u`)

// The records of a real v5 datagram, as another decoder prints them.
func TestRealV5DatagramComesOutAsOthersPrintIt(t *testing.T) {
	root := filepath.Join(recorded.Captures(t), "exporters", "telegraf", "netflow_v5_example")
	payload, err := os.ReadFile(filepath.Join(root, "netflow_v5.bin"))
	if err != nil {
		t.Fatal(err)
	}
	expected, err := os.ReadFile(filepath.Join(root, "expected.out"))
	if err != nil {
		t.Fatal(err)
	}
	s := newStation(t, nil)
	s.netflow(0, edge1, payload)
	s.Finish(began)
	var got, want []string
	for _, f := range s.flows {
		got = append(got, fmt.Sprint(f.SrcAddr, f.SrcPort, f.DstAddr, f.DstPort, f.Bytes, f.Packets))
	}
	for _, m := range printed.FindAllStringSubmatch(string(expected), -1) {
		want = append(want, fmt.Sprint(netip.MustParseAddr(m[1]), number(m[2]), netip.MustParseAddr(m[3]), number(m[4]), number(m[5]), number(m[6])))
	}
	if diff := cmp.Diff(want, got); diff != "" || len(want) != 8 {
		t.Errorf("flows (-want +got):\n%s", diff)
	}
}
