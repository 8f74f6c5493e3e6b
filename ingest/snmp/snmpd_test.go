package snmp

import (
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"eagre/internal/installed"
	"eagre/network/counters"
)

const (
	signing = word("sign-with-these-words")
	hiding  = word("hide-with-these-words")
)

// snmpd starts the agent of Net-SNMP with a community, one that sees the system alone,
// and two users, and gives its port on loopback of both families.
func snmpd(t *testing.T) string {
	t.Helper()
	return installed.SNMPD(t, fmt.Sprintf(`rocommunity %[1]s 127.0.0.1
rocommunity6 %[1]s ::1
rocommunity system-only 127.0.0.1 .1.3.6.1.2.1.1
createUser eagre SHA-256 "%[2]s" AES "%[3]s"
createUser signer SHA-512 "%[2]s"
rouser eagre priv
rouser signer auth
`, community, signing, hiding))
}

// until polls until something is so, at most for 40 seconds: an agent needs a
// moment to start, and reads the kernel's counters only now and then.
func (s *station) until(t *testing.T, so func() bool) {
	t.Helper()
	s.clock.pass(time.Since(began) - s.clock.Now().Sub(began)) // the agent's time is the real one
	started := time.Now()
	for pause := time.NewTicker(100 * time.Millisecond); !so(); <-pause.C {
		if time.Since(started) > 40*time.Second {
			t.Fatalf("nothing came of it in 40 s; log:\n%s", s.log.String())
		}
		s.clock.pass(time.Since(began) - s.clock.Now().Sub(began))
		s.poll(t.Context())
	}
}

// loopback is how far the loopback interface moved, all in all.
func loopback(t *testing.T, heard []counters.Movement) (in, out counters.Moved) {
	lo, err := net.InterfaceByName("lo")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range heard {
		if m.Index == uint32(lo.Index) {
			if m.Name != "lo" {
				t.Errorf("interface %d is called %q, want lo", m.Index, m.Name)
			}
			sum := counters.Movement{In: in, Out: out}
			sum.Join(&m)
			in, out = sum.In, sum.Out
		}
	}
	return in, out
}

// sendOnLoopback sends datagrams of 1000 bytes to a port where they are let drop.
func sendOnLoopback(t *testing.T, datagrams int) {
	t.Helper()
	sink, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer sink.Close()
	conn, err := net.DialUDP("udp", nil, sink.LocalAddr().(*net.UDPAddr))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	for range datagrams {
		conn.Write(make([]byte, 1000))
	}
}

// A real agent is asked in all ways in, over IPv4 and IPv6, while traffic runs over
// the loopback interface; its counters tell of that traffic at least.
func TestRealAgentTellsOfTrafficOnLoopback(t *testing.T) {
	port := snmpd(t)
	for _, c := range []struct {
		name, host string
		exporter   netip.Addr
		user       *User
	}{
		{"community", "127.0.0.1", router4, nil},
		{"community, IPv6", "::1", router6, nil},
		{"signed and hidden", "127.0.0.1", router4, &User{"eagre", SHA256, signing, AES128, hiding}},
		{"signed, IPv6", "::1", router6, &User{"signer", SHA512, signing, "", nil}},
	} {
		t.Run(c.name, func(t *testing.T) {
			target := targetAt(c.exporter, net.JoinHostPort(c.host, port))
			if c.user != nil {
				target.Community, target.User = nil, c.user
			}
			s := newStation(t, target)
			s.until(t, func() bool { return len(s.last) > 0 })
			sendOnLoopback(t, 500)
			s.until(t, func() bool {
				in, out := loopback(t, s.heard)
				return in.Octets >= 500*1000 && in.Packets >= 500 && out.Octets >= 500*1000 && out.Packets >= 500
			})
		})
	}
}

// A real agent that does not let us in: what it does then, and what the operator is
// told. No secret is in the log.
func TestRealAgentThatDoesNotLetUsInIsUnderstood(t *testing.T) {
	port := snmpd(t)
	ready := newStation(t, targetAt(router4, "127.0.0.1:"+port))
	ready.until(t, func() bool { return len(ready.last) > 0 })
	wrong := word("these-are-the-wrong-words")
	for _, c := range []struct {
		name      string
		community Secret
		user      *User
		want      reason
	}{
		{"a wrong community", wrong, nil, silent},
		{"a community that sees the system alone", word("system-only"), nil, noObject},
		{"a user it does not know", nil, &User{"nobody", SHA256, signing, AES128, hiding}, unknownUser},
		{"a wrong signing passphrase", nil, &User{"eagre", SHA256, wrong, AES128, hiding}, wrongSignature},
		{"a wrong signing protocol", nil, &User{"eagre", SHA512, signing, AES128, hiding}, wrongSignature},
		{"a wrong hiding passphrase", nil, &User{"eagre", SHA256, signing, AES128, wrong}, wrongKey},
		{"a user who does not hide but should", nil, &User{"eagre", SHA256, signing, "", nil}, noObject},
		{"a user who hides but cannot", nil, &User{"signer", SHA512, signing, AES128, hiding}, wrongLevel},
	} {
		t.Run(c.name, func(t *testing.T) {
			target := targetAt(router4, "127.0.0.1:"+port)
			target.Community, target.User, target.Timeout, target.Retries = c.community, c.user, time.Second, 0
			s := newStation(t, target)
			s.poll(t.Context())
			s.ended(t, c.want)
			for _, secret := range []word{wrong, signing, hiding, community} {
				if strings.Contains(s.log.String(), string(secret)) {
					t.Errorf("a secret is in the log: %s", s.log.String())
				}
			}
		})
	}
}
