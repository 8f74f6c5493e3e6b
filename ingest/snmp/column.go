package snmp

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/gosnmp/gosnmp"
)

// column is one column of the tables of RFC 2863, and where its values go.
type column struct {
	oid  string
	take func(*reading, gosnmp.SnmpPDU)
}

const (
	sysUpTime = ".1.3.6.1.2.1.1.3"
	ifEntry   = ".1.3.6.1.2.1.2.2.1."
	ifXEntry  = ".1.3.6.1.2.1.31.1.1.1."
)

// wideColumns are asked of every agent: counters of 64 bits, and what is the same
// everywhere.
var wideColumns = []column{
	{ifXEntry + "1", takeName},
	counter(ifXEntry+"6", 64, func(r *reading) *count { return &r.in.octets }),
	counter(ifXEntry+"7", 64, func(r *reading) *count { return &r.in.unicast }),
	counter(ifXEntry+"8", 64, func(r *reading) *count { return &r.in.multicast }),
	counter(ifXEntry+"9", 64, func(r *reading) *count { return &r.in.broadcast }),
	counter(ifXEntry+"10", 64, func(r *reading) *count { return &r.out.octets }),
	counter(ifXEntry+"11", 64, func(r *reading) *count { return &r.out.unicast }),
	counter(ifXEntry+"12", 64, func(r *reading) *count { return &r.out.multicast }),
	counter(ifXEntry+"13", 64, func(r *reading) *count { return &r.out.broadcast }),
	{ifXEntry + "15", takeHighSpeed},
	{ifXEntry + "19", takeDiscontinuity},
	counter(ifEntry+"13", 32, func(r *reading) *count { return &r.in.discards }),
	counter(ifEntry+"14", 32, func(r *reading) *count { return &r.in.errors }),
	counter(ifEntry+"19", 32, func(r *reading) *count { return &r.out.discards }),
	counter(ifEntry+"20", 32, func(r *reading) *count { return &r.out.errors }),
}

// narrowColumns are asked where counters of 64 bits are missing. An agent as old as
// RFC 1213 counts multicast and broadcast in one (ifInNUcastPkts).
var narrowColumns = []column{
	{ifEntry + "5", takeSpeed},
	counter(ifEntry+"10", 32, func(r *reading) *count { return &r.in.octets }),
	counter(ifEntry+"11", 32, func(r *reading) *count { return &r.in.unicast }),
	counter(ifEntry+"12", 32, func(r *reading) *count { return &r.in.others }),
	counter(ifEntry+"16", 32, func(r *reading) *count { return &r.out.octets }),
	counter(ifEntry+"17", 32, func(r *reading) *count { return &r.out.unicast }),
	counter(ifEntry+"18", 32, func(r *reading) *count { return &r.out.others }),
	counter(ifXEntry+"2", 32, func(r *reading) *count { return &r.in.multicast }),
	counter(ifXEntry+"3", 32, func(r *reading) *count { return &r.in.broadcast }),
	counter(ifXEntry+"4", 32, func(r *reading) *count { return &r.out.multicast }),
	counter(ifXEntry+"5", 32, func(r *reading) *count { return &r.out.broadcast }),
}

func counter(oid string, bits uint8, of func(*reading) *count) column {
	return column{oid, func(r *reading, v gosnmp.SnmpPDU) {
		if n, ok := number(v); ok {
			of(r).set(n, bits)
		}
	}}
}

func takeName(r *reading, v gosnmp.SnmpPDU) {
	if text, ok := v.Value.([]byte); ok {
		r.name = harmless(text)
	}
}

// takeHighSpeed reads ifHighSpeed, in units of a million bits per second.
func takeHighSpeed(r *reading, v gosnmp.SnmpPDU) {
	if n, ok := number(v); ok {
		r.speed = n * 1_000_000
	}
}

// takeSpeed reads ifSpeed, which says all ones where the speed does not fit.
func takeSpeed(r *reading, v gosnmp.SnmpPDU) {
	if n, ok := number(v); ok && r.speed == 0 && n < 1<<32-1 {
		r.speed = n
	}
}

func takeDiscontinuity(r *reading, v gosnmp.SnmpPDU) {
	if n, ok := number(v); ok {
		r.broken = n
	}
}

// number is a value that counts or measures: Counter64, or one of 32 bits.
func number(v gosnmp.SnmpPDU) (uint64, bool) {
	switch n := v.Value.(type) {
	case uint64:
		return n, true
	case uint: // Counter32, Gauge32
		return uint64(uint32(n)), true
	case uint32: // TimeTicks
		return uint64(n), true
	}
	return 0, false
}

// row is the ifIndex that an object name of the column ends with.
func (c *column) row(name string) (uint32, bool) {
	rest, inside := strings.CutPrefix(name, c.oid+".")
	if !inside {
		return 0, false
	}
	n, err := strconv.ParseUint(rest, 10, 32)
	return uint32(n), err == nil
}

const longestName = 64 // bytes

// harmless is a router's text, cut short, with a question mark for whatever does
// not print.
func harmless(text []byte) string {
	var b strings.Builder
	for _, r := range string(text[:min(len(text), longestName)]) {
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			r = '?'
		}
		b.WriteRune(r)
	}
	return b.String()
}
