package slack

import (
	"fmt"
	"strings"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/slackutilsx"

	"eagre/alert"
	"eagre/anomaly"
)

// What Slack takes (https://docs.slack.dev/reference/block-kit/blocks): 150 characters
// in a header, 2000 in a field, 3000 in a section. Strings from outside are cut well
// before.
const (
	longest        = 120
	longestField   = 600
	longestSection = 1200
	entries        = 4
)

var lamps = [...]string{"🔵", "🟠", "🔴"}

// headline is the one line that a phone shows.
func headline(e anomaly.Event) string {
	lamp := lamps[min(int(e.Importance), len(lamps)-1)]
	if e.Event == anomaly.Ended {
		lamp = "✅ ended:"
	}
	return lamp + " " + alert.Inert(e.Title, longest/2) + " " + alert.Whom(e.Anomaly)
}

// blocks is the message. Everything in it is plain_text, where nothing is markup.
func blocks(e anomaly.Event) []slack.Block {
	out := []slack.Block{slack.NewHeaderBlock(text(headline(e), longest))}
	if e.Evidence.Sentence != "" {
		out = append(out, slack.NewSectionBlock(text(alert.Inert(e.Evidence.Sentence, longestSection), longestSection), nil, nil))
	}
	out = append(out, slack.NewSectionBlock(nil, fields(e), nil))
	last := fmt.Sprintf("%s · revision %d · %s · next: eagre traceback %s", id(e), e.Revision, e.At.UTC().Format("2006-01-02 15:04:05 UTC"), id(e))
	return append(out, slack.NewContextBlock("", text(last, longestField)))
}

// fields is ten at most, as Slack has it.
func fields(e anomaly.Event) []*slack.TextBlockObject {
	var out []*slack.TextBlockObject
	add := func(name, value string) {
		if value != "" {
			out = append(out, text(name+"\n"+value, longestField))
		}
	}
	add("Importance", strings.TrimRight(e.Importance.String()+", "+alert.Severe(e.Anomaly), ", "))
	add("Victim", alert.Where(e.Victim))
	add("Source", alert.Where(e.Source))
	add("Resource", alert.Inert(e.Resource.Name, longest))
	if e.Class != anomaly.Operation { // which is about no traffic
		add("Triggering", alert.Rates(e.Triggering)+within(e))
		add("Expected", alert.Rates(e.Expected))
		add("Maximum", alert.Rates(e.Maximum.Rates)+within(e))
	}
	add("Lasted", alert.Lasted(e))
	add("Entered at", strings.Join(alert.Entries(e.Anomaly, entries), "\n"))
	add("Pattern", alert.Pattern(e.Fingerprint))
	return out
}

// farewell is the answer in the thread when an anomaly ends.
func farewell(e anomaly.Event) string {
	if e.Class == anomaly.Operation {
		return fmt.Sprintf("Ended after %s.", alert.Lasted(e))
	}
	return fmt.Sprintf("Ended after %s. Mean %s, maximum %s%s.", alert.Lasted(e), alert.Rates(e.Mean), alert.Extent(e.Anomaly), within(e))
}

// within is how far packet rates may be from the truth through sampling, to stand
// behind them; empty where that does not matter.
func within(e anomaly.Event) string {
	if off := anomaly.Within(e.SamplingErrorPercent); off != "" {
		return " " + off
	}
	return ""
}

func id(e anomaly.Event) string { return alert.Inert(e.ID, longest) }

// text is a plain_text object of limit runes at most, without emoji codes.
func text(s string, limit int) *slack.TextBlockObject {
	if runes := []rune(s); len(runes) > limit {
		s = string(runes[:limit-1]) + "…"
	}
	return slack.NewTextBlockObject(slack.PlainTextType, s, false, false)
}

// escape takes the meaning from what mrkdwn would read as a link or a mention.
func escape(s string) string { return slackutilsx.EscapeMessage(s) }
