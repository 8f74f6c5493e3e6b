package oracle

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestAgainstNfdump(t *testing.T) {
	need(t, "nfdump", "nfcapd", "sfcapd")
	all := append(captured(t), simulated()...)
	var differences []difference
	for collector, mine := range map[string]func(*exports) bool{
		"nfcapd": func(e *exports) bool { return e.version() != 0 && e.version() != 6 && e.version() != 8 },
		"sfcapd": func(e *exports) bool { return e.sFlow },
	} {
		judged := 0
		for _, e := range all {
			if len(e.datagrams) == 0 || !mine(&e) {
				continue
			}
			theirs, err := nfdump(t, collector, &e)
			if err != nil {
				differences = append(differences, difference{"nfdump", e.name, judgement, nil, said{judgement: err.Error()}})
				continue
			}
			judged += len(theirs)
			differences = append(differences, compare("nfdump", e.name, e.decoded(t), theirs)...)
		}
		t.Logf("%s: %d records judged", collector, judged)
	}
	settle(t, "nfdump", differences)
}

// nfdump lets a collector of nfdump's hear the datagrams, and reads what it wrote.
func nfdump(t testing.TB, collector string, e *exports) ([]said, error) {
	t.Helper()
	folder := t.TempDir()
	ctx, cancel := context.WithTimeout(t.Context(), judgeSeconds*time.Second)
	defer cancel()
	port := freePort(t)
	c := limited(ctx, collector, "-b", "127.0.0.1", "-p", strconv.Itoa(port), "-w", folder, "-t", "3600")
	var complaints bytes.Buffer
	c.Stdout, c.Stderr = &complaints, &complaints
	if err := c.Start(); err != nil {
		return nil, err
	}
	err := tell(ctx, port, e)
	if err = errors.Join(err, stop(c)); err != nil {
		return nil, fmt.Errorf("%s: %w: %.300s", collector, err, complaints.String())
	}
	return readNfdump(t, folder, collector == "sfcapd")
}

// stop asks a program to end until it does: a collector that is asked just before
// it waits for a datagram does not notice.
func stop(c *exec.Cmd) error {
	ended := make(chan error, 1)
	go func() { ended <- c.Wait() }()
	ask := time.NewTicker(10 * time.Millisecond)
	defer ask.Stop()
	for {
		_ = c.Process.Signal(syscall.SIGTERM)
		select {
		case err := <-ended:
			return err
		case <-ask.C:
		}
	}
}

// tell sends the datagrams, no faster than they are taken.
func tell(ctx context.Context, port int, e *exports) error {
	if err := until(ctx, port, func(s socketState) bool { return s.open }); err != nil {
		return err
	}
	conn, err := net.Dial("udp4", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return err
	}
	defer conn.Close()
	for _, d := range e.datagrams {
		if _, err := conn.Write(d.payload); err != nil {
			return err
		}
		if err := until(ctx, port, func(s socketState) bool { return s.queued < 64<<10 }); err != nil {
			return err
		}
	}
	var state socketState
	err = until(ctx, port, func(s socketState) bool { state = s; return s.queued == 0 })
	if err == nil && state.dropped > 0 {
		err = fmt.Errorf("the kernel dropped %d datagrams", state.dropped)
	}
	return err
}

func readNfdump(t testing.TB, folder string, sampled bool) (all []said, err error) {
	t.Helper()
	for _, path := range glob(t, folder, "nfcapd.*") {
		text, err := read(t, "nfdump", "-r", path, "-o", "json")
		if err != nil {
			return nil, err
		}
		records, err := nfdumpRecords(text, sampled)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", filepath.Base(path), err)
		}
		all = append(all, records...)
	}
	return all, nil
}

func nfdumpRecords(text []byte, sampled bool) (all []said, err error) {
	if bytes.Contains(text, []byte("No matching flows")) {
		return nil, nil
	}
	var records []map[string]any
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&records); err != nil {
		return nil, err
	}
	for _, r := range records {
		all = append(all, nfdumpSays(r, sampled))
	}
	return all, nil
}

// nfdumpNames are the names that nfdump has for what it says as we do.
var nfdumpNames = map[string]field{
	"src_port": sourcePort, "dst_port": destPort, "proto": protocol, "src_tos": tos,
	"in_packets": allPackets, "in_bytes": allOctets, "input_snmp": input, "output_snmp": output,
	"src_as": sourceAS, "dst_as": destAS, "src_mask": sourceMask, "dst_mask": destMask, "fwd_status": forwarding,
}

// never is what nfdump says where it has read no time, or a sysUptime of 0.
const never = "1970-01-01T00:00:00.000"

// nfdumpSays is one record. Counters of nfdump are multiplied by the sampling rate;
// the times of sampled packets are those at which it heard of them.
func nfdumpSays(r map[string]any, sampled bool) said {
	s := said{source: noAddress, destination: noAddress}
	for name, value := range r {
		text := fmt.Sprint(value)
		switch name {
		case "src4_addr", "src6_addr":
			s[source] = parsed(text)
		case "dst4_addr", "dst6_addr":
			s[destination] = parsed(text)
		case "first", "last":
			if text != never {
				s[map[string]field{"first": first, "last": last}[name]] = text
			}
		case "tcp_flags":
			s[flags] = flagBits(text)
		case "direction":
			s[egress] = strconv.FormatBool(text == "1")
		default:
			if f, known := nfdumpNames[name]; known {
				s[f] = text
			}
		}
	}
	for _, name := range []string{"bgp6_next_hop", "bgp4_next_hop", "ip6_next_hop", "ip4_next_hop"} { // the last one counts
		if hop, ok := r[name]; ok && (s[nextHop] == "" || parsed(fmt.Sprint(hop)) != noAddress) {
			s[nextHop] = parsed(fmt.Sprint(hop))
		}
	}
	if kind, ok := r["icmp_type"]; ok { // instead of ports
		s[destPort] = icmpPort(kind, r["icmp_code"])
	}
	if sampled {
		delete(s, first)
		delete(s, last)
	}
	return s
}

// icmpPort is where exporters put type and code.
func icmpPort(kind, code any) string {
	k, _ := strconv.Atoi(fmt.Sprint(kind))
	c, _ := strconv.Atoi(fmt.Sprint(code))
	return number(k<<8 | c)
}

func parsed(text string) string {
	a, _ := netip.ParseAddr(text)
	return address(a)
}

// flagBits reads flags that are written as letters, one a bit.
func flagBits(letters string) string {
	bits := 0
	for _, c := range letters {
		bits <<= 1
		if !strings.ContainsRune(".", c) {
			bits |= 1
		}
	}
	return number(bits)
}
