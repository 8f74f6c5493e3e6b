package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"time"

	"eagre/cmd/eagre/config"
	"eagre/simulate"
)

type simulateCommand struct {
	Scenario string         `arg:"" optional:"" help:"Scenario file (YAML): routers, traffic, attacks. Without one the flags of the second group make a load." type:"path"`
	To       string         `placeholder:"udp://HOST:PORT" help:"Where the datagrams go. Without it NetFlow and IPFIX go to port 2055 of this machine and sFlow to 6343."`
	PCAP     string         `name:"pcap" placeholder:"FILE" help:"Write a capture in place of sending, on the scenario's own clock, as fast as possible; - is standard output."`
	Anywhere bool           `help:"Allow a target on another machine. Without it only loopback is sent to: simulated attacks look like real ones to whoever receives them."`
	For      *time.Duration `placeholder:"DURATION" help:"How long. Without it until Ctrl-C, or as long as the scenario file says; a capture needs it."`
	Seed     *uint32        `placeholder:"N" help:"Another seed is another day of the same network; the same is the same to the byte (1)."`
	Start    string         `placeholder:"TIME" help:"When the scenario begins, as 2026-01-01T00:00:00Z: that for a capture, now for sending."`
	quickLoad
}

// captureStart is when captures begin where nothing is said, so that they are the
// same to the byte.
var captureStart = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// Run plays one scenario.
func (s *simulateCommand) Run(ctx context.Context, c console) error {
	scenario, err := s.scenario(c.err)
	if err != nil {
		return err
	}
	targets, err := s.targets(ctx)
	if err != nil {
		return err
	}
	start, err := s.start()
	if err != nil {
		return err
	}
	played, err := simulate.New(scenario.Simulation(start))
	if err != nil {
		return usageError{plain(err)}
	}
	play := simulation{scenario, played, targets, start}
	if s.PCAP != "" {
		return play.capture(ctx, c, s.PCAP)
	}
	return play.send(ctx, c)
}

// scenario is what the file says, or the flags.
func (s *simulateCommand) scenario(complaints io.Writer) (config.Scenario, error) {
	scenario, err := s.read(complaints)
	if err != nil {
		return scenario, err
	}
	if s.For != nil {
		scenario.For = *s.For
	}
	if s.Seed != nil {
		scenario.Seed = *s.Seed
	}
	if scenario.For < 0 {
		return scenario, usagef("--for %s: want a time above 0", scenario.For)
	}
	if s.PCAP != "" && scenario.For == 0 {
		return scenario, usagef("--pcap needs --for: a capture has an end")
	}
	if s.PCAP != "" && s.Anywhere {
		return scenario, usagef("--pcap sends nothing: --anywhere does not belong to it")
	}
	return scenario, nil
}

func (s *simulateCommand) read(complaints io.Writer) (config.Scenario, error) {
	if s.Scenario == "" {
		return s.quickLoad.scenario()
	}
	if given := s.quickLoad.given(); len(given) > 0 {
		return config.Scenario{}, usagef("%s: for a load without a scenario file; with one, %s says it", strings.Join(given, ", "), s.Scenario)
	}
	scenario, problems := config.LoadScenario(s.Scenario)
	for _, p := range problems {
		fmt.Fprintln(complaints, p)
	}
	if config.HasErrors(problems) {
		return scenario, usagef("%s: the scenario has errors", s.Scenario)
	}
	return scenario, nil
}

// targets are where the datagrams go.
func (s *simulateCommand) targets(ctx context.Context) (simulate.Targets, error) {
	to := simulate.DefaultTargets()
	to.Anywhere = s.Anywhere || s.PCAP != ""
	if s.To == "" {
		return to, nil
	}
	at, err := resolve(ctx, s.To)
	if err != nil {
		return to, usagef("--to %s: %w", s.To, err)
	}
	to.NetFlow, to.SFlow = at, at
	if err := to.Validate(); err != nil && !to.Anywhere {
		return to, usagef("--to %s is not this machine: datagrams stay on loopback unless --anywhere is given", s.To)
	}
	return to, nil
}

// resolve reads udp://HOST:PORT; udp:// may be left out.
func resolve(ctx context.Context, text string) (netip.AddrPort, error) {
	hostPort := strings.TrimPrefix(text, "udp://")
	if strings.Contains(hostPort, "/") {
		return netip.AddrPort{}, errors.New("want udp://HOST:PORT, as udp://127.0.0.1:2055")
	}
	host, port, err := net.SplitHostPort(hostPort)
	if err != nil || host == "" {
		return netip.AddrPort{}, errors.New("want udp://HOST:PORT, as udp://127.0.0.1:2055")
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil || n == 0 {
		return netip.AddrPort{}, fmt.Errorf("port %s: want a number in 1–65535", port)
	}
	if a, err := netip.ParseAddr(host); err == nil {
		return netip.AddrPortFrom(a.Unmap(), uint16(n)), nil
	}
	found, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return netip.AddrPort{}, err
	}
	return netip.AddrPortFrom(found[0].Unmap(), uint16(n)), nil
}

func (s *simulateCommand) start() (time.Time, error) {
	switch {
	case s.Start != "":
		at, err := time.Parse(time.RFC3339, s.Start)
		if err != nil {
			return at, usagef("--start %s: want a time as 2026-01-01T00:00:00Z", s.Start)
		}
		return at.UTC(), nil
	case s.PCAP != "":
		return captureStart, nil
	}
	return time.Now(), nil
}

// plain is an error of the simulation without the names of its rooms.
func plain(err error) error {
	text := strings.ReplaceAll(strings.TrimPrefix(err.Error(), "scenario: "), "simulate: ", "")
	return errors.New(text)
}

// simulation is a scenario that is about to be played.
type simulation struct {
	config.Scenario
	played  *simulate.Scenario
	targets simulate.Targets
	start   time.Time
}

// capture writes a capture. Interrupted, it leaves what there is.
func (s simulation) capture(ctx context.Context, c console, path string) error {
	out, report, err := openCapture(c, path)
	if err != nil {
		return err
	}
	began := time.Now()
	sent, err := simulate.Record(ctx, out, s.played, s.targets, s.start.Add(s.For))
	if closeErr := out.Close(); err == nil {
		err = closeErr
	}
	if err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	summary{simulation: s, sent: sent, took: time.Since(began), verb: "wrote", where: "into " + path, interrupted: err != nil}.print(report)
	return nil
}

// openCapture is the file, and where people are told about it.
func openCapture(c console, path string) (io.WriteCloser, io.Writer, error) {
	if path == "-" {
		return nopCloser{c.out}, c.err, nil
	}
	f, err := os.Create(path)
	if err != nil {
		return nil, nil, usageError{err}
	}
	return f, c.out, nil
}

type nopCloser struct{ io.Writer }

func (nopCloser) Close() error { return nil }

// grace is how much longer than asked a sender may need that cannot keep pace.
const grace = 250 * time.Millisecond

// send sends in real time until the scenario is over or Ctrl-C.
func (s simulation) send(ctx context.Context, c console) error {
	player, err := simulate.Open(s.played, s.targets)
	if err != nil {
		return err
	}
	warn(c.err, player.Warnings())
	if s.For > 0 {
		var stop context.CancelFunc
		ctx, stop = context.WithTimeout(ctx, s.For+grace)
		defer stop()
		player.Until = s.start.Add(s.For)
	}
	began, progress := time.Now(), newProgress(c.err)
	err = player.Run(ctx, func() time.Time {
		passed := time.Since(began)
		progress.tell(passed, player)
		return s.start.Add(passed)
	})
	progress.clear()
	sum := summary{simulation: s, sent: player.Sent(), took: time.Since(began), verb: "sent", where: s.where(), interrupted: errors.Is(err, context.Canceled)}
	sum.print(c.out)
	return sum.failure()
}

func (s simulation) where() string {
	if s.targets.NetFlow == s.targets.SFlow {
		return "to " + s.targets.NetFlow.String()
	}
	return fmt.Sprintf("to %s (sFlow: %s)", s.targets.NetFlow, s.targets.SFlow)
}

// warn says what is not as the scenario has it, at some length.
func warn(w io.Writer, warnings []string) {
	const most = 3
	for i, text := range warnings {
		if i == most {
			fmt.Fprintf(w, "note: and %d more\n", len(warnings)-most)
			return
		}
		fmt.Fprintln(w, "note:", text)
	}
}
