package main

import (
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"eagre/detector"
	"eagre/detector/tally"
	"eagre/flow"
	"eagre/internal/recorded"
	"eagre/network"
)

// label is one line of labels.csv: true packets and bytes of one event.
type label struct {
	scenario, name string
	start, end     time.Time
	packets, bytes float64
	matches        func(r flow.Record) bool
}

// labelsOf reads the labels of one scenario.
func labelsOf(t *testing.T, scenario string) (out []label) {
	t.Helper()
	f, err := os.Open(recorded.Path(t, "captures/labelled/scenarios/labels.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range lines[1:] {
		if line[0] == scenario {
			out = append(out, label{
				scenario: scenario, name: line[6], start: time.Unix(number(t, line[1]), 0), end: time.Unix(number(t, line[2]), 0),
				packets: float64(number(t, line[10])), bytes: float64(number(t, line[11])), matches: matcherOf(t, line[7], line[8], line[9]),
			})
		}
	}
	return out
}

func number(t *testing.T, s string) int64 {
	t.Helper()
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// matcherOf tells a label's flows by target, protocol and port.
func matcherOf(t *testing.T, target, proto, port string) func(flow.Record) bool {
	t.Helper()
	side, wanted, _ := strings.Cut(port, " ")
	return func(r flow.Record) bool {
		if int64(r.Proto) != number(t, proto) || !aimedAt(r, target) {
			return false
		}
		switch side {
		case "src":
			return int64(r.SrcPort) == number(t, wanted)
		case "dst":
			return int64(r.DstPort) == number(t, wanted)
		}
		return true
	}
}

// aimedAt reads the words of labels.csv: one host, several sources of a worm, a span of
// addresses, or a source and its destination.
func aimedAt(r flow.Record, target string) bool {
	if from, to, pair := strings.Cut(target, "->"); pair {
		return r.SrcAddr == netip.MustParseAddr(from) && r.DstAddr == netip.MustParseAddr(to)
	}
	if first, _, span := strings.Cut(target, ".."); span {
		return netip.PrefixFrom(netip.MustParseAddr(first), 24).Masked().Contains(r.DstAddr)
	}
	hosts := strings.Fields(target)
	for _, host := range hosts {
		if end := r.DstAddr; len(hosts) == 1 && end == netip.MustParseAddr(host) || len(hosts) > 1 && r.SrcAddr == netip.MustParseAddr(host) {
			return true
		}
	}
	return false
}

// marked is a publisher that gives the flows of each label an input interface of their
// own, so that the ledger keeps a line for each.
type marked struct {
	*pipe
	labels []label
}

// firstMark is far from the interfaces of the recorded routers.
const firstMark = 1 << 20

// Publish implements ingest.Publisher.
func (m marked) Publish(b *flow.Batch) error {
	for row := range b.N {
		r := b.Record(row)
		for n, l := range m.labels {
			if l.matches(r) && !r.End.Before(l.start.Add(-time.Second)) && !r.Start.After(l.end.Add(time.Second)) {
				b.InIf[row] = uint32(firstMark + n)
			}
		}
	}
	return m.pipe.Publish(b)
}

// deaf takes what is found and does not care.
type deaf struct{}

func (deaf) Step(int64, [][]byte, []detector.Finding) error { return nil }

// ledgerOf plays a recording through collector and detector.
func ledgerOf(t *testing.T, file string, labels []label) (*detector.Engine, flow.IP) {
	t.Helper()
	in, err := openRecording(t.Context(), console{}, file)
	if err != nil {
		t.Fatal(err)
	}
	defer in.close()
	nw, err := network.New(network.Config{})
	if err != nil {
		t.Fatal(err)
	}
	e, err := detector.New(detector.DefaultConfig(), detector.Deps{Network: nw, Sink: deaf{}})
	if err != nil {
		t.Fatal(err)
	}
	p := newPipe(t.Context())
	done := make(chan error, 1)
	go func() { done <- e.Run(t.Context(), p) }()
	if _, err := in.decode(t.Context(), io.Discard, marked{p, labels}.Publish); err != nil {
		t.Fatal(err)
	}
	p.Close()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	return e, e.Health()[0].Exporter
}

func TestRatesOfLabelledTargetsAreThoseOfTheLabels(t *testing.T) {
	for scenario, file := range map[string]string{"dev-s1": "dev-s1.netflow5.pcap", "dev-s2": "dev-s2.ipfix.pcap"} {
		labels := labelsOf(t, scenario)
		e, exporter := ledgerOf(t, recorded.Path(t, "captures/labelled/scenarios/"+file), labels)
		for n, l := range labels {
			minutes := e.Ledger().Minutes(exporter, uint32(firstMark+n), tally.To, l.start.Truncate(time.Minute), l.end.Add(time.Minute))
			l.compare(t, minutes)
		}
	}
}

// slack is how far a label is from the truth of a minute, besides the error of sampling:
// other packets of the same kind pass to the same host, the flows of the backup do not
// begin in the same second, and a crowd swells and ebbs, so that only its sum is known.
func (l label) slack() (minute, sum float64) {
	switch l.name {
	case "backup-transfer":
		return 0.025, 0
	case "flash-crowd-https":
		return math.Inf(1), 0.01
	}
	return 0.005, 0.005
}

// compare holds the minutes of a label against what it says, spread evenly over its time.
func (l label) compare(t *testing.T, minutes []tally.Minute) {
	t.Helper()
	var sum tally.Sum
	perMinute, inAll := l.slack()
	for _, m := range minutes {
		sum.Add(m.Sum)
		within := min(l.end.Sub(m.At), time.Minute) - max(l.start.Sub(m.At), 0)
		l.hold(t, m.At.Format("15:04"), max(0, within.Seconds()/l.end.Sub(l.start).Seconds()), m.Sum, perMinute)
	}
	l.hold(t, "in all", 1, sum, inAll)
}

// hold holds one sum against a part of what the label says.
func (l label) hold(t *testing.T, when string, part float64, sum tally.Sum, slack float64) {
	t.Helper()
	packets, bytes := part*l.packets, part*l.bytes
	line := fmt.Sprintf("%s %-26s %-6s  %8.0f packets %10.0f bytes labelled, %8.0f ± %4.1f %% and %10.0f ± %4.1f %% measured",
		l.scenario, l.name, when, packets, bytes, sum.PacketCount(), 100*sum.PacketError(), sum.ByteCount(), 100*sum.ByteError())
	t.Log(line)
	off := func(truth, estimate, allowed float64) bool {
		return math.Abs(truth-estimate) > 0.5+estimate*allowed+truth*slack
	}
	if !math.IsInf(slack, 1) && (off(packets, sum.PacketCount(), sum.PacketError()) || off(bytes, sum.ByteCount(), sum.ByteError())) {
		t.Errorf("not within the error: %s", line)
	}
}
