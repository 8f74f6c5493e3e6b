package alert_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	yaml "go.yaml.in/yaml/v4"

	"eagre/alert"
	"eagre/alert/alerttest"
	"eagre/anomaly"
)

const canary = "canary-4711"

var goodKey = alert.NewSecret("whsec_" + base64.StdEncoding.EncodeToString([]byte("a key of at least 24 bytes")))

func TestDefaultConfigIsGood(t *testing.T) {
	if errs := alert.DefaultConfig().Validate(); errs != nil {
		t.Errorf("got %v", errs)
	}
}

func TestValidateReportsEverything(t *testing.T) {
	huge := anomaly.Importance(9)
	cfg := alert.Config{
		Receivers: []alert.Receiver{
			{Name: "soc", Webhook: &alert.Webhook{URL: alert.NewEndpoint("http://hooks.example.net/" + canary)}},
			{Name: "soc", Webhook: &alert.Webhook{URL: alert.NewEndpoint("https://hooks.example.net/"), Secrets: []alert.Secret{goodKey, alert.NewSecret(canary), alert.NewSecret("whsec_" + canary), alert.NewSecret("whsec_YWJj")}}},
			{Name: "Chat Room", Slack: &alert.Slack{}, MinImportance: &huge},
			{Name: "both", Slack: &alert.Slack{Token: alert.NewSecret(canary), Webhook: alert.NewEndpoint("https://hooks.slack.com/" + canary)}},
			{Name: "bot", Slack: &alert.Slack{Token: alert.NewSecret(canary), Channel: "two words", API: alert.NewEndpoint("https://10.0.0.1/")}},
			{Name: "file", File: &alert.File{Path: " "}},
			{Name: "none"},
			{Name: "two", File: &alert.File{Path: "x"}, Terminal: &alert.Terminal{}},
		},
		Route: alert.Route{Receivers: []string{"nobody"}, GroupBy: []string{"exporter"}, GroupWait: -1, RepeatInterval: -2, MinImportance: 7},
	}
	var got []string
	for _, err := range cfg.Validate() {
		got = append(got, err.Error())
	}
	want := []string{
		`alerts.receivers: soc: webhook: url http://hooks.example.net/…: plain http is only for addresses listed in egress.allow; use https`,
		`alerts.receivers: soc: webhook: secret is missing: every message is signed (make one with: echo whsec_$(openssl rand -base64 32))`,
		`alerts.receivers: the name "soc" is taken twice`,
		`alerts.receivers: soc: webhook: secret does not begin with whsec_`,
		`alerts.receivers: soc: webhook: secret is not base64 after whsec_`,
		`alerts.receivers: soc: webhook: secret holds 3 bytes, want 24 to 64`,
		`alerts.receivers[2]: name "Chat Room": want lower-case letters, digits and hyphens, 63 at most`,
		`alerts.receivers: Chat Room: min_importance: want low, medium or high`,
		`alerts.receivers: Chat Room: slack: want either token and channel, or webhook`,
		`alerts.receivers: both: slack: want either token and channel, or webhook`,
		`alerts.receivers: both: slack: channel "": want a name as #soc, or a channel's id`,
		`alerts.receivers: bot: slack: channel "two words": want a name as #soc, or a channel's id`,
		`alerts.receivers: bot: slack: url https://10.0.0.1/…: address 10.0.0.1 is inside (loopback, private or link-local) and not listed in egress.allow`,
		`alerts.receivers: file: file: path is missing`,
		`alerts.receivers: none: want exactly one of webhook, slack, file, terminal, not 0`,
		`alerts.receivers: two: want exactly one of webhook, slack, file, terminal, not 2`,
		`alerts.route: receiver "nobody" does not exist`,
		`alerts.route: group_by: "exporter": only victim is known`,
		`alerts.route: group_wait: -1ns is negative`,
		`alerts.route: repeat_interval: -2ns is negative`,
		`alerts.route: min_importance: want low, medium or high`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
	if text := strings.Join(got, " "); strings.Contains(text, canary) {
		t.Errorf("a secret is in %s", text)
	}
}

func TestTooManyReceivers(t *testing.T) {
	var cfg alert.Config
	for i := range alert.MaxReceivers + 1 {
		cfg.Receivers = append(cfg.Receivers, alert.Receiver{Name: fmt.Sprintf("r%d", i), Terminal: &alert.Terminal{}})
	}
	errs := cfg.Validate()
	if len(errs) != 1 || errs[0].Error() != "alerts.receivers: 33 receivers, limit 32" {
		t.Errorf("got %v", errs)
	}
}

func TestSecretsAreNeverPrinted(t *testing.T) {
	cfg := alert.Config{Receivers: []alert.Receiver{{Name: "chat", Slack: &alert.Slack{
		Token: alert.NewSecret(canary), Webhook: alert.NewEndpoint("https://hooks.slack.com/" + canary),
	}}}}
	slackConfig := *cfg.Receivers[0].Slack
	inJSON, err := json.Marshal(cfg)
	if err != nil {
		t.Fatal(err)
	}
	inYAML, err := yaml.Marshal(cfg)
	if err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "token", slackConfig.Token, "all", slackConfig)
	printed := []string{string(inJSON), string(inYAML), log.String(), slackConfig.Token.String()}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		printed = append(printed, fmt.Sprintf(verb, slackConfig), fmt.Sprintf(verb, &slackConfig), fmt.Sprintf(verb, slackConfig.Token))
	}
	for _, text := range printed {
		if strings.Contains(text, canary) || strings.Contains(text, fmt.Sprintf("%x", canary)) {
			t.Errorf("given away: %s", text)
		}
	}
	if !strings.Contains(string(inYAML), "***") || !strings.Contains(string(inJSON), "***") {
		t.Errorf("no stars in %s or %s", inYAML, inJSON)
	}
	if got := slackConfig.Token.Reveal(); got != canary {
		t.Errorf("reveal: got %q, want %q", got, canary)
	}
}

func TestWhereSecretsAreKept(t *testing.T) {
	dir := t.TempDir()
	for name, content := range map[string]string{"key": canary + "\n", "empty": " \n", "huge": strings.Repeat("x", 70_000)} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	env := func(pairs ...string) func(string) string {
		return func(name string) string {
			for i := 0; i < len(pairs); i += 2 {
				if pairs[i] == name {
					return pairs[i+1]
				}
			}
			return ""
		}
	}
	for _, c := range []struct {
		name   string
		source alert.SecretSource
		env    func(string) string
		want   string // in the error; empty: the secret is found
	}{
		{"file", alert.SecretSource{File: filepath.Join(dir, "key")}, env(), ""},
		{"environment", alert.SecretSource{Env: "HOOK"}, env("HOOK", canary), ""},
		{"credential", alert.SecretSource{Credential: "key"}, env("CREDENTIALS_DIRECTORY", dir), ""},
		{"missing file", alert.SecretSource{File: filepath.Join(dir, "none")}, env(), "no such file"},
		{"empty file", alert.SecretSource{File: filepath.Join(dir, "empty")}, env(), "is empty"},
		{"huge file", alert.SecretSource{File: filepath.Join(dir, "huge")}, env(), "more than 65536 bytes"},
		{"unset variable", alert.SecretSource{Env: "HOOK"}, env(), "env HOOK is empty"},
		{"no systemd", alert.SecretSource{Credential: "key"}, env(), "$CREDENTIALS_DIRECTORY is not set"},
		{"credential that climbs", alert.SecretSource{Credential: "../key"}, env("CREDENTIALS_DIRECTORY", filepath.Join(dir, "x")), "not a plain name"},
		{"nothing", alert.SecretSource{}, env(), "want one of file, env, credential"},
		{"two", alert.SecretSource{File: "a", Env: "b"}, env(), "not several"},
	} {
		got, err := c.source.Resolve(c.env)
		switch {
		case c.want == "" && (err != nil || got.Reveal() != canary):
			t.Errorf("%s: got %q, %v", c.name, got.Reveal(), err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), canary)):
			t.Errorf("%s: got error %v, want %q", c.name, err, c.want)
		}
	}
}

func TestWords(t *testing.T) {
	e := alerttest.As(alerttest.Slammer(), anomaly.Ended, 194)
	flood := alerttest.SYNFlood()
	bare := anomaly.Event{Anomaly: anomaly.Anomaly{Resource: anomaly.Resource{Name: "edge1"}, NetworkElements: []anomaly.NetworkElement{{Interface: 7, Share: 1, Entry: true}}}}
	exotic := anomaly.Fingerprint{Protocol: new(uint8), TCPFlags: new(uint8), SrcPort: new(uint16), Share: 1}
	*exotic.Protocol, *exotic.SrcPort = 99, 53
	for _, c := range []struct{ name, got, want string }{
		{"whom, source", alert.Whom(e.Anomaly), "from 192.168.20.217"},
		{"whom, victim", alert.Whom(flood.Anomaly), "to 2001:db8:1::7"},
		{"whom, neither", alert.Whom(bare.Anomaly), "on edge1"},
		{"lasted", alert.Lasted(e), "3 h 14 min"},
		{"pattern", alert.Pattern(e.Fingerprint), "udp, destination port 1434, 404-byte packets (99.9 % of packets)"},
		{"pattern of a flood", alert.Pattern(flood.Fingerprint), "tcp, destination port 443, SYN (97.0 % of packets)"},
		{"pattern, exotic", alert.Pattern(exotic), "protocol 99, source port 53, no flags (100.0 % of packets)"},
		{"pattern, none", alert.Pattern(anomaly.Fingerprint{}), ""},
		{"entries", strings.Join(alert.Entries(e.Anomaly, 1), "; "), "net8 at-1/1/0.14, 71 %; and 1 more"},
		{"entry without names", strings.Join(alert.Entries(bare.Anomaly, 4), "; "), "invalid IP interface 7, 100 %"},
		{"extent", alert.Extent(e.Anomaly), "105.26 Mbps, 32.58 Kpps (958.2% of 3.40 Kpps)"},
		{"extent without threshold", alert.Extent(bare.Anomaly), "0 bps, 0 pps"},
		{"inert", alert.Inert("a\x1b[2J\u202eé\xff\n\U000e0041", 80), `a\x1b[2J\u202eé\xff\x0a\U000e0041`},
		{"inert, cut", alert.Inert("abcdef", 3), "abc…"},
		{"inert, not cut", alert.Inert("日本語", 3), "日本語"},
	} {
		if c.got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, c.got, c.want)
		}
	}
}

func FuzzInert(f *testing.F) {
	f.Add(alerttest.Hostile().Title, 10)
	f.Fuzz(func(t *testing.T, s string, limit int) {
		limit = max(0, limit%1000)
		got := alert.Inert(s, limit)
		if !utf8.ValidString(got) || strings.ContainsAny(got, "\x00\x1b\n\r\u202e\u200b\u2028\u0085") {
			t.Errorf("got %q", got)
		}
		if n := utf8.RuneCountInString(got); n > 10*limit+1 {
			t.Errorf("got %d runes, limit %d", n, limit)
		}
	})
}
