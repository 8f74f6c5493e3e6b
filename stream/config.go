package stream

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"time"

	"eagre/flow"
)

// MaxPartitions bounds Config.Partitions: subjects are few on purpose, because
// the server keeps memory for each.
const MaxPartitions = 1024

// Config says where the streams live and how much they keep. Exactly one of Dir
// and URL is set.
type Config struct {
	// Dir is where the embedded server keeps its files. It is made with mode
	// 0700 if it is not there.
	Dir string
	// Listen opens the embedded server on a loopback address, for the nats
	// command line: 127.0.0.1:4222. Empty: only this process reaches it.
	Listen string

	// URL is an external server or cluster: nats://host:4222 or tls://host:4222,
	// several separated by commas.
	URL string
	// Creds is the file with the credentials for the external server.
	Creds string
	// Replicas is how many servers of an external cluster keep each stream: 1, 3
	// or 5. With more than one the flow stream is stored synchronously.
	Replicas int

	Partitions int // of the flow stream; fixed for the life of a stream

	FlowsMaxBytes  int64 // what EAGRE_FLOWS keeps, the oldest goes first
	FlowsMaxAge    time.Duration
	EventsMaxBytes int64 // what EAGRE_ANOMALIES keeps
	EventsMaxAge   time.Duration

	// PublishWindow is how many flow batches may be on their way: packed, but not
	// yet acknowledged. Beyond it batches are shed.
	PublishWindow int
	// Burst is how many flow batches are held back, at most until their step
	// ends, to go together: waking the server, the consumer and the detector for
	// each batch of a million flows a second costs more than storing it. 1 holds
	// back none.
	Burst int
	// AckTimeout is how long a full window waits for the server before what is
	// under way is given up and the next batches are tried.
	AckTimeout time.Duration

	// ImportMessages and ImportBytes are what may wait for the program when other
	// collectors publish faster than their flows are taken in. Beyond either,
	// messages are dropped.
	ImportMessages int
	ImportBytes    int
}

// DefaultConfig is an embedded server on a laptop; only Dir is left to be set.
func DefaultConfig() Config {
	return Config{
		Replicas:       1,
		Partitions:     16,
		FlowsMaxBytes:  2 << 30,
		FlowsMaxAge:    time.Hour,
		EventsMaxBytes: 1 << 30,
		EventsMaxAge:   365 * 24 * time.Hour,
		PublishWindow:  256,
		Burst:          64,
		AckTimeout:     5 * time.Second,
		ImportMessages: 8192,
		ImportBytes:    64 << 20,
	}
}

// Validate reports everything that is wrong, not only the first thing.
func (c Config) Validate() []error {
	var errs []error
	check := func(ok bool, format string, args ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	check((c.Dir == "") != (c.URL == ""), "nats: want either embedded.dir or url")
	check(c.Listen == "" || c.URL == "", "nats.embedded.listen %q: there is no embedded server when url is set", c.Listen)
	check(c.Creds == "" || c.URL != "", "nats.creds: only an external server (url) asks for credentials")
	check(c.Replicas == 1 || c.Replicas == 3 || c.Replicas == 5, "nats.replicas %d: want 1, 3 or 5", c.Replicas)
	check(c.Replicas == 1 || c.URL != "", "nats.replicas %d: the embedded server is alone", c.Replicas)
	check(c.Partitions >= 1 && c.Partitions <= MaxPartitions, "nats.partitions %d: want 1 to %d", c.Partitions, MaxPartitions)
	check(c.FlowsMaxBytes >= smallestStream, "nats.flows_max_bytes %d: want at least %d", c.FlowsMaxBytes, smallestStream)
	check(c.EventsMaxBytes >= smallestStream, "nats.events_max_bytes %d: want at least %d", c.EventsMaxBytes, smallestStream)
	check(c.FlowsMaxAge >= time.Minute, "nats.flows_max_age %v: want at least 1m", c.FlowsMaxAge)
	check(c.EventsMaxAge >= c.FlowsMaxAge, "nats.events_max_age %v: want at least flows_max_age, %v", c.EventsMaxAge, c.FlowsMaxAge)
	check(c.Burst >= 1 && (c.PublishWindow < 1 || c.Burst <= c.PublishWindow), "nats.burst %d: want 1 to the publish window %d", c.Burst, c.PublishWindow)
	check(c.PublishWindow >= 1 && c.PublishWindow <= 1<<12, "nats.publish_window %d: want 1 to %d", c.PublishWindow, 1<<12)
	check(c.AckTimeout >= 100*time.Millisecond, "nats.ack_timeout %v: want at least 100ms", c.AckTimeout)
	check(c.ImportMessages >= 1 && c.ImportMessages <= 1<<20, "nats.import_messages %d: want 1 to %d", c.ImportMessages, 1<<20)
	check(c.ImportBytes >= 1<<20 && c.ImportBytes <= 1<<30, "nats.import_bytes %d: want %d to %d", c.ImportBytes, 1<<20, 1<<30)
	return append(errs, c.checkAddresses()...)
}

// smallestStream holds a few of the largest messages.
const smallestStream = 8 * flow.MaxPacked

func (c Config) checkAddresses() []error {
	var errs []error
	if c.Listen != "" {
		if err := checkListen(c.Listen); err != nil {
			errs = append(errs, fmt.Errorf("nats.embedded.listen %q: %w", c.Listen, err))
		}
	}
	for _, each := range splitURLs(c.URL) {
		if err := checkURL(each); err != nil {
			errs = append(errs, fmt.Errorf("nats.url: %w", err))
		}
	}
	return errs
}

// checkListen insists on loopback: the embedded server asks nobody for a
// password, and whoever reaches it may change what was found.
func checkListen(listen string) error {
	at, err := netip.ParseAddrPort(listen)
	if err != nil {
		return errors.New("want an address and a port, as in 127.0.0.1:4222")
	}
	if !at.Addr().IsLoopback() {
		return errors.New("only a loopback address, as the embedded server asks for no password")
	}
	return nil
}

func checkURL(raw string) error {
	u, err := url.Parse(raw)
	if err != nil {
		return errors.New("is not a URL") // the parser's own words would repeat a password
	}
	if u.Scheme != "nats" && u.Scheme != "tls" {
		return fmt.Errorf("scheme %q: want nats or tls", u.Scheme)
	}
	if u.User != nil {
		return fmt.Errorf("user or password inside: want a creds file")
	}
	if host, _, err := net.SplitHostPort(u.Host); u.Host == "" || (err == nil && host == "") {
		return errors.New("names no host")
	}
	return nil
}
