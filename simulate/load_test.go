package simulate

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"eagre/flow"
	"eagre/network"
)

// loaded is a scenario of a load and nothing else.
func loaded(t *testing.T, l Load, change func(*Router), routers int) *Scenario {
	t.Helper()
	c := Config{Start: t0, Seed: 7, Load: &l}
	for i := range routers {
		r := Router{
			Exporter: network.Exporter{Name: "r", Address: netip.AddrFrom4([4]byte{127, 0, 0, byte(21 + i)})}, Format: flow.NetFlowV5,
			Active: 10 * time.Second, Inactive: time.Second, Boot: t0.Add(-time.Hour),
		}
		change(&r)
		c.Routers = append(c.Routers, r)
	}
	s, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestALoadIsAsManyFlowsAsWereAskedFor(t *testing.T) {
	for _, format := range allFormats {
		s := loaded(t, Load{PerSecond: 12_345, Hosts: 500}, func(r *Router) { r.Format, r.Scheme = format, V8FullFlow }, 3)
		datagrams := sentBy(s, t0.Add(2*time.Second))
		if got := s.Totals().Records; got < 24_687 || got > 24_690 {
			if format != flow.NetFlowV8 || got < 20_000 { // v8 adds equal ones up
				t.Errorf("%s: %d records, want 24690", format, got)
			}
		}
		if c := s.Totals(); c.Sampled != c.Exported {
			t.Errorf("%s: %d packets sampled, %d exported", format, c.Sampled, c.Exported)
		}
		if per := float64(s.Totals().Records) / float64(len(datagrams)); per < 6.5 {
			t.Errorf("%s: %.1f records in a datagram", format, per)
		}
	}
}

// heardFlows are the records of a load that v5 routers send.
func heardFlows(t *testing.T, s *Scenario, until time.Time) (out []flow.Record) {
	t.Helper()
	for _, d := range sentBy(s, until) {
		out = append(out, readV5(t, d.Payload).records...)
	}
	return out
}

func TestALoadsFlowsLookLikeFlows(t *testing.T) {
	s := loaded(t, Load{PerSecond: 5000, Hosts: 300}, func(*Router) {}, 1)
	hosts, tcp := map[netip.Addr]bool{}, 0
	for _, r := range heardFlows(t, s, t0.Add(2*time.Second)) {
		if r.Packets == 0 || r.Bytes < 20*r.Packets || r.Bytes > 1500*r.Packets || r.End.Before(r.Start) || r.SrcAddr == r.DstAddr || r.InIf == r.OutIf {
			t.Fatalf("a flow like no other: %+v", r)
		}
		hosts[r.SrcAddr], hosts[r.DstAddr] = true, true
		if r.Proto == protoTCP {
			tcp++
		}
	}
	if len(hosts) != 300 || tcp < 5000 || tcp > 8000 {
		t.Errorf("%d hosts, %d of 10000 flows TCP", len(hosts), tcp)
	}
}

func TestLongFlowsGoOnWhereTheyStopped(t *testing.T) {
	s := loaded(t, Load{PerSecond: 100, Hosts: 300, Long: .2}, func(*Router) {}, 1)
	type key struct {
		src, dst netip.Addr
		port     uint16
	}
	ends, pieces, gaps := map[key]time.Time{}, 0, 0
	for _, r := range heardFlows(t, s, t0.Add(40*time.Second)) {
		if r.End.Sub(r.Start) != 10*time.Second {
			continue
		}
		k := key{r.SrcAddr, r.DstAddr, r.SrcPort ^ r.DstPort}
		if last, known := ends[k]; known && max(r.Start.Sub(last), last.Sub(r.Start)) > 100*time.Millisecond {
			gaps++
		}
		ends[k] = r.End
		pieces++
	}
	if pieces != 800 || len(ends) != 200 || gaps != 0 {
		t.Errorf("%d pieces of %d conversations, %d gaps, want 800 of 200 without", pieces, len(ends), gaps)
	}
}

func TestALoadHasItsShareOfIPv6(t *testing.T) {
	s := loaded(t, Load{PerSecond: 10_000, Hosts: 300, IPv6: .25}, func(r *Router) { r.Format = flow.IPFIX }, 1)
	known, six, all := templateStore{}, 0, 0
	for _, d := range sentBy(s, t0.Add(2*time.Second)) {
		for _, r := range known.read(t, d.Payload).data {
			all++
			if r[SourceIPv6Address] != nil {
				six++
			}
		}
	}
	if all != 20_000 || six < 4700 || six > 5300 {
		t.Errorf("%d of %d flows are IPv6, want a quarter", six, all)
	}
}

func TestALoadIsTheSameForTheSameSeedHoweverItIsAdvanced(t *testing.T) {
	sum := func(step time.Duration) (out string) {
		s := loaded(t, Load{PerSecond: 3000, Hosts: 300, IPv6: .1, Long: .1}, func(r *Router) { r.Format, r.Sampling = flow.NetFlowV9, 10 }, 2)
		var b strings.Builder
		for at := step; at <= time.Second; at += step {
			s.Advance(t0.Add(at), func(d Datagram) { b.Write(d.Payload) })
		}
		return b.String()
	}
	if sum(time.Second) != sum(50*time.Millisecond) {
		t.Error("other steps gave other datagrams")
	}
}

func TestALoadSaysWhatIsWrongWithIt(t *testing.T) {
	err := Load{PerSecond: 2e7, Hosts: 1, IPv6: 2}.Validate()
	for _, want := range []string{"2e+07 flows a second", "1 hosts, want 2 to 16777216", "shares of 2 IPv6"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v lacks %q", err, want)
		}
	}
}
