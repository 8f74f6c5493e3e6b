package goflow

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"net/netip"
	"strconv"
	"time"
)

// value is a JSON value as it stands in a line.
type value []byte

func (v value) null() bool   { return string(v) == "null" }
func (v value) quoted() bool { return len(v) > 1 && v[0] == '"' }

// text is what a string says, or the bytes of any other value.
func (v value) text() string {
	if !v.quoted() {
		return string(v)
	}
	if inner := v[1 : len(v)-1]; bytes.IndexByte(inner, '\\') < 0 {
		return string(inner)
	}
	var s string
	_ = json.Unmarshal(v, &s) // the line is valid, so this string is
	return s
}

// number reads a whole number, quoted or not, also as 1.7e18, which is how
// programs write it that know floating-point numbers only.
func (v value) number() (uint64, error) {
	if n, err := strconv.ParseUint(string(v), 10, 64); err == nil {
		return n, nil
	}
	s := v.text()
	if n, err := strconv.ParseUint(s, 10, 64); err == nil {
		return n, nil
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || f < 0 || f >= math.MaxUint64 || f != math.Trunc(f) {
		return 0, fmt.Errorf("%s is no whole number", v.short())
	}
	return uint64(f), nil
}

func (v value) number32() (uint32, error) {
	n, err := v.number()
	if err == nil && n > math.MaxUint32 {
		err = fmt.Errorf("%d is above 4294967295", n)
	}
	return uint32(n), err
}

// named reads a number, or a name that a table has a number for.
func (v value) named(numbers map[string]uint32) (uint32, error) {
	if !v.quoted() {
		return v.number32()
	}
	if n, ok := numbers[v.text()]; ok {
		return n, nil
	}
	n, err := v.number32()
	if err != nil {
		return 0, fmt.Errorf("%s is neither a number nor a name that is known", v.short())
	}
	return n, nil
}

// address reads an address in its everyday form or as base64 of its bytes. An
// empty string is no address.
func (v value) address() ([]byte, error) {
	s := v.text()
	if addr, err := netip.ParseAddr(s); err == nil {
		return addr.Unmap().AsSlice(), nil
	}
	b, err := base64.StdEncoding.DecodeString(s)
	if err != nil || !v.quoted() {
		return nil, fmt.Errorf("%s is no address", v.short())
	}
	return b, nil
}

// prefix reads a prefix length, alone or behind a network. goflow2 prints
// "invalid Prefix" where there is none.
func (v value) prefix() (uint32, error) {
	s := v.text()
	if s == noPrefix {
		return 0, nil
	}
	if network, err := netip.ParsePrefix(s); err == nil {
		return uint32(network.Bits()), nil
	}
	return v.number32()
}

// nanoseconds reads a time since 1970, or RFC 3339.
func (v value) nanoseconds() (uint64, error) {
	if !v.quoted() {
		return v.number()
	}
	if at, err := time.Parse(time.RFC3339Nano, v.text()); err == nil && at.Unix() > 0 && at.Unix() < math.MaxInt64/int64(time.Second) {
		return uint64(at.UnixNano()), nil
	}
	return v.number()
}

const shortValue = 40

// short is the value in an error, printable and not too long.
func (v value) short() string {
	if len(v) > shortValue {
		return strconv.QuoteToASCII(string(v[:shortValue])) + "…"
	}
	return strconv.QuoteToASCII(string(v))
}
