package alert

import (
	"encoding/base64"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"eagre/anomaly"
)

// Config says who is told, and how eagerly.
type Config struct {
	Egress    Egress
	Receivers []Receiver
	Route     Route
}

// Receiver is one place that is told, with exactly one way to get there.
type Receiver struct {
	// Name is the receiver's name in routes, metrics and message ids.
	Name string
	// MinImportance leaves out what matters less; nil takes the route's. Once an
	// anomaly was told, the receiver hears of it until its end.
	MinImportance *anomaly.Importance

	Webhook  *Webhook
	Slack    *Slack
	File     *File
	Terminal *Terminal
}

// Webhook posts each event as JSON, signed by Standard Webhooks 1.0.
type Webhook struct {
	URL Endpoint
	// Secrets sign every message, each with a signature of its own: one in quiet
	// times, the new and the old one while a secret is being changed. Each reads
	// whsec_ and 24 to 64 bytes in base64.
	Secrets []Secret
}

// Slack posts into a channel. With a bot's Token one message per anomaly is kept up
// to date, and a reply in its thread says that it ended; with the URL of an incoming
// Webhook messages cannot be changed, so updates are told only when the importance
// changes or the repeat interval has passed.
type Slack struct {
	Token   Secret
	Channel string   // with Token: "#soc", or a channel's id
	API     Endpoint // with Token: empty is https://slack.com/api/
	Webhook Endpoint
}

// File appends each event as a line of JSON, with the wall-clock time sent_at.
type File struct{ Path string }

// Terminal writes for a person who sits in front of it.
type Terminal struct{}

// Route says which receivers hear of an anomaly, and how often. The zero value tells
// everybody everything at once.
type Route struct {
	// Receivers names those that are told; empty is all of them.
	Receivers []string
	// MinImportance leaves out what matters less. Its zero value, low, leaves out
	// nothing that a stable detector found: the engine decides what is a finding,
	// the operator what is worth a message.
	MinImportance anomaly.Importance
	// GroupBy is what makes findings one alert. The detector already joins what
	// happens to one victim at one time, so "victim" is the only word here.
	GroupBy []string
	// GroupWait is how long a new anomaly is held back, so that what joins it is
	// part of the first message. 0 tells at once.
	GroupWait time.Duration
	// GroupInterval is the least time between two messages about one anomaly. A
	// change of importance and the end are told at once.
	GroupInterval time.Duration
	// RepeatInterval is how often a receiver that does not get every update (an
	// incoming webhook of Slack) is reminded of an anomaly that goes on.
	RepeatInterval time.Duration
}

// DefaultConfig tells nobody, but knows when it would.
func DefaultConfig() Config {
	return Config{Route: Route{
		GroupBy:        []string{"victim"},
		GroupWait:      5 * time.Second,
		GroupInterval:  time.Minute,
		RepeatInterval: 4 * time.Hour,
	}}
}

// MaxReceivers bounds the receivers of one configuration.
const MaxReceivers = 32

var (
	receiverName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,62}$`)
	slackChannel = regexp.MustCompile(`^(#?[\p{Ll}\p{Lo}\p{N}_-]{1,80}|[CGD][A-Z0-9]{2,20})$`)
)

// Validate reports everything that is wrong, not only the first thing. No text holds
// a secret or the inside of a URL.
func (c Config) Validate() []error {
	var found problems
	if len(c.Receivers) > MaxReceivers {
		found.add("alerts.receivers: %d receivers, limit %d", len(c.Receivers), MaxReceivers)
	}
	seen := map[string]bool{}
	for i, r := range c.Receivers {
		if !receiverName.MatchString(r.Name) {
			found.add("alerts.receivers[%d]: name %q: want lower-case letters, digits and hyphens, 63 at most", i, r.Name)
		}
		if seen[r.Name] {
			found.add("alerts.receivers: the name %q is taken twice", r.Name)
		}
		seen[r.Name] = true
		found.join("alerts.receivers: "+r.Name, r.validate(c.Egress))
	}
	for _, name := range c.Route.Receivers {
		if !seen[name] {
			found.add("alerts.route: receiver %q does not exist", name)
		}
	}
	found.join("alerts.route", c.Route.validate())
	return found
}

type problems []error

func (p *problems) add(format string, args ...any) { *p = append(*p, fmt.Errorf(format, args...)) }

func (p *problems) join(place string, more problems) {
	for _, err := range more {
		p.add("%s: %w", place, err)
	}
}

func (r Route) validate() (found problems) {
	for _, word := range r.GroupBy {
		if word != "victim" {
			found.add("group_by: %q: only victim is known", word)
		}
	}
	for _, d := range []struct {
		key   string
		value time.Duration
	}{{"group_wait", r.GroupWait}, {"group_interval", r.GroupInterval}, {"repeat_interval", r.RepeatInterval}} {
		if d.value < 0 {
			found.add("%s: %s is negative", d.key, d.value)
		}
	}
	if r.MinImportance > anomaly.High {
		found.add("min_importance: want low, medium or high")
	}
	return found
}

func (r Receiver) validate(g Egress) (found problems) {
	ways := 0
	for _, set := range []bool{r.Webhook != nil, r.Slack != nil, r.File != nil, r.Terminal != nil} {
		if set {
			ways++
		}
	}
	if ways != 1 {
		found.add("want exactly one of webhook, slack, file, terminal, not %d", ways)
	}
	if r.MinImportance != nil && *r.MinImportance > anomaly.High {
		found.add("min_importance: want low, medium or high")
	}
	if r.Webhook != nil {
		found.join("webhook", r.Webhook.validate(g))
	}
	if r.Slack != nil {
		found.join("slack", r.Slack.validate(g))
	}
	if r.File != nil && strings.TrimSpace(r.File.Path) == "" {
		found.add("file: path is missing")
	}
	return found
}

func (w Webhook) validate(g Egress) (found problems) {
	if err := g.Check(w.URL); err != nil {
		found = append(found, err)
	}
	if len(w.Secrets) == 0 {
		found.add("secret is missing: every message is signed (make one with: echo whsec_$(openssl rand -base64 32))")
	}
	for _, s := range w.Secrets {
		if _, err := s.SigningKey(); err != nil {
			found = append(found, err)
		}
	}
	return found
}

// SigningKey reads a secret of the form that Standard Webhooks 1.0 gives to keys for
// HMAC-SHA256: whsec_ and 24 to 64 bytes in base64.
func (s Secret) SigningKey() ([]byte, error) {
	text, ok := strings.CutPrefix(s.value, "whsec_")
	if !ok {
		return nil, fmt.Errorf("secret does not begin with whsec_")
	}
	key, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil, fmt.Errorf("secret is not base64 after whsec_")
	}
	if len(key) < 24 || len(key) > 64 {
		return nil, fmt.Errorf("secret holds %d bytes, want 24 to 64", len(key))
	}
	return key, nil
}

func (s Slack) validate(g Egress) (found problems) {
	if s.Token.IsZero() == s.Webhook.IsZero() {
		found.add("want either token and channel, or webhook")
	}
	if !s.Token.IsZero() && !slackChannel.MatchString(s.Channel) {
		found.add("channel %q: want a name as #soc, or a channel's id", Inert(s.Channel, 80))
	}
	for _, e := range []Endpoint{s.API, s.Webhook} {
		if err := g.Check(e); err != nil && !e.IsZero() {
			found = append(found, err)
		}
	}
	return found
}

// minImportance is what matters enough for this receiver.
func (r Receiver) minImportance(route Route) anomaly.Importance {
	if r.MinImportance != nil {
		return *r.MinImportance
	}
	return route.MinImportance
}

// sparing tells whether messages cannot be changed once sent, to people who do not
// want one a minute.
func (r Receiver) sparing() bool { return r.Slack != nil && r.Slack.Token.IsZero() }

// peopleRead tells whether messages call people, who read only so many a minute.
func (r Receiver) peopleRead() bool { return r.Slack != nil }

// routed is the receivers that are told.
func (c Config) routed() []Receiver {
	if len(c.Route.Receivers) == 0 {
		return c.Receivers
	}
	return slices.DeleteFunc(slices.Clone(c.Receivers), func(r Receiver) bool {
		return !slices.Contains(c.Route.Receivers, r.Name)
	})
}
