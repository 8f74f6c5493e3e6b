package config

import (
	"fmt"
	"math"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
)

// address is one host, in its unmapped form.
var address = scalar[netip.Addr]{words: "an address", parse: parseAddress, format: func(a netip.Addr) string {
	if !a.IsValid() {
		return ""
	}
	return a.String()
}}

func parseAddress(text string) (netip.Addr, error) {
	if _, err := netip.ParsePrefix(text); err == nil {
		return netip.Addr{}, fmt.Errorf("%s: want one address, without a prefix length", quote(text))
	}
	a, err := netip.ParseAddr(text)
	switch {
	case err != nil:
		return netip.Addr{}, fmt.Errorf("%s is no address: want one as 192.0.2.1 or 2001:db8::1", quote(text))
	case a.Zone() != "":
		return netip.Addr{}, fmt.Errorf("%s: a zone does not belong here", quote(text))
	case a.IsUnspecified() || a.IsMulticast():
		return netip.Addr{}, fmt.Errorf("%s is not the address of one host", quote(text))
	}
	return a.Unmap(), nil
}

// prefix is a network in its masked, unmapped form.
var prefix = scalar[netip.Prefix]{words: "a prefix", parse: parsePrefix, format: netip.Prefix.String}

func parsePrefix(text string) (netip.Prefix, error) {
	host, length, found := strings.Cut(text, "/")
	a, err := netip.ParseAddr(host)
	if err != nil || a.Zone() != "" {
		return netip.Prefix{}, fmt.Errorf("%s is no prefix: want one as 198.51.100.0/24 or 2001:db8::/32", quote(text))
	}
	if !found {
		return netip.Prefix{}, fmt.Errorf("%s has no prefix length: write %s/%d for the one address", quote(text), a, a.BitLen())
	}
	bits, err := wholeNumber(length, 0, uint64(a.BitLen()))
	if err != nil {
		return netip.Prefix{}, fmt.Errorf("prefix %s: length %w", quote(text), err)
	}
	return normalPrefix(a, int(bits))
}

// normalPrefix takes off host bits and the v4-mapped form, and says so.
func normalPrefix(a netip.Addr, bits int) (netip.Prefix, error) {
	given := netip.PrefixFrom(a, bits)
	taken := given.Masked()
	if a.Is4In6() && bits >= 96 {
		taken = netip.PrefixFrom(a.Unmap(), bits-96).Masked()
	}
	switch {
	case taken == given:
		return taken, nil
	case taken.Addr().BitLen() != a.BitLen():
		return taken, caution(fmt.Sprintf("prefix %s is IPv4 in IPv6 form: taken as %s", given, taken))
	}
	return taken, caution(fmt.Sprintf("prefix %s has host bits set: taken as %s", given, taken))
}

const hostPortForm = `host:port, as ":2055", "127.0.0.1:2055" or "[2001:db8::1]:2055"`

// hostPort is where to listen.
var hostPort = scalar[string]{
	words: hostPortForm,
	parse: func(text string) (string, error) {
		_, err := splitHostPort(text)
		return text, err
	},
	format: asIs,
}

// loopback is where to listen without passwords.
func loopback(what string) scalar[string] {
	return scalar[string]{words: `host:port on loopback, as "127.0.0.1:9090"`, format: asIs, parse: func(text string) (string, error) {
		host, err := splitHostPort(text)
		if err != nil {
			return "", err
		}
		if a, err := netip.ParseAddr(host); host != "localhost" && (err != nil || !a.IsLoopback()) {
			return "", fmt.Errorf("%s: %s is not loopback; put a proxy that asks who comes in front of 127.0.0.1", what, text)
		}
		return text, nil
	}}
}

var hostName = regexp.MustCompile(`^([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*$`)

func splitHostPort(text string) (host string, err error) {
	colon := strings.LastIndexByte(text, ':')
	if colon < 0 {
		return "", fmt.Errorf("%s: want %s", quote(text), hostPortForm)
	}
	if err := checkPort(text[colon+1:]); err != nil {
		return "", err
	}
	host = text[:colon]
	if inner, ok := strings.CutPrefix(host, "["); ok && strings.HasSuffix(inner, "]") {
		host = strings.TrimSuffix(inner, "]")
		if a, err := netip.ParseAddr(host); err != nil || !a.Is6() {
			return "", fmt.Errorf("host %s: want an IPv6 address inside the brackets", quote(host))
		}
		return host, nil
	}
	if strings.Contains(host, ":") {
		return "", fmt.Errorf("host %s: an IPv6 address stands in brackets, as [2001:db8::1]:2055", quote(host))
	}
	return host, checkHost(host)
}

func checkHost(host string) error {
	if host == "" || len(host) <= 253 && hostName.MatchString(host) && !lastIsNumber(host) {
		return nil
	}
	if _, err := netip.ParseAddr(host); err != nil {
		return fmt.Errorf("host %s is neither an address nor a name", quote(host))
	}
	return nil
}

// lastIsNumber tells that a host wants to be an IPv4 address, as 10.0.0.256 does.
func lastIsNumber(host string) bool {
	return digits.MatchString(host[strings.LastIndexByte(host, '.')+1:])
}

func checkPort(text string) error {
	if !digits.MatchString(text) {
		return fmt.Errorf("port %s: want a number in 1–65535", quote(text))
	}
	if n, err := strconv.ParseUint(text, 10, 64); err != nil || n < 1 || n > math.MaxUint16 {
		return fmt.Errorf("port %s out of 1–65535", text[:min(len(text), 20)])
	}
	return nil
}
