package snmp

import (
	"maps"
	"slices"
	"strings"

	"github.com/gosnmp/gosnmp"
)

// Authentication is how messages of version 3 are signed.
type Authentication string

// The ways to sign (RFC 3414, 7860). The first two are there for old routers.
const (
	MD5    Authentication = "md5"
	SHA1   Authentication = "sha"
	SHA224 Authentication = "sha-224"
	SHA256 Authentication = "sha-256"
	SHA384 Authentication = "sha-384"
	SHA512 Authentication = "sha-512"
)

// Privacy is how messages of version 3 are hidden.
type Privacy string

// The ways to hide (RFC 3414, 3826). AES beyond 128 bits is no standard; its keys
// are stretched as Blumenthal's draft says, or as Cisco does it.
const (
	DES         Privacy = "des"
	AES128      Privacy = "aes"
	AES192      Privacy = "aes-192"
	AES256      Privacy = "aes-256"
	AES192Cisco Privacy = "aes-192-cisco"
	AES256Cisco Privacy = "aes-256-cisco"
)

var authentications = map[Authentication]gosnmp.SnmpV3AuthProtocol{
	"": gosnmp.NoAuth, MD5: gosnmp.MD5, SHA1: gosnmp.SHA, SHA224: gosnmp.SHA224,
	SHA256: gosnmp.SHA256, SHA384: gosnmp.SHA384, SHA512: gosnmp.SHA512,
}

var privacies = map[Privacy]gosnmp.SnmpV3PrivProtocol{
	"": gosnmp.NoPriv, DES: gosnmp.DES, AES128: gosnmp.AES, AES192: gosnmp.AES192, AES256: gosnmp.AES256,
	AES192Cisco: gosnmp.AES192C, AES256Cisco: gosnmp.AES256C,
}

// names are the words that can be chosen, for an error.
func names[K ~string, V any](m map[K]V) string {
	var all []string
	for _, k := range slices.Sorted(maps.Keys(m)) {
		if k != "" {
			all = append(all, string(k))
		}
	}
	return strings.Join(all, ", ")
}

// open fills in how the agent is spoken to.
func (t *Target) open(g *gosnmp.GoSNMP) {
	if t.User == nil {
		g.Version, g.Community = gosnmp.Version2c, t.Community.Reveal()
		return
	}
	g.Version, g.SecurityModel, g.MsgFlags = gosnmp.Version3, gosnmp.UserSecurityModel, t.User.level()
	g.SecurityParameters = t.User.parameters()
}

// level is what messages are protected by.
func (u *User) level() gosnmp.SnmpV3MsgFlags {
	switch {
	case u.Privacy != "":
		return gosnmp.AuthPriv
	case u.Authentication != "":
		return gosnmp.AuthNoPriv
	}
	return gosnmp.NoAuthNoPriv
}

func (u *User) parameters() *gosnmp.UsmSecurityParameters {
	p := &gosnmp.UsmSecurityParameters{
		UserName: u.Name, AuthenticationProtocol: authentications[u.Authentication], PrivacyProtocol: privacies[u.Privacy],
	}
	if u.Signing != nil {
		p.AuthenticationPassphrase = u.Signing.Reveal()
	}
	if u.Hiding != nil {
		p.PrivacyPassphrase = u.Hiding.Reveal()
	}
	return p
}
