package ingest

import (
	"context"
	"net"
	"net/netip"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"go.uber.org/goleak"

	"eagre/ingest/wire"
	"eagre/network"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// onLoopback is a station that listens on free loopback ports and hears loopback.
func onLoopback(t *testing.T, change func(*Config)) (*station, *Receiver) {
	t.Helper()
	s := newStation(t, func(c *Config) {
		c.NetFlow, c.SFlow = []string{"127.0.0.1:0"}, []string{"[::1]:0"}
		if change != nil {
			change(c)
		}
	})
	s.network, _ = network.New(network.Config{})
	r, err := NewReceiver(t.Context(), s.Collector, func() time.Time { return began })
	if err != nil {
		t.Fatal(err)
	}
	return s, r
}

func send(t *testing.T, l *Listener, payloads ...[]byte) {
	t.Helper()
	sendTo(t, l.Addr(), payloads...)
}

func sendTo(t *testing.T, to netip.AddrPort, payloads ...[]byte) {
	t.Helper()
	conn, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(to))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	for _, p := range payloads {
		if _, err := conn.Write(p); err != nil {
			t.Fatal(err)
		}
	}
}

// arrived waits until so many datagrams were taken in.
func (s *station) arrived(t *testing.T, datagrams uint64) Accounting {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; runtime.Gosched() {
		if sum := s.Totals(); sum.Datagrams >= datagrams {
			return sum
		}
		if time.Now().After(deadline) {
			t.Fatalf("got %d datagrams, want %d", s.Totals().Datagrams, datagrams)
		}
	}
}

func TestDatagramsComeInThroughTheirDoors(t *testing.T) {
	s, r := onLoopback(t, nil)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- r.Run(ctx) }()
	netflow, sflow := r.Listeners()[0], r.Listeners()[1]
	send(t, netflow.(*Listener), v5(0, 3), sflowOf(1, 0), make([]byte, 65_507))
	send(t, sflow.(*Listener), sflowOf(1, 0))
	sum := s.arrived(t, 4)
	stop()
	if err := <-ended; err != nil {
		t.Errorf("Run ended with %v", err)
	}
	s.Finish(began)
	if sum.Dispositions[wire.OK] != 2 || sum.Dispositions[wire.Malformed] != 2 || len(s.flows) != 4 {
		t.Errorf("got %d flows and dispositions %v, want 4 flows, two datagrams ok, two malformed", len(s.flows), sum.Dispositions)
	}
	if got := s.Accounts(); len(got) != 2 || got[0].Exporter.String() != "127.0.0.1" || got[1].Exporter.String() != "::1" {
		t.Errorf("got accounts %+v, want 127.0.0.1 and ::1", got)
	}
	s.balanced(t)
}

// A socket of all addresses hears routers of either family, each under its own address.
func TestBothFamiliesComeInThroughOneSocket(t *testing.T) {
	s, r := onLoopback(t, func(c *Config) { c.NetFlow = []string{"[::]:0"} })
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- r.Run(ctx) }()
	port := r.Listeners()[0].(*Listener).Addr().Port()
	for _, loopback := range []string{"127.0.0.1", "::1"} {
		sendTo(t, netip.AddrPortFrom(netip.MustParseAddr(loopback), port), v5(0, 3))
	}
	s.arrived(t, 2)
	stop()
	if err := <-ended; err != nil {
		t.Errorf("Run ended with %v", err)
	}
	if got := s.Accounts(); len(got) != 2 || got[0].Exporter.String() != "127.0.0.1" || got[1].Exporter.String() != "::1" {
		t.Errorf("got accounts %+v, want 127.0.0.1 and ::1", got)
	}
}

func TestAddressInUseIsNamed(t *testing.T) {
	_, r := onLoopback(t, nil)
	defer func() { _ = r.close() }()
	taken := r.Listeners()[0].Addr().String()
	s := newStation(t, func(c *Config) { c.NetFlow, c.SFlow = []string{"127.0.0.1:0"}, []string{taken} })
	_, err := NewReceiver(t.Context(), s.Collector, time.Now)
	if want := "udp " + taken + " in use by another socket"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if got := readable(":2055"); got != "0.0.0.0:2055" {
		t.Errorf("a port alone is shown as %q", got)
	}
}

// A socket that nobody reads overflows; the kernel's count of it is ours.
func TestKernelDropsAreCounted(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the kernel's drop counter needs Linux")
	}
	s, r := onLoopback(t, func(c *Config) { c.ReadBuffer = smallestReadSize })
	l := r.Listeners()[0].(*Listener)
	sent := 500
	for i := range uint32(sent) {
		send(t, l, v5(i*30, 30))
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- l.Run(ctx) }()
	s.arrived(t, 1)
	for deadline := time.Now().Add(20 * time.Second); testutil.ToFloat64(l.drops) == 0; runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatal("no drop was counted")
		}
		send(t, l, sflowOf(uint32(s.Totals().Datagrams), 0)) // the count comes with a datagram
		sent++                                               // which may be dropped as well
	}
	stop()
	<-ended
	_ = r.close()
	if got := testutil.ToFloat64(l.drops); got < 1 || got >= float64(sent) {
		t.Errorf("got %v drops of %d datagrams", got, sent)
	}
}

func TestSmallReceiveBufferIsWarnedAbout(t *testing.T) {
	s, r := onLoopback(t, func(c *Config) { c.ReadBuffer = largestReadSize })
	_ = r.close()
	granted := r.Listeners()[0].(*Listener).granted
	if warned := strings.Contains(s.log.String(), "receive buffer"); warned != (granted < largestReadSize) {
		t.Errorf("%d bytes of %d were granted, and the log says: %s", granted, largestReadSize, s.log.String())
	}
}

func TestListenerThatCannotBeOpenedLeavesNoneOpen(t *testing.T) {
	s := newStation(t, func(c *Config) { c.NetFlow, c.SFlow = []string{"127.0.0.1:0"}, []string{"192.0.2.77:6343"} })
	r, err := NewReceiver(t.Context(), s.Collector, time.Now)
	if err == nil || !strings.HasPrefix(err.Error(), "udp 192.0.2.77:6343: ") {
		t.Errorf("got %v, %v", r, err)
	}
}

func TestConfigSaysEverythingThatIsWrong(t *testing.T) {
	if err := DefaultConfig().Validate(); err != nil {
		t.Errorf("the default is refused: %v", err)
	}
	c := DefaultConfig()
	c.Partitions, c.ReadBuffer, c.NetFlow, c.SFlow = 0, 1, []string{"2055"}, []string{":70000"}
	want := `ingest.partitions: 0, want 1 to 1024
listen.read_buffer: 1, want 65536 to 1073741824
listen.netflow: "2055" is not host:port
listen.sflow: ":70000": port "70000" out of 0–65535`
	if err := c.Validate(); err == nil || err.Error() != want {
		t.Errorf("got:\n%v\nwant:\n%s", err, want)
	}
}
