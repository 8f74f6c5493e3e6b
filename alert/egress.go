package alert

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"syscall"
	"time"
)

// Egress says where messages may go. Public addresses are open over https. What
// lies inside (loopback, private, link-local) is closed, so that a receiver's URL or
// a name server's answer cannot turn the engine against its own network.
type Egress struct {
	// Allow lists the inside prefixes that receivers may live in. Plain http is
	// spoken to them alone.
	Allow []netip.Prefix
}

// never lists the addresses that no configuration opens: the metadata services of
// the large clouds, and addresses that name no single host.
var never = prefixes("169.254.169.254/32", "169.254.170.2/32", "168.63.129.16/32", "100.100.100.200/32",
	"fd00:ec2::254/128", "fd20:ce::254/128",
	"0.0.0.0/8", "224.0.0.0/4", "240.0.0.0/4", "::/128", "ff00::/8")

// inside lists the addresses that are closed unless allowed: loopback, RFC 1918,
// shared address space (RFC 6598), link-local, special purpose (RFC 6890),
// benchmarking (RFC 2544), unique local (RFC 4193), site-local (RFC 3879).
var inside = prefixes("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16",
	"100.64.0.0/10", "169.254.0.0/16", "192.0.0.0/24", "198.18.0.0/15",
	"::1/128", "fc00::/7", "fe80::/10", "fec0::/10")

// carriers are IPv6 prefixes that carry an IPv4 address (NAT64 of RFC 6052, 6to4 of
// RFC 3056), with the byte where it begins.
var carriers = []struct {
	prefix netip.Prefix
	at     int
}{{netip.MustParsePrefix("64:ff9b::/96"), 12}, {netip.MustParsePrefix("2002::/16"), 2}}

func prefixes(texts ...string) []netip.Prefix {
	var ps []netip.Prefix
	for _, t := range texts {
		ps = append(ps, netip.MustParsePrefix(t))
	}
	return ps
}

// Permit tells why addr may not be dialled; nil if it may. Plain asks for http
// without TLS.
func (g Egress) Permit(addr netip.Addr, plain bool) error {
	if addr.Zone() != "" {
		return fmt.Errorf("address %s: a zone does not belong here", Inert(addr.String(), 80))
	}
	addr = addr.Unmap()
	for _, c := range carriers {
		if c.prefix.Contains(addr) {
			b := addr.As16()
			carried := netip.AddrFrom4([4]byte(b[c.at : c.at+4]))
			if err := g.Permit(carried, false); err != nil {
				return fmt.Errorf("address %s carries another: %w", addr, err)
			}
		}
	}
	within := func(p netip.Prefix) bool { return p.Contains(addr) }
	allowed := slices.ContainsFunc(g.Allow, within)
	switch {
	case slices.ContainsFunc(never, within):
		return fmt.Errorf("address %s is never a receiver (metadata, unspecified, multicast or reserved)", addr)
	case plain && !allowed:
		return fmt.Errorf("address %s: plain http is only for addresses listed in egress.allow", addr)
	case !allowed && slices.ContainsFunc(inside, within):
		return fmt.Errorf("address %s is inside (loopback, private or link-local) and not listed in egress.allow", addr)
	}
	return nil
}

// Client makes the HTTP client that receivers share: the address is checked after
// the name was resolved, at each dial, so that a name that changes its mind gains
// nothing. Redirects are not followed, proxies of the environment not used, a
// request lasts [AttemptTimeout] at most. Plain says that the URL is http.
func (g Egress) Client(plain bool) *http.Client { return g.client(plain, nil) }

func (g Egress) client(plain bool, resolver *net.Resolver) *http.Client {
	dialer := net.Dialer{Timeout: AttemptTimeout, Resolver: resolver, Control: g.control(plain)}
	return &http.Client{
		Timeout:       AttemptTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
				return dialer.DialContext(ctx, network, address)
			},
			TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
			ForceAttemptHTTP2:      true,
			DisableCompression:     true,
			MaxIdleConnsPerHost:    1,
			IdleConnTimeout:        90 * time.Second,
			MaxResponseHeaderBytes: maxResponse,
		},
	}
}

// control is asked by the dialer with the resolved address, right before it connects.
func (g Egress) control(plain bool) func(network, address string, _ syscall.RawConn) error {
	return func(_, address string, _ syscall.RawConn) error {
		to, err := netip.ParseAddrPort(address)
		if err != nil {
			return errors.New("egress: the resolver gave no address")
		}
		if err := g.Permit(to.Addr(), plain); err != nil {
			return fmt.Errorf("egress: %w", err)
		}
		return nil
	}
}
