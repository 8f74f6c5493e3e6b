package netflow

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"eagre/flow"
	"eagre/ingest/wire"
)

// FuzzDatagram throws bytes at every fixed layout. Every whole record becomes one
// row and is reported once; the rows are those of the twin; the batches are filled
// in no more turns than they must be.
func FuzzDatagram(f *testing.F) {
	for _, k := range kinds {
		f.Add(k.full(), uint32(0))
		f.Add(k.full()[:200], uint32(100))
		f.Add(k.datagram(), uint32(1))
	}
	f.Add(datagram(header(1), slammer()), uint32(0))
	f.Add(kinds[4].datagram(v7Record{v5Record: v5Record{FieldFlags: 1}}), uint32(0))
	f.Add([]byte{0, 5}, uint32(1))
	fast, plain := flow.NewBatch(), flow.NewBatch()
	f.Fuzz(func(t *testing.T, payload []byte, override uint32) {
		source := exporter
		source.SamplingRate = override
		got, report, ok := decode(payload, source)
		conserved(t, payload, got, report, ok)
		if want := twin(payload, source); !slices.Equal(want, got) {
			t.Fatalf("flows (-twin +decoder):\n%s", cmp.Diff(want, got, compareAddr))
		}
		believable(t, got)
		bothWays(t, payload, source, fast, plain)
	})
}

// conserved holds the books of one datagram against its bytes.
func conserved(t *testing.T, payload []byte, got []flow.Record, report *wire.Report, ok bool) {
	d, _ := report.Disposition()
	if k, h, known := twinHeader(payload); known != ok {
		t.Fatalf("%d bytes opened: %t, want %t", len(payload), ok, known)
	} else if ok {
		held := twinHeld(k, h, payload)
		whole := held == int(h.Count) && len(payload) == k.header()+held*k.record
		if len(got) != held || report.Decoded != held || (d == wire.OK) != whole || d == wire.Malformed && held > 0 {
			t.Fatalf("got %d flows, %d reported, %v; the datagram holds %d, whole %t", len(got), report.Decoded, d, held, whole)
		}
		return
	}
	if d != wire.Malformed || len(got) > 0 || report.Decoded > 0 {
		t.Fatalf("refused as %v with %d flows", d, len(got))
	}
}

// bothWays holds the vector instructions against the plain loop. Both batches hold
// the same rubbish around the new rows.
func bothWays(t *testing.T, payload []byte, source wire.Source, fast, plain *flow.Batch) {
	n := min(len(payload)/recordLength, 200)
	records := payload[:n*recordLength]
	d := Datagram{source: source, mostOctets: suspectOctets / int64(max(source.SamplingRate, 1))}
	from := 1 + len(payload)%800
	fast.N, plain.N = from, from
	if got, want := d.columns(fast, records), d.plain(plain, records); got != want {
		t.Fatalf("odd is %t, want %t", got, want)
	}
	for i := from - 1; i <= from+n; i++ {
		if fast.Record(i) != plain.Record(i) {
			t.Fatalf("row %d (-plain +fast):\n%s", i, cmp.Diff(plain.Record(i), fast.Record(i), compareAddr))
		}
	}
}

// believable checks what every flow promises, whatever the bytes were.
func believable(t *testing.T, flows []flow.Record) {
	for _, r := range flows {
		age := arrived - r.Start.UnixMilli()
		if r.End.Before(r.Start) || r.End.UnixMilli() > arrived || age > farthest || r.SrcMask > 32 || r.DstMask > 32 {
			t.Fatalf("impossible flow %+v", r)
		}
		if hosts := r.SrcAddr.IsValid() && r.DstAddr.IsValid(); !hosts && r.Quality&flow.Aggregated == 0 {
			t.Fatalf("a flow without an address is not marked: %+v", r)
		}
	}
}
