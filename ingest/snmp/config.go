package snmp

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"time"
)

// Config says whose counters are read. The zero value reads none.
type Config struct{ Targets []Target }

// Target is one exporter whose interface counters are read. Either Community or
// User is set.
type Target struct {
	// Exporter is the source address of the flows that the counters are held
	// against.
	Exporter netip.Addr
	// Address is where the SNMP agent listens, as host:port; the port is 161 on
	// most routers.
	Address string
	// Community opens the agent by version 2c, in plain text on the wire.
	Community Secret
	// User opens the agent by version 3.
	User *User
	// Interval is the time from one poll to the next.
	Interval time.Duration
	// Timeout is how long one answer is waited for.
	Timeout time.Duration
	// Retries is how often a request that was not answered is sent again.
	Retries int
	// Interfaces is how many interfaces are followed, those with the lowest
	// numbers.
	Interfaces int
}

// Secret is a word that opens an agent. It is asked for at the moment of use and
// appears in no error and no log line of this package.
type Secret interface{ Reveal() string }

// User is a user of SNMP version 3. With neither passphrase its messages are
// plain and unsigned.
type User struct {
	Name           string
	Authentication Authentication // how messages are signed; empty: not at all
	Signing        Secret         // passphrase of Authentication
	Privacy        Privacy        // how messages are hidden, which needs Authentication; empty: not at all
	Hiding         Secret         // passphrase of Privacy
}

// DefaultTarget asks once a minute and waits two seconds for an answer, three
// times. Exporter, Address and a way in are missing.
func DefaultTarget() Target {
	return Target{Interval: time.Minute, Timeout: 2 * time.Second, Retries: 2, Interfaces: 1024}
}

const (
	mostTargets      = 1000
	mostInterfaces   = 16_384
	mostRetries      = 10
	shortestInterval = 10 * time.Second
	longestInterval  = time.Hour
	shortestTimeout  = 10 * time.Millisecond
	longestTimeout   = 30 * time.Second
	longestCommunity = 127 // bytes
	shortestPhrase   = 8   // bytes (RFC 3414, 11.2)
	longestWord      = 255 // bytes
	longestUser      = 32  // bytes (RFC 3414, 2.4)
)

// Validate reports everything that is wrong, not only the first thing. No text
// holds a secret.
func (c Config) Validate() []error {
	var errs []error
	if len(c.Targets) > mostTargets {
		errs = append(errs, fmt.Errorf("snmp: %d targets, limit %d", len(c.Targets), mostTargets))
	}
	seen := map[netip.Addr]bool{}
	for i, t := range c.Targets {
		for _, err := range t.validate() {
			errs = append(errs, fmt.Errorf("snmp: targets[%d]: %w", i, err))
		}
		exporter := t.Exporter.Unmap()
		if seen[exporter] {
			errs = append(errs, fmt.Errorf("snmp: targets[%d]: exporter %v is there twice", i, exporter))
		}
		seen[exporter] = true
	}
	return errs
}

func (t Target) validate() []error {
	var errs []error
	report := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if !t.Exporter.IsValid() {
		report("exporter: no address")
	}
	if _, _, err := t.hostPort(); err != nil {
		report("address: %w", err)
	}
	for _, bound := range []struct {
		name            string
		value, low, top time.Duration
	}{{"interval", t.Interval, shortestInterval, longestInterval}, {"timeout", t.Timeout, shortestTimeout, longestTimeout}} {
		if bound.value < bound.low || bound.value > bound.top {
			report("%s: %v, want %v to %v", bound.name, bound.value, bound.low, bound.top)
		}
	}
	if t.Retries < 0 || t.Retries > mostRetries {
		report("retries: %d, want 0 to %d", t.Retries, mostRetries)
	}
	if t.Interfaces < 1 || t.Interfaces > mostInterfaces {
		report("interfaces: %d, want 1 to %d", t.Interfaces, mostInterfaces)
	}
	return append(errs, t.wayIn()...)
}

// wayIn checks community or user.
func (t Target) wayIn() []error {
	switch {
	case (t.Community == nil) == (t.User == nil):
		return []error{errors.New("want either a community or a user")}
	case t.User != nil:
		return t.User.validate()
	}
	if n := len(t.Community.Reveal()); n == 0 || n > longestCommunity {
		return []error{fmt.Errorf("community: %d bytes, want 1 to %d", n, longestCommunity)}
	}
	return nil
}

func (u *User) validate() []error {
	var errs []error
	report := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if n := len(u.Name); n == 0 || n > longestUser {
		report("user: a name of %d bytes, want 1 to %d", n, longestUser)
	}
	if _, known := authentications[u.Authentication]; !known {
		report("user %q: authentication %q, want one of %s", u.Name, u.Authentication, names(authentications))
	}
	if _, known := privacies[u.Privacy]; !known {
		report("user %q: privacy %q, want one of %s", u.Name, u.Privacy, names(privacies))
	}
	if u.Privacy != "" && u.Authentication == "" {
		report("user %q: privacy needs authentication", u.Name)
	}
	if !rightPhrase(u.Authentication != "", u.Signing) {
		report("user %q: authentication and its passphrase of %d to %d bytes go together", u.Name, shortestPhrase, longestWord)
	}
	if !rightPhrase(u.Privacy != "", u.Hiding) {
		report("user %q: privacy and its passphrase of %d to %d bytes go together", u.Name, shortestPhrase, longestWord)
	}
	return errs
}

// rightPhrase tells whether a passphrase is there where one is wanted, and only
// there.
func rightPhrase(wanted bool, phrase Secret) bool {
	if phrase == nil || !wanted {
		return phrase == nil && !wanted
	}
	n := len(phrase.Reveal())
	return n >= shortestPhrase && n <= longestWord
}

// hostPort takes the address apart.
func (t Target) hostPort() (host string, port uint16, err error) {
	host, text, err := net.SplitHostPort(t.Address)
	if err != nil || host == "" {
		return "", 0, fmt.Errorf("%q is not host:port", t.Address)
	}
	n, err := strconv.ParseUint(text, 10, 16)
	if err != nil || n == 0 {
		return "", 0, fmt.Errorf("%q: port %q out of 1–65535", t.Address, text)
	}
	return host, uint16(n), nil
}
