package detector

import (
	"bytes"
	"net/netip"
	"os"
	"regexp"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"
	"time"

	"eagre/anomaly"
	"eagre/detector/tally"
	"eagre/flow"
)

const million = 1_000_000

// storm lets a million flows arrive within forty seconds of one minute, made as they
// come, among the ordinary connections of an established host.
func (s *stage) storm(make func(i int) flow.Record) func() (delivered, bool) {
	const begin, steps, quiet = 50, 400, 100
	l, web := newLoom(s.cfg.Tally.Partitions), s.web(established)
	step, made := 0, 0
	var arrivals []arrival
	put := func(at time.Duration, r flow.Record) {
		r.Exporter, r.SamplingRate, r.Start, r.End = edge, 1, morning.Add(at), morning.Add(at)
		arrivals = append(arrivals, arrival{at, r})
	}
	return func() (delivered, bool) {
		at := time.Duration(step) * flow.StepLength
		arrivals = arrivals[:0]
		for i := range 5 {
			put(at, web(i))
		}
		for ; step >= begin && made < million*(step-begin+1)/steps && made < million; made++ {
			put(at, make(made))
		}
		step++
		return l.weave(flow.StepOf(morning.Add(at)), arrivals), step <= begin+steps+quiet
	}
}

var established = netip.MustParseAddr("192.0.2.200")

// resident is how many bytes of memory the process holds.
func resident(t *testing.T) int {
	t.Helper()
	debug.FreeOSMemory()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Skipf("this system does not say how much memory is in use: %v", err)
	}
	_, rest, _ := bytes.Cut(status, []byte("VmRSS:"))
	kilobytes, err := strconv.Atoi(string(bytes.Fields(rest)[0]))
	if err != nil {
		t.Fatal(err)
	}
	return kilobytes << 10
}

var sources = regexp.MustCompile(`([\d,]+) sources`)

func TestAMillionSpoofedSourcesCostLittleAndAreCounted(t *testing.T) {
	for _, v := range families {
		s := newStage(t)
		var before, most int
		w := s.follow(s.storm(func(i int) flow.Record {
			r := s.syn(v)(i)
			r.SrcAddr = flow.V4(0x2d000000 + uint32(i)).Addr()
			if !v.Is4() {
				r.SrcAddr = flow.IP{Hi: 0x20010db8ffff0000, Lo: uint64(i)}.Addr()
			}
			return r
		}), func(w *watched, at time.Duration) {
			switch at {
			case 5 * time.Second:
				before = resident(t)
			case 44 * time.Second:
				w.ask()
			case 20 * time.Second, 45 * time.Second:
				most = max(most, resident(t))
			}
		})
		if more := most - before; more > 64<<20 {
			t.Errorf("%s: a million sources cost %d MiB, want at most 64", v, more>>20)
		}
		for _, k := range w.board.newest.Talkers {
			if k.Kind == tally.Host && k.Direction == "in" {
				if k.Resource.Name != v.String() {
					t.Errorf("%s: %s moves more, at %v", v, k.Resource.Name, k.Rates)
				}
				break
			}
		}
		e := w.one()
		found := sources.FindStringSubmatch(e.Evidence.Sentence)
		if e.Subclass != anomaly.SYNFlood || found == nil {
			t.Fatalf("%s: %s: %s", v, e.Subclass, e.Evidence.Sentence)
		}
		count, err := strconv.Atoi(strings.ReplaceAll(found[1], ",", ""))
		if err != nil || !within(float64(count), million, 0.03) {
			t.Errorf("%s: %q tells of %d sources, want a million within 3 %%", v, e.Evidence.Sentence, count)
		}
		t.Logf("%s: %d MiB more, %d sources", v, (most-before)>>20, count)
	}
}

func TestAMillionVictimsAreBoundedAndNobodyEstablishedIsForgotten(t *testing.T) {
	s := newStage(t)
	s.cfg.Tally.MaxKeys = 100_000
	w := s.follow(s.storm(func(i int) flow.Record {
		r := s.syn(victim)(i)
		r.DstAddr = flow.V4(0x0b000000 + uint32(i)*256).Addr()
		return r
	}), func(w *watched, at time.Duration) {
		if at == 44*time.Second {
			w.ask()
		}
	})
	if got := w.talker(tally.Host, "in", established.String()); !within(got.PPS, 50*12, 0.03) {
		t.Errorf("the established host: %v pps, want 600", got.PPS)
	}
	c := w.deps.Metrics.last
	if c.Tally.Keys > s.cfg.Tally.MaxKeys || c.Tally.KeysRefused == 0 {
		t.Errorf("%d keys held, %d refused; want at most %d, and some refused", c.Tally.Keys, c.Tally.KeysRefused, s.cfg.Tally.MaxKeys)
	}
	for _, e := range w.events {
		if e.Victim != nil && e.Victim.Contains(established) {
			t.Errorf("the established host is told as a victim: %s", e.Evidence.Sentence)
		}
	}
}
