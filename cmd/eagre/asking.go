package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// engineAt is a running engine that is asked through its admin listener.
type engineAt struct {
	admin string // host:port
	hint  string // what else could be done, for when none answers
}

const (
	askPatience = 10 * time.Second
	// maxAnswer bounds what is read from an engine.
	maxAnswer = 64 << 20
)

// notFound is an answer that says that there is no such thing.
type notFound struct{ error }

// get asks for a path and reads the JSON that comes into a value.
func (e engineAt) get(ctx context.Context, path string, into any) error {
	return e.ask(ctx, path, nil, into)
}

// ask is get with a query.
func (e engineAt) ask(ctx context.Context, path string, query url.Values, into any) error {
	ctx, stop := context.WithTimeout(ctx, askPatience)
	defer stop()
	body, err := e.open(ctx, path, query)
	if err != nil {
		return err
	}
	defer body.Close()
	if err := json.NewDecoder(io.LimitReader(body, maxAnswer)).Decode(into); err != nil {
		return fmt.Errorf("what answers at %s is not understood: is it an eagre? %w", e.admin, err)
	}
	return nil
}

// open asks for a path and returns the answer while it comes in.
func (e engineAt) open(ctx context.Context, path string, query url.Values) (io.ReadCloser, error) {
	if _, _, err := net.SplitHostPort(e.admin); err != nil {
		return nil, usagef("--admin %s: want host:port, as 127.0.0.1:9090", e.admin)
	}
	address := url.URL{Scheme: "http", Host: e.admin, Path: path, RawQuery: query.Encode()}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address.String(), nil)
	if err != nil {
		return nil, usageError{err}
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, fmt.Errorf("no engine answers at %s: is it running? (%s): %w", e.admin, e.hint, err)
	}
	if resp.StatusCode == http.StatusOK {
		return resp.Body, nil
	}
	defer resp.Body.Close()
	return nil, e.refusal(resp)
}

// refusal is an answer other than yes as an error.
func (e engineAt) refusal(resp *http.Response) error {
	switch resp.StatusCode {
	case http.StatusNotFound:
		return notFound{fmt.Errorf("the engine at %s does not know it", e.admin)}
	case http.StatusBadRequest:
		return usagef("%s", reasonOf(resp))
	}
	return fmt.Errorf("the engine at %s answers %s: %s", e.admin, resp.Status, reasonOf(resp))
}

// reasonOf is the text of an answer, as much of it as came.
func reasonOf(resp *http.Response) string {
	text, _ := io.ReadAll(io.LimitReader(resp.Body, 4<<10))
	return strings.TrimSpace(string(text))
}
