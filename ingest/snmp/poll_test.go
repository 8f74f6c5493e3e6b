package snmp

import (
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/gosnmp/gosnmp"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"eagre/flow"
	"eagre/network/counters"
)

// A router with two interfaces is asked twice, a minute apart, over IPv4 and IPv6.
func TestRouterTellsHowFarItsInterfacesMoved(t *testing.T) {
	for _, c := range []struct {
		loopback string
		exporter netip.Addr
	}{{"127.0.0.1:0", router4}, {"[::1]:0", router6}} {
		known := mib{}.uptime(time.Hour).
			wide(1, "xe-0/0/0", 10_000, side{1 << 40, 1000, 100, 10, 5, 6}, side{1 << 41, 2000, 200, 20, 7, 8}).
			wide(7, "ge\x1b[2J-1\xff", 1000, side{octets: 5}, side{})
		a := newAgent(t, c.loopback, known.answers)
		s := newStation(t, targetAt(c.exporter, a.address()))
		s.poll(t.Context())
		s.clock.pass(time.Minute)
		a.change(func() {
			known.uptime(time.Hour+time.Minute).
				wide(1, "xe-0/0/0", 10_000, side{1<<40 + 9e9, 11_000, 300, 20, 6, 6}, side{1<<41 + 500, 2003, 201, 20, 7, 10})
		})
		s.poll(t.Context())
		from, to := began.UnixMilli(), began.Add(time.Minute).UnixMilli()
		want := []counters.Movement{
			{
				Exporter: flow.FromAddr(c.exporter), Index: 1, Name: "xe-0/0/0", Speed: 10e9, From: from, To: to,
				In:  counters.Moved{Octets: 9e9, Packets: 10_210, Discards: 1},
				Out: counters.Moved{Octets: 500, Packets: 4, Errors: 2},
			},
			{Exporter: flow.FromAddr(c.exporter), Index: 7, Name: "ge?[2J-1?", Speed: 1e9, From: from, To: to},
		}
		if diff := cmp.Diff(want, s.heard); diff != "" {
			t.Errorf("%s: movements (-want +got):\n%s", c.loopback, diff)
		}
		s.ended(t, fine)
		s.told(t, firstSeen, 2)
		s.told(t, moved, 2)
		if got := testutil.ToFloat64(s.metrics.interfaces); got != 2 {
			t.Errorf("got %v interfaces, want 2", got)
		}
	}
}

// An agent of the last century counts in 32 bits, and multicast and broadcast in one.
func TestOldAgentCountsIn32Bits(t *testing.T) {
	known := mib{}
	stand := func(octets, unicast, others uint) {
		for c, v := range map[int]uint{5: 100e6, 10: octets, 11: unicast, 12: others, 16: 7, 17: 8} {
			kind := gosnmp.Counter32
			if c == 5 {
				kind = gosnmp.Gauge32
			}
			known.set(fmt.Sprint(ifEntry, c, ".3"), kind, v)
		}
	}
	stand(0xffff_fff0, 1000, 10)
	a := newAgent(t, "127.0.0.1:0", known.uptime(time.Hour).answers)
	s := newStation(t, targetAt(router4, a.address()))
	s.poll(t.Context())
	s.clock.pass(time.Minute)
	a.change(func() {
		known.uptime(time.Hour + time.Minute)
		stand(1_000_000, 2000, 15)
	})
	s.poll(t.Context())
	want := []counters.Movement{{
		Exporter: flow.FromAddr(router4), Index: 3, Speed: 100e6, From: began.UnixMilli(), To: began.Add(time.Minute).UnixMilli(),
		In: counters.Moved{Octets: 1_000_016, Packets: 1005},
	}}
	if diff := cmp.Diff(want, s.heard); diff != "" {
		t.Errorf("movements (-want +got):\n%s", diff)
	}
}

// An interface that goes away is forgotten, and is new when it comes back.
func TestInterfaceThatComesBackIsNew(t *testing.T) {
	known := mib{}.uptime(time.Hour).wide(1, "a", 10, side{}, side{}).wide(2, "b", 10, side{}, side{})
	a := newAgent(t, "127.0.0.1:0", func(r *gosnmp.SnmpPacket, raw []byte) [][]byte { return known.answers(r, raw) })
	s := newStation(t, targetAt(router4, a.address()))
	full := known
	without := mib{}.wide(1, "a", 10, side{}, side{})
	for i, now := range []mib{full, without, full, full} {
		a.change(func() { known = now.uptime(time.Hour + time.Duration(i)*time.Minute) })
		s.poll(t.Context())
		s.clock.pass(time.Minute)
	}
	var got []uint32
	for _, m := range s.heard {
		got = append(got, m.Index)
	}
	if diff := cmp.Diff([]uint32{1, 1, 1, 2}, got); diff != "" {
		t.Errorf("interfaces that moved (-want +got):\n%s", diff)
	}
	s.told(t, firstSeen, 3)
}

// endless is an agent whose tables never end: it invents a row for whatever is
// asked. Each answer has 8 KiB or so.
func endless(request *gosnmp.SnmpPacket, _ []byte) [][]byte {
	values := []gosnmp.SnmpPDU{{Name: sysUpTime + ".0", Type: gosnmp.TimeTicks, Value: uint32(5)}}
	for row := range 10 {
		for _, v := range request.Variables[1:] {
			oid, index := v.Name, 0
			for _, c := range append(wideColumns, narrowColumns...) {
				if n, ok := c.row(v.Name); ok {
					oid, index = c.oid, int(n)
				}
			}
			values = append(values, gosnmp.SnmpPDU{Name: fmt.Sprint(oid, ".", index+row+1), Type: gosnmp.OctetString, Value: []byte(strings.Repeat("x", 40))})
		}
	}
	return [][]byte{response(request, gosnmp.NoError, values...)}
}

// An agent that would tell for ever is heard up to the limit.
func TestEndlessTableEndsAtTheLimit(t *testing.T) {
	a := newAgent(t, "127.0.0.1:0", endless)
	target := targetAt(router4, a.address())
	target.Interfaces = 100
	s := newStation(t, target)
	s.poll(t.Context())
	s.ended(t, fine)
	if got := testutil.ToFloat64(s.metrics.truncated); got != 1 || len(s.last) != 100 {
		t.Errorf("got %d interfaces, %v polls cut short, want 100 and 1", len(s.last), got)
	}
	a.change(func() {
		if a.asked > 2*11 {
			t.Errorf("got %d requests for 100 rows, want 11 a pass at most", a.asked)
		}
	})
	if !strings.Contains(s.log.String(), "more interfaces than the limit") {
		t.Errorf("got log %q, want a word about the limit", s.log.String())
	}
}

// What agents answer that is of no use, and what the operator is told.
func TestUselessAnswersAreNamed(t *testing.T) {
	up := gosnmp.SnmpPDU{Name: sysUpTime + ".0", Type: gosnmp.TimeTicks, Value: uint32(5)}
	name := func(oid string) gosnmp.SnmpPDU {
		return gosnmp.SnmpPDU{Name: oid, Type: gosnmp.OctetString, Value: []byte("a")}
	}
	always := func(status gosnmp.SNMPError, values ...gosnmp.SnmpPDU) func(*gosnmp.SnmpPacket, []byte) [][]byte {
		return func(r *gosnmp.SnmpPacket, _ []byte) [][]byte { return [][]byte{response(r, status, values...)} }
	}
	raw := func(b ...byte) func(*gosnmp.SnmpPacket, []byte) [][]byte {
		return func(*gosnmp.SnmpPacket, []byte) [][]byte { return [][]byte{b} }
	}
	cases := []struct {
		name   string
		answer func(*gosnmp.SnmpPacket, []byte) [][]byte
		want   reason
		words  string
	}{
		{"nothing", func(*gosnmp.SnmpPacket, []byte) [][]byte { return nil }, silent, "community is wrong"},
		{"noise", raw(1, 2, 3, 4), garbage, "no SNMP"},
		{"an empty datagram", raw(), garbage, "no SNMP"},
		{"the request itself", func(_ *gosnmp.SnmpPacket, raw []byte) [][]byte { return [][]byte{raw} }, garbage, "no response"},
		{"a length beyond the end", raw(0x30, 0x84, 0x7f, 0xff, 0xff, 0xff, 2, 1, 1), garbage, "no SNMP"},
		{"no values", always(gosnmp.NoError), garbage, "no values"},
		{"the uptime alone", always(gosnmp.NoError, up), garbage, "no values"},
		{"no uptime", always(gosnmp.NoError, name(".1.3.6.1.2.1.1.5.0"), name(ifXEntry+"1.1")), noObject, "view"},
		{"the end of the view", mib{}.uptime(time.Hour).answers, noObject, "view"},
		{"the same object for ever", always(gosnmp.NoError, up, name(ifXEntry+"1.4")), notGrowing, "do not grow"},
		{"access denied", always(gosnmp.AuthorizationError, up), noObject, "view"},
		{"an error of its own", always(gosnmp.GenErr, up), agentError, "error status 5"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			a := newAgent(t, "127.0.0.1:0", c.answer)
			target := targetAt(router4, a.address())
			target.Timeout, target.Retries = shortestTimeout, 1
			s := newStation(t, target)
			s.poll(t.Context())
			s.ended(t, c.want)
			if !strings.Contains(s.log.String(), c.words) {
				t.Errorf("got log %q, want words %q", s.log.String(), c.words)
			}
			if strings.Contains(s.log.String(), string(community)) {
				t.Errorf("the community is in the log: %q", s.log.String())
			}
			if len(s.heard) != 0 || len(s.last) != 0 {
				t.Errorf("got %v and %d interfaces of a useless answer", s.heard, len(s.last))
			}
		})
	}
}

// A flood of answers that nobody asked for ends with the time for the answer.
func TestAnswersToOtherQuestionsAreNotHeard(t *testing.T) {
	a := newAgent(t, "127.0.0.1:0", func(r *gosnmp.SnmpPacket, _ []byte) [][]byte {
		other := *r
		other.RequestID ^= 0x5555
		return [][]byte{response(&other, gosnmp.NoError, gosnmp.SnmpPDU{Name: sysUpTime + ".0", Type: gosnmp.TimeTicks, Value: uint32(5)})}
	})
	target := targetAt(router4, a.address())
	target.Timeout, target.Retries = shortestTimeout, 0
	s := newStation(t, target)
	s.poll(t.Context())
	s.ended(t, silent)
}

func TestClosedPortIsCalledClosed(t *testing.T) {
	conn, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv6loopback})
	if err != nil {
		t.Fatal(err)
	}
	address := conn.LocalAddr().String()
	conn.Close()
	s := newStation(t, targetAt(router6, address))
	s.poll(t.Context())
	s.ended(t, portClosed)
	if !strings.Contains(s.log.String(), "port is closed") {
		t.Errorf("got log %q", s.log.String())
	}
}

// A router that is down for an hour fills no log: a line a minute, which says how
// many were left out, and one when it is back.
func TestSilentRouterFillsNoLog(t *testing.T) {
	known := mib{}.uptime(time.Hour).wide(1, "a", 10, side{}, side{})
	down := true
	a := newAgent(t, "127.0.0.1:0", func(r *gosnmp.SnmpPacket, raw []byte) [][]byte {
		if down {
			return [][]byte{{0}}
		}
		return known.answers(r, raw)
	})
	target := targetAt(router4, a.address())
	target.Retries, target.Interval = 0, shortestInterval
	s := newStation(t, target)
	for range 360 {
		s.poll(t.Context())
		s.clock.pass(shortestInterval)
	}
	a.change(func() { down = false })
	s.poll(t.Context())
	if got := strings.Count(s.log.String(), "cannot be read"); got != 60 {
		t.Errorf("got %d lines in an hour, want 60", got)
	}
	if got := strings.Count(s.log.String(), "left_out=5"); got != 59 {
		t.Errorf("got %d lines that tell of 5 left out, want 59", got)
	}
	if !strings.Contains(s.log.String(), "can be read again") {
		t.Error("nobody said that the router is back")
	}
	if got := testutil.ToFloat64(s.metrics.polls[garbage]); got != 360 {
		t.Errorf("got %v failed polls, want 360", got)
	}
}
