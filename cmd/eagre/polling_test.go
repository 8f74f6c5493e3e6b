package main

import (
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"eagre/alert"
	"eagre/cmd/eagre/config"
	"eagre/flow"
	"eagre/ingest/snmp"
	"eagre/internal/installed"
	"eagre/network"
)

const (
	testCommunity  = "open-sesame-4711"
	testPassphrase = "sign-with-these-words"
)

func TestAgentsAreAskedAsConfigured(t *testing.T) {
	t.Setenv("TEST_COMMUNITY", testCommunity)
	t.Setenv("TEST_PASSPHRASE", testPassphrase)
	cfg := configured(t, `
exporters:
  - {address: 192.0.2.1, name: edge1, snmp: {community: {env: TEST_COMMUNITY}, interval: 10s, timeout: 10ms, retries: 0, interfaces: 1}}
  - {address: 192.0.2.2, name: edge2}
  - address: "2001:db8::3"
    name: edge3
    snmp:
      user: {name: eagre, authentication: sha-256, passphrase: {env: TEST_PASSPHRASE}, privacy: aes, privacy_passphrase: {env: TEST_PASSPHRASE}}
      interval: 1h
      timeout: 30s
      retries: 10
      interfaces: 16384
`)
	got, err := pollerConfig(cfg)
	if err != nil {
		t.Fatal(err)
	}
	secret := alert.NewSecret
	want := []snmp.Target{
		{
			Exporter: netip.MustParseAddr("192.0.2.1"), Address: "192.0.2.1:161", Community: secret(testCommunity),
			Interval: 10 * time.Second, Timeout: 10 * time.Millisecond, Interfaces: 1,
		},
		{
			Exporter: netip.MustParseAddr("2001:db8::3"), Address: "[2001:db8::3]:161",
			User:     &snmp.User{Name: "eagre", Authentication: snmp.SHA256, Signing: secret(testPassphrase), Privacy: snmp.AES128, Hiding: secret(testPassphrase)},
			Interval: time.Hour, Timeout: 30 * time.Second, Retries: 10, Interfaces: 16384,
		},
	}
	if diff := cmp.Diff(want, got.Targets, cmpopts.EquateComparable(netip.Addr{}, alert.Secret{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	cfg.Crosscheck.Enabled = false
	if got, err := pollerConfig(cfg); err != nil || len(got.Targets) != 0 {
		t.Errorf("without a crosscheck: got %v and %v, want nobody to be asked", got.Targets, err)
	}
}

// TestSecretsOfAgentsThatAreMissingOrTooShortAreNamedAllAtOnce: by their place, never
// by what is kept there.
func TestSecretsOfAgentsThatAreMissingOrTooShortAreNamedAllAtOnce(t *testing.T) {
	t.Setenv("TEST_COMMUNITY", testCommunity)
	t.Setenv("TEST_PASSPHRASE", "tiny-7!")
	refused := func(text string) string {
		_, err := pollerConfig(configured(t, text))
		if got := exitCode(err, new(strings.Builder)); got != exitUsage {
			t.Fatalf("exit code: got %d (%v), want %d", got, err, exitUsage)
		}
		return err.Error()
	}
	got := refused(`
exporters:
  - {address: 192.0.2.1, name: edge1, snmp: {community: {env: TEST_NOTHING}}}
  - {address: 192.0.2.2, name: edge2, snmp: {community: {env: TEST_COMMUNITY}}}
  - {address: 192.0.2.3, name: edge3, snmp: {user: {name: eagre, authentication: sha, passphrase: {env: TEST_NONE}, privacy: des, privacy_passphrase: {env: TEST_NEVER}}}}
`)
	want := "exporter edge1: snmp: secret: env TEST_NOTHING is empty\n" +
		"exporter edge3: snmp: secret: env TEST_NONE is empty\nsecret: env TEST_NEVER is empty"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("missing (-want +got):\n%s", diff)
	}
	got = refused(`exporters: [{address: 192.0.2.1, name: edge1, snmp: {user: {name: eagre, authentication: sha, passphrase: {env: TEST_PASSPHRASE}}}}]`)
	if !strings.Contains(got, `user "eagre"`) || strings.Contains(got, "tiny-7!") {
		t.Errorf("too short: got %q", got)
	}
}

// TestARealAgentIsHeldAgainstFlows: a running engine asks it over IPv4 and IPv6 for the
// loopback interface, of which no flow tells. Event time is 36 minutes ahead of the
// machine's, and goes on when something was read, so that nobody waits for late flows.
func TestARealAgentIsHeldAgainstFlows(t *testing.T) {
	t.Setenv("TEST_COMMUNITY", testCommunity)
	port := installed.SNMPD(t, fmt.Sprintf("rocommunity %[1]s 127.0.0.1\nrocommunity6 %[1]s ::1\n", testCommunity))
	exporters := []netip.Addr{netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("::1")}
	l := startEngine(t, func(c *config.Config) {
		for _, a := range exporters {
			s := config.DefaultSNMP()
			s.Address, s.Community, s.Interval = net.JoinHostPort(a.String(), port), alert.SecretSource{Env: "TEST_COMMUNITY"}, 11*time.Second // 10 may be a little less
			c.Exporters = append(c.Exporters, config.Exporter{Exporter: network.Exporter{Address: a}, SNMP: &s})
		}
		c.Crosscheck.Packets = 1
	})
	agent := newCountingAgent("127.0.0.1", honest)
	agent.began = time.Now().Add(36 * time.Minute).Truncate(time.Minute)
	day := countingDay{listening: l, began: agent.began, sent: agent.day(20)}
	pause := time.NewTicker(100 * time.Millisecond)
	defer pause.Stop()
	minute := 1
	for tries := 0; !l.disagree(exporters); tries++ {
		if tries > 400 {
			t.Fatalf("nothing came of it in 40 s; counts %+v", l.checker.agreement().counts)
		}
		if l.checker.held() > 0 {
			minute++
		}
		day.until(t, minute)
		talk(t)
		<-pause.C
	}
	if _, body := l.get(t, "/metrics"); !strings.Contains(body, `eagre_snmp_interfaces{exporter="::1"} `) {
		t.Error("/metrics does not tell of the interfaces of ::1")
	}
}

// held is how many movements wait for their minute.
func (q *movements) held() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.waiting)
}

// disagree tells whether all exporters have been judged, as flows that tell of nothing.
func (l *listening) disagree(exporters []netip.Addr) bool {
	for _, a := range exporters {
		if c := l.checker.agreement().confidence[flow.FromAddr(a)]; c.Interfaces == 0 || c.Ratio != 0 {
			return false
		}
	}
	return true
}

// talk sends something over the loopback interface, so that its counters move.
func talk(t *testing.T) {
	t.Helper()
	sink, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer sink.Close()
	for range 10 {
		if _, err := sink.WriteTo(make([]byte, 1000), sink.LocalAddr()); err != nil {
			t.Fatal(err)
		}
	}
}
