package snmp

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"syscall"
	"testing"

	"github.com/gosnmp/gosnmp"
)

// report is a datagram that refuses a user, cut down to what tells why.
func report(why refusal) *line {
	return &line{heard: append(append([]byte{0x30, 9}, usmStats...), byte(why), 0)}
}

// What goes wrong on the way is told in words for the one who can change it, and
// never in those of gosnmp, which may quote a message.
func TestFaultsSpeakToThePersonWhoCanAct(t *testing.T) {
	quoting := errors.New("bytes: 30 26 " + string(community))
	user := &User{"eagre", SHA256, signing, AES128, hiding}
	cases := []struct {
		name  string
		user  *User
		err   error
		line  *line
		want  reason
		words string
	}{
		{"no such name", nil, fmt.Errorf("dial: %w", &net.DNSError{Err: "no such host", Name: "router"}), &line{}, noName, "no such host"},
		{"no route", nil, &net.OpError{Op: "write", Err: syscall.EHOSTUNREACH}, &line{}, unreachable, "no route to host"},
		{"too slow", nil, context.DeadlineExceeded, &line{}, tooSlow, "interval of 1m0s"},
		{"silent from the first", user, gosnmp.ErrMaxRetriesExceeded, &line{}, silent, "cannot be reached"},
		{"silent after a first word", user, gosnmp.ErrMaxRetriesExceeded, &line{heard: []byte{1}}, wrongKey, "privacy, here aes"},
		{"several agents", user, quoting, report(notInTimeWindow), wrongTime, "several answer"},
		{"a report to version 2c", nil, quoting, report(wrongDigest), garbage, "no SNMP"},
		{"a report of nothing known", user, quoting, report(99), garbage, "no SNMP"},
		{"a report cut short", user, quoting, &line{heard: usmStats}, garbage, "no SNMP"},
	}
	for _, c := range cases {
		target := targetAt(router4, "router:161")
		if c.user != nil {
			target.Community, target.User = nil, c.user
		}
		got := target.explain(c.err, c.line)
		if got.reason != c.want || !strings.Contains(got.Error(), c.words) || strings.Contains(got.Error(), string(community)) {
			t.Errorf("%s: got %v, %q, want %v with %q", c.name, got.reason, got.Error(), c.want, c.words)
		}
	}
}
