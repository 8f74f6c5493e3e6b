package slack

import (
	"context"
	"errors"
	"fmt"
	"net"
	"regexp"
	"slices"

	"github.com/slack-go/slack"

	"eagre/alert"
)

// hopeless are the answers of chat.postMessage and chat.update that the same call will
// meet again (https://docs.slack.dev/reference/methods/chat.postMessage, "Errors").
// An answer that is not listed is tried again: better late than never.
var hopeless = []string{
	"account_inactive", "as_user_not_supported", "block_mismatch", "cannot_reply_to_message", "channel_not_found",
	"ekm_access_denied", "invalid_arguments", "invalid_auth", "invalid_blocks", "invalid_blocks_format", "is_archived",
	"messages_tab_disabled", "metadata_too_large", "missing_scope", "msg_blocks_too_long", "msg_too_long", "no_permission",
	"no_text", "not_allowed_token_type", "not_authed", "not_in_channel", "org_login_required", "restricted_action",
	"restricted_action_non_threadable_channel", "restricted_action_read_only_channel", "restricted_action_thread_locked",
	"restricted_action_thread_only_channel", "team_access_not_granted", "token_expired", "token_revoked", "two_factor_setup_required",
}

// unchangeable are the answers of chat.update for a message that is gone, or too old
// to be changed.
var unchangeable = []string{"cant_update_message", "edit_window_closed", "message_not_found"}

var answerCode = regexp.MustCompile(`^[a-z0-9_]{1,64}$`)

// judge gives an error of slack-go its class, and takes out of its text whatever the
// server may have put there.
func judge(err error) error {
	if err == nil {
		return nil
	}
	var answer slack.SlackErrorResponse
	if errors.As(err, &answer) {
		return judgeAnswer(answer.Err)
	}
	if judged(err) {
		return fmt.Errorf("slack: %w", err)
	}
	return fmt.Errorf("slack: %w", errAnswer)
}

// judged tells whether the error comes from the door, and not from reading an answer.
func judged(err error) bool {
	var network net.Error
	var refused *alert.StatusError
	return errors.As(err, &network) || errors.As(err, &refused) || errors.Is(err, context.Canceled) || errors.Is(err, alert.ErrNoAnswer)
}

func judgeAnswer(code string) error {
	if !answerCode.MatchString(code) {
		code = "an error without a name"
	}
	err := fmt.Errorf("slack: the answer is %s", code)
	switch {
	case slices.Contains(unchangeable, code):
		return &lostMessage{err}
	case slices.Contains(hopeless, code):
		return alert.Permanent(err)
	}
	return err
}

// lostMessage says that the message to change is no longer there.
type lostMessage struct{ error }
