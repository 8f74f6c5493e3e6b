package detector

import (
	"cmp"
	"context"
	"encoding/json"
	"io"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"eagre/anomaly"
	"eagre/flow"
	"eagre/network"
	"eagre/signatures"
)

var (
	morning = time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
	edge    = netip.MustParseAddr("192.0.2.1")
	peering = netip.MustParseAddr("192.0.2.2")
	victim  = netip.MustParseAddr("198.51.100.7")
	victim6 = netip.MustParseAddr("2001:db8:1::7")
	infect  = netip.MustParseAddr("198.51.100.99")
)

// stage is a timetable of flows as they arrive, and what the detector made of it.
type stage struct {
	t       *testing.T
	cfg     Config
	network network.Config
	rules   *signatures.Set
	arrive  []arrival
	rand    *rand.Rand
}

type arrival struct {
	at  time.Duration // after morning
	rec flow.Record
}

func newStage(t *testing.T) *stage {
	t.Helper()
	return &stage{t: t, cfg: DefaultConfig(), rand: rand.New(rand.NewPCG(1, 2))}
}

// limited divides the limits, so that fewer flows make an attack.
func (s *stage) limited(divisor float64) *stage {
	for side := range s.cfg.Thresholds.Default {
		for class := range s.cfg.Thresholds.Default[side] {
			s.cfg.Thresholds.Default[side][class].PPS /= divisor
			s.cfg.Thresholds.Default[side][class].BPS /= divisor
		}
	}
	return s
}

// shipped puts the signatures that ship on the stage.
func (s *stage) shipped() *stage {
	s.t.Helper()
	rules, problems := signatures.Shipped()
	if len(problems) > 0 {
		s.t.Fatal(problems)
	}
	set, problems := signatures.Compile(rules)
	if len(problems) > 0 {
		s.t.Fatal(problems)
	}
	s.rules = set
	return s
}

// flows lets n flows a second arrive from one time to another, each made by a
// function of its number and reported as it ends.
func (s *stage) flows(from, to time.Duration, perSecond int, make func(i int) flow.Record) *stage {
	n := int((to - from).Seconds() * float64(perSecond))
	for i := range n {
		at := from + time.Duration(i)*(to-from)/time.Duration(n)
		r := make(i)
		if r.Exporter == (netip.Addr{}) {
			r.Exporter = edge
		}
		if r.SamplingRate == 0 {
			r.SamplingRate = 1
		}
		if r.Start.IsZero() {
			r.Start, r.End = morning.Add(at), morning.Add(at)
		}
		s.arrive = append(s.arrive, arrival{at, r})
	}
	return s
}

// messages packs the timetable as the collector would: a batch per partition
// and step, the last of each step complete.
func (s *stage) messages() [][]byte {
	slices.SortStableFunc(s.arrive, func(a, b arrival) int { return cmp.Compare(a.at, b.at) })
	var out [][]byte
	var p flow.Packer
	b := flow.NewBatch()
	i := 0
	for step := flow.StepOf(morning); i < len(s.arrive); step++ {
		first := i
		for i < len(s.arrive) && flow.StepOf(morning.Add(s.arrive[i].at)) <= step {
			i++
		}
		for partition := range s.cfg.Tally.Partitions {
			b.Reset(uint16(partition), step)
			for _, a := range s.arrive[first:i] {
				if int(flow.FromAddr(a.rec.Exporter).Hash(0)%uint64(s.cfg.Tally.Partitions)) != partition {
					continue
				}
				if b.Room() == 0 {
					out = append(out, p.Append(nil, b))
					b.Reset(uint16(partition), step)
				}
				b.Append(a.rec)
			}
			b.Complete = true
			out = append(out, p.Append(nil, b))
		}
	}
	return out
}

// run plays the timetable and returns what was found.
func (s *stage) run(workers int) []anomaly.Event {
	s.t.Helper()
	return s.play(workers, s.messages())
}

// play plays messages.
func (s *stage) play(workers int, messages [][]byte) []anomaly.Event {
	s.t.Helper()
	nw, err := network.New(s.network)
	if err != nil {
		s.t.Fatal(err)
	}
	s.cfg.Workers = workers
	sink := &hall{}
	e, err := New(s.cfg, Deps{Network: nw, Signatures: s.rules, Sink: sink})
	if err != nil {
		s.t.Fatal(err)
	}
	if err := e.Run(context.Background(), &tape{messages: messages}); err != nil {
		s.t.Fatal(err)
	}
	return sink.events
}

// opened keeps the first event of each anomaly, ended the last.
func opened(events []anomaly.Event) (out []anomaly.Event) {
	for _, e := range events {
		if e.Event == anomaly.Opened {
			out = append(out, e)
		}
	}
	return out
}

func last(t *testing.T, events []anomaly.Event) anomaly.Event {
	t.Helper()
	if len(events) == 0 {
		t.Fatal("nothing was found")
	}
	return events[len(events)-1]
}

// tape is a Source that plays messages.
type tape struct{ messages [][]byte }

func (t *tape) Next(context.Context) ([]byte, error) {
	if len(t.messages) == 0 {
		return nil, io.EOF
	}
	m := t.messages[0]
	t.messages = t.messages[1:]
	return m, nil
}

// hall is a Sink that listens.
type hall struct {
	events   []anomaly.Event
	patterns []Pattern
	rows     int
}

func (h *hall) Step(_ int64, packed [][]byte, findings []Finding) error {
	for _, p := range packed {
		if env, ok := flow.Peek(p); ok {
			h.rows += env.Rows
		}
	}
	for _, f := range findings {
		h.events = append(h.events, f.Event)
		h.patterns = append(h.patterns, f.Pattern)
	}
	return nil
}

func lines(t *testing.T, events []anomaly.Event) string {
	t.Helper()
	var b strings.Builder
	for _, e := range events {
		line, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		b.Write(line)
		b.WriteByte('\n')
	}
	return b.String()
}

// web is an ordinary finished connection.
func (s *stage) web(dst netip.Addr) func(int) flow.Record {
	return func(i int) flow.Record {
		return flow.Record{
			SrcAddr: s.anyone(dst), DstAddr: dst, Proto: 6, TCPFlags: 0x1b, SrcPort: uint16(1024 + i%60000), DstPort: 443,
			InIf: 1, OutIf: 9, Packets: 12, Bytes: 12 * 700,
		}
	}
}

// heavy is a hundred packets of a connection.
func (s *stage) heavy(dst netip.Addr) func(int) flow.Record {
	return func(i int) flow.Record {
		r := s.web(dst)(i)
		r.Packets, r.Bytes = 100, 100*60
		return r
	}
}

// syn is one spoofed SYN.
func (s *stage) syn(dst netip.Addr) func(int) flow.Record {
	return func(i int) flow.Record {
		return flow.Record{
			SrcAddr: s.anyone(dst), DstAddr: dst, Proto: 6, TCPFlags: 0x02, SrcPort: uint16(1024 + i%60000), DstPort: 443,
			InIf: 1, OutIf: 9, Packets: 1, Bytes: 40,
		}
	}
}

// anyone is a random address of dst's family.
func (s *stage) anyone(dst netip.Addr) netip.Addr {
	if dst.Is4() {
		return flow.V4(0x2d000000 + s.rand.Uint32N(1<<24)).Addr()
	}
	return flow.IP{Hi: 0x20010db8ffff0000, Lo: s.rand.Uint64()}.Addr()
}
