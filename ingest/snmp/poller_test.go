package snmp

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/gosnmp/gosnmp"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"eagre/network/counters"
)

// Two routers, one of them over IPv6, are asked each in its own rhythm until the
// poller is told to stop.
func TestPollerAsksInRhythmUntilItIsStopped(t *testing.T) {
	var mu sync.Mutex
	octets := uint64(0)
	grow := func(r *gosnmp.SnmpPacket, _ []byte) [][]byte {
		mu.Lock()
		defer mu.Unlock()
		octets += 10
		known := mib{}.uptime(time.Hour).wide(1, "a", 10, side{octets: octets}, side{})
		return [][]byte{response(r, gosnmp.NoError, known.bulk(r)...)}
	}
	four, six := newAgent(t, "127.0.0.1:0", grow), newAgent(t, "[::1]:0", grow)
	c := Config{[]Target{targetAt(router4, four.address()), targetAt(router6, six.address())}}
	c.Targets[1].Interval = 2 * time.Minute
	hands := &clock{now: began, waits: make(chan wait)}
	heard := make(chan counters.Movement, 10)
	p := New(c, Deps{Moved: func(m counters.Movement) { heard <- m }, Clock: hands})
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- p.Run(ctx) }()

	first := hands.round(2)
	if first[0]+first[1] != time.Minute || first[0]*first[1] != 0 {
		t.Errorf("got first polls after %v, want one at once and one after half its interval", first)
	}
	second := hands.round(2)
	slices.Sort(second)
	if diff := cmp.Diff([]time.Duration{time.Minute, 3 * time.Minute}, second); diff != "" { // the clock stands still
		t.Errorf("waits for the second poll (-want +got):\n%s", diff)
	}
	got := []string{(<-heard).Exporter.String(), (<-heard).Exporter.String()}
	if got[0] > got[1] {
		got[0], got[1] = got[1], got[0]
	}
	if diff := cmp.Diff([]string{"192.0.2.1", "2001:db8::1"}, got); diff != "" {
		t.Errorf("exporters that moved (-want +got):\n%s", diff)
	}
	stop()
	for {
		select {
		case <-hands.waits: // of one that had not heard yet
		case err := <-ended:
			if err != nil {
				t.Errorf("Run ended with %v", err)
			}
			return
		}
	}
}

// A poller that is told to stop does not wait for an answer, and blames nobody.
func TestPollerStopsInTheMiddleOfAQuestion(t *testing.T) {
	asked := make(chan struct{}, 10)
	a := newAgent(t, "127.0.0.1:0", func(*gosnmp.SnmpPacket, []byte) [][]byte { asked <- struct{}{}; return nil })
	target := targetAt(router4, a.address())
	target.Timeout, target.Interval = longestTimeout, time.Hour
	s := newStation(t, target)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); s.poll(ctx) }()
	<-asked
	stop()
	<-ended
	if got := testutil.CollectAndCount(s.registry, "eagre_snmp_polls_total"); got != int(reasonCount) || s.log.Len() > 0 {
		t.Errorf("got %d outcomes and log %q, want all of them counted from zero and no word", got, s.log.String())
	}
	for r := range reasonCount {
		if got := testutil.ToFloat64(s.metrics.polls[r]); got != 0 {
			t.Errorf("got %v polls that ended as %v", got, r)
		}
	}
}

// A poll that takes longer than its interval pushes the next ones back.
func TestSlowRouterIsNotAskedTwiceAtOnce(t *testing.T) {
	known := mib{}.uptime(time.Hour).wide(1, "a", 10, side{}, side{})
	a := newAgent(t, "127.0.0.1:0", nil)
	s := newStation(t, targetAt(router4, a.address()))
	a.change(func() {
		a.answer = func(r *gosnmp.SnmpPacket, raw []byte) [][]byte {
			s.clock.pass(100 * time.Second)
			return known.answers(r, raw)
		}
	})
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); s.run(ctx, 0) }()
	(<-s.clock.waits).fire <- began
	if w := <-s.clock.waits; w.d != 0 {
		t.Errorf("got a wait of %v after a poll that took 100 s of 60, want none", w.d)
	}
	stop()
	<-ended
	if got := testutil.ToFloat64(s.metrics.overruns); got != 1 {
		t.Errorf("got %v overruns, want 1", got)
	}
}

func TestConfigurationIsJudgedWhole(t *testing.T) {
	good := targetAt(router4, "router:161")
	with := func(change func(*Target)) Target {
		t := good
		change(&t)
		return t
	}
	user := func(u User) Target { return with(func(t *Target) { t.Community, t.User = nil, &u }) }
	long, secret, short := word(strings.Repeat("s", 300)), word("long-enough-secret"), word("tiny-7!")
	cases := []struct {
		name string
		with Target
		want []string
	}{
		{"as it should be", good, nil},
		{"a user who signs and hides", user(User{"eagre", SHA256, secret, AES128, secret}), nil},
		{"a user who signs", user(User{"eagre", SHA512, secret, "", nil}), nil},
		{"a user in the open", user(User{Name: "eagre"}), nil},
		{"nothing at all", Target{}, []string{"exporter: no address", "address", "interval: 0s", "timeout: 0s", "interfaces: 0", "either a community or a user"}},
		{"too much of everything", with(func(t *Target) {
			t.Interval, t.Timeout, t.Retries, t.Interfaces, t.Community = 2*time.Hour, time.Minute, 11, 1<<20, long
		}), []string{"interval: 2h0m0s", "timeout: 1m0s", "retries: 11", "interfaces: 1048576", "community: 300 bytes"}},
		{"no port", with(func(t *Target) { t.Address = "router" }), []string{`address: "router" is not host:port`}},
		{"port 0", with(func(t *Target) { t.Address = "router:0" }), []string{`port "0" out of 1–65535`}},
		{"an empty community", with(func(t *Target) { t.Community = word("") }), []string{"community: 0 bytes"}},
		{"both ways in", with(func(t *Target) { t.User = &User{Name: "eagre"} }), []string{"either a community or a user"}},
		{"unknown words", user(User{"eagre", "rot13", secret, "xor", secret}), []string{`authentication "rot13", want one of md5, sha, sha-224`, `privacy "xor", want one of aes, aes-192`}},
		{"hiding without signing", user(User{"eagre", "", nil, AES128, secret}), []string{"privacy needs authentication"}},
		{"short and missing passphrases", user(User{"", SHA1, short, DES, nil}), []string{"a name of 0 bytes", "authentication and its passphrase", "privacy and its passphrase"}},
		{"a passphrase that nothing needs", user(User{"eagre", "", secret, "", nil}), []string{"authentication and its passphrase"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got := (Config{[]Target{c.with}}).Validate()
			text := fmt.Sprint(got)
			for _, w := range c.want {
				if !strings.Contains(text, w) {
					t.Errorf("got %v, want %q in it", got, w)
				}
			}
			if len(got) != len(c.want) {
				t.Errorf("got %d complaints, want %d: %v", len(got), len(c.want), got)
			}
			for _, s := range []word{long, secret, short, community} {
				if strings.Contains(text, string(s)) {
					t.Errorf("a secret is in %q", text)
				}
			}
		})
	}
	twice := Config{[]Target{good, with(func(t *Target) { t.Exporter = router4 })}}
	if got := fmt.Sprint(twice.Validate()); !strings.Contains(got, "192.0.2.1 is there twice") {
		t.Errorf("got %v", got)
	}
	if got := (Config{make([]Target, mostTargets+1)}).Validate(); !strings.Contains(got[0].Error(), "1001 targets, limit 1000") {
		t.Errorf("got %v", got[0])
	}
}
