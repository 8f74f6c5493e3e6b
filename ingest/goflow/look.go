package goflow

import (
	"bytes"
	"errors"
	"time"

	"google.golang.org/protobuf/encoding/protowire"

	"eagre/flow"
)

// LooksLikeJSON tells whether something begins as JSON lines do.
func LooksLikeJSON(beginning []byte) bool {
	return bytes.HasPrefix(bytes.TrimLeft(beginning, " \t\r\n"), []byte{'{'})
}

// LooksLikeLines tells whether one of the lines in the beginning of a file is a
// flow; if none is, the error says what is wrong with the first line. whole says
// that the last line is not cut.
func LooksLikeLines(beginning []byte, whole bool) error {
	if !whole {
		if end := bytes.LastIndexByte(beginning, '\n'); end >= 0 {
			beginning = beginning[:end]
		}
	}
	var first error
	var d Decoder
	var r flow.Record
	for line := range bytes.Lines(beginning) {
		if line = bytes.TrimSpace(line); len(line) == 0 {
			continue
		}
		_, err := d.FromJSON(line, time.Time{}, &r)
		if err == nil || errors.Is(err, ErrNotIP) {
			return nil
		}
		if first == nil {
			first = err
		}
	}
	return first
}

// LooksDelimited tells whether a file begins with a message of FlowMessage and its
// length.
func LooksDelimited(beginning []byte) bool {
	message, n := protowire.ConsumeBytes(beginning)
	if n < 0 || len(message) == 0 || len(message) > MaxMessage {
		return false
	}
	var d Decoder
	var r flow.Record
	_, err := d.FromProtobuf(message, time.Time{}, &r)
	return err == nil || errors.Is(err, ErrNotIP) || errors.Is(err, ErrNoTraffic) && wellFormed(message)
}

// highestField is above all numbers that FlowMessage and the mappings of goflow2
// use.
const highestField = 1000

// wellFormed tells whether bytes are fields of a protobuf message with plausible
// numbers.
func wellFormed(message []byte) bool {
	fields := 0
	for ; len(message) > 0; fields++ {
		number, kind, n := protowire.ConsumeField(message)
		if n < 0 || number > highestField || kind != protowire.VarintType && kind != protowire.BytesType {
			return false
		}
		message = message[n:]
	}
	return fields > 0
}
