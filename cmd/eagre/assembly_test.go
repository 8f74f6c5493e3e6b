package main

import (
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"eagre/cmd/eagre/config"
	"eagre/detector"
	"eagre/detector/tally"
)

// configured is a configuration file that must be good.
func configured(t *testing.T, text string) config.Config {
	t.Helper()
	path := filepath.Join(t.TempDir(), "eagre.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	cfg, err := loadConfig(path, &said)
	if err != nil {
		t.Fatalf("%v\n%s", err, said.String())
	}
	cfg.Data.Dir = t.TempDir()
	return cfg
}

// TestLimitsGoWhereTheyWereWritten: general ones to all, own ones to their
// managed object, each with where it stands.
func TestLimitsGoWhereTheyWereWritten(t *testing.T) {
	cfg := configured(t, `
thresholds:
  syn-flood: 8kpps
networks:
  managed:
    - {name: plain, prefixes: [198.51.100.0/24, "2001:db8:1::/48"]}
    - {name: shop, prefixes: [203.0.113.0/24, "2001:db8:2::/48"], thresholds: {in: {syn-flood: 20kpps}, out: {udp-flood: 1kpps}}}
`)
	d := detectorConfig(cfg, 3, 7)
	if d.Workers != 3 || d.Tally.Seed != 7 {
		t.Errorf("workers %d, seed %d; want 3 and 7", d.Workers, d.Tally.Seed)
	}
	general := detector.DefaultLimits()
	general[tally.SYN] = detector.Limit{PPS: 8e3, Source: "thresholds.syn-flood"}
	in, out := general, general
	in[tally.SYN] = detector.Limit{PPS: 20e3, Source: "shop: thresholds.in.syn-flood"}
	out[tally.UDP] = detector.Limit{PPS: 1e3, Source: "shop: thresholds.out.udp-flood"}
	want := detector.Thresholds{Default: [2]detector.Limits{general, general}}
	if diff := cmp.Diff(want.Default, d.Thresholds.Default); diff != "" {
		t.Errorf("for all (-want +got):\n%s", diff)
	}
	var shop [2]detector.Limits
	shop[tally.To], shop[tally.From] = in, out
	if diff := cmp.Diff(&shop, d.Thresholds.Objects[2]); diff != "" {
		t.Errorf("shop (-want +got):\n%s", diff)
	}
	if len(d.Thresholds.Objects) != 1 {
		t.Errorf("%d objects have limits of their own, want one", len(d.Thresholds.Objects))
	}
	if one := detectorConfig(cfg, 0, 7); one.Workers < 1 {
		t.Errorf("no workers were asked for: got %d, want one for each processor", one.Workers)
	}
}

// everyReceiver is one receiver of each kind.
const everyReceiver = `
alerts:
  receivers:
    - {name: keyed, webhook: {url: {env: TEST_HOOK_URL}, secret: [{env: TEST_HOOK_KEY}, {env: TEST_OLD_KEY}]}}
    - {name: plain, webhook: {url: "https://soc.example.net/a", secret: {env: TEST_HOOK_KEY}}}
    - {name: bot, slack: {channel: C024BE91L, token: {env: TEST_SLACK_TOKEN}}}
    - {name: hook, slack: {webhook_url: {env: TEST_SLACK_URL}}}
    - {name: log, file: {path: events.jsonl}}
    - {name: tty, terminal: {}}
`

// theSecrets are what the receivers' environment holds.
var theSecrets = map[string]string{
	"TEST_HOOK_URL":    "https://soc.example.net/key-in-the-path",
	"TEST_HOOK_KEY":    "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
	"TEST_OLD_KEY":     "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
	"TEST_SLACK_TOKEN": "xoxb-0123456789-abcdefghij",
	"TEST_SLACK_URL":   "https://hooks.slack.com/services/T000/B000/key",
}

func alerterOf(t *testing.T, cfg config.Config) error {
	t.Helper()
	t.Chdir(t.TempDir()) // the file receiver opens its file
	_, err := newAlerter(engineOptions{cfg: cfg, log: slog.New(slog.DiscardHandler)}, 1, prometheus.NewRegistry())
	return err
}

func TestEveryKindOfReceiverIsMade(t *testing.T) {
	for name, value := range theSecrets {
		t.Setenv(name, value)
	}
	if err := alerterOf(t, configured(t, everyReceiver)); err != nil {
		t.Error(err)
	}
}

// TestMissingSecretsAreNamedAllAtOnce: by the name of their place, and without
// those that are there.
func TestMissingSecretsAreNamedAllAtOnce(t *testing.T) {
	t.Setenv("TEST_OLD_KEY", theSecrets["TEST_OLD_KEY"])
	err := alerterOf(t, configured(t, everyReceiver))
	if got := exitCode(err, io.Discard); got != exitUsage {
		t.Fatalf("exit code: got %d (%v), want %d", got, err, exitUsage)
	}
	want := []string{
		"receiver keyed: secret: env TEST_HOOK_URL is empty", "secret: env TEST_HOOK_KEY is empty",
		"receiver plain: secret: env TEST_HOOK_KEY is empty", "receiver bot: secret: env TEST_SLACK_TOKEN is empty",
		"receiver hook: secret: env TEST_SLACK_URL is empty",
	}
	if diff := cmp.Diff(want, strings.Split(err.Error(), "\n")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestNoSecretIsInWhatTheEngineSaysOfThem: secrets of a wrong form are refused,
// and not repeated.
func TestNoSecretIsInWhatTheEngineSaysOfThem(t *testing.T) {
	for name := range theSecrets {
		t.Setenv(name, "hunter2 is no "+name)
	}
	err := alerterOf(t, configured(t, everyReceiver))
	if err == nil {
		t.Fatal("secrets of a wrong form are taken")
	}
	if text := err.Error(); strings.Contains(text, "hunter2") {
		t.Errorf("a secret is in:\n%s", text)
	}
	for _, name := range []string{"keyed", "plain"} {
		if !slices.ContainsFunc(strings.Split(err.Error(), "\n"), func(line string) bool { return strings.HasPrefix(line, "receiver "+name+": ") }) {
			t.Errorf("receiver %s is not named in:\n%s", name, err)
		}
	}
}
