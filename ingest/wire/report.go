package wire

import "eagre/flow"

// Source is what is known about a datagram besides its bytes.
type Source struct {
	Exporter     flow.IP // the UDP source address
	Arrival      int64   // when it was received, Unix milliseconds
	SamplingRate uint32  // the operator's override; 0 believes the exporter
	Reliable     bool    // it came over a transport that loses nothing, such as TCP
}

// MaxSamplingRate is the highest sampling rate that is believed.
const MaxSamplingRate = 10_000_000

// Report collects what a decoder found in one datagram. It is reused: Reset,
// decode, read. Its size is fixed, as findings of one kind share one note.
type Report struct {
	// Decoded is how many records became rows.
	Decoded int
	// Understood is how many parts besides records were read as they should be:
	// counter samples, samples of packets that are not IP.
	Understood int
	// Waiting is how many sets were held back until their template comes.
	Waiting int
	// Released is how many records of earlier datagrams became rows, because
	// their template came with this one; they are part of Decoded.
	Released int

	notes [findingCount]Note
	n     int
}

// Reset empties the report.
func (r *Report) Reset() { r.Decoded, r.Understood, r.Waiting, r.Released, r.n = 0, 0, 0, 0, 0 }

// Add puts a note into the report. The first note of a finding gives the numbers
// of its sentence, later ones are only counted. A note with Times 0 counts once.
func (r *Report) Add(n Note) {
	n.Times = max(n.Times, 1)
	for i := range r.n {
		if r.notes[i].Finding == n.Finding {
			r.notes[i].Times += n.Times
			return
		}
	}
	r.notes[r.n] = n
	r.n++
}

// Notes is what was found, in the order in which it was found first. The slice
// is valid until the next Reset.
func (r *Report) Notes() []Note { return r.notes[:r.n] }

// Disposition is what became of the datagram, and for a malformed one the first
// reason.
func (r *Report) Disposition() (Disposition, Reason) {
	for _, n := range r.Notes() {
		if !n.Reason().lossy() {
			continue
		}
		if r.Decoded > 0 || r.Understood > 0 || r.Waiting > 0 {
			return Partial, n.Reason()
		}
		return Malformed, n.Reason()
	}
	if r.Waiting > 0 && r.Decoded == 0 && r.Understood == 0 {
		return Waiting, NoReason
	}
	return OK, NoReason
}
