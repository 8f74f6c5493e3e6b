package snmp

import (
	"context"
	"time"

	"github.com/gosnmp/gosnmp"
)

// session is a conversation with one agent.
type session struct {
	g    *gosnmp.GoSNMP
	line *line
	now  func() time.Time
}

// rowsAtOnce is how many rows one answer is asked to hold: of 16 columns about as
// many as an Ethernet frame has room for.
const rowsAtOnce = 4

// dial opens a socket to the agent, which hears nobody else.
func (t *Target) dial(ctx context.Context, now func() time.Time) (*session, error) {
	host, port, err := t.hostPort()
	if err != nil {
		return nil, err
	}
	g := &gosnmp.GoSNMP{
		Target: host, Port: port, Transport: "udp", Context: ctx, Timeout: t.Timeout, Retries: t.Retries,
	}
	t.open(g)
	if err := g.Connect(); err != nil {
		return nil, err
	}
	l := &line{Conn: g.Conn}
	g.Conn = l
	return &session{g, l, now}, nil
}

// read reads the interfaces of the target, within the life of the context.
func (t *Target) read(ctx context.Context, now func() time.Time) (*table, *fault) {
	s, err := t.dial(ctx, now)
	if err != nil {
		return nil, t.explain(err, &line{})
	}
	defer context.AfterFunc(ctx, func() { _ = s.line.Close() })() // ends a wait for an answer
	defer func() { _ = s.line.Close() }()
	out, err := s.table(t.Interfaces)
	switch {
	case err == nil:
		return out, nil
	case ctx.Err() != nil:
		err = ctx.Err()
	}
	return nil, t.explain(err, s.line)
}

// table reads all columns: those of 64 bits, and the others where it must.
func (s *session) table(limit int) (*table, error) {
	t := newTable(limit)
	if err := s.scan(t, wideColumns); err != nil {
		return nil, err
	}
	if t.lacking() {
		if err := s.scan(t, narrowColumns); err != nil {
			return nil, err
		}
	}
	if len(t.rows) == 0 {
		return nil, noView()
	}
	return t, nil
}

// scan walks down the columns side by side, so that the counters of an interface
// are of one moment.
func (s *session) scan(t *table, columns []column) error {
	for left := walks(columns); len(left) > 0; {
		answer, err := s.ask(askedFor(left))
		if err != nil {
			return err
		}
		var f *fault
		if left, f = t.take(left, answer, s.now().UnixMilli()); f != nil {
			return f
		}
	}
	return nil
}

// ask sends one request and waits for its answer.
func (s *session) ask(names []string) ([]gosnmp.SnmpPDU, error) {
	answer, err := s.g.GetBulk(names, 1, rowsAtOnce)
	if err != nil {
		return nil, err
	}
	if answer.PDUType != gosnmp.GetResponse {
		return nil, failed(garbage, "the answer is no response to the request")
	}
	if f := status(answer.Error); f != nil {
		return nil, f
	}
	return answer.Variables, nil
}
