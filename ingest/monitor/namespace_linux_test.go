package monitor

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"
)

// The names of the pair of interfaces inside the namespace: what is sent on wire
// arrives at tap.
const (
	tap  = "tap"
	wire = "wire"
)

// namespace makes a network of its own for a test, with a pair of interfaces, and
// moves the test into it. Nothing reaches or leaves the host.
func namespace(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("a network namespace needs root")
	}
	name := fmt.Sprintf("eagre-test-%d", os.Getpid())
	if out, err := exec.Command("ip", "netns", "add", name).CombinedOutput(); err != nil {
		t.Skipf("no network namespace can be made here: %v %s", err, out)
	}
	t.Cleanup(func() { _ = exec.Command("ip", "netns", "delete", name).Run() })
	enter(t, "/run/netns/"+name)
	for _, command := range [][]string{
		{"link", "add", tap, "type", "veth", "peer", "name", wire},
		{"link", "set", tap, "up"},
		{"link", "set", wire, "up"},
		{"link", "set", "lo", "up"},
	} {
		ip(t, command...)
	}
}

// enter moves the test's goroutine, which stays on its thread, into a namespace
// until the test ends.
func enter(t *testing.T, path string) {
	t.Helper()
	runtime.LockOSThread()
	home, err := os.Open(fmt.Sprintf("/proc/self/task/%d/ns/net", unix.Gettid()))
	check(t, err)
	there, err := os.Open(path)
	check(t, err)
	check(t, unix.Setns(int(there.Fd()), unix.CLONE_NEWNET))
	check(t, there.Close())
	t.Cleanup(func() {
		if unix.Setns(int(home.Fd()), unix.CLONE_NEWNET) == nil {
			runtime.UnlockOSThread()
		}
		_ = home.Close()
	})
}

// ip runs a command of iproute2 in the namespace of the test's thread.
func ip(t *testing.T, arguments ...string) {
	t.Helper()
	if out, err := exec.Command("ip", arguments...).CombinedOutput(); err != nil {
		t.Fatalf("ip %v: %v %s", arguments, err, out)
	}
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// sender puts frames onto an interface.
type sender struct {
	fd int
	to unix.SockaddrLinklayer
}

func newSender(t testing.TB, index int) *sender {
	t.Helper()
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0)
	check(t, err)
	t.Cleanup(func() { _ = unix.Close(fd) })
	return &sender{fd: fd, to: unix.SockaddrLinklayer{Ifindex: index, Halen: 6}}
}

func (s *sender) send(t testing.TB, frame []byte) {
	t.Helper()
	check(t, unix.Sendto(s.fd, frame, 0, &s.to))
}
