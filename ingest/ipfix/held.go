package ipfix

import (
	"slices"

	"eagre/ingest/wire"
)

// moment is when a message left its exporter and when it came, which is what the
// times of its records are measured against.
type moment struct {
	arrival  int64  // Unix milliseconds
	exported int64  // by the exporter's clock, Unix milliseconds; the arrival where it cannot be believed
	uptime   uint32 // the exporter's milliseconds since boot
	rate     uint32 // the operator's sampling rate
	booted   bool   // uptime is known
	precise  bool   // the uptime is known to the millisecond, not to the second
}

// held is a set of data that waits for its template.
type held struct {
	key    domainKey
	id     uint16
	serial uint64 // of the message it came with
	at     moment
	data   []byte
}

// heldCost is what is reckoned for a set besides its bytes. It is more than the
// set takes, so that there are few to search.
const heldCost = 256

// hold keeps a set until its template comes, and tells whether there was room.
func (x *Exporter) hold(h held) bool {
	if x.heldBytes+heldCost+len(h.data) > x.limits.Held {
		return false
	}
	h.data = slices.Clone(h.data)
	x.held = append(x.held, h)
	x.heldBytes += heldCost + len(h.data)
	return true
}

// release moves the sets that have waited for a template to dst.
func (x *Exporter) release(dst []held, key domainKey, id uint16) []held {
	if len(x.held) == 0 {
		return dst
	}
	x.held = slices.DeleteFunc(x.held, func(h held) bool {
		if h.key != key || h.id != id {
			return false
		}
		x.heldBytes -= heldCost + len(h.data)
		dst = append(dst, h)
		return true
	})
	return dst
}

// giveUp drops the sets that have waited too long.
func (x *Exporter) giveUp(now int64, report *wire.Report) {
	if len(x.held) == 0 || now-x.held[0].at.arrival <= x.limits.HeldFor {
		return
	}
	before := len(x.held)
	x.held = slices.DeleteFunc(x.held, func(h held) bool {
		late := now-h.at.arrival > x.limits.HeldFor
		if late {
			x.heldBytes -= heldCost + len(h.data)
		}
		return late
	})
	report.Add(wire.Note{Finding: wire.HeldExpired, Times: uint32(before - len(x.held))})
}
