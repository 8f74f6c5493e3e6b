package alert

import (
	"context"
	"errors"
	"time"

	"eagre/anomaly"
)

// AttemptTimeout is the deadline of one Notify.
const AttemptTimeout = 10 * time.Second

// Notifier tells one receiver about one event. This is the contract; package
// alerttest holds it as a suite that every implementation runs.
//
//   - One call tells one event, once. A nil error means that the receiver has it:
//     a 2xx, an "ok", a line that was written and synced. Nothing less is nil.
//   - The caller retries; an implementation makes a single attempt and never waits
//     for a better moment, except to keep a pace that the receiver prescribes.
//   - Notify returns soon after ctx ends. The Alerter sets [AttemptTimeout].
//   - An error is transient: the same event comes again, after a growing pause.
//     Wrapped by [Permanent] it will not get better by itself, wrapped by [Gone]
//     the receiver wants nothing any more, and [RetryAfter] carries the pause that
//     the receiver asked for.
//   - The same event may come again although it was taken, if a crash or a timeout
//     hid the answer. Its ID and Revision are then the same, and a receiver that
//     can recognise doubles is given both.
//   - Events of one anomaly come in the order of their revisions, with gaps.
//   - Calls come from one goroutine per receiver, one at a time. Different
//     receivers are called at the same time, also where they share a type.
//   - Strings inside the event were chosen by strangers (an interface name, a rule's
//     title). They must be inert in whatever the receiver shows.
//   - No error text holds a token, a secret, or a URL's path or query.
type Notifier interface {
	Notify(ctx context.Context, e anomaly.Event) error
}

// verdict is an error together with what the caller should do about it.
type verdict struct {
	err   error
	class class
	after time.Duration
}

type class uint8

const (
	transient class = iota
	permanent
	gone
)

func (v *verdict) Error() string { return v.err.Error() }
func (v *verdict) Unwrap() error { return v.err }

// Permanent marks an error that the same event will meet again: a bad request, a
// wrong token. The event is tried three times in all, since what stands between
// here and the receiver may have said it, and is then given up.
func Permanent(err error) error { return wrap(err, permanent, 0) }

// Gone marks an error that says the receiver wants no further events: the receiver
// is switched off until the engine starts again.
func Gone(err error) error { return wrap(err, gone, 0) }

// RetryAfter marks a transient error with the pause that the receiver asked for. A
// pause of zero or less means that it asked for none.
func RetryAfter(err error, pause time.Duration) error { return wrap(err, transient, pause) }

func wrap(err error, c class, after time.Duration) error {
	if err == nil {
		return nil
	}
	return &verdict{err: err, class: c, after: max(0, after)}
}

// IsPermanent tells whether err, or an error it wraps, was marked by [Permanent] or
// [Gone].
func IsPermanent(err error) bool { return judge(err).class != transient }

// IsGone tells whether err, or an error it wraps, was marked by [Gone].
func IsGone(err error) bool { return judge(err).class == gone }

// Pause is the pause that the receiver asked for; 0 where it asked for none.
func Pause(err error) time.Duration { return judge(err).after }

func judge(err error) verdict {
	var v *verdict
	if errors.As(err, &v) {
		return *v
	}
	return verdict{}
}
