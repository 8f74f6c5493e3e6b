package alert

import (
	"net/http"
	"testing"
	"time"
)

// Whatever a receiver writes, the pause is within reason.
func FuzzRetryAfter(f *testing.F) {
	for _, s := range []string{"1", "3600", "-1", "tomorrow", "", epoch.Format(http.TimeFormat), "99999999999999999999", "9223372036854775807"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, value string) {
		if got := parseRetryAfter(value, epoch); got < 0 || got > longestWish {
			t.Errorf("got %v", got)
		}
	})
}

func TestRetryAfterOfOneYear(t *testing.T) {
	for value, want := range map[string]time.Duration{"9223372036854775807": longestWish, "Fri, 31 Dec 9999 23:59:59 GMT": longestWish, "0": 0} {
		if got := parseRetryAfter(value, epoch); got != want {
			t.Errorf("%s: got %v, want %v", value, got, want)
		}
	}
}
