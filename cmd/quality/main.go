// Command quality measures detectors on networks that do not exist: gen makes one and
// its labels, reference runs the rules of thumb on a capture, score holds what was found
// against the labels. docs/quality.md says what is measured.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
)

// command is one of the things to do.
type command struct {
	name, arguments, help string
	run                   func(ctx context.Context, c console, args []string) error
}

// console is what a command reads and writes.
type console struct {
	in       io.Reader
	out, err io.Writer
}

var commands = []command{
	{"gen", "[flags] DIR", "make a world: world.json, labels.jsonl and eagre.yaml in DIR, and its traffic", generate},
	{"reference", "[flags] CAPTURE|-", "run a rule of thumb on a capture; prints anomaly events", refer},
	{"score", "[flags] DIR...", "hold events against labels; prints tables", judge},
}

// The exit codes, as those of eagre.
const (
	exitGood   = 0
	exitFailed = 1
	exitUsage  = 2
)

// usageError is a mistake of whoever typed the command.
type usageError struct{ error }

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	code := run(ctx, console{os.Stdin, os.Stdout, os.Stderr}, os.Args[1:])
	stop()
	os.Exit(code)
}

func run(ctx context.Context, c console, args []string) int {
	if len(args) > 0 {
		for _, command := range commands {
			if command.name == args[0] {
				return exitCode(command.run(ctx, c, args[1:]), c.err)
			}
		}
	}
	for _, command := range commands {
		fmt.Fprintf(c.err, "quality %s %s\n    %s\n", command.name, command.arguments, command.help)
	}
	return exitUsage
}

func exitCode(err error, w io.Writer) int {
	var usage usageError
	switch {
	case err == nil:
		return exitGood
	case errors.Is(err, flag.ErrHelp):
		return exitUsage
	case errors.As(err, &usage):
		fmt.Fprintf(w, "quality: %s\n", err)
		return exitUsage
	}
	fmt.Fprintf(w, "quality: %s\n", err)
	return exitFailed
}

// flags are those of one command.
func flags(name string, c console) *flag.FlagSet {
	f := flag.NewFlagSet("quality "+name, flag.ContinueOnError)
	f.SetOutput(c.err)
	return f
}

// parse reads the flags of a command; what is wrong has then been said.
func parse(f *flag.FlagSet, args []string, least, most int) error {
	if err := f.Parse(args); err != nil {
		return flag.ErrHelp
	}
	if f.NArg() < least || f.NArg() > most {
		return usageError{fmt.Errorf("%s: %d arguments; -h says more", f.Name(), f.NArg())}
	}
	return nil
}
