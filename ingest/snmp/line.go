package snmp

import (
	"bytes"
	"net"
)

// line is the socket to an agent, and remembers how the last datagram began. An
// agent refuses a user of version 3 by a report that is not signed, which gosnmp
// does not believe and throws away; as a hint for people it is good enough.
type line struct {
	net.Conn
	heard []byte
}

// longestHint is how much of a datagram holds the whole of a report.
const longestHint = 512

func (l *line) Read(b []byte) (int, error) {
	n, err := l.Conn.Read(b)
	if err == nil {
		l.heard = append(l.heard[:0], b[:min(n, longestHint)]...)
	}
	return n, err
}

// refusal is one of the objects that reports carry (RFC 3414, 5, usmStats).
type refusal uint8

const (
	noRefusal refusal = iota
	unsupportedLevel
	notInTimeWindow
	unknownUserName
	unknownEngineID
	wrongDigest
	decryptionError
)

// usmStats is 1.3.6.1.6.3.15.1.1 as it stands in a datagram.
var usmStats = []byte{0x2b, 6, 1, 6, 3, 15, 1, 1}

// refusal is what the last datagram reports, if it does.
func (l *line) refusal() refusal {
	at := bytes.Index(l.heard, usmStats)
	if at < 0 || at+len(usmStats) >= len(l.heard) {
		return noRefusal
	}
	if r := refusal(l.heard[at+len(usmStats)]); r <= decryptionError {
		return r
	}
	return noRefusal
}
