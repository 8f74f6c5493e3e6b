package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"
	"github.com/rogpeppe/go-internal/testscript"

	"eagre/simulate"
)

// TestMain lets the scripts run this very binary as eagre, and as the command
// that makes their captures.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"eagre":       main,
		"makecapture": func() { os.Exit(makeCapture(os.Args[1:])) },
	})
}

// TestTheProgramAsItIsTyped runs the scripts: commands, their exit codes, and
// what they say.
func TestTheProgramAsItIsTyped(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup:               noSettings,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"leaves": leaves,
			"ready":  ready,
			"occupy": occupy,
			"vacant": vacant,
			"expand": expand,
			"takeid": takeID,
		},
	})
}

// noSettings keeps away from the scripts what whoever runs the tests has set.
func noSettings(env *testscript.Env) error {
	env.Vars = append(env.Vars, "NO_COLOR=1", "TZ=UTC")
	return nil
}

// leaves runs a command that must leave with an exit code: leaves 2 eagre …
func leaves(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: leaves CODE COMMAND [ARG…]")
	}
	got := "0"
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		code, ok := err.(interface{ ExitCode() int })
		if !ok {
			ts.Fatalf("%s: %v", args[1], err)
		}
		got = fmt.Sprint(code.ExitCode())
	}
	if want := args[0]; got != want {
		ts.Fatalf("exit code: got %s, want %s", got, want)
	}
}

// occupy opens a socket on loopback until the script ends: occupy udp NAME puts
// its address into the variable NAME.
func occupy(ts *testscript.TestScript, _ bool, args []string) {
	var socket io.Closer
	switch network, name := args[0], args[1]; network {
	case "udp":
		c, err := net.ListenPacket("udp", "127.0.0.1:0")
		ts.Check(err)
		ts.Setenv(name, c.LocalAddr().String())
		socket = c
	default:
		l, err := net.Listen(network, "127.0.0.1:0")
		ts.Check(err)
		ts.Setenv(name, l.Addr().String())
		socket = l
	}
	ts.Defer(func() { socket.Close() })
}

// ready asks an admin listener until it says that its engine is ready.
func ready(ts *testscript.TestScript, _ bool, args []string) {
	for patience := time.Now().Add(20 * time.Second); time.Now().Before(patience); {
		resp, err := http.Get("http://" + args[0] + "/-/ready")
		if err != nil {
			continue // it does not listen yet
		}
		resp.Body.Close()
		if resp.StatusCode == http.StatusOK {
			return
		}
	}
	ts.Fatalf("the engine at %s does not become ready", args[0])
}

// vacant puts an address into a variable where nobody listens.
func vacant(ts *testscript.TestScript, _ bool, args []string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	ts.Setenv(args[0], l.Addr().String())
	l.Close()
}

// expand replaces $VARIABLES inside a file.
func expand(ts *testscript.TestScript, _ bool, args []string) {
	path := ts.MkAbs(args[0])
	text := os.Expand(ts.ReadFile(args[0]), ts.Getenv)
	ts.Check(os.WriteFile(path, []byte(text), 0o600))
}

// takeid puts the first anomaly id on standard output into a variable.
func takeID(ts *testscript.TestScript, _ bool, args []string) {
	_, after, found := strings.Cut(ts.ReadFile("stdout"), `"id":"`)
	if !found {
		ts.Fatalf("there is no id on standard output")
	}
	id, _, _ := strings.Cut(after, `"`)
	ts.Setenv(args[0], id)
}

// makeCapture writes a capture: makecapture worm|short|cut|empty|demo FILE.
func makeCapture(args []string) int {
	f, err := os.Create(args[1])
	if err == nil {
		err = writeCapture(args[0], f)
		f.Close()
	}
	if err == nil && args[0] == "cut" {
		err = cutShort(args[1])
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "makecapture:", err)
		return 1
	}
	return 0
}

func writeCapture(what string, w io.Writer) error {
	switch what {
	case "worm":
		return writeWorm(w, 4000)
	case "short", "cut":
		return writeWorm(w, 10)
	case "empty":
		return writeWorm(w, 0)
	case "demo":
		start := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
		return simulate.PCAP(w, simulate.Demo(start, 1), simulate.DefaultTargets(), start.Add(70*time.Second))
	}
	return fmt.Errorf("no capture is called %s", what)
}

// writeWorm writes packets of an infected host: 404 bytes to port 1434 of ever
// new addresses, 400 a second.
func writeWorm(w io.Writer, packets int) error {
	out := pcapgo.NewWriter(w)
	if err := out.WriteFileHeader(65535, layers.LinkTypeEthernet); err != nil {
		return err
	}
	start := time.Date(2003, 1, 25, 6, 10, 0, 0, time.UTC)
	for i := range packets {
		frame := udpFrame(0xc0000242, 0x2d000000+uint32(i)*7919, 3575, 1434, 404)
		at := start.Add(time.Duration(i) * 2500 * time.Microsecond)
		info := gopacket.CaptureInfo{Timestamp: at, CaptureLength: len(frame), Length: len(frame)}
		if err := out.WritePacket(info, frame); err != nil {
			return err
		}
	}
	return nil
}

// cutShort takes away the end of the last packet.
func cutShort(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	return os.Truncate(path, info.Size()-100)
}
