package installed

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// SNMPD starts the agent of Net-SNMP on a free loopback port of both families, with a
// memory of its own and what conf says of who may ask it, and gives the port. It ends
// with the test, after two minutes at the latest.
func SNMPD(t testing.TB, conf string) (port string) {
	t.Helper()
	program := Program(t, "snmpd")
	dir, port := t.TempDir(), freePort(t)
	config := filepath.Join(dir, "snmpd.conf")
	text := fmt.Sprintf("agentaddress udp:127.0.0.1:%[1]s,udp6:[::1]:%[1]s\n%[2]s", port, conf)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	agent := exec.CommandContext(t.Context(), "timeout", "120", program, "-f", "-C", "-c", config, "-Lf", filepath.Join(dir, "log"), "-p", filepath.Join(dir, "pid"), "-I", "-smux")
	agent.Env = append(os.Environ(), "SNMP_PERSISTENT_DIR="+dir, "SNMPCONFPATH="+dir, "MIBS=")
	agent.Cancel = func() error { return agent.Process.Signal(os.Interrupt) } // timeout hands it on
	if err := agent.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = agent.Wait() })
	return port
}

func freePort(t testing.TB) string {
	t.Helper()
	conn, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv6loopback})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	_, port, _ := net.SplitHostPort(conn.LocalAddr().String())
	return port
}
