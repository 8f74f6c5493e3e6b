package stream

import (
	"net"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// external is somebody else's server: a real one on loopback, which can go away
// and come back on the same port.
type external struct {
	t       testing.TB
	options server.Options
	running *server.Server
}

func startExternal(t testing.TB, change ...func(*server.Options)) *external {
	t.Helper()
	e := &external{t: t, options: server.Options{
		Host: "127.0.0.1", Port: server.RANDOM_PORT, NoSigs: true, NoLog: true,
		JetStream: true, StoreDir: t.TempDir(), SyncAlways: true,
	}}
	for _, f := range change {
		f(&e.options)
	}
	e.start()
	e.options.Port = e.running.Addr().(*net.TCPAddr).Port
	t.Cleanup(e.stop)
	return e
}

func (e *external) start() {
	e.t.Helper()
	o := e.options
	srv, err := server.NewServer(&o)
	if err != nil {
		e.t.Fatal(err)
	}
	srv.Start()
	if !srv.ReadyForConnections(10 * time.Second) {
		e.t.Fatal("external server not ready")
	}
	e.running = srv
}

func (e *external) stop() { stopServer(e.running) }

func (e *external) url() string { return e.running.ClientURL() }

// proxy stands between client and server: it can cut every connection, and it
// can freeze, which looks like a server that hangs with its sockets open.
type proxy struct {
	listener net.Listener
	target   string
	work     sync.WaitGroup

	mu     sync.Mutex
	thawed chan struct{} // closed: traffic flows
	conns  []net.Conn
}

func startProxy(t testing.TB, e *external) *proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{listener: l, target: e.running.Addr().String(), thawed: make(chan struct{})}
	close(p.thawed)
	p.work.Go(p.accept)
	t.Cleanup(p.stop)
	return p
}

func (p *proxy) url() string { return "nats://" + p.listener.Addr().String() }

func (p *proxy) accept() {
	for {
		c, err := p.listener.Accept()
		if err != nil {
			return
		}
		s, err := net.Dial("tcp", p.target)
		if err != nil {
			c.Close()
			continue
		}
		p.mu.Lock()
		p.conns = append(p.conns, c, s)
		p.mu.Unlock()
		p.work.Go(func() { p.pass(s, c) })
		p.work.Go(func() { p.pass(c, s) })
	}
}

func (p *proxy) pass(to, from net.Conn) {
	defer to.Close()
	buf := make([]byte, 16<<10)
	for {
		n, err := from.Read(buf)
		if err != nil {
			return
		}
		<-p.gate()
		if _, err := to.Write(buf[:n]); err != nil {
			return
		}
	}
}

func (p *proxy) gate() chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.thawed
}

func (p *proxy) freeze() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.thawed = make(chan struct{})
}

func (p *proxy) thaw() {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-p.thawed:
	default:
		close(p.thawed)
	}
}

func (p *proxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.conns {
		c.Close()
	}
	p.conns = nil
}

func (p *proxy) stop() {
	p.listener.Close()
	p.thaw()
	p.cut()
	p.work.Wait()
}
