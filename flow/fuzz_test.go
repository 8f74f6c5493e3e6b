package flow

import (
	"bytes"
	"testing"
)

// FuzzUnpack throws bytes at the door of packed batches. The checksum is made
// right first, as no mutation would ever get past it. What is accepted must be
// what the slow twin reads, and must survive being packed again.
func FuzzUnpack(f *testing.F) {
	var p Packer
	f.Add(p.Append(nil, golden()))
	f.Add(p.Append(nil, NewBatch()))
	small := busy()
	small.N = 9
	f.Add(p.Append(nil, small))
	small.Reset(1, 2)
	f.Add(p.Append(nil, small))

	batch, again := dirty(), NewBatch()
	var u Unpacker
	f.Fuzz(func(t *testing.T, packed []byte) {
		if len(packed) >= 4 {
			packed = sign(bytes.Clone(packed))
		}
		if err := u.Unpack(packed, batch); err != nil {
			if batch.N != 0 {
				t.Fatalf("%d rows with error %v", batch.N, err)
			}
			return
		}
		sameBatch(t, batch, slowUnpack(packed))
		if err := u.Unpack(p.Append(nil, batch), again); err != nil {
			t.Fatal(err)
		}
		sameBatch(t, again, batch)
	})
}

// TestUnpackAllocatesNoMoreThanItsErrorTakes keeps a hostile message from
// costing more than its bytes.
func TestUnpackAllocatesNoMoreThanItsErrorTakes(t *testing.T) {
	hostile := sign([]byte("eagF\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x04\xff\xff\x00\x08\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"))
	b := NewBatch()
	var u Unpacker
	allocations := testing.AllocsPerRun(20, func() {
		if u.Unpack(hostile, b) == nil {
			t.Fatal("accepted")
		}
	})
	if allocations > 8 {
		t.Errorf("got %v allocations, want those of an error", allocations)
	}
}
