package detector

import (
	"eagre/detector/tally"
)

// Windows slide over panes of 250 ms; the window of the built-in limits is 2 s.
const (
	windowPanes   = 8
	windowSeconds = float64(windowPanes*tally.PaneLength) / 1000
	panesPerTick  = tally.TickLength / tally.PaneLength
	panesPerSec   = 1000 / tally.PaneLength
)

// window is the sum of a series over some panes, the last of them included.
type window struct {
	tally.Sum
	last  int64 // pane
	panes int64
}

func (w window) seconds() float64 { return float64(w.panes*tally.PaneLength) / 1000 }
func (w window) first() int64     { return w.last - w.panes + 1 }
func (w window) pps() float64     { return w.PacketCount() / w.seconds() }
func (w window) bps() float64     { return 8 * w.ByteCount() / w.seconds() }

// slide calls see for every window of the given length whose sum can have
// changed when panes from lo to hi did, oldest first; see returns false to stop.
func slide(p tally.Panes, lo, hi, length int64, see func(window) bool) {
	newest := hi + length - 1
	if n := len(p); n > 0 {
		newest = min(newest, p[n-1].At) // later windows hold less and less
	}
	run := tally.Run{Panes: p}
	for last := lo; last <= newest; last++ {
		if !see(window{Sum: run.To(last-length+1, last+1), last: last, panes: length}) {
			return
		}
	}
}
