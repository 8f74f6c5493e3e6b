package alert

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"

	"golang.org/x/net/dns/dnsmessage"
)

const canary = "canary-4711"

func allow(texts ...string) Egress { return Egress{Allow: prefixes(texts...)} }

func TestWhereMessagesMayGo(t *testing.T) {
	for _, c := range []struct {
		name, addr string
		egress     Egress
		plain      bool
		permitted  bool
	}{
		{"public", "192.0.2.1", Egress{}, false, true},
		{"public", "2001:db8::1", Egress{}, false, true},
		{"public over plain http", "192.0.2.1", Egress{}, true, false},
		{"public over plain http", "2001:db8::1", Egress{}, true, false},
		{"listed over plain http", "192.0.2.1", allow("192.0.2.0/24"), true, true},
		{"listed over plain http", "2001:db8::1", allow("2001:db8::/32"), true, true},
		{"loopback", "127.0.0.1", Egress{}, false, false},
		{"loopback", "::1", Egress{}, false, false},
		{"loopback that is listed", "127.8.8.8", allow("127.0.0.0/8"), false, true},
		{"loopback that is listed", "::1", allow("::1/128"), true, true},
		{"private", "10.20.3.4", Egress{}, false, false},
		{"private", "172.31.255.1", Egress{}, false, false},
		{"private", "192.168.0.1", allow("10.0.0.0/8"), false, false},
		{"private", "fd12:3456::1", Egress{}, false, false},
		{"private that is listed", "10.20.3.4", allow("10.20.0.0/16"), false, true},
		{"private that is listed", "fd12:3456::1", allow("fd12:3456::/32"), false, true},
		{"shared", "100.64.0.1", Egress{}, false, false},
		{"link-local", "169.254.1.1", Egress{}, false, false},
		{"link-local", "fe80::1", Egress{}, false, false},
		{"link-local with a zone", "fe80::1%eth0", allow("fe80::/10"), false, false},
		{"metadata", "169.254.169.254", allow("0.0.0.0/0"), false, false},
		{"metadata", "fd00:ec2::254", allow("::/0"), false, false},
		{"metadata", "100.100.100.200", allow("0.0.0.0/0"), false, false},
		{"unspecified", "0.0.0.0", allow("0.0.0.0/0"), false, false},
		{"unspecified", "::", allow("::/0"), false, false},
		{"multicast", "224.0.0.1", allow("0.0.0.0/0"), false, false},
		{"multicast", "ff02::1", allow("::/0"), false, false},
		{"broadcast", "255.255.255.255", allow("0.0.0.0/0"), false, false},
		{"IPv4 dressed as IPv6", "::ffff:127.0.0.1", Egress{}, false, false},
		{"IPv4 dressed as IPv6, listed", "::ffff:127.0.0.1", allow("127.0.0.0/8"), false, true},
		{"metadata behind NAT64", "64:ff9b::169.254.169.254", allow("::/0"), false, false},
		{"private behind NAT64", "64:ff9b::10.0.0.1", Egress{}, false, false},
		{"public behind NAT64", "64:ff9b::192.0.2.1", Egress{}, false, true},
		{"private by 6to4", "2002:a00:1::1", Egress{}, false, false},
		{"public by 6to4", "2002:c000:201::1", Egress{}, false, true},
	} {
		err := c.egress.Permit(netip.MustParseAddr(c.addr), c.plain)
		if got := err == nil; got != c.permitted {
			t.Errorf("%s %s: got %v, want permitted %v", c.name, c.addr, err, c.permitted)
		}
	}
}

// Row 98: what a URL may not be, and that the answer does not repeat it.
func TestURLs(t *testing.T) {
	lab := allow("10.20.0.0/16", "fd12::/16")
	for _, c := range []struct{ url, want string }{
		{"https://hooks.example.net/T/canary-4711?key=canary-4711", ""},
		{"https://hooks.example.net:8443/canary-4711", ""},
		{"https://xn--bcher-kva.example/", ""},
		{"HTTPS://HOOKS.EXAMPLE.NET./x", ""},
		{"https://[2001:db8::1]/", ""},
		{"http://10.20.0.5/canary-4711", ""},
		{"http://[fd12::5]/canary-4711", ""},
		{"http://collector.lab/", ""}, // decided when its address is known

		{"http://192.0.2.1/canary-4711", "egress.allow"},
		{"ftp://hooks.example.net/canary-4711", "the scheme must be https"},
		{"file:///etc/passwd", "the scheme must be https"},
		{"gopher://127.0.0.1:70/canary-4711", "the scheme must be https"},
		{"javascript:alert(1)", "the scheme must be https"},
		{"hooks.example.net/canary-4711", "the scheme must be https"},
		{"", "the scheme must be https"},
		{"https://user:canary-4711@hooks.example.net/", "user and password"},
		{"https://canary-4711@hooks.example.net/", "user and password"},
		{"https:///canary-4711", "the host is missing"},
		{"https://169.254.169.254/canary-4711", "never a receiver"},
		{"https://[::1]/canary-4711", "not listed in egress.allow"},
		{"https://[fe80::1%25eth0]/", "zone"},
		{"https://127.0.0.1/", "not listed in egress.allow"},
		{"https://localhost/", "not listed in egress.allow"},
		{"https://api.localhost./", "not listed in egress.allow"},
		{"https://2130706433/", "number"},
		{"https://0x7f.1/", "number"},
		{"https://0x7f000001/", "number"},
		{"https://127.1/", "number"},
		{"https://0177.0.0.1/", "number"},
		{"https://10.20.0.5.:443/", ""},
		{"https://１２７.0.0.1/", "xn--"},
		{"https://exаmple.net/", "xn--"}, // the third letter is Cyrillic
		{"https://hooks.example.net:0/", "1–65535"},
		{"https://hooks.example.net:70000/", "1–65535"},
		{"https://hooks.example.net:canary-4711/", "cannot be read"},
		{"https://hooks.example.net/\x7f\x00canary-4711", "cannot be read"},
		{"https://ho oks.example.net/canary-4711", "cannot be read"},
		{"https://hooks.example.net/" + strings.Repeat(canary, 300), "longer than"},
	} {
		err := lab.Check(NewEndpoint(c.url))
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: got %v, want %q", c.url, err, c.want)
		}
		if err != nil && strings.Contains(err.Error(), canary) {
			t.Errorf("%s: the error repeats the inside of the URL: %v", c.url, err)
		}
	}
}

func TestEndpointPrintsItsHostAlone(t *testing.T) {
	e := NewEndpoint("https://user:" + canary + "@hooks.example.net/" + canary + "?" + canary + "#" + canary)
	text, _ := e.MarshalText()
	json, _ := e.MarshalJSON()
	yaml, _ := e.MarshalYAML()
	for _, got := range []string{e.String(), fmt.Sprintf("%v", e), fmt.Sprintf("%+v", e), fmt.Sprintf("%#v", e), fmt.Sprintf("%q", e), fmt.Sprintf("%+v", Webhook{URL: e}), string(text), string(json), fmt.Sprint(yaml)} {
		if strings.Contains(got, canary) || !strings.Contains(got, "https://hooks.example.net/…") {
			t.Errorf("got %s", got)
		}
	}
	if got := fmt.Sprint(NewEndpoint("https://%zz/" + canary)); got != "…" {
		t.Errorf("unreadable: got %s, want …", got)
	}
}

// nameServer answers the first question for a name with a public address, and every
// later one with loopback: the trick of DNS rebinding.
type nameServer struct {
	net.PacketConn
	asked atomic.Int32
}

func newNameServer(t *testing.T) *nameServer {
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &nameServer{PacketConn: c}
	t.Cleanup(func() { c.Close() })
	go s.serve()
	return s
}

func (s *nameServer) serve() {
	b := make([]byte, 1500)
	for {
		n, from, err := s.ReadFrom(b)
		if err != nil {
			return
		}
		var m dnsmessage.Message
		if m.Unpack(b[:n]) != nil || len(m.Questions) != 1 {
			continue
		}
		m.Response, m.Additionals = true, nil
		if m.Questions[0].Type == dnsmessage.TypeA {
			address := [4]byte{127, 0, 0, 1}
			if s.asked.Add(1) == 1 {
				address = [4]byte{192, 0, 2, 1}
			}
			m.Answers = []dnsmessage.Resource{{Header: dnsmessage.ResourceHeader{Name: m.Questions[0].Name, Class: dnsmessage.ClassINET}, Body: &dnsmessage.AResource{A: address}}}
		}
		if answer, err := m.Pack(); err == nil {
			_, _ = s.WriteTo(answer, from)
		}
	}
}

func (s *nameServer) resolver() *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", s.LocalAddr().String())
	}}
}

// F55: the name was checked, and then it means something else. What counts is the
// address that is dialled.
func TestNameThatChangesItsMind(t *testing.T) {
	reached := false
	inner := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached = true }))
	defer inner.Close()
	names := newNameServer(t)
	resolver := names.resolver()
	if got, err := resolver.LookupHost(t.Context(), "rebind.example."); err != nil || got[0] != "192.0.2.1" {
		t.Fatalf("first look: got %v, %v", got, err)
	}
	url := "https://rebind.example.:" + inner.URL[strings.LastIndexByte(inner.URL, ':')+1:] + "/" + canary
	if err := (Egress{}).Check(NewEndpoint(url)); err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	_, err = Do(Egress{}.client(false, resolver), req, nil)
	if err == nil || !strings.Contains(err.Error(), "egress: address 127.0.0.1 is inside") || strings.Contains(err.Error(), canary) {
		t.Errorf("got error %v, want one that names the address", err)
	}
	if IsPermanent(err) {
		t.Error("the error is permanent, but names may change back")
	}
	if reached {
		t.Error("the inner server was reached")
	}
}

func TestEnvironmentProxyIsNotUsed(t *testing.T) {
	transport := Egress{}.Client(false).Transport.(*http.Transport)
	if transport.Proxy != nil {
		t.Error("a proxy would dial for us, behind the checks")
	}
}

func FuzzURL(f *testing.F) {
	for _, s := range []string{"https://hooks.example.net/x", "http://10.20.0.5/", "https://0x7f.1/", "https://[::1]/"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		e := NewEndpoint(raw)
		if err := (Egress{}).Check(e); err != nil {
			return
		}
		// what passes is https, to no literal address inside
		if !strings.EqualFold(raw[:8], "https://") {
			t.Errorf("%q passed", raw)
		}
		req, err := http.NewRequest(http.MethodPost, raw, nil)
		if err != nil {
			t.Errorf("%q passed and cannot be requested: %v", raw, err)
			return
		}
		if addr, err := netip.ParseAddr(strings.TrimSuffix(req.URL.Hostname(), ".")); err == nil && (addr.IsLoopback() || addr.IsPrivate()) {
			t.Errorf("%q passed", raw)
		}
	})
}

func TestErrorsWithoutTheURL(t *testing.T) {
	for _, err := range []error{errors.New("malformed answer " + canary), fmt.Errorf("%w: %s", http.ErrNotSupported, canary)} {
		if got := withoutURL(err).Error(); strings.Contains(got, canary) {
			t.Errorf("got %q", got)
		}
	}
}
