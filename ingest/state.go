package ingest

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"

	"eagre/flow"
	"eagre/ingest/ipfix"
)

// What exporters have announced survives a restart in this form, all integers
// little-endian:
//
//	"eagX", version 1             5 bytes
//	each exporter: address 16, length 4, what ipfix.Exporter appends
//	CRC-32C of all before         4 bytes
const (
	stateMagic   = "eagX\x01"
	stateEntry   = 16 + 4
	stateTrailer = 4
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// State is what all exporters have announced: templates, samplers, names. The
// revision moves whenever it has changed.
func (c *Collector) State() (state []byte, revision uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	state = []byte(stateMagic)
	for _, x := range c.exporters {
		if x.announced == nil {
			continue
		}
		state = binary.LittleEndian.AppendUint64(state, x.address.Hi)
		state = binary.LittleEndian.AppendUint64(state, x.address.Lo)
		at := len(state)
		state = x.announced.AppendState(append(state, 0, 0, 0, 0))
		binary.LittleEndian.PutUint32(state[at:], uint32(len(state)-at-4))
	}
	return binary.LittleEndian.AppendUint32(state, crc32.Checksum(state, castagnoli)), c.revision()
}

// Revision moves whenever an exporter has announced something new.
func (c *Collector) Revision() uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.revision()
}

func (c *Collector) revision() (sum uint64) {
	for _, x := range c.exporters {
		if x.announced != nil {
			sum += x.announced.Revision()
		}
	}
	return sum
}

// Restore takes back what State wrote, before the first datagram. Exporters that
// are not on the list any more are left out. What is damaged is not believed: on
// error nothing, or only the exporters before the damage, are restored.
func (c *Collector) Restore(state []byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	body, err := checkState(state)
	if err != nil {
		return err
	}
	for len(body) > 0 {
		if body, err = c.restoreOne(body); err != nil {
			return err
		}
	}
	return nil
}

func checkState(state []byte) ([]byte, error) {
	end := len(state) - stateTrailer
	switch {
	case end < len(stateMagic):
		return nil, fmt.Errorf("exporter state: %d bytes, shorter than a header", len(state))
	case string(state[:len(stateMagic)]) != stateMagic:
		return nil, fmt.Errorf("exporter state: begins with %q, this program reads %q", state[:len(stateMagic)], stateMagic)
	case crc32.Checksum(state[:end], castagnoli) != binary.LittleEndian.Uint32(state[end:]):
		return nil, errors.New("exporter state: checksum does not fit")
	}
	return state[len(stateMagic):end], nil
}

func (c *Collector) restoreOne(body []byte) (rest []byte, err error) {
	if len(body) < stateEntry {
		return nil, fmt.Errorf("exporter state: %d bytes left, an entry has %d", len(body), stateEntry)
	}
	address := flow.IP{Hi: binary.LittleEndian.Uint64(body), Lo: binary.LittleEndian.Uint64(body[8:])}
	length := binary.LittleEndian.Uint32(body[16:])
	body = body[stateEntry:]
	if uint64(length) > uint64(len(body)) {
		return nil, fmt.Errorf("exporter state: entry of %d bytes, %d left", length, len(body))
	}
	if !c.welcomes(address) || len(c.exporters) >= c.config.Exporters {
		return body[length:], nil
	}
	announced := ipfix.NewExporter(&c.config.Templates)
	if err := announced.Restore(body[:length]); err != nil {
		return nil, fmt.Errorf("exporter state: %v: %w", address.Addr(), err)
	}
	if c.exporters[address] == nil {
		c.welcome(address)
	}
	c.exporters[address].announced = announced
	return body[length:], nil
}
