package ingest

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"time"

	"eagre/ingest/ipfix"
	"eagre/ingest/packets"
)

// Config says where to listen and how much to hold.
type Config struct {
	// NetFlow and SFlow are the addresses to listen on, such as ":2055" or
	// "127.0.0.1:6343".
	NetFlow, SFlow []string
	// Auto are addresses that take any format, told apart by content.
	Auto []string
	// TCP are addresses for IPFIX over TCP.
	TCP []string
	// ReadBuffer is the kernel's receive buffer per socket, in bytes.
	ReadBuffer int
	// Partitions is how many streams the exporters are spread over. It is part
	// of the meaning of recorded flows: the same for all collectors of a network.
	Partitions int
	// Exporters is how many exporters are remembered.
	Exporters int
	// Domains is how many observation domains are remembered per exporter.
	Domains int
	// Connections is how many IPFIX connections are open at a time.
	Connections int
	// SilentAfter is how long an exporter must be silent at least before that is
	// worth a word; one that sends rarely is given longer.
	SilentAfter time.Duration
	// Templates bounds what one exporter may announce.
	Templates ipfix.Limits
	// Packets is how plain packets become flows.
	Packets packets.Config
}

// DefaultConfig listens on the ports that routers are usually pointed at, on
// loopback only.
func DefaultConfig() Config {
	return Config{
		NetFlow:     []string{"127.0.0.1:2055", "127.0.0.1:4739"},
		SFlow:       []string{"127.0.0.1:6343"},
		ReadBuffer:  32 << 20,
		Partitions:  16,
		Exporters:   10_000,
		Domains:     64,
		Connections: 256,
		SilentAfter: 5 * time.Minute,
		Templates:   ipfix.DefaultLimits(),
		Packets:     packets.DefaultConfig(),
	}
}

const (
	mostPartitions   = 1024
	mostExporters    = 1_000_000
	mostDomains      = 4096
	mostConnections  = 65_536
	shortestSilence  = time.Minute
	smallestReadSize = 64 << 10
	largestReadSize  = 1 << 30
)

// Validate reports everything that is wrong.
func (c Config) Validate() error {
	var errs []error
	between := func(name string, v, low, high int) {
		if v < low || v > high {
			errs = append(errs, fmt.Errorf("%s: %d, want %d to %d", name, v, low, high))
		}
	}
	between("ingest.partitions", c.Partitions, 1, mostPartitions)
	between("ingest.exporters", c.Exporters, 1, mostExporters)
	between("ingest.domains", c.Domains, 1, mostDomains)
	between("listen.read_buffer", c.ReadBuffer, smallestReadSize, largestReadSize)
	between("ingest.connections", c.Connections, 1, mostConnections)
	if c.SilentAfter < shortestSilence {
		errs = append(errs, fmt.Errorf("ingest.silent_after: %v, want at least %v", c.SilentAfter, shortestSilence))
	}
	for _, l := range []struct {
		name      string
		addresses []string
	}{{"listen.netflow", c.NetFlow}, {"listen.sflow", c.SFlow}, {"listen.auto", c.Auto}, {"listen.ipfix_tcp", c.TCP}} {
		for _, address := range l.addresses {
			errs = append(errs, validAddress(l.name, address))
		}
	}
	return errors.Join(append(errs, c.Packets.Validate())...)
}

func validAddress(name, address string) error {
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("%s: %q is not host:port", name, address)
	}
	if n, err := strconv.Atoi(port); err != nil || n < 0 || n > 65535 {
		return fmt.Errorf("%s: %q: port %q out of 0–65535", name, address, port)
	}
	return nil
}
