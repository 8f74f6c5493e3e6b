package ingest

import (
	"encoding/binary"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"eagre/flow"
)

// sent is a datagram with one flow, as a router sends it.
type sent struct {
	at          time.Duration // since the beginning; whole seconds, as some headers tell no others
	up          uint32        // the router's milliseconds since its boot
	ahead       time.Duration // of its clock
	number      uint32        // of flows and datagrams before
	first, last time.Duration // of the flow, before the datagram was sent
}

func (s sent) clock() time.Time { return began.Add(s.at + s.ahead) }

// ago is the uptime so long before.
func (s sent) ago(d time.Duration) uint32 { return s.up - uint32(d.Milliseconds()) }

func (s sent) v5() []byte {
	b := with32(with32(v5(s.number, 1), 4, s.up), 8, uint32(s.clock().Unix()))
	return with32(with32(b, firstRecord+24, s.ago(s.first)), firstRecord+28, s.ago(s.last))
}

func (s sent) v9() []byte {
	times := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, s.ago(s.first)), s.ago(s.last))
	b := v9(s.number, t9(plus(plain(), field{22, 4, 0}, field{21, 4, 0})...), set(300, append(record(), times...)...))
	return with32(with32(b, 4, s.up), 8, uint32(s.clock().Unix()))
}

func (s sent) ipfix() []byte {
	date := func(ago time.Duration) uint64 { return uint64(s.clock().Add(-ago).UnixMilli()) }
	times := binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, date(s.first)), date(s.last))
	b := v10(s.number, t10(plus(plain(), field{152, 8, 0}, field{153, 8, 0})...), set(300, append(record(), times...)...))
	return with32(b, 4, uint32(s.clock().Unix()))
}

// routers are the formats that tell times of flows: by uptime, and by date.
var routers = []struct {
	name     string
	datagram func(sent) []byte
	booted   bool // the format tells an uptime
}{
	{"v5", sent.v5, true}, {"v9", sent.v9, true}, {"IPFIX", sent.ipfix, false},
}

// story is what a router sends, every second one datagram.
func story(seconds uint32, change func(i uint32, s *sent)) []sent {
	out := make([]sent, seconds)
	for i := range seconds {
		out[i] = sent{
			at: time.Duration(i) * time.Second, up: 3_600_000 + i*1000, number: i,
			first: time.Duration(20+i%5) * time.Second, last: time.Duration(i%7) * time.Second,
		}
		if change != nil {
			change(i, &out[i])
		}
	}
	return out
}

// heard is what becomes of a story.
func heard(t *testing.T, story []sent, datagram func(sent) []byte) (*station, Status) {
	t.Helper()
	s := newStation(t, nil)
	for _, d := range story {
		s.netflow(d.at, edge1, datagram(d))
	}
	s.Finish(began.Add(story[len(story)-1].at))
	s.balanced(t)
	return s, s.Exporters()[0]
}

// sameFlows tells what differs between the flows of two stations, in the order of
// their arrival.
func sameFlows(t *testing.T, want, got *station) {
	t.Helper()
	if diff := cmp.Diff(want.flows, got.flows, cmp.Comparer(func(a, b flow.Record) bool { return a == b })); diff != "" || len(got.flows) == 0 {
		t.Errorf("%d flows (-want +got):\n%s", len(got.flows), diff)
	}
}

func TestAWrongClockChangesNoRate(t *testing.T) {
	for name, ahead := range map[string]time.Duration{
		"one hour ahead": time.Hour, "one hour behind": -time.Hour, "a year ahead": 365 * 24 * time.Hour, "in the seventies": -50 * 365 * 24 * time.Hour,
	} {
		for _, r := range routers {
			t.Run(name+", "+r.name, func(t *testing.T) {
				right, _ := heard(t, story(180, nil), r.datagram)
				wrong, status := heard(t, story(180, func(_ uint32, s *sent) { s.ahead = ahead }), r.datagram)
				sameFlows(t, right, wrong)
				if off := (status.ClockOffset - ahead).Abs(); off > 500*time.Millisecond || !status.ClockKnown {
					t.Errorf("got a clock %v ahead, want %v", status.ClockOffset, ahead)
				}
				if status.ClockSteps != 0 || status.Restarts != 0 || status.Lost != 0 {
					t.Errorf("got set %d times, %d restarts, %d lost; want none", status.ClockSteps, status.Restarts, status.Lost)
				}
			})
		}
	}
}

func TestAClockThatIsSetChangesNoRate(t *testing.T) {
	for name, ahead := range map[string]time.Duration{"ahead": time.Hour, "back": -time.Hour} {
		for _, r := range routers {
			t.Run(name+", "+r.name, func(t *testing.T) {
				right, _ := heard(t, story(180, nil), r.datagram)
				set, status := heard(t, story(180, func(i uint32, s *sent) {
					if i >= 90 {
						s.ahead = ahead
					}
				}), r.datagram)
				sameFlows(t, right, set)
				if off := (status.ClockOffset - ahead).Abs(); off > 500*time.Millisecond || status.ClockSteps != 1 || testutil.ToFloat64(set.metrics.steps) != 1 {
					t.Errorf("got a clock %v ahead, set %d times; want %v, set once", status.ClockOffset, status.ClockSteps, ahead)
				}
				if status.Restarts != 0 || status.Renumbered != 0 || status.Lost != 0 {
					t.Errorf("got %d restarts, renumbered %d, %d lost; want none", status.Restarts, status.Renumbered, status.Lost)
				}
			})
		}
	}
}

// The collector's own clock is set: the steps of the exporter's clock are ours, its
// restarts are none.
func TestOurClockThatIsSetIsNoRestart(t *testing.T) {
	for name, by := range map[string]time.Duration{"ahead": 2 * time.Hour, "back": -time.Hour} {
		for _, r := range routers {
			t.Run(name+", "+r.name, func(t *testing.T) {
				_, status := heard(t, story(180, func(i uint32, s *sent) {
					if i >= 90 {
						s.at, s.ahead = s.at+by, -by
					}
				}), r.datagram)
				if status.Restarts != 0 || status.Renumbered != 0 || status.Lost != 0 || status.ClockSteps != 1 {
					t.Errorf("got %d restarts, renumbered %d, %d lost, clock set %d times; want the clock set once alone", status.Restarts, status.Renumbered, status.Lost, status.ClockSteps)
				}
			})
		}
	}
}

func TestUptimeThatWrapsInTheMiddleOfAFlowChangesNothing(t *testing.T) {
	for _, edge := range []uint32{0, 1 << 31} {
		for off := range uint32(5) {
			for _, r := range routers[:2] {
				right, before := heard(t, story(60, nil), r.datagram)
				wrapping, status := heard(t, story(60, func(i uint32, s *sent) { s.up = edge + i*1000 + off - 2 - 30_000 }), r.datagram)
				sameFlows(t, right, wrapping)
				boot := began.Add(-time.Duration(edge+off-2-30_000) * time.Millisecond)
				if status.Boot == nil || !status.Boot.Equal(boot) {
					t.Errorf("%s at %d+%d: got a boot at %v, want %v still", r.name, edge, off, status.Boot, boot)
				}
				before.Boot, status.Boot = nil, nil
				if diff := cmp.Diff(before, status, cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); diff != "" {
					t.Errorf("%s at %d+%d: status (-want +got):\n%s", r.name, edge, off, diff)
				}
			}
		}
	}
}

// restarting is a story in which the router restarts after thirty seconds: it is
// silent for ten, its uptime and its numbers begin anew, and it forgets the flows
// that it was counting.
func restarting(up uint32) []sent {
	s := story(60, func(i uint32, s *sent) {
		if s.up = up + i*1000; i >= 40 {
			s.up, s.number = 8000+(i-40)*1000, i-40
			s.first, s.last = 5*time.Second, 0
		}
	})
	return slices.Delete(s, 30, 40)
}

func TestARestartLosesNothingAndInventsNothing(t *testing.T) {
	for name, up := range map[string]uint32{"after an hour": 3_600_000, "after 30 days": 30 * 24 * 3_600_000, "before a wrap": 1<<32 - 60_000} {
		for _, r := range routers {
			t.Run(name+", "+r.name, func(t *testing.T) {
				s, status := heard(t, restarting(up), r.datagram)
				if status.Lost != 0 || status.Records != 50 || len(s.flows) != 50 {
					t.Errorf("got %d lost, %d records, %d flows; want 0, 50, 50", status.Lost, status.Records, len(s.flows))
				}
				if !r.booted {
					return
				}
				boot := began.Add(32 * time.Second)
				if status.Restarts != 1 || status.Renumbered != 1 || status.Boot == nil || !status.Boot.Equal(boot) {
					t.Errorf("got %d restarts, renumbered %d, booted %v; want 1, 1, %v", status.Restarts, status.Renumbered, status.Boot, boot)
				}
				if got := testutil.ToFloat64(s.metrics.restarts); got != 1 {
					t.Errorf("eagre_ingest_exporter_restarts_total is %v, want 1", got)
				}
			})
		}
	}
}

// The first datagrams after it are lost. Where the old numbers had come no further,
// only the uptime shows that there is no gap between the old ones and the new ones.
func TestARestartIsNoGapInTheNumbers(t *testing.T) {
	for _, r := range routers[:2] {
		s := restarting(3_600_000)
		for i := 30; i < len(s); i++ {
			s[i].number += 500
		}
		if _, status := heard(t, s, r.datagram); status.Lost != 0 || status.Restarts != 1 {
			t.Errorf("%s: got %d lost, %d restarts; want 0, 1", r.name, status.Lost, status.Restarts)
		}
	}
}

func TestADatagramFromBeforeTheRestartIsNoGapInTheNumbers(t *testing.T) {
	for _, r := range routers[:2] {
		s := restarting(3_600_000)
		for i := range 30 {
			s[i].number += 1_000_000
		}
		overtaken := s[29]
		overtaken.at = s[31].at
		s = append(s[:29], append([]sent{s[30], s[31], overtaken}, s[32:]...)...)
		station, status := heard(t, s, r.datagram)
		if status.Lost != 0 || status.Restarts != 1 || station.Accounts()[0].OutOfOrder != 1 {
			t.Errorf("%s: got %d lost, %d restarts, %d overtaken; want 0, 1, 1", r.name, status.Lost, status.Restarts, station.Accounts()[0].OutOfOrder)
		}
	}
}

// An operator who clears the flow cache has not restarted the router.
func TestNumbersThatBeginAnewWithoutARestart(t *testing.T) {
	for _, r := range routers[:2] {
		s, status := heard(t, story(60, func(i uint32, s *sent) {
			if s.number += 1_000_000; i >= 30 {
				s.number = i - 30
			}
		}), r.datagram)
		if status.Restarts != 0 || status.Renumbered != 1 || status.Lost != 0 || testutil.ToFloat64(s.metrics.renumbered) != 1 {
			t.Errorf("%s: got %d restarts, renumbered %d, %d lost; want 0, 1, 0", r.name, status.Restarts, status.Renumbered, status.Lost)
		}
	}
}

// The headers of v9 and IPFIX cut off parts of a second, of all lengths: their middle
// shows the clock better than they do.
func TestAClockThatTellsWholeSecondsIsKnownBetterThanThat(t *testing.T) {
	for _, r := range routers[1:] {
		_, status := heard(t, story(125, func(i uint32, s *sent) { s.at, s.ahead = time.Duration(i)*1008*time.Millisecond, time.Hour }), r.datagram)
		if off := (status.ClockOffset - time.Hour).Abs(); off > 50*time.Millisecond {
			t.Errorf("%s: got a clock %v ahead, want an hour", r.name, status.ClockOffset)
		}
	}
}

// The engines of one router restart together, and with it.
func TestTheEnginesOfARouterRestartOnce(t *testing.T) {
	s := newStation(t, nil)
	for _, d := range restarting(3_600_000) {
		for engine := range uint16(4) {
			s.netflow(d.at, edge1, with(d.v5(), 20, engine))
		}
	}
	if got := s.Exporters()[0]; got.Restarts != 1 || got.Renumbered != 4 || got.Lost != 0 {
		t.Errorf("got %d restarts, renumbered %d, %d lost; want 1, 4, 0", got.Restarts, got.Renumbered, got.Lost)
	}
}

// Version 1 has an uptime and no numbers.
func TestARestartIsSeenWithoutNumbers(t *testing.T) {
	s := newStation(t, nil)
	for i, up := range []uint32{3_600_000, 3_610_000, 2000} {
		s.netflow(time.Duration(i)*10*time.Second, edge1, with32(fixed(1, 16, 52), 4, up))
	}
	if got := s.Exporters()[0]; got.Restarts != 1 || got.Renumbered != 0 || !got.Boot.Equal(began.Add(18*time.Second)) {
		t.Errorf("got %d restarts, renumbered %d, booted %v; want 1, 0, %v", got.Restarts, got.Renumbered, got.Boot, began.Add(18*time.Second))
	}
}

// IPFIX tells no uptime. Numbers that begin anew are the only sign of a restart, and
// those of all domains are one; when it booted is unknown.
func TestARestartWithoutUptimeIsSeenByNumbers(t *testing.T) {
	s := newStation(t, nil)
	for i, number := range []uint32{1_000_000, 1_000_001, 0, 1} {
		for domain := range uint32(3) {
			b := with32(sent{at: time.Duration(i) * time.Second, number: number}.ipfix(), 12, domain)
			s.netflow(time.Duration(i)*time.Second, edge1, b)
		}
	}
	if got := s.Exporters()[0]; got.Restarts != 1 || got.Renumbered != 3 || got.Boot != nil || got.Lost != 0 {
		t.Errorf("got %d restarts, renumbered %d, booted %v, %d lost; want 1, 3, unknown, 0", got.Restarts, got.Renumbered, got.Boot, got.Lost)
	}
}

// Options data may tell when an IPFIX exporter booted; then the numbers are no more
// than numbers.
func TestARestartOfIPFIXIsSeenByTheBootThatIsAnnounced(t *testing.T) {
	s := newStation(t, nil)
	announce := func(after, booted time.Duration) {
		options := set(3, words(305, 2, 1, 149, 4, 160, 8)...)
		said := binary.BigEndian.AppendUint64(make([]byte, 4), uint64(began.Add(booted).UnixMilli()))
		s.netflow(after, edge1, with32(v10(uint32(after/time.Second), options, set(305, said...)), 4, uint32(began.Add(after).Unix())))
	}
	announce(0, -48*time.Hour)
	announce(time.Second, -48*time.Hour)
	if got := s.Exporters()[0]; got.Restarts != 0 || got.Boot == nil || !got.Boot.Equal(began.Add(-48*time.Hour)) {
		t.Errorf("got %d restarts, booted %v; want 0, two days before", got.Restarts, got.Boot)
	}
	announce(90*time.Second, 30*time.Second)
	if got := s.Exporters()[0]; got.Restarts != 1 || !got.Boot.Equal(began.Add(30*time.Second)) {
		t.Errorf("got %d restarts, booted %v; want 1, %v", got.Restarts, got.Boot, began.Add(30*time.Second))
	}
}

// A stream that was exported once, when it ended.
func TestAFlowOf22HoursKeepsItsBeginning(t *testing.T) {
	for _, r := range routers {
		stream := sent{up: 25 * 3_600_000, first: 22*time.Hour + 2*time.Second, last: 2 * time.Second}
		s, status := heard(t, []sent{stream}, r.datagram)
		got := s.flows[0]
		want := []time.Time{began.Add(-stream.first), began.Add(-stream.last)}
		if diff := cmp.Diff(want, []time.Time{got.Start, got.End}); diff != "" || got.Quality != 0 {
			t.Errorf("%s: quality %b, first and last packet (-want +got):\n%s", r.name, got.Quality, diff)
		}
		if len(status.Noted) != 0 {
			t.Errorf("%s: noted %v, want nothing", r.name, status.Noted)
		}
	}
}
