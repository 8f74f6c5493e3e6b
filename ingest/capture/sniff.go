package capture

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"

	"eagre/ingest/goflow"
	"eagre/ingest/wire"
)

// pcapngMagic begins a pcapng file in either byte order
// (draft-ietf-opsawg-pcapng §4.1); the others a pcap file, with microseconds or
// nanoseconds (draft-ietf-opsawg-pcap §4); gzipMagic a gzipped file of any kind.
const (
	pcapngMagic    = 0x0a0d0d0a
	pcapMagic      = 0xa1b2c3d4
	pcapNanosMagic = 0xa1b23c4d
	gzipMagic      = 0x1f8b
)

// lookahead is how much of a file may be looked at to see what it is: more than a
// line or message of goflow2 has.
const lookahead = goflow.MaxMessage + 1<<10

// opened is a file whose kind of content is known, or for a capture not yet.
type opened struct {
	source
	kind    Kind
	capture bool
}

// open finds out which kind of file r is.
func open(r io.Reader) (opened, error) {
	b := bufio.NewReaderSize(r, lookahead)
	b, err := gunzip(b)
	if err != nil {
		return opened{}, err
	}
	magic, err := b.Peek(4)
	if err != nil && !errors.Is(err, io.EOF) {
		return opened{}, err
	}
	if err != nil {
		return opened{}, fmt.Errorf("not a capture: %d bytes, shorter than any file header", len(magic))
	}
	big, little := binary.BigEndian.Uint32(magic), binary.LittleEndian.Uint32(magic)
	switch {
	case big == pcapngMagic:
		s, err := openPcapng(b)
		return opened{source: s, capture: true}, err
	case big == pcapMagic, big == pcapNanosMagic, little == pcapMagic, little == pcapNanosMagic:
		s, err := openPcap(b)
		return opened{source: s, capture: true}, err
	case big>>16 == flowToolsMagic:
		s, err := openFlowTools(b)
		return opened{source: s, kind: Records}, err
	}
	return look(b)
}

// look tells the files apart that begin with no magic number.
func look(b *bufio.Reader) (opened, error) {
	head, err := b.Peek(ipfixHeader + setHeader)
	if looksIPFIX(head) {
		return opened{source: &messages{r: b}, kind: Exports}, nil
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return opened{}, err
	}
	if name := foreign(head); name != "" {
		return opened{}, errors.New(name)
	}
	beginning, err := b.Peek(lookahead)
	if err != nil && !errors.Is(err, io.EOF) && len(beginning) == 0 {
		return opened{}, err
	}
	if goflow.LooksLikeJSON(beginning) {
		if err := goflow.LooksLikeLines(beginning, err != nil); err != nil {
			return opened{}, fmt.Errorf("JSON, but not the lines of goflow2; the first: %w", err)
		}
		return opened{source: &imported{stream: goflow.NewLines(b, time.Time{})}, kind: Records}, nil
	}
	if goflow.LooksDelimited(beginning) {
		return opened{source: &imported{stream: goflow.NewDelimited(b, time.Time{})}, kind: Records}, nil
	}
	return opened{}, fmt.Errorf("not a capture: it begins with %x, and %s are read, each also gzipped", head[:4], readable)
}

const readable = "pcap, pcapng, IPFIX files, flow-tools files, and JSON lines or delimited protobuf of goflow2"

// foreigners are files that are easily taken for one of ours, and what can be done
// with them.
var foreigners = []struct{ magic, what string }{
	{"\x0c\xa5", "an nfdump file, which is not read; nfreplay sends its flows to a listener"},
	{"\xa5\x0c", "an nfdump file, which is not read; nfreplay sends its flows to a listener"},
	{"\xde\xad\xbe\xef", "a SiLK file, which is not read; rwsilk2ipfix makes an IPFIX file of it"},
	{"snoop\x00", "a snoop capture, which is not read; editcap -F pcap converts it"},
	{"PAR1", "a Parquet file, which is not read here"},
	{"[", "a JSON array, which is not read; goflow2 writes one object on each line, and jq -c '.[]' makes such lines"},
	{"\x28\xb5\x2f\xfd", "compressed with zstd; zstdcat unpacks it, and - reads from a pipe"},
	{"BZh", "compressed with bzip2; bzcat unpacks it, and - reads from a pipe"},
	{"\xfd7zXZ\x00", "compressed with xz; xzcat unpacks it, and - reads from a pipe"},
	{"\x04\x22\x4d\x18", "compressed with lz4; lz4cat unpacks it, and - reads from a pipe"},
	{"PK\x03\x04", "a zip archive; unzip -p unpacks it, and - reads from a pipe"},
}

// foreign names a file that is known and not read.
func foreign(head []byte) string {
	for _, f := range foreigners {
		if bytes.HasPrefix(head, []byte(f.magic)) {
			return f.what
		}
	}
	if format, version := wire.Recognise(head); format == wire.NetFlowV5 || format == wire.NetFlowV9 {
		return fmt.Sprintf("NetFlow v%d without a capture around it, which says neither who sent it nor when; only IPFIX has files of messages", version)
	}
	return ""
}
