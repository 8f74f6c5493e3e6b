package capture

import (
	"bufio"
	"compress/gzip"
	"encoding/binary"
	"fmt"
)

// gunzip unpacks a gzipped file on the fly and leaves any other as it is.
func gunzip(b *bufio.Reader) (*bufio.Reader, error) {
	magic, err := b.Peek(2)
	if err != nil || binary.BigEndian.Uint16(magic) != gzipMagic {
		return b, nil
	}
	z, err := gzip.NewReader(b)
	if err != nil {
		return nil, fmt.Errorf("gzip: %w", err)
	}
	return bufio.NewReaderSize(z, lookahead), nil
}
