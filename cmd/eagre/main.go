// Command eagre detects anomalies and denial-of-service attacks in network
// flows and traces them back to where they entered.
//
// Everything is put together here: each subcommand is one file that turns the
// configuration into rooms and connects them. Nothing is decided in this folder
// but what is connected to what, and how the operator is spoken to.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/alecthomas/kong"
)

type commands struct {
	Demo      demoCommand      `cmd:"" help:"A simulated ISP and its attacks, in one process: prints alerts and what to try next."`
	Run       runCommand       `cmd:"" help:"The engine."`
	Replay    replayCommand    `cmd:"" help:"Recorded input through the same engine, at full speed, on the input's own clock."`
	Flows     flowsCommand     `cmd:"" help:"Decoded flows."`
	Simulate  simulateCommand  `cmd:"" help:"Traffic as routers would export it: to a collector on this machine, or into a capture."`
	Exporters exportersCommand `cmd:"" help:"Who sends what: formats, loss, sampling, clock, what it can feed."`
	Top       topCommand       `cmd:"" help:"What moves most right now, with how far the numbers can be trusted."`
	Traceback tracebackCommand `cmd:"" help:"The report of an anomaly: what, how much, where it entered."`
	Signature signatureCommand `cmd:"" help:"For authors of signatures."`
	Config    configCommand    `cmd:"" help:"Check or print the configuration."`

	Version kong.VersionFlag `help:"Print the version and leave."`
}

// The exit codes.
const (
	exitGood   = 0 // anomalies found or not
	exitFailed = 1 // the work failed
	exitUsage  = 2 // wrong usage or configuration
)

func main() { os.Exit(run(os.Args[1:], console{os.Stdin, os.Stdout, os.Stderr})) }

// console is what a command reads from and writes to.
type console struct {
	in       io.Reader
	out, err io.Writer
}

// usageError is a mistake of whoever typed the command or wrote the
// configuration; the text has been written for them.
type usageError struct{ error }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// run is the program without the process around it.
func run(args []string, c console) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // the second signal ends the program on the spot
	var cli commands
	left := -1
	parser, err := kong.New(&cli,
		kong.Name("eagre"),
		kong.Description("Finds attacks in the flows that routers export, and where they entered."),
		kong.Vars{"version": version()},
		kong.Writers(c.out, c.err),
		kong.Exit(func(code int) { left = code }),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(c),
	)
	if err != nil {
		fmt.Fprintln(c.err, "eagre:", err)
		return exitFailed
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	command, err := parser.Parse(args)
	if left >= 0 { // --help or --version has answered
		return left
	}
	if err != nil {
		fmt.Fprintf(c.err, "eagre: %s\n%s\n", err, moreHelp(err))
		return exitUsage
	}
	return exitCode(command.Run(), c.err)
}

// moreHelp names the help of the command that was not understood, as far as it was.
func moreHelp(err error) string {
	var wrong *kong.ParseError
	if !errors.As(err, &wrong) || wrong.Context.Selected() == nil {
		return "eagre --help lists the commands"
	}
	return wrong.Context.Selected().FullPath() + " --help says more"
}

func exitCode(err error, w io.Writer) int {
	var usage usageError
	switch {
	case err == nil, errors.Is(err, context.Canceled):
		return exitGood
	case errors.As(err, &usage):
		fmt.Fprintf(w, "eagre: %s\n", err)
		return exitUsage
	}
	fmt.Fprintf(w, "eagre: %s\n", err)
	return exitFailed
}

// version is what the build knows of itself.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "eagre (unknown build)"
	}
	text := "eagre " + info.Main.Version
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			text += " " + s.Value
		}
	}
	return text + " " + info.GoVersion
}
