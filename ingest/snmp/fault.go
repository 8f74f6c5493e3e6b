package snmp

import (
	"context"
	"errors"
	"fmt"
	"net"
	"syscall"

	"github.com/gosnmp/gosnmp"
)

// reason is why a poll brought nothing, from a set that metrics name.
type reason uint8

const (
	fine reason = iota
	noName
	unreachable
	portClosed
	silent
	tooSlow
	unknownUser
	wrongSignature
	wrongKey
	wrongLevel
	wrongTime
	noObject
	agentError
	notGrowing
	garbage
	reasonCount
)

var reasonLabels = [reasonCount]string{
	"ok", "no_name", "unreachable", "port_closed", "silent", "too_slow", "unknown_user", "wrong_authentication", "wrong_privacy",
	"wrong_level", "wrong_time", "no_object", "agent_error", "not_growing", "garbage",
}

func (r reason) String() string { return reasonLabels[r] }

// fault is why a poll failed, in words for the person who can change it. It holds
// nothing of what gosnmp says: that may quote the message, and with it a secret.
type fault struct {
	reason reason
	text   string
}

func (f *fault) Error() string { return f.text }

func failed(why reason, format string, args ...any) *fault {
	return &fault{why, fmt.Sprintf(format, args...)}
}

// explain says what an error of gosnmp or of the socket means for this target; what
// the line heard last is a hint.
func (t *Target) explain(err error, l *line) *fault {
	var own *fault
	var lookup *net.DNSError
	switch {
	case errors.As(err, &own):
		return own
	case errors.As(err, &lookup):
		return failed(noName, "the name in %s is not known: %s", t.Address, lookup.Err)
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return failed(tooSlow, "the poll was not done within its interval of %v", t.Interval)
	case errors.Is(err, syscall.ECONNREFUSED):
		return failed(portClosed, "no SNMP agent listens there: the host says that the port is closed")
	case errors.Is(err, gosnmp.ErrMaxRetriesExceeded), timedOut(err):
		return t.silence(l)
	}
	if f := t.refused(l.refusal()); f != nil {
		return f
	}
	var system syscall.Errno
	if errors.As(err, &system) {
		return failed(unreachable, "there is no way to the agent: %s", system.Error())
	}
	return failed(garbage, "the answer is no SNMP that can be read")
}

func timedOut(err error) bool {
	var n net.Error
	return errors.As(err, &n) && n.Timeout()
}

// silence is what it can mean that an agent does not answer. One that answered the
// search for its engine id and then no more could not decrypt: AES has no check
// sum, so that the agent sees noise and says nothing.
func (t *Target) silence(l *line) *fault {
	tries := fmt.Sprintf("no answer within %v, asked %d times", t.Timeout, t.Retries+1)
	switch {
	case t.User == nil:
		return failed(silent, "%s: the agent cannot be reached, does not answer this host, or the community is wrong, as agents do not answer a wrong one", tries)
	case t.User.Privacy != "" && len(l.heard) > 0:
		return t.refused(decryptionError)
	}
	return failed(silent, "%s: the agent cannot be reached, or does not answer this host", tries)
}

// refused is what an agent of version 3 holds against the user; nil where it is
// nothing.
func (t *Target) refused(why refusal) *fault {
	if t.User == nil {
		return nil
	}
	name := t.User.Name
	switch why {
	case unknownUserName:
		return failed(unknownUser, "the agent does not know the user %q", name)
	case wrongDigest:
		return failed(wrongSignature, "the user %q is not believed: the passphrase or the protocol of authentication, here %s, is another one", name, t.User.Authentication)
	case decryptionError:
		return failed(wrongKey, "the agent cannot decrypt what the user %q says: the passphrase or the protocol of privacy, here %s, is another one", name, t.User.Privacy)
	case unsupportedLevel:
		return failed(wrongLevel, "the agent has other protection for the user %q: authentication or privacy is missing there, or here", name)
	case notInTimeWindow, unknownEngineID:
		return failed(wrongTime, "the agent does not keep to one engine id and time; perhaps several answer at this address")
	}
	return nil
}

// status is what an agent says instead of values (RFC 3416, 4.2.3); nil where it
// says nothing.
func status(s gosnmp.SNMPError) *fault {
	switch s {
	case gosnmp.NoError:
		return nil
	case gosnmp.NoAccess, gosnmp.AuthorizationError, gosnmp.NoSuchName:
		return noView()
	}
	return failed(agentError, "the agent answers with error status %d", uint8(s))
}

func noView() *fault {
	return failed(noObject, "the agent shows no counters of interfaces: its view must hold 1.3.6.1.2.1.1.3 (sysUpTime), 1.3.6.1.2.1.2.2 (ifTable) and 1.3.6.1.2.1.31.1.1 (ifXTable)")
}
