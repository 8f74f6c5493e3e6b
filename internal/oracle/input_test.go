package oracle

import (
	"encoding/binary"
	"errors"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"eagre/flow"
	"eagre/ingest"
	"eagre/ingest/capture"
	"eagre/network"
)

// datagram is one UDP payload and when it arrived.
type datagram struct {
	at      time.Time
	payload []byte
}

// exports are the datagrams of one exporter, in order.
type exports struct {
	name      string
	sFlow     bool
	datagrams []datagram
}

// most is how many datagrams of a capture are judged.
const most = 150

// captures is where the captures of real exporters are, beside the repository.
var captures = filepath.Join("..", "..", "..", "shared", "captures")

// captured are the datagrams of real exporters.
func captured(t testing.TB) (all []exports) {
	t.Helper()
	root := captures
	if _, err := os.Stat(filepath.Join(root, "FACTS.tsv")); err != nil {
		t.Skipf("no captures at %s", root)
	}
	for _, folder := range []string{"attack-flows", "exporters/logstash-merged-pcap", "exporters/tcpdump-sflow"} {
		for _, path := range glob(t, root, folder, "*.pcap") {
			all = append(all, readCapture(t, root, path))
		}
	}
	for _, folder := range glob(t, root, "exporters/telegraf", "*") {
		if found := readMessages(t, root, folder); len(found.datagrams) > 0 {
			all = append(all, found)
		}
	}
	return all
}

func glob(t testing.TB, elements ...string) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(elements...))
	if err != nil {
		t.Fatal(err)
	}
	return paths
}

func nameOf(root, path string) string {
	name, _ := filepath.Rel(root, path)
	return strings.TrimSuffix(strings.TrimPrefix(name, "exporters/"), ".pcap")
}

func readCapture(t testing.TB, root, path string) exports {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	r, err := capture.NewReader(file, capture.DefaultConfig())
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	out := exports{name: nameOf(root, path)}
	for len(out.datagrams) < most {
		item, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		if item.Kind == capture.Exports {
			out.add(sent(item.Data, item.At), item.Data)
		}
	}
	return out
}

// readMessages reads a folder of datagrams, one a file.
func readMessages(t testing.TB, root, folder string) exports {
	t.Helper()
	out := exports{name: nameOf(root, folder)}
	for _, path := range glob(t, folder, "*.bin") {
		payload, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		out.add(sent(payload, noon), payload)
	}
	return out
}

// sent is the time in the header of a datagram, which most captures do not have of
// their own, or the given one if it has none.
func sent(payload []byte, otherwise time.Time) time.Time {
	if len(payload) < 16 {
		return otherwise
	}
	word := func(at int) int64 { return int64(binary.BigEndian.Uint32(payload[at:])) }
	switch binary.BigEndian.Uint16(payload) {
	case 0:
		return otherwise
	case 9:
		return time.Unix(word(8), 0).UTC()
	case 10:
		return time.Unix(word(4), 0).UTC()
	}
	return time.Unix(word(8), word(12)).UTC() // with nanoseconds
}

func (e *exports) add(at time.Time, payload []byte) {
	e.datagrams = append(e.datagrams, datagram{at, append([]byte(nil), payload...)})
	e.sFlow = e.sFlow || len(payload) > 4 && binary.BigEndian.Uint32(payload) == 5
}

// version is that of the first datagram, by its first two bytes.
func (e *exports) version() uint16 {
	if len(e.datagrams) == 0 {
		return 0
	}
	return binary.BigEndian.Uint16(e.datagrams[0].payload)
}

// forever is in milliseconds.
const forever = 1 << 50

// shelf is a Publisher that keeps everything.
type shelf struct{ records []flow.Record }

func (s *shelf) Publish(b *flow.Batch) error {
	for i := range b.N {
		s.records = append(s.records, b.Record(i))
	}
	return nil
}

// decoded is what eagre makes of the datagrams.
func (e *exports) decoded(t testing.TB) (all []said) {
	t.Helper()
	anyone, err := network.New(network.Config{})
	if err != nil {
		t.Fatal(err)
	}
	config, kept := ingest.DefaultConfig(), &shelf{}
	config.Templates.Life = forever // captures of one device may lie years apart
	c := ingest.NewCollector(config, ingest.Deps{Network: anyone, Publisher: kept, HearEveryone: true})
	from := netip.MustParseAddrPort("192.0.2.1:50000")
	at := time.Time{}
	for _, d := range e.datagrams {
		at = d.at
		c.Datagram(at, ingest.AutoDoor, from, d.payload, false)
	}
	c.Finish(at)
	for _, r := range kept.records {
		all = append(all, ours(r))
	}
	return all
}
