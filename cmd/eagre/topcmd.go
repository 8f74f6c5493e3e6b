package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"strings"
	"time"
)

type topCommand struct {
	Admin    string        `help:"Admin listener of the engine to ask." default:"127.0.0.1:9090"`
	By       string        `enum:"bps,pps" default:"bps" help:"What decides who is larger: bits or packets a second."`
	Kind     []string      `enum:"object,host,prefix,interface,port,system" help:"Only these, any of object, host, prefix, interface, port, system (autonomous systems)."`
	Limit    topLimit      `default:"10" help:"How many of each kind, 1–1000."`
	Interval time.Duration `help:"How often to look; 2s on a terminal, elsewhere once." xor:"often" placeholder:"2s"`
	Once     bool          `help:"Look once, and leave." xor:"often"`
	Format   string        `enum:"text,json" default:"text" help:"text for people, json for programs: one object a line."`
}

// topLimit is how many of a kind are shown.
type topLimit int

// Validate is asked by the command line.
func (l topLimit) Validate() error {
	if l < 1 || l > mostTalkers {
		return fmt.Errorf("%d is out of 1–%d", l, mostTalkers)
	}
	return nil
}

const (
	usualInterval = 2 * time.Second
	// shortestInterval is how often the detector looks: asked more often, it says the
	// same again.
	shortestInterval = time.Second
)

// Run shows what moves most: on a terminal again and again, elsewhere once.
func (t *topCommand) Run(ctx context.Context, c console) error {
	if t.Interval != 0 && t.Interval < shortestInterval {
		return usagef("--interval %s: at least %s, as the engine looks no more often", t.Interval, shortestInterval)
	}
	if s := screenOf(c.out); s != nil && !t.Once && t.Format == "text" {
		return t.watch(ctx, t.ask, s)
	}
	return t.print(ctx, t.ask, c.out)
}

// asker looks at an engine.
type asker func(ctx context.Context) (standing, error)

// ask is the asker of a running engine.
func (t *topCommand) ask(ctx context.Context) (standing, error) {
	var s standing
	query := url.Values{"by": {t.By}, "kind": t.Kind, "limit": {strconv.Itoa(int(t.Limit))}}
	err := engineAt{t.Admin, "--admin names another"}.ask(ctx, "/api/v1/standing", query, &s)
	return s, err
}

// print writes a standing, or one each interval where that was asked for.
func (t *topCommand) print(ctx context.Context, ask asker, w io.Writer) error {
	gap := ""
	return every(ctx, t.Interval, func() error {
		s, err := ask(ctx)
		if err != nil {
			return err
		}
		if t.Format == "json" {
			return json.NewEncoder(w).Encode(s)
		}
		_, err = fmt.Fprintf(w, "%s%s\n", gap, strings.Join(s.page(t.view()), "\n"))
		gap = "\n"
		return err
	})
}

// view is a page of any size.
func (t *topCommand) view() view { return view{limit: int(t.Limit)} }

// watch draws standings over each other until the context ends. An engine that was
// there and does not answer now may be restarting: what it said last stays, and that it
// does not answer is said above. One that was never there is a failure.
func (t *topCommand) watch(ctx context.Context, ask asker, s *screen) error {
	newest, err := ask(ctx)
	if err != nil {
		return err
	}
	s.enter()
	defer s.leave()
	return every(ctx, cmp.Or(t.Interval, usualInterval), func() error {
		next, err := ask(ctx)
		if ctx.Err() != nil {
			return nil // whoever watched has left
		}
		if err == nil {
			newest = next
		}
		return s.draw(newest, err, t.view())
	})
}

// every does something at once and then each interval until the context ends; without
// an interval once.
func every(ctx context.Context, interval time.Duration, do func() error) error {
	if err := do(); err != nil || interval == 0 {
		return err
	}
	return eachTime(ctx, interval, do)
}

// eachTime does something whenever an interval has passed, until the context ends.
func eachTime(ctx context.Context, interval time.Duration, do func() error) error {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
			if err := do(); err != nil {
				return err
			}
		}
	}
}
