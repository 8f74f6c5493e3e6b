package oracle

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path"
	"strconv"
	"strings"
	"testing"
	"time"
)

// wiresharkDevices are those whose captures Wireshark reads without complaint
// about the datagrams themselves.
var wiresharkDevices = []string{
	"ipfix_test_barracuda",
	"ipfix_test_ixia",
	"ipfix_test_mikrotik",
	"ipfix_test_openbsd_pflow",
	"ipfix_test_viptela",
	"ipfix_test_vmware_vds",
	"netflow5_test_juniper_mx80",
	"netflow5_test_microtik",
	"netflow9_cisco_asr1001x",
	"netflow9_test_cisco_aci",
	"netflow9_test_cisco_asr9k",
	"netflow9_test_fortigate_fortios_542_appid",
	"netflow9_test_paloalto_panos",
	"netflow9_test_softflowd",
	"netflow9_test_ubnt_edgerouter",
}

func TestAgainstWireshark(t *testing.T) {
	need(t, "tshark")
	all := map[string]exports{}
	for _, e := range captured(t) {
		all[e.name] = e
	}
	var differences []difference
	judged := 0
	for _, device := range wiresharkDevices {
		name := path.Join("logstash-merged-pcap", device)
		e, known := all[name]
		if !known {
			t.Fatalf("there is no capture of %s", device)
		}
		theirs, err := wireshark(t, path.Join(captures, "exporters", name+".pcap"))
		if err != nil {
			t.Fatal(err)
		}
		judged += len(theirs)
		differences = append(differences, compare("wireshark", e.name, e.decoded(t), theirs)...)
	}
	t.Logf("%d devices, %d records judged", len(wiresharkDevices), judged)
	settle(t, "wireshark", differences)
}

func wireshark(t testing.TB, file string) (all []said, err error) {
	t.Helper()
	text, err := read(t, "tshark", "-r", file, "-d", "udp.port==2055,cflow", "-T", "json")
	if err != nil {
		return nil, err
	}
	var frames []branch
	if err := json.Unmarshal(text, &frames); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	for _, frame := range frames {
		if datagram := frame.at("_source", "layers", "cflow"); datagram != nil {
			all = append(all, datagramSays(datagram)...)
		}
	}
	return all, nil
}

// branch is a JSON object with its members in order: tshark writes several of one
// name.
type branch struct{ members []member }

type member struct {
	name, text string
	inside     *branch // of an object
}

func (b *branch) UnmarshalJSON(text []byte) error {
	d := json.NewDecoder(bytes.NewReader(text))
	if _, err := d.Token(); err != nil { // the opening brace
		return err
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return err
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return err
		}
		m := member{name: name.(string)}
		switch value[0] {
		case '{':
			m.inside = new(branch)
			err = json.Unmarshal(value, m.inside)
		case '"':
			err = json.Unmarshal(value, &m.text)
		}
		if err != nil {
			return err
		}
		b.members = append(b.members, m)
	}
	return nil
}

// at is what lies at the end of a path, nil if there is no such thing.
func (b *branch) at(names ...string) *branch {
	for _, name := range names {
		var next *branch
		for _, m := range b.members {
			if m.name == name && m.inside != nil {
				next = m.inside
			}
		}
		if b = next; b == nil {
			return nil
		}
	}
	return b
}

// fields are all texts in a branch and its twigs, the first of each name.
func (b *branch) fields(into map[string]string) map[string]string {
	for _, m := range b.members {
		if m.inside != nil {
			m.inside.fields(into)
		} else if _, known := into[m.name]; !known {
			into[m.name] = m.text
		}
	}
	return into
}

// flows are the records in a datagram: of NetFlow v5 pdus, of the others flows
// inside of sets.
func (b *branch) flows(see func(*branch)) {
	for _, m := range b.members {
		switch {
		case m.inside == nil:
		case strings.HasPrefix(m.name, "pdu ") || strings.HasPrefix(m.name, "Flow "):
			see(m.inside)
		case strings.HasPrefix(m.name, "Set ") || strings.HasPrefix(m.name, "FlowSet "):
			m.inside.flows(see)
		}
	}
}

func datagramSays(datagram *branch) (all []said) {
	header := datagram.fields(map[string]string{})
	boot := bootOf(header)
	datagram.flows(func(flow *branch) {
		fields := flow.fields(map[string]string{})
		for name := range fields {
			if strings.HasPrefix(name, "cflow.scope_") {
				return // data about the exporter
			}
		}
		all = append(all, wiresharkSays(fields, boot))
	})
	return all
}

func bootOf(header map[string]string) time.Time {
	uptime, err := seconds(header["cflow.sysuptime"])
	if err != nil {
		return time.Time{}
	}
	sentAt, _ := seconds(header["cflow.unix_secs"])
	nanos, _ := strconv.ParseInt(header["cflow.unix_nsecs"], 10, 64)
	return time.Unix(0, 0).Add(sentAt + time.Duration(nanos) - uptime)
}

// wiresharkNames are the names that Wireshark has for what is a number for both.
var wiresharkNames = map[string]field{
	"cflow.srcport": sourcePort, "cflow.dstport": destPort, "cflow.protocol": protocol, "cflow.tcpflags": flags, "cflow.tos": tos,
	"cflow.packets": packets, "cflow.octets": octets, "cflow.inputint": input, "cflow.outputint": output,
	"cflow.srcas": sourceAS, "cflow.dstas": destAS, "cflow.srcmask": sourceMask, "cflow.dstmask": destMask,
	"cflow.srcmaskv6": sourceMask, "cflow.dstmaskv6": destMask,
}

func wiresharkSays(fields map[string]string, boot time.Time) said {
	s := said{source: noAddress, destination: noAddress}
	for name, text := range fields {
		switch name {
		case "cflow.srcaddr", "cflow.srcaddrv6":
			s[source] = parsed(text)
		case "cflow.dstaddr", "cflow.dstaddrv6":
			s[destination] = parsed(text)
		case "cflow.nexthop", "cflow.nexthopv6":
			s[nextHop] = parsed(text)
		case "cflow.direction":
			s[egress] = strconv.FormatBool(text == "1")
		case "cflow.timestart":
			sinceBoot(s, first, boot, text)
		case "cflow.timeend":
			sinceBoot(s, last, boot, text)
		case "cflow.abstimestart":
			s[first] = spelledOut(text)
		case "cflow.abstimeend":
			s[last] = spelledOut(text)
		default:
			if f, known := wiresharkNames[name]; known {
				n, _ := strconv.ParseUint(text, 0, 64)
				s[f] = number(n)
			}
		}
	}
	if status, known := fields["cflow.forwarding_status"]; known { // in two bits, and the reason in six
		s[forwarding] = twoAndSix(status, reason(fields))
	}
	return s
}

// reason has another name for each status.
func reason(fields map[string]string) string {
	for name, text := range fields {
		if strings.HasPrefix(name, "cflow.forwarding_status_") {
			return text
		}
	}
	return ""
}

func twoAndSix(two, six string) string {
	t, _ := strconv.Atoi(two)
	s, _ := strconv.Atoi(six)
	return number(t<<6 | s)
}

// seconds reads a number of seconds with a fraction.
func seconds(text string) (time.Duration, error) { return time.ParseDuration(text + "s") }

// sinceBoot is a time that counts from when the exporter booted. IPFIX does not say
// in the header when that was.
func sinceBoot(s said, f field, boot time.Time, text string) {
	if since, err := seconds(text); err == nil && !boot.IsZero() {
		s[f] = instant(boot.Add(since))
	}
}

func spelledOut(text string) string {
	at, err := time.Parse("Jan _2, 2006 15:04:05.000000000 MST", text)
	if err != nil {
		return text
	}
	return instant(at)
}
