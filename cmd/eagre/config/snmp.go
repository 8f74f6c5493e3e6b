package config

import (
	"fmt"
	"net"
	"time"

	"eagre/alert"
	"eagre/ingest/snmp"
	"eagre/network"
)

// Exporter is an exporter and how its interface counters are read.
type Exporter struct {
	network.Exporter
	SNMP *SNMP // nil: they are not
}

// SNMP says how an agent is asked for the counters of its interfaces. Exactly one of
// Community and User is set.
type SNMP struct {
	Address    string             // host:port
	Community  alert.SecretSource // version 2c
	User       *SNMPUser          // version 3
	Interval   time.Duration
	Timeout    time.Duration
	Retries    uint32
	Interfaces uint32 // followed, at most
}

// SNMPUser is a user of version 3. Where Authentication or Privacy is empty, there is
// no passphrase of it.
type SNMPUser struct {
	Name              string
	Authentication    snmp.Authentication
	Passphrase        alert.SecretSource
	Privacy           snmp.Privacy
	PrivacyPassphrase alert.SecretSource
}

// DefaultSNMP asks as often, and waits as long, as package snmp does by itself.
// Address and a way in are missing.
func DefaultSNMP() SNMP {
	t := snmp.DefaultTarget()
	return SNMP{Interval: t.Interval, Timeout: t.Timeout, Retries: uint32(t.Retries), Interfaces: uint32(t.Interfaces)}
}

var snmpKeys = mapping[SNMP]{
	at("address", func(s *SNMP) *string { return &s.Address }, agentAddress,
		"Where its SNMP agent listens.").or("the exporter's address, port 161"),
	at[SNMP, alert.SecretSource]("community", func(s *SNMP) *alert.SecretSource { return &s.Community }, secret{},
		"The community that opens the agent by version 2c. It travels in plain text."),
	at("user", func(s *SNMP) **SNMPUser { return &s.User }, pointer[SNMPUser]{snmpUserKeys},
		"The user that opens the agent by version 3, in place of a community."),
	at("interval", func(s *SNMP) *time.Duration { return &s.Interval }, durationWithin(10*time.Second, time.Hour),
		"The time from one reading to the next.").or("`1m`"),
	at("timeout", func(s *SNMP) *time.Duration { return &s.Timeout }, durationWithin(10*time.Millisecond, 30*time.Second),
		"How long one answer is waited for.").or("`2s`"),
	at("retries", func(s *SNMP) *uint32 { return &s.Retries }, whole(0, 10),
		"How often a request that was not answered is sent again.").or("`2`"),
	at("interfaces", func(s *SNMP) *uint32 { return &s.Interfaces }, whole(1, 16_384),
		"How many interfaces are followed, those with the lowest numbers.").or("`1024`"),
}

var snmpUserKeys = mapping[SNMPUser]{
	at("name", func(u *SNMPUser) *string { return &u.Name }, pattern("a name of 32 letters at most", `^[!-~]{1,32}$`),
		"Its name.").must(),
	at("authentication", func(u *SNMPUser) *snmp.Authentication { return &u.Authentication },
		word(snmp.MD5, snmp.SHA1, snmp.SHA224, snmp.SHA256, snmp.SHA384, snmp.SHA512),
		"How messages are signed; md5 and sha are there for old routers.").or("not at all"),
	at[SNMPUser, alert.SecretSource]("passphrase", func(u *SNMPUser) *alert.SecretSource { return &u.Passphrase }, secret{},
		"The passphrase that signs, 8 bytes at least."),
	at("privacy", func(u *SNMPUser) *snmp.Privacy { return &u.Privacy },
		word(snmp.DES, snmp.AES128, snmp.AES192, snmp.AES256, snmp.AES192Cisco, snmp.AES256Cisco),
		"How messages are hidden. It needs authentication.").or("not at all"),
	at[SNMPUser, alert.SecretSource]("privacy_passphrase", func(u *SNMPUser) *alert.SecretSource { return &u.PrivacyPassphrase }, secret{},
		"The passphrase that hides, 8 bytes at least."),
}

// word is one of a few words that are values themselves.
func word[T ~string](all ...T) scalar[T] {
	words := make([]string, len(all))
	for i, w := range all {
		words[i] = string(w)
	}
	parse := func(text string) (T, error) {
		for _, w := range all {
			if string(w) == text {
				return w, nil
			}
		}
		return "", fmt.Errorf("no such word")
	}
	return oneOf(parse, func(w T) string { return string(w) }, words...)
}

const agentForm = `host:port, as "192.0.2.1:161" or "router.example.net:161"`

// agentAddress is where an agent is asked.
var agentAddress = scalar[string]{words: agentForm, format: asIs, parse: func(text string) (string, error) {
	host, err := splitHostPort(text)
	if err == nil && host == "" {
		err = fmt.Errorf("%s: which host? want %s", quote(text), agentForm)
	}
	return text, err
}}

func (r *reader) checkSNMP(s *SNMP) {
	switch {
	case s.User != nil && r.given(&s.Community):
		r.failAt(&s.Community, "snmp has either a community, for version 2c, or a user, for version 3 (%s)", r.place(s.User))
	case s.User == nil && !r.given(&s.Community):
		r.failAt(s, "snmp wants a community, for version 2c, or a user, for version 3")
	}
	if s.User != nil {
		r.checkSNMPUser(s.User)
	}
}

func (r *reader) checkSNMPUser(u *SNMPUser) {
	signs, hides := r.given(&u.Authentication), r.given(&u.Privacy)
	if signs != r.given(&u.Passphrase) {
		r.failAt(u, "authentication and passphrase go together")
	}
	if hides != r.given(&u.PrivacyPassphrase) {
		r.failAt(u, "privacy and privacy_passphrase go together")
	}
	if hides && !signs {
		r.failAt(&u.Privacy, "privacy needs authentication")
	}
}

// completeSNMP fills in where the agent of an exporter listens.
func (e *Exporter) completeSNMP() {
	if e.SNMP != nil && e.SNMP.Address == "" {
		e.SNMP.Address = net.JoinHostPort(e.Address.String(), "161")
	}
}
