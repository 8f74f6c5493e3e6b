package traceback

import (
	"testing"

	"eagre/flow"
)

// FuzzTrace: whatever bytes stand in the stream, a trace ends, counts what it
// could not read, and never holds more elements than its bound.
func FuzzTrace(f *testing.F) {
	for seed := range uint64(3) {
		for _, p := range pack(flow.StepOf(t0), randomFlows(random(seed), 50)) {
			f.Add(p)
			f.Add(p[:len(p)/2])
		}
	}
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, packed []byte) {
		c := Config{MaxElements: 8, Metrics: NewMetrics(nil)}
		r := hold(c, syn(edge1, 1, 0, "203.0.113.1", "198.51.100.1"))
		r.Add(r.newest, packed)
		traces := r.Trace(several(), nil)
		var u flow.Unpacker
		unreadable := u.Unpack(packed, flow.NewBatch()) != nil
		if got := dropped(c.Metrics, dropUnreadable); (got == 1) != unreadable {
			t.Errorf("unreadable %v, counted %v", unreadable, got)
		}
		for _, trace := range traces {
			if len(trace.Elements) > 8 {
				t.Errorf("%d elements, bound 8", len(trace.Elements))
			}
		}
	})
}
