package slack

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/slack-go/slack"

	"eagre/alert"
	"eagre/anomaly"
)

// tell keeps the anomaly's one message true, and says in its thread what people must
// notice, since nobody is called by a message that changes.
func (n *Notifier) tell(ctx context.Context, e anomaly.Event) error {
	at, known := n.memory.get(e.ID)
	if !known {
		return n.begin(ctx, e)
	}
	err := n.change(ctx, at, e)
	if lost := (*lostMessage)(nil); errors.As(err, &lost) {
		n.memory.forget(e.ID)
		return n.begin(ctx, e)
	}
	if err != nil {
		return err
	}
	ended := e.Event == anomaly.Ended
	if ended == at.Ended {
		return nil
	}
	if err := n.reply(ctx, at, e); err != nil {
		return err
	}
	at.Ended = ended
	n.memory.put(e.ID, at)
	return nil
}

// begin posts the anomaly's message and remembers where it stands.
func (n *Notifier) begin(ctx context.Context, e anomaly.Event) error {
	if err := n.pace.wait(ctx); err != nil {
		return fmt.Errorf("slack: %w", err)
	}
	channel, ts, err := n.bot.PostMessageContext(ctx, n.channel, content(e)...)
	if err != nil {
		return judge(err)
	}
	n.memory.put(e.ID, place{Channel: channel, TS: ts, Ended: e.Event == anomaly.Ended})
	return nil
}

func (n *Notifier) change(ctx context.Context, at place, e anomaly.Event) error {
	if err := n.pace.wait(ctx); err != nil {
		return fmt.Errorf("slack: %w", err)
	}
	_, _, _, err := n.bot.UpdateMessageContext(ctx, at.Channel, at.TS, content(e)...)
	return judge(err)
}

// reply answers in the thread of the anomaly's message.
func (n *Notifier) reply(ctx context.Context, at place, e anomaly.Event) error {
	if err := n.pace.wait(ctx); err != nil {
		return fmt.Errorf("slack: %w", err)
	}
	text := "This goes on again."
	if e.Event == anomaly.Ended {
		text = farewell(e)
	}
	_, _, err := n.bot.PostMessageContext(ctx, at.Channel, slack.MsgOptionTS(at.TS), slack.MsgOptionText(text, true), slack.MsgOptionDisableMarkdown())
	return judge(err)
}

func content(e anomaly.Event) []slack.MsgOption {
	return []slack.MsgOption{
		slack.MsgOptionText(headline(e), true), slack.MsgOptionBlocks(blocks(e)...),
		slack.MsgOptionDisableLinkUnfurl(), slack.MsgOptionDisableMediaUnfurl(), slack.MsgOptionDisableMarkdown(),
	}
}

// post sends one message through an incoming webhook.
func (n *Notifier) post(ctx context.Context, e anomaly.Event) error {
	no := false
	body, err := json.Marshal(slack.WebhookMessage{
		Text: escape(headline(e)), Blocks: &slack.Blocks{BlockSet: blocks(e)},
		UnfurlLinks: &no, UnfurlMedia: &no,
	})
	if err != nil {
		return alert.Permanent(fmt.Errorf("slack: %w", err))
	}
	if err := n.pace.wait(ctx); err != nil {
		return fmt.Errorf("slack: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, n.incoming, bytes.NewReader(body))
	if err != nil {
		return alert.Permanent(errors.New("slack: the url cannot be read")) // the cause would quote it
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := alert.Do(n.client, req, n.now)
	if err != nil {
		return fmt.Errorf("slack: %w", err)
	}
	return resp.Body.Close()
}
