package capture

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"testing"
	"time"
)

// FuzzCapture reads whatever there is: time never goes back, everything that was
// read is handed out, skipped or broken, and nothing is handed out that the file
// does not hold.
func FuzzCapture(f *testing.F) {
	f.Add(pcapFile(f, timed{0, udpFrame(2055, v5(1))}, timed{time.Second, udpFrame(53, nil)}))
	f.Add(pcapngFile(f, timed{0, udpFrame(2055, v5(1))}, timed{time.Second, udpFrame(53, nil)}))
	f.Add(append(message(0, 1), message(time.Second, 2)...))
	_, lines, delimited := imports()
	f.Add(append([]byte("{}\n"), lines...))
	f.Add(delimited)
	record := someValues(rand.New(rand.NewPCG(1, 1)), 0).encode(binary.BigEndian, structs["8/5"])
	f.Add(flowToolsFile{order: binary.BigEndian, version: 8, scheme: 5, records: bytes.Repeat(record, 2)}.bytes(f))
	f.Add(flowToolsFile{order: binary.BigEndian, version: 8, scheme: 5, compress: true, records: bytes.Repeat(record, 2)}.bytes(f))
	f.Fuzz(func(t *testing.T, file []byte) {
		if bytes.HasPrefix(file, []byte{0x1f, 0x8b}) {
			return // what a gzip file unpacks to has no bound in its own size
		}
		r, err := NewReader(bytes.NewReader(file), DefaultConfig())
		if err != nil {
			return
		}
		last := time.Time{}
		items, size := uint64(0), 0
		for {
			item, err := r.Next()
			if err != nil {
				break
			}
			if item.At.Before(last) && items > 0 {
				t.Fatalf("time goes back from %v to %v", last, item.At)
			}
			if (item.Record != nil) != (item.Kind == Records) || item.Kind == Exports && !item.From.IsValid() {
				t.Fatalf("an item of kind %v: %+v", item.Kind, item)
			}
			last = item.At
			items++
			size += len(item.Data)
		}
		if c := r.Counts(); c.Items != items || c.Items+c.Skipped+c.Broken != c.Frames || size > len(file) || (c.Broken > 0) != (r.Complaint() != nil) {
			t.Fatalf("got %+v and %d bytes out of a file of %d, complaint %v", c, size, len(file), r.Complaint())
		}
	})
}
