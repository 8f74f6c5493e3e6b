package snmp

import (
	"bytes"
	"log/slog"
	"maps"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gosnmp/gosnmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"go.uber.org/goleak"

	"eagre/network/counters"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	began   = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	router4 = netip.MustParseAddr("192.0.2.1")
	router6 = netip.MustParseAddr("2001:db8::1")
)

// word is a secret that does not hide itself, so that a test sees where it goes.
type word string

func (w word) Reveal() string { return string(w) }

const community = word("open-sesame-4711")

// agent is an SNMP agent that is not there: it answers what a test wants.
type agent struct {
	t      testing.TB
	conn   *net.UDPConn
	answer func(request *gosnmp.SnmpPacket, raw []byte) [][]byte
	mu     sync.Mutex // held while it answers
	asked  int
}

// newAgent listens on a loopback address until the test ends.
func newAgent(t testing.TB, address string, answer func(*gosnmp.SnmpPacket, []byte) [][]byte) *agent {
	t.Helper()
	conn, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.MustParseAddrPort(address)))
	if err != nil {
		t.Fatal(err)
	}
	a := &agent{t: t, conn: conn, answer: answer}
	ended := make(chan struct{})
	go func() { defer close(ended); a.serve() }()
	t.Cleanup(func() { conn.Close(); <-ended })
	return a
}

func (a *agent) serve() {
	buffer := make([]byte, 64<<10)
	reader := &gosnmp.GoSNMP{Version: gosnmp.Version2c}
	for {
		n, from, err := a.conn.ReadFromUDPAddrPort(buffer)
		if err != nil {
			return
		}
		request, err := reader.SnmpDecodePacket(slices.Clone(buffer[:n]))
		if err != nil {
			a.t.Errorf("the request cannot be read: %v", err)
			return
		}
		for _, reply := range a.reply(request, buffer[:n]) {
			a.conn.WriteToUDPAddrPort(reply, from)
		}
	}
}

func (a *agent) reply(request *gosnmp.SnmpPacket, raw []byte) [][]byte {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.asked++
	return a.answer(request, raw)
}

// change changes what the agent knows, between two answers.
func (a *agent) change(what func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	what()
}

func (a *agent) address() string { return a.conn.LocalAddr().String() }

// response is a message that answers a request.
func response(request *gosnmp.SnmpPacket, status gosnmp.SNMPError, values ...gosnmp.SnmpPDU) []byte {
	p := gosnmp.SnmpPacket{
		Version: gosnmp.Version2c, Community: request.Community, PDUType: gosnmp.GetResponse,
		RequestID: request.RequestID, Error: status, Variables: values,
	}
	b, err := p.MarshalMsg()
	if err != nil {
		panic(err)
	}
	return b
}

// mib is what an agent knows, by object name.
type mib map[string]gosnmp.SnmpPDU

func (m mib) set(oid string, kind gosnmp.Asn1BER, value any) mib {
	m[oid] = gosnmp.SnmpPDU{Name: oid, Type: kind, Value: value}
	return m
}

func parts(oid string) []uint32 {
	var out []uint32
	for s := range strings.SplitSeq(strings.TrimPrefix(oid, "."), ".") {
		n, _ := strconv.ParseUint(s, 10, 32)
		out = append(out, uint32(n))
	}
	return out
}

func byName(a, b string) int { return slices.Compare(parts(a), parts(b)) }

// next is the first object after a name.
func (m mib) next(names []string, after string) gosnmp.SnmpPDU {
	i, found := slices.BinarySearchFunc(names, after, byName)
	if found {
		i++
	}
	if i == len(names) {
		return gosnmp.SnmpPDU{Name: after, Type: gosnmp.EndOfMibView}
	}
	return m[names[i]]
}

// bulk answers GETBULK as RFC 3416 (4.2.3) says.
func (m mib) bulk(request *gosnmp.SnmpPacket) []gosnmp.SnmpPDU {
	names := slices.SortedFunc(maps.Keys(m), byName)
	var out []gosnmp.SnmpPDU
	for _, v := range request.Variables[:request.NonRepeaters] {
		out = append(out, m.next(names, v.Name))
	}
	last := request.Variables[request.NonRepeaters:]
	for range request.MaxRepetitions {
		row := make([]gosnmp.SnmpPDU, len(last))
		for i, v := range last {
			row[i] = m.next(names, v.Name)
		}
		out, last = append(out, row...), row
	}
	return out
}

func (m mib) answers(request *gosnmp.SnmpPacket, _ []byte) [][]byte {
	return [][]byte{response(request, gosnmp.NoError, m.bulk(request)...)}
}

// side is what the counters of one direction stand at, in tests.
type side struct{ octets, unicast, multicast, broadcast, discards, errors uint64 }

// wide adds an interface with counters of 64 bits.
func (m mib) wide(index int, name string, mbps uint, in, out side) mib {
	x, e := func(c int) string { return ifXEntry + strconv.Itoa(c) + "." + strconv.Itoa(index) }, func(c int) string { return ifEntry + strconv.Itoa(c) + "." + strconv.Itoa(index) }
	m.set(x(1), gosnmp.OctetString, []byte(name)).set(x(15), gosnmp.Gauge32, mbps).set(x(19), gosnmp.TimeTicks, uint32(0))
	for i, s := range []side{in, out} {
		for j, v := range []uint64{s.octets, s.unicast, s.multicast, s.broadcast} {
			m.set(x(6+4*i+j), gosnmp.Counter64, v)
		}
		m.set(e(13+6*i), gosnmp.Counter32, uint(s.discards)).set(e(14+6*i), gosnmp.Counter32, uint(s.errors))
	}
	return m
}

func (m mib) uptime(d time.Duration) mib {
	return m.set(sysUpTime+".0", gosnmp.TimeTicks, uint32(d/(10*time.Millisecond)))
}

// clock is a clock that a test moves on.
type clock struct {
	mu    sync.Mutex
	now   time.Time
	waits chan wait
}

type wait struct {
	d    time.Duration
	fire chan time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func (c *clock) After(d time.Duration) <-chan time.Time {
	w := wait{d, make(chan time.Time, 1)}
	c.waits <- w
	return w.fire
}

// round lets so many goroutines wait, one after the other, and then go on all at
// once; it gives how long each wanted to wait.
func (c *clock) round(waiters int) []time.Duration {
	var all []wait
	var out []time.Duration
	for range waiters {
		w := <-c.waits
		all, out = append(all, w), append(out, w.d)
	}
	for _, w := range all {
		w.fire <- began
	}
	return out
}

// station is a watch with everything around it.
type station struct {
	*watch
	clock    clock
	log      bytes.Buffer
	metrics  *Metrics
	registry *prometheus.Registry
	heard    []counters.Movement
}

func newStation(t testing.TB, target Target) *station {
	t.Helper()
	if errs := (Config{[]Target{target}}).Validate(); errs != nil {
		t.Fatal(errs)
	}
	s := &station{clock: clock{now: began, waits: make(chan wait)}, registry: prometheus.NewPedanticRegistry()}
	s.metrics = NewMetrics(s.registry)
	s.watch = newWatch(target, Deps{
		Moved: func(m counters.Movement) { s.heard = append(s.heard, m) },
		Clock: &s.clock, Metrics: s.metrics, Log: slog.New(slog.NewTextHandler(&s.log, nil)),
	})
	return s
}

// targetAt is a target that is opened by the community.
func targetAt(exporter netip.Addr, address string) Target {
	t := DefaultTarget()
	t.Exporter, t.Address, t.Community = exporter, address, community
	return t
}

func (s *station) ended(t *testing.T, want reason) {
	t.Helper()
	for r := range reasonCount {
		if got := testutil.ToFloat64(s.metrics.polls[r]); (got > 0) != (r == want) {
			t.Errorf("polls that ended as %v: %v; want only %v", r, got, want)
		}
	}
}

func (s *station) told(t *testing.T, why stillness, want float64) {
	t.Helper()
	if got := testutil.ToFloat64(s.metrics.readings[why]); got != want {
		t.Errorf("readings that tell %v: got %v, want %v", why, got, want)
	}
}
