package config

import (
	"testing"
	"time"
)

func TestTheEnvironmentOverridesTheFile(t *testing.T) {
	c := parsed(t, "admin: {listen: '127.0.0.1:9090'}\nthresholds: {syn-flood: 1kpps}",
		"PATH=/bin", "EAGRE_ADMIN_LISTEN=[::1]:9191", "EAGRE_THRESHOLDS_SYN_FLOOD=7 kpps",
		"EAGRE_ALERTS_ROUTE_GROUP_WAIT=0s", "EAGRE_SIGNATURES_SHIPPED=false", "EAGRE_DATA_DIR=", "EAGRE_NATS_EMBEDDED_DIR=/srv/x/nats")
	want := Default()
	want.Admin.Listen = "[::1]:9191"
	want.Thresholds.SYNFlood = &Limit{PPS: 7e3}
	want.Alerts.Route.GroupWait = 0
	want.Signatures.Shipped = false
	want.Data.Dir, want.NATS.Embedded.Dir = "/srv/x", "/srv/x/nats"
	wantSame(t, "configuration", want, c)
}

func TestTheEnvironmentIsTheFinalWordOnDefaultsThatFollow(t *testing.T) {
	c := parsed(t, "nats: {embedded: {dir: /a/nats}}", "EAGRE_DATA_DIR=/b")
	wantSame(t, "data", "/b", c.Data.Dir)
	wantSame(t, "nats", "/a/nats", c.NATS.Embedded.Dir)
}

func TestProblemsInTheEnvironmentNameTheVariable(t *testing.T) {
	_, problems := ParseEnv("eagre.yaml", []byte("learning: {until: 5}\nnats: {embedded: {dir: /a}}"), []string{
		"EAGRE_NATS_URL=tls://nats.example.net",
		"EAGRE_ADMIN_LISTEN=0.0.0.0:9090",
		"EAGRE_ADMIN_LISTENN=x",
		"EAGRE_EXPORTERS=x",
		"EAGRE_LEARNING_UNTIL=" + time.Hour.String() + "x",
	})
	want := `eagre.yaml:1:19: duration "5" needs a unit (5s, 5m, 5h)
env EAGRE_ADMIN_LISTEN: admin: 0.0.0.0:9090 is not loopback; put a proxy that asks who comes in front of 127.0.0.1
env EAGRE_ADMIN_LISTENN: warning: this variable stands for no key (did you mean "EAGRE_ADMIN_LISTEN"?)
env EAGRE_EXPORTERS: warning: this variable stands for no key
env EAGRE_LEARNING_UNTIL: duration "1h0m0sx": want digits and a unit, as 300ms, 5s, 10m, 4h, 7d or 1h30m
env EAGRE_NATS_URL: nats is either embedded (2:18) or at a url, not both
`
	wantSame(t, "problems", want, textOf(problems))
}

func TestNoTwoKeysShareAVariable(t *testing.T) {
	seen := map[string][]string{}
	for _, path := range envPaths(root.shape().rows, nil) {
		if other, taken := seen[envName(path)]; taken {
			t.Errorf("%s stands for %v and %v", envName(path), other, path)
		}
		seen[envName(path)] = path
	}
	if got, want := len(seen), 27; got != want {
		t.Errorf("variables: got %d, want %d (was a key added? change this number)", got, want)
	}
}
