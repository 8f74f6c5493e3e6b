package goflow

import (
	"testing"
	"time"

	"eagre/flow"
)

func BenchmarkFromProtobuf(b *testing.B) {
	from := slammerRecord()
	message := AppendProtobuf(nil, &from, arrived)
	benchmark(b, func(d *Decoder, r *flow.Record) error {
		_, err := d.FromProtobuf(message, time.Time{}, r)
		return err
	})
}

func BenchmarkFromJSON(b *testing.B) {
	from := slammerRecord()
	line := AppendJSON(nil, &from, arrived)
	benchmark(b, func(d *Decoder, r *flow.Record) error {
		_, err := d.FromJSON(line, time.Time{}, r)
		return err
	})
}

func benchmark(b *testing.B, decode func(*Decoder, *flow.Record) error) {
	var d Decoder
	var r flow.Record
	b.ReportAllocs()
	for b.Loop() {
		if err := decode(&d, &r); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N), "ns/record")
}

func BenchmarkAppendJSON(b *testing.B) {
	r, buf := slammerRecord(), make([]byte, 0, 4096)
	b.ReportAllocs()
	for b.Loop() {
		buf = AppendJSON(buf[:0], &r, arrived)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N), "ns/record")
}
