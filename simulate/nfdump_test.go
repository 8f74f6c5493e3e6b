package simulate

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"net"
	"net/netip"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"eagre/flow"
)

// nfcapd sends datagrams to a collector of nfdump's and gives what that wrote, as
// nfdump prints it. The collector greets each new exporter in its log, so an empty
// datagram of another format at the end tells that all before it were read.
func nfcapd(t *testing.T, payloads ...[]byte) []nfdumpFlow {
	t.Helper()
	tool, dump := judge(t, "nfcapd"), judge(t, "nfdump")
	dir, port := t.TempDir(), freePort(t)
	ctx, stop := context.WithTimeout(t.Context(), judgeDeadline)
	defer stop()
	cmd := exec.CommandContext(ctx, "sh", "-c", `ulimit -f 200000; exec "$0" "$@" 2>&1`, tool, "-b", "127.0.0.1", "-p", decimal(port), "-w", dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	waitFor(t, lines, "Startup nfcapd", 1)
	socket, err := net.Dial("udp", targetPort(port).String())
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	mark, marker := AppendV1(nil, V1Header{t0, time.Hour}, nil), "1"
	if payloads[0][1] == 1 {
		mark, marker = AppendV5(nil, V5Header{Time: t0}, nil), "5"
	}
	for _, p := range append(payloads, mark) {
		if _, err := socket.Write(p); err != nil {
			t.Fatal(err)
		}
	}
	waitFor(t, lines, "Process_v"+marker+":", 1)
	cmd.Process.Signal(syscall.SIGTERM)
	socket.Write(mark) // wakes it if the signal came just before it began to wait
	waitFor(t, lines, "Terminating nfcapd", 1)
	if err := cmd.Wait(); err != nil {
		t.Fatalf("nfcapd: %v", err)
	}
	files, _ := filepath.Glob(filepath.Join(dir, "nfcapd.2*"))
	if len(files) != 1 {
		t.Fatalf("nfcapd left %v", files)
	}
	var flows []nfdumpFlow
	text := run(t, dump, "-r", files[0], "-o", "json")
	if err := json.Unmarshal([]byte(text), &flows); err != nil {
		t.Log(text)
		t.Fatal(err)
	}
	return flows
}

func waitFor(t *testing.T, lines *bufio.Scanner, text string, times int) {
	t.Helper()
	var seen []string
	for times > 0 && lines.Scan() {
		seen = append(seen, lines.Text())
		if strings.Contains(lines.Text(), text) {
			times--
		}
	}
	if times > 0 {
		t.Fatalf("%q was not said, but:\n%s", text, strings.Join(seen, "\n"))
	}
}

func freePort(t *testing.T) uint16 {
	t.Helper()
	c, at := collector(t)
	c.Close()
	return at.Port()
}

// nfdumpFlow is a flow as nfdump says it.
type nfdumpFlow struct {
	First    string     `json:"first"`
	Last     string     `json:"last"`
	Received string     `json:"received"`
	Packets  uint64     `json:"in_packets"`
	Bytes    uint64     `json:"in_bytes"`
	Proto    uint8      `json:"proto"`
	Flags    string     `json:"tcp_flags"`
	SrcPort  uint16     `json:"src_port"`
	DstPort  uint16     `json:"dst_port"`
	TOS      uint8      `json:"src_tos"`
	Src4     netip.Addr `json:"src4_addr"`
	Dst4     netip.Addr `json:"dst4_addr"`
	Src6     netip.Addr `json:"src6_addr"`
	Dst6     netip.Addr `json:"dst6_addr"`
	InIf     uint32     `json:"input_snmp"`
	OutIf    uint32     `json:"output_snmp"`
	SrcAS    uint32     `json:"src_as"`
	DstAS    uint32     `json:"dst_as"`
	Next4    netip.Addr `json:"ip4_next_hop"`
	Next6    netip.Addr `json:"ip6_next_hop"`
}

// seenAs is a record as nfdump is expected to say it.
func seenAs(r flow.Record, six bool, routed bool) nfdumpFlow {
	const form = "2006-01-02T15:04:05.000"
	out := nfdumpFlow{
		First: r.Start.Format(form), Last: r.End.Format(form), Packets: r.Packets, Bytes: r.Bytes, Proto: r.Proto, Flags: flagLetters(r.TCPFlags),
		SrcPort: r.SrcPort, DstPort: r.DstPort, TOS: r.TOS, InIf: r.InIf, OutIf: r.OutIf,
	}
	if routed {
		out.SrcAS, out.DstAS = r.SrcAS, r.DstAS
	}
	if six {
		out.Src6, out.Dst6, out.Next6 = r.SrcAddr, r.DstAddr, r.NextHop
	} else {
		out.Src4, out.Dst4, out.Next4 = r.SrcAddr, r.DstAddr, r.NextHop
	}
	return out
}

// flagLetters are TCP flags as nfdump writes them.
func flagLetters(flags uint8) string {
	letters := []byte("........")
	for i, l := range []byte("CEUAPRSF") {
		if flags&(0x80>>i) != 0 {
			letters[i] = l
		}
	}
	return string(letters)
}

func TestNfdumpReadsFlowsAsTheyWereMeant(t *testing.T) {
	h5 := V5Header{Time: t0, Uptime: 5 * time.Hour}
	for _, c := range []struct {
		name        string
		payload     []byte
		six, routed bool
	}{
		{"v1", AppendV1(nil, V1Header{t0, 5 * time.Hour}, someRecords(false)), false, false},
		{"v5", AppendV5(nil, h5, someRecords(false)), false, true},
		{"v7", AppendV7(nil, V7Header{Time: t0, Uptime: 5 * time.Hour}, someRecords(false)), false, true},
		{"v9", templated(flow.NetFlowV9, 1, NaturalTimes), true, true},
		{"IPFIX", templated(flow.IPFIX, 1, NaturalTimes), true, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			var want []nfdumpFlow
			for _, r := range someRecords(false) {
				want = append(want, seenAs(r, false, c.routed))
			}
			for _, r := range someRecords(true) {
				if c.six {
					want = append(want, seenAs(r, true, c.routed))
				}
			}
			got := nfcapd(t, c.payload)
			for i := range got {
				got[i].Received = "" // the wall clock
			}
			if diff := cmp.Diff(want, got, compareAddr); diff != "" {
				t.Errorf("flows (-sent +seen):\n%s", diff)
			}
		})
	}
}

// nfdump 1.7.1 multiplies by what the header of v5 says. It does nothing with
// the samplers of v9 and IPFIX, which is why their tables are tshark's to judge.
func TestNfdumpMultipliesByTheRateInTheHeader(t *testing.T) {
	s := oneRouter(t, Router{Format: flow.NetFlowV5, Sampling: 10, Deterministic: true}, steady{udpFlow(), 100, 1000, t0.Add(3 * time.Second)})
	var payloads [][]byte
	keep := func(d Datagram) { payloads = append(payloads, bytes.Clone(d.Payload)) }
	s.Advance(t0.Add(5*time.Second), keep)
	s.Finish(keep)
	var packets uint64
	for _, f := range nfcapd(t, payloads...) {
		packets += f.Packets
	}
	if want := s.Counters(0).Seen; packets != want {
		t.Errorf("%d packets, want %d", packets, want)
	}
}
