package flow

import "encoding/binary"

// Envelope is what the header of a packed batch says without unpacking it.
type Envelope struct {
	Partition uint16
	Step      int64
	Rows      int
	Complete  bool
}

// Peek reads the header of a packed batch. It checks no more than that the
// header is there; Unpack checks the rest.
func Peek(packed []byte) (e Envelope, ok bool) {
	if len(packed) < packHeader+packTrailer || string(packed[:4]) != packMagic || packed[4] != packVersion {
		return Envelope{}, false
	}
	return Envelope{
		Partition: binary.LittleEndian.Uint16(packed[6:]),
		Step:      int64(binary.LittleEndian.Uint64(packed[8:])),
		Rows:      int(binary.LittleEndian.Uint16(packed[16:])),
		Complete:  packed[5]&flagComplete != 0,
	}, true
}
