package netflow

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"eagre/flow"
	"eagre/ingest/wire"
)

func FuzzV5(f *testing.F) {
	f.Add(datagram(header(1), slammer()), uint32(0))
	f.Add(datagram(header(0)), uint32(100))
	f.Add(full()[:200], uint32(0))
	f.Add([]byte{0, 5}, uint32(1))
	f.Fuzz(func(t *testing.T, payload []byte, override uint32) {
		source := exporter
		source.SamplingRate = override
		got, report, ok := decode(payload, source)
		if !ok {
			if d, _ := report.Disposition(); d != wire.Malformed || len(payload) >= headerLength {
				t.Fatalf("%d bytes refused as %v", len(payload), d)
			}
			return
		}
		if want := (len(payload) - headerLength) / recordLength; len(got) != want || report.Decoded != want {
			t.Fatalf("got %d flows, %d reported, want %d", len(got), report.Decoded, want)
		}
		if len(payload) >= 2 && payload[0] == 0 && payload[1] == 5 {
			if diff := cmp.Diff(twin(payload, source), got, compareAddr); diff != "" {
				t.Fatalf("flows (-twin +decoder):\n%s", diff)
			}
		}
		believable(t, got)
	})
}

// believable checks what every flow promises, whatever the bytes were.
func believable(t *testing.T, flows []flow.Record) {
	for _, r := range flows {
		age := arrived - r.Start.UnixMilli()
		if r.End.Before(r.Start) || r.End.UnixMilli() > arrived || age > believed || r.SrcMask > 32 || r.DstMask > 32 {
			t.Fatalf("impossible flow %+v", r)
		}
	}
}
