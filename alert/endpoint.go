package alert

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// Endpoint is the URL of a receiver. Receivers put keys into paths and queries, so
// it prints as scheme and host only: https://hooks.example.net/… The zero value is
// no URL.
type Endpoint struct{ raw string }

// NewEndpoint keeps a URL as it is; [Egress.Check] judges it.
func NewEndpoint(raw string) Endpoint { return Endpoint{raw} }

// Reveal is the whole URL, for the one line that opens it.
func (e Endpoint) Reveal() string { return e.raw }

// IsZero tells whether there is no URL.
func (e Endpoint) IsZero() bool { return e.raw == "" }

// IsPlain tells whether the URL is http, without TLS.
func (e Endpoint) IsPlain() bool {
	u, err := url.Parse(e.raw)
	return err == nil && u.Scheme == "http"
}

// String is the scheme and the host; everything else is left out.
func (e Endpoint) String() string {
	u, err := url.Parse(e.raw)
	if err != nil || u.Host == "" {
		return "…"
	}
	return Inert(u.Scheme+"://"+u.Host, 300) + "/…"
}

// Format prints the redacted form whatever the verb.
func (e Endpoint) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, e.String()) }

// MarshalJSON writes the redacted form.
func (e Endpoint) MarshalJSON() ([]byte, error) { return json.Marshal(e.String()) }

// MarshalText writes the redacted form.
func (e Endpoint) MarshalText() ([]byte, error) { return []byte(e.String()), nil }

// MarshalYAML writes the redacted form.
func (e Endpoint) MarshalYAML() (any, error) { return e.String(), nil }

// UnmarshalText reads a URL.
func (e *Endpoint) UnmarshalText(b []byte) error {
	e.raw = string(b)
	return nil
}

// maxURL bounds a URL's length in bytes.
const maxURL = 2048

// Check reports what is wrong with a receiver's URL before anything is sent to it.
// What a name resolves to is checked again at each dial, by [Egress.Client].
func (g Egress) Check(e Endpoint) error {
	if len(e.raw) > maxURL {
		return fmt.Errorf("url %s: longer than %d bytes", e, maxURL)
	}
	u, err := url.Parse(e.raw)
	if err != nil {
		return errors.New("url: cannot be read") // the cause would quote the URL
	}
	if err := g.checkParts(u); err != nil {
		return fmt.Errorf("url %s: %w", e, err)
	}
	return nil
}

func (g Egress) checkParts(u *url.URL) error {
	switch {
	case u.Scheme != "https" && u.Scheme != "http":
		return errors.New("the scheme must be https")
	case u.User != nil:
		return errors.New("user and password do not belong into a URL")
	case u.Hostname() == "":
		return errors.New("the host is missing")
	case u.Scheme == "http" && len(g.Allow) == 0:
		return errors.New("plain http is only for addresses listed in egress.allow; use https")
	}
	if err := checkPort(u.Port()); err != nil {
		return err
	}
	return g.checkHost(strings.ToLower(strings.TrimSuffix(u.Hostname(), ".")), u.Scheme == "http")
}

func checkPort(port string) error {
	if port == "" {
		return nil
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return fmt.Errorf("port %s is not within 1–65535", Inert(port, 20))
	}
	return nil
}

// checkHost refuses what only looks like a name: numbers that some resolvers read
// as an address (the last label decides, as in the WHATWG URL standard, section
// 3.5), and letters that look like other letters.
func (g Egress) checkHost(host string, plain bool) error {
	if addr, err := netip.ParseAddr(host); err == nil {
		return g.Permit(addr, plain)
	}
	for _, r := range host {
		if !strings.ContainsRune("abcdefghijklmnopqrstuvwxyz0123456789-._", r) {
			return errors.New("the host may hold letters, digits, dots and hyphens; write an international name in its xn-- form")
		}
	}
	last := host[strings.LastIndexByte(host, '.')+1:]
	if isNumber(last) {
		return errors.New("the host is a number but not an address in its usual form, as 192.0.2.1")
	}
	if last == "localhost" {
		return g.permitLoopback(plain)
	}
	return nil
}

func isNumber(label string) bool {
	if rest, hex := strings.CutPrefix(label, "0x"); hex {
		return strings.Trim(rest, "0123456789abcdef") == ""
	}
	return strings.Trim(label, "0123456789") == ""
}

// permitLoopback accepts localhost when one of its two addresses is allowed.
func (g Egress) permitLoopback(plain bool) error {
	if g.Permit(netip.IPv6Loopback(), plain) == nil {
		return nil
	}
	return g.Permit(netip.AddrFrom4([4]byte{127, 0, 0, 1}), plain)
}
