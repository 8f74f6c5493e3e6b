package main

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"eagre/anomaly"
	"eagre/flow"
	"eagre/ingest"
	"eagre/internal/recorded"
	"eagre/network"
	"eagre/signatures"
)

// eagre runs the program in this process.
func eagre(args ...string) (code int, out, errs string) {
	var o, e bytes.Buffer
	code = run(args, console{strings.NewReader(""), &o, &e})
	return code, o.String(), e.String()
}

// replayed runs a replay without any configuration and reads its events.
func replayed(t *testing.T, file string, args ...string) (events []anomaly.Event, raw string) {
	t.Helper()
	code, out, errs := eagre(append([]string{"replay", "--format", "jsonl", file}, args...)...)
	if code != exitGood {
		t.Fatalf("replay %s: exit code %d: %s", file, code, errs)
	}
	for line := range strings.Lines(out) {
		var e anomaly.Event
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatalf("%s: %v in %q", file, err, line)
		}
		events = append(events, e)
	}
	return events, out
}

// told is what an operator is told about an attack, in short.
type told struct {
	Class, Subclass, Victim, Source string
	Proto                           uint8
	SrcPort, DstPort                uint16
	Size                            uint32
	Flags                           uint8
}

func tell(e anomaly.Event) told {
	prefix := func(p *netip.Prefix) string {
		if p == nil {
			return ""
		}
		return p.String()
	}
	f := e.Fingerprint
	return told{
		string(e.Class), e.Subclass, prefix(e.Victim), prefix(e.Source),
		value(f.Protocol), value(f.SrcPort), value(f.DstPort), value(f.PacketSize), value(f.TCPFlags),
	}
}

func value[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}

func TestRecordedAttacksAreFoundAsTheCatalogueSays(t *testing.T) {
	slammer := told{Class: "signature", Subclass: "slammer", Source: "192.0.2.66/32", Proto: 17, SrcPort: 3575, DstPort: 1434, Size: 404}
	flood := told{Class: "misuse", Subclass: "syn-flood", Victim: "10.10.10.10/32", Proto: 6, DstPort: 25565, Size: 40, Flags: 2}
	padded := flood
	padded.Size = 46 // softflowd counts Ethernet padding
	for _, c := range []struct {
		file string
		want told
	}{
		{"attacks/slammer_storm_constructed.pcap", slammer},
		{"attack-flows/slammer_storm_constructed.softflowd-v5.pcap", slammer},
		{"attack-flows/slammer_storm_constructed.pmacct-sflow-1in10.pcap", slammer},
		{"attacks/pkt.TCP.synflood.spoofed.pcap", flood},
		{"attack-flows/pkt.TCP.synflood.spoofed.softflowd-v5.pcap", padded},
		{"attack-flows/pkt.TCP.synflood.spoofed.pmacct-sflow-1in10.pcap", flood},
	} {
		t.Run(filepath.Base(c.file), func(t *testing.T) {
			events, _ := replayed(t, recorded.Path(t, "captures/"+c.file))
			ids := map[string]bool{}
			for _, e := range events {
				ids[e.ID] = true
				if diff := cmp.Diff(c.want, tell(e)); diff != "" {
					t.Errorf("%s event (-want +got):\n%s", e.Event, diff)
				}
				if e.Importance == anomaly.Low {
					t.Errorf("%s event is of low importance", e.Event)
				}
				if len(e.NetworkElements) == 0 || !e.NetworkElements[0].Entry {
					t.Errorf("%s event names no entry point", e.Event)
				}
			}
			if len(ids) != 1 || events[len(events)-1].Event != anomaly.Ended {
				t.Errorf("%d anomalies, want one that ended", len(ids))
			}
		})
	}
}

func TestSampledSlammerIsScaledBack(t *testing.T) {
	events, _ := replayed(t, recorded.Path(t, "captures/attack-flows/slammer_storm_constructed.pmacct-sflow-1in10.pcap"))
	e := events[len(events)-1]
	// 989 samples of 1 in 10; all of them left the exporter in one burst
	if got := e.Maximum.PPS * 2; got < 9800 || got > 9900 {
		t.Errorf("packets within the window of 2 s: got %.0f, want 9890", got)
	}
	if e.SamplingErrorPercent < 5 || e.SamplingErrorPercent > 8 {
		t.Errorf("sampling error %v %%, want 196 %% ÷ √989", e.SamplingErrorPercent)
	}
}

func TestOrdinaryTrafficRaisesNothing(t *testing.T) {
	seen := 0
	err := filepath.WalkDir(recorded.Path(t, "captures/benign"), func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		seen++
		events, raw := replayed(t, file)
		for _, e := range events {
			if e.Importance != anomaly.Low {
				t.Errorf("%s raised:\n%s", file, raw)
				break
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if seen == 0 {
		t.Fatal("no capture was read")
	}
}

func TestWorkersChangeNotAByte(t *testing.T) {
	for _, file := range []string{
		"attacks/slammer_storm_constructed.pcap",
		"attack-flows/pkt.TCP.synflood.spoofed.softflowd-v5.pcap",
		"attack-flows/pkt.TCP.synflood.spoofed.pmacct-sflow-1in10.pcap",
		"labelled/scenarios/dev-s1.netflow5.pcap",
	} {
		path := recorded.Path(t, "captures/"+file)
		_, want := replayed(t, path, "--workers", "1")
		for _, workers := range []string{"2", "8"} {
			if _, got := replayed(t, path, "--workers", workers); got != want {
				t.Errorf("%s: %s workers say something else than one:\n%s", file, workers, cmp.Diff(want, got))
			}
		}
	}
}

// TestTheLabelledDayIsToldAsItWas: attacks beside a flash crowd and a backup.
func TestTheLabelledDayIsToldAsItWas(t *testing.T) {
	events, _ := replayed(t, recorded.Path(t, "captures/labelled/scenarios/dev-s1.netflow5.pcap"))
	got := map[string]bool{}
	for _, e := range events {
		if e.Importance != anomaly.Low {
			s := tell(e)
			got[s.Subclass+" "+s.Victim+s.Source] = true
		}
	}
	want := map[string]bool{
		"syn-flood 203.0.113.80/32": true, "amplification 203.0.113.45/32": true,
		"slammer 203.0.113.61/32": true, "slammer 203.0.113.62/32": true,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-labelled, as far as detected today; +told):\n%s", diff)
	}
}

// packetBatch meters a capture of packets into one batch.
type packetBatch struct{ *flow.Batch }

func (p packetBatch) Publish(b *flow.Batch) error {
	for i := range b.N {
		p.Append(b.Record(i))
	}
	return nil
}

func TestTheOneRealSlammerPacketMatchesItsSignature(t *testing.T) {
	in, err := openRecording(t.Context(), console{}, recorded.Path(t, "captures/attacks/slammer_real_1pkt_payload-zeroed.pcap"))
	if err != nil {
		t.Fatal(err)
	}
	defer in.close()
	nw, err := network.New(network.Config{})
	if err != nil {
		t.Fatal(err)
	}
	got := packetBatch{flow.NewBatch()}
	if err := in.feed(t.Context(), ingest.NewCollector(ingest.DefaultConfig(), ingest.Deps{Network: nw, Publisher: got, HearEveryone: true})); err != nil {
		t.Fatal(err)
	}
	rules, _ := signatures.Shipped()
	i := slices.IndexFunc(rules, func(r signatures.Rule) bool { return r.Name == "slammer" })
	if got.N != 1 || !rules[i].MatchRow(got.Batch, 0) {
		t.Fatalf("%d flows; the packet does not match: %+v", got.N, got.Record(0))
	}
	got.DstPort[0] = 1435
	if rules[i].MatchRow(got.Batch, 0) {
		t.Error("404 bytes to another port match")
	}
	got.DstPort[0], got.Bytes[0] = 1434, 405
	if rules[i].MatchRow(got.Batch, 0) {
		t.Error("another size to 1434 matches")
	}
}
