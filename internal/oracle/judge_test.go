package oracle

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"
)

// need skips a test whose judge is not installed, where that may be.
func need(t testing.TB, programs ...string) {
	t.Helper()
	for _, name := range programs {
		if _, err := exec.LookPath(name); err == nil {
			continue
		}
		if os.Getenv("CI") != "" {
			t.Fatalf("%s is not installed", name)
		}
		t.Skipf("%s is not installed", name)
	}
}

// limited is a program that may run for so long, and write files of 100 MB.
func limited(ctx context.Context, program string, arguments ...string) *exec.Cmd {
	const script = `ulimit -f 200000; exec "$0" "$@"`
	c := exec.CommandContext(ctx, "sh", append([]string{"-c", script, program}, arguments...)...)
	c.Env = append(os.Environ(), "TZ=UTC")
	return c
}

// read runs a program to its end.
func read(t testing.TB, program string, arguments ...string) ([]byte, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), judgeSeconds*time.Second)
	defer cancel()
	var complaints strings.Builder
	c := limited(ctx, program, arguments...)
	c.Stderr = &complaints
	out, err := c.Output()
	if err != nil {
		return nil, fmt.Errorf("%s: %w: %.300s", program, err, complaints.String())
	}
	return out, nil
}

// freePort is a UDP port of loopback that nobody uses.
func freePort(t testing.TB) int {
	t.Helper()
	c, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	return c.LocalAddr().(*net.UDPAddr).Port
}

// socketState is what the kernel says of a UDP socket.
type socketState struct {
	open            bool
	queued, dropped uint64
}

// look reads the state of the socket that listens at a port (proc(5), net/udp).
func look(port int) (s socketState, err error) {
	file, err := os.Open("/proc/net/udp")
	if err != nil {
		return s, err
	}
	defer file.Close()
	want := fmt.Sprintf(":%04X", port)
	for lines := bufio.NewScanner(file); lines.Scan(); {
		columns := strings.Fields(lines.Text())
		if len(columns) < 13 || !strings.HasSuffix(columns[1], want) {
			continue
		}
		_, waiting, _ := strings.Cut(columns[4], ":")
		s.open = true
		s.queued, _ = strconv.ParseUint(waiting, 16, 64)
		s.dropped, _ = strconv.ParseUint(columns[12], 10, 64)
	}
	return s, nil
}

// until looks at a socket again and again.
func until(ctx context.Context, port int, done func(socketState) bool) error {
	for {
		s, err := look(port)
		if err != nil || done(s) {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Millisecond):
		}
	}
}
