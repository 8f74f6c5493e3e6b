package config

import (
	"bytes"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"eagre/alert"
	"eagre/anomaly"
	"eagre/ingest/snmp"
	"eagre/network"
)

func dumped(t interface{ Fatal(...any) }, c Config) string {
	var b bytes.Buffer
	if err := Dump(&b, c); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestWhatIsDumpedReadsAsTheSameConfiguration(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := anyConfig(t)
		text := dumped(t, want)
		got, problems := Parse("dump", []byte(text))
		if HasErrors(problems) {
			t.Fatalf("%s\nproblems:\n%s", text, textOf(problems))
		}
		if diff := diffOf(want, got); diff != "" {
			t.Fatalf("%s\n(-want +got):\n%s", text, diff)
		}
	})
}

func TestGoodFilesAndTheirDumpsAreTheSame(t *testing.T) {
	files, err := filepath.Glob("testdata/good/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range append(files, "example.yaml") {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		want, _ := Parse(file, data)
		got, problems := Parse("dump", []byte(dumped(t, want)))
		if HasErrors(problems) {
			t.Errorf("%s: %s", file, textOf(problems))
		}
		wantSame(t, file, want, got)
	}
}

func TestTheDefaultDumped(t *testing.T) {
	golden(t, filepath.Join("testdata", "default.dump.yaml"), dumped(t, Default()))
}

func TestADumpShowsPlacesOfSecrets(t *testing.T) {
	c := parsed(t, `alerts: {receivers: [{name: a, slack: {channel: "#soc", token: {env: TOKEN}}}]}`)
	if text := dumped(t, c); !strings.Contains(text, "token: {env: TOKEN}") {
		t.Errorf("got\n%s", text)
	}
}

// anyConfig draws from all that Parse can give.
func anyConfig(t *rapid.T) Config {
	c := Default()
	c.Listen = Listen{NetFlow: draw(t, "netflow", listeners(":20")), SFlow: draw(t, "sflow", listeners(":63"))}
	c.Data.Dir = draw(t, "data", paths)
	c.NATS = draw(t, "nats", rapid.Custom(anyNATS))
	c.Exporters = draw(t, "exporters", distinctBy(rapid.Custom(anyExporter), func(e Exporter) any { return e.Address }))
	for i := range c.Exporters {
		c.Exporters[i].Name += fmt.Sprint(i)
	}
	c.Networks = Networks{Managed: anyManaged(t), Dark: draw(t, "dark", rapid.SliceOfN(anyPrefix, 0, 3)), Trusted: draw(t, "trusted", rapid.SliceOfN(anyPrefix, 0, 3))}
	c.Networks.Dark = slices.DeleteFunc(c.Networks.Dark, func(p netip.Prefix) bool { // what has an owner is not unused
		return slices.ContainsFunc(c.Networks.Managed, func(m Managed) bool { return slices.Contains(m.Prefixes, p) })
	})
	c.Networks.Dark, c.Networks.Trusted = slices.Clip(orNil(c.Networks.Dark)), orNil(c.Networks.Trusted)
	c.Learning.Until = draw(t, "until", upTo(366*day))
	c.Thresholds = Thresholds{draw(t, "syn", limits), draw(t, "udp", limits), draw(t, "icmp", limits), draw(t, "dns", limits), draw(t, "total", limits)}
	c.Crosscheck = Crosscheck{
		Enabled: rapid.Bool().Draw(t, "enabled"), Low: rapid.Float64Range(1e-9, 0.999).Draw(t, "low"),
		High: rapid.Float64Range(1.001, 99.999).Draw(t, "high"), Packets: rapid.Uint32Range(1, 1e9).Draw(t, "packets"),
	}
	c.Admin.Listen = draw(t, "admin", rapid.SampledFrom([]string{"127.0.0.1:1", "[::1]:65535", "localhost:9090", "127.9.9.9:80"}))
	c.Signatures = Signatures{Dir: draw(t, "rules", rapid.OneOf(rapid.Just(""), paths)), Shipped: draw(t, "shipped", rapid.Bool())}
	c.Alerts = anyAlerts(t)
	return c
}

func draw[T any](t *rapid.T, name string, g *rapid.Generator[T]) T { return g.Draw(t, name) }

func orNil[T any](s []T) []T {
	if len(s) == 0 {
		return nil
	}
	return s
}

func distinctBy[T any](g *rapid.Generator[T], key func(T) any) *rapid.Generator[[]T] {
	return rapid.Map(rapid.SliceOfN(g, 0, 4), func(all []T) []T {
		seen := map[any]bool{}
		return orNil(slices.DeleteFunc(all, func(v T) bool {
			k := key(v)
			defer func() { seen[k] = true }()
			return seen[k]
		}))
	})
}

func listeners(port string) *rapid.Generator[[]string] {
	hosts := []string{"", "127.0.0.1", "[2001:db8::1]", "[fe80::1%eth0]", "collector.example.net"}
	return distinctBy(rapid.Map(rapid.SampledFrom(hosts), func(h string) string { return h + port }), func(s string) any { return s })
}

func upTo(most time.Duration) *rapid.Generator[time.Duration] {
	return rapid.Map(rapid.Int64Range(0, int64(most)), func(n int64) time.Duration { return time.Duration(n) })
}

// awkward words are those that YAML reads as something else when they stand bare.
var awkward = []string{"null", "~", "true", "no", "0x10", "1e3", "2026-01-02", "- a", "a: b", "a #b", "#b", "'", `"`, "{a}", "*x", "&x", "!x", "%x", "@x", "`x", "|", ">", "ä → ü", "<<", "="}

var (
	names = rapid.OneOf(rapid.SampledFrom(awkward), rapid.StringMatching(`[!-~]([ -~]{0,20}[!-~])?`))
	paths = rapid.Map(names, func(s string) string { return filepath.Clean("/" + s) })

	bitRates = rapid.OneOf(rapid.Just(0.), rapid.Float64Range(1, 1e13))
	limits   = rapid.Custom(func(t *rapid.T) *Limit {
		return &Limit{PPS: draw(t, "pps", bitRates), BPS: draw(t, "bps", bitRates)}
	})
	maybeLimits = rapid.OneOf(rapid.Just[*Limit](nil), limits)

	anyAddr = rapid.Custom(func(t *rapid.T) netip.Addr {
		if rapid.Bool().Draw(t, "v6") {
			return netip.AddrFrom16([16]byte{0x20, 1, 0xd, 0xb8, 15: rapid.Byte().Draw(t, "b")})
		}
		return netip.AddrFrom4([4]byte{192, 0, 2, rapid.Byte().Draw(t, "b")})
	})
	anyPrefix = rapid.Custom(func(t *rapid.T) netip.Prefix {
		a := anyAddr.Draw(t, "addr")
		return netip.PrefixFrom(a, rapid.IntRange(0, a.BitLen()).Draw(t, "bits")).Masked()
	})
	anySecret = rapid.Custom(func(t *rapid.T) alert.SecretSource {
		return rapid.SampledFrom([]alert.SecretSource{{File: paths.Draw(t, "file")}, {Env: "TOKEN_1"}, {Credential: "hook.key"}}).Draw(t, "secret")
	})
)

func anyNATS(t *rapid.T) NATS {
	if rapid.Bool().Draw(t, "external") {
		return NATS{URL: "tls://a.example.net:4222,nats://[2001:db8::1]", Creds: rapid.OneOf(rapid.Just(""), paths).Draw(t, "creds")}
	}
	return NATS{Embedded: Embedded{Dir: paths.Draw(t, "dir"), Listen: rapid.SampledFrom([]string{"", "127.0.0.1:4222"}).Draw(t, "listen")}}
}

func anyExporter(t *rapid.T) Exporter {
	e := network.Exporter{Address: anyAddr.Draw(t, "address"), Name: names.Draw(t, "name"), SamplingRate: rapid.Uint32Range(0, 10_000_000).Draw(t, "rate")}
	for i := range rapid.Uint32Range(0, 3).Draw(t, "interfaces") {
		e.Interfaces = append(e.Interfaces, network.Interface{
			Index: 1<<32 - 1 - i, Name: fmt.Sprintf("%s%d", names.Draw(t, "name"), i),
			Role: rapid.SampledFrom([]network.Role{network.RoleUnknown, network.RoleExternal, network.RoleCustomer, network.RoleCore}).Draw(t, "role"), SpeedBPS: bitRates.Draw(t, "speed"),
		})
	}
	return Exporter{Exporter: e, SNMP: draw(t, "snmp", rapid.OneOf(rapid.Just[*SNMP](nil), rapid.Custom(anySNMP)))}
}

func anySNMP(t *rapid.T) *SNMP {
	s := &SNMP{
		Address:  rapid.SampledFrom([]string{"192.0.2.1:161", "[2001:db8::1]:1161", "router.example.net:161"}).Draw(t, "agent"),
		Interval: 10*time.Second + draw(t, "interval", upTo(time.Hour-10*time.Second)),
		Timeout:  10*time.Millisecond + draw(t, "timeout", upTo(29*time.Second)),
		Retries:  rapid.Uint32Range(0, 10).Draw(t, "retries"), Interfaces: rapid.Uint32Range(1, 16_384).Draw(t, "interfaces"),
	}
	if rapid.Bool().Draw(t, "by community") {
		s.Community = anySecret.Draw(t, "community")
		return s
	}
	s.User = &SNMPUser{Name: draw(t, "user", rapid.StringMatching(`[!-~]{1,32}`))}
	protection := rapid.IntRange(0, 2).Draw(t, "protection")
	if protection > 0 {
		s.User.Authentication, s.User.Passphrase = rapid.SampledFrom([]snmp.Authentication{snmp.MD5, snmp.SHA512}).Draw(t, "signs"), anySecret.Draw(t, "passphrase")
	}
	if protection > 1 {
		s.User.Privacy, s.User.PrivacyPassphrase = rapid.SampledFrom([]snmp.Privacy{snmp.DES, snmp.AES256Cisco}).Draw(t, "hides"), anySecret.Draw(t, "other passphrase")
	}
	return s
}

func anyManaged(t *rapid.T) (all []Managed) {
	sides := rapid.Custom(func(t *rapid.T) Thresholds {
		return Thresholds{draw(t, "syn", maybeLimits), nil, draw(t, "icmp", maybeLimits), nil, draw(t, "total", maybeLimits)}
	})
	for i, p := range draw(t, "prefixes", distinctBy(anyPrefix, func(p netip.Prefix) any { return p })) {
		m := network.ManagedObject{Name: fmt.Sprintf("%s%d", names.Draw(t, "name"), i), Prefixes: []netip.Prefix{p}, CapacityBPS: bitRates.Draw(t, "capacity")}
		all = append(all, Managed{ManagedObject: m, Thresholds: Sides{In: draw(t, "in", sides), Out: draw(t, "out", sides)}})
	}
	return all
}

func anyAlerts(t *rapid.T) Alerts {
	a := Alerts{Egress: alert.Egress{Allow: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}}}
	a.OperationImportance = rapid.SampledFrom([]anomaly.Importance{anomaly.Low, anomaly.Medium, anomaly.High}).Draw(t, "operation")
	a.Route = Route{
		MinImportance: rapid.SampledFrom([]anomaly.Importance{anomaly.Low, anomaly.Medium, anomaly.High}).Draw(t, "importance"),
		GroupBy:       rapid.SampledFrom([][]string{nil, {"victim"}}).Draw(t, "group_by"),
		GroupWait:     draw(t, "wait", upTo(time.Hour)), GroupInterval: draw(t, "interval", upTo(day)), RepeatInterval: draw(t, "repeat", upTo(30*day)),
	}
	for i := range rapid.IntRange(0, 4).Draw(t, "receivers") {
		to := draw(t, "receiver", rapid.Custom(anyReceiver))
		to.Name = fmt.Sprintf("r-%d", i)
		a.Receivers = append(a.Receivers, to)
		if rapid.Bool().Draw(t, "routed") {
			a.Route.Receivers = append(a.Route.Receivers, to.Name)
		}
	}
	return a
}

func anyReceiver(t *rapid.T) (r Receiver) {
	if rapid.Bool().Draw(t, "min") {
		i := rapid.SampledFrom([]anomaly.Importance{anomaly.Low, anomaly.High}).Draw(t, "importance")
		r.MinImportance = &i
	}
	switch rapid.IntRange(0, 5).Draw(t, "way") {
	case 0:
		r.Webhook = &Webhook{URL: URL{Plain: alert.NewEndpoint("https://soc.example.net/a?b=c#d")}, Secrets: rapid.SliceOfN(anySecret, 1, 4).Draw(t, "secrets")}
	case 1:
		r.Webhook = &Webhook{URL: URL{From: anySecret.Draw(t, "url")}, Secrets: rapid.SliceOfN(anySecret, 1, 4).Draw(t, "secrets")}
	case 2:
		r.Slack = &Slack{Channel: "#soc-ä", Token: anySecret.Draw(t, "token")}
	case 3:
		r.Slack = &Slack{WebhookURL: anySecret.Draw(t, "webhook_url")}
	case 4:
		r.File = &File{Path: paths.Draw(t, "path")}
	default:
		r.Terminal = &Terminal{}
	}
	return r
}
