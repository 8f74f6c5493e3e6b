package alert

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// maxResponse bounds what is read of a receiver's answer, in bytes.
const maxResponse = 64 << 10

// Do sends a request to a receiver and judges the answer: an error, already of the
// right class, unless it is 2xx. The caller closes the body, of which no more than
// 64 KiB can be read. No error holds the request's URL or anything that the
// receiver wrote. The time now dates a Retry-After that is a date.
func Do(client *http.Client, req *http.Request, now func() time.Time) (*http.Response, error) {
	resp, err := client.Do(req)
	if err != nil {
		return nil, withoutURL(err)
	}
	if err := judgeStatus(resp, now()); err != nil {
		resp.Body.Close()
		return nil, err
	}
	resp.Body = limited{io.LimitReader(resp.Body, maxResponse), resp.Body}
	return resp, nil
}

// ErrNoAnswer says that a receiver was reached and gave no answer that could be read.
var ErrNoAnswer = errors.New("the receiver gave no answer")

// StatusError says that a receiver answered with a status other than 2xx.
type StatusError struct{ Code int }

func (e *StatusError) Error() string {
	return strings.TrimSpace(fmt.Sprintf("the receiver answered %d %s", e.Code, http.StatusText(e.Code)))
}

type limited struct {
	io.Reader
	io.Closer
}

// withoutURL takes off the layer in which net/http quotes the URL, and what the
// receiver wrote where that is not HTTP.
func withoutURL(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err
	}
	var network net.Error
	var certificate *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	switch {
	case errors.As(err, &network), errors.Is(err, context.Canceled):
		return err
	case errors.As(err, &certificate):
		return fmt.Errorf("%w: %w", ErrNoAnswer, err)
	case errors.As(err, &record):
		return fmt.Errorf("%w: it does not speak TLS", ErrNoAnswer)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("%w: it closed the connection", ErrNoAnswer)
	}
	return fmt.Errorf("%w: what it sent is not HTTP", ErrNoAnswer)
}

// judgeStatus maps a status to a class: 2xx is good, 410 ends it, 408, 425, 429 and
// 5xx pass, the rest (redirects among it, which are not followed) will not.
func judgeStatus(resp *http.Response, now time.Time) error {
	code := resp.StatusCode
	err := &StatusError{code}
	switch {
	case code >= 200 && code < 300:
		return nil
	case code == http.StatusGone:
		return Gone(err)
	case code >= 500, code == http.StatusRequestTimeout, code == http.StatusTooEarly, code == http.StatusTooManyRequests:
		return RetryAfter(err, parseRetryAfter(resp.Header.Get("Retry-After"), now))
	}
	return Permanent(err)
}

// longestWish keeps a receiver's number within a Duration.
const longestWish = 365 * 24 * time.Hour

// parseRetryAfter reads a Retry-After header (RFC 9110, section 10.2.3): seconds or
// a date. What cannot be read, or lies in the past, is no wish: 0.
func parseRetryAfter(value string, now time.Time) time.Duration {
	if seconds, err := strconv.ParseUint(value, 10, 63); err == nil {
		return time.Duration(min(seconds, uint64(longestWish/time.Second))) * time.Second
	}
	if at, err := http.ParseTime(value); err == nil {
		return min(max(0, at.Sub(now)), longestWish)
	}
	return 0
}
