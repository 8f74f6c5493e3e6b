package sketch

import (
	"bytes"
	"encoding"
	"encoding/hex"
	"fmt"
	"net/netip"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

type written interface {
	encoding.BinaryAppender
	encoding.BinaryUnmarshaler
}

// TestTheWireFormsAreThoseOfVersionOne: a snapshot written years ago is read.
func TestTheWireFormsAreThoseOfVersionOne(t *testing.T) {
	top := NewTopK(2, addresses)
	top.Insert(v4(0xc0000201), 300)
	top.Insert(v6(0x20010db8<<32, 1), 5)
	top.Insert(v4(0xc0000202), 1)
	dense := of(MinPrecision, 1<<63, 1<<62, 3<<62, 1, 0)
	for want, of := range map[string]struct{ full, empty written }{
		"4401 00 00 00":                                                  {&Distinct{}, of(Wide)},
		"4401 0b 00 01 8000000000000001":                                 {of(Narrow, 1<<63|1), &Distinct{}},
		"4401 07 01" + inRegisters(dense):                                {dense, &Distinct{}},
		"5101 00 e807 03 01 01 0a 01 f101 02":                            {quantilesOf([]weighed{{0, 1}, {10, 1}, {495, 2}}), &Quantiles{}},
		"4b01 02 b202 05 01 02 04c0000201 ac02 00" + " 04c0000202 06 05": {top, NewTopK(9, addresses)},
	} {
		want, _ := hex.DecodeString(strings.ReplaceAll(want, " ", ""))
		got := bytesOf(t, of.full)
		if diff := cmp.Diff(fmt.Sprintf("%x", want), fmt.Sprintf("%x", got)); diff != "" {
			t.Errorf("%T (-want +got):\n%s", of.full, diff)
		}
		if err := of.empty.UnmarshalBinary(got); err != nil {
			t.Errorf("%T: %v", of.full, err)
		}
		if again := bytesOf(t, of.empty); !bytes.Equal(again, got) {
			t.Errorf("%T: written as %x, read and written as %x", of.full, got, again)
		}
		message := bytes.Clone(got)
		of.empty.UnmarshalBinary(message)
		clear(message)
		if again := bytesOf(t, of.empty); !bytes.Equal(again, got) {
			t.Errorf("%T: keeps the message it was read from: %x", of.full, again)
		}
		for n := range got {
			if err := of.empty.UnmarshalBinary(got[:n]); err == nil {
				t.Errorf("%T: accepted when cut short to %d bytes of %d", of.full, n, len(got))
			}
		}
		if err := of.empty.UnmarshalBinary(append(got, 0)); err == nil {
			t.Errorf("%T: accepted with a byte behind its end", of.full)
		}
		if again := bytesOf(t, of.empty); !bytes.Equal(again, got) {
			t.Errorf("%T: changed by what was refused", of.full)
		}
	}
}

func inRegisters(d *Distinct) string {
	if d.reg == nil {
		panic("not dense")
	}
	return hex.EncodeToString(d.reg)
}

// TestBrokenFormsAreRefusedByName: each with the sentence that it must give.
func TestBrokenFormsAreRefusedByName(t *testing.T) {
	ones := "0102030405060708"
	for _, c := range []struct{ name, form, want string }{
		{"nothing", "", "sketch: distinct: 2 bytes wanted, 0 left"},
		{"another kind", "5101", "sketch: distinct: kind 'Q', want 'D'"},
		{"another version", "4402", "sketch: distinct: version 2, want 1"},
		{"too many registers", "4401 ff 01", "sketch: distinct: precision 255, want 7 to 16"},
		{"too few registers", "4401 06 01", "sketch: distinct: precision 6, want 7 to 16"},
		{"values without a precision", "4401 00 00 01" + ones, "sketch: distinct: precision 0, want 7 to 16"},
		{"an unknown form", "4401 0b 02", "sketch: distinct: form 2"},
		{"registers that are not there", "4401 10 01 00", "sketch: distinct: 65536 bytes wanted, 1 left"},
		{"a rank that cannot be", "4401 07 01" + strings.Repeat("00", 127) + "3b", "sketch: distinct: register 127: rank 59, at most 58"},
		{"more values than are kept", "4401 0b 00 41", "sketch: distinct: count 65, limit 64"},
		{"a claimed number of values", "4401 0b 00 40" + ones, "sketch: distinct: count 64 with 8 bytes left"},
		{"a value twice", "4401 0b 00 02" + ones + ones, "sketch: distinct: value 1 not above the one before"},
		{"a number longer than it need be", "4401 0b 00 8100", "sketch: distinct: number longer than it need be"},
		{"a number without end", "4401 0b 00 ffffffffffffffffffffff", "sketch: distinct: number above 64 bits"},
		{"a number cut short", "4401 0b 00 ff", "sketch: distinct: number cut short"},
		{"bytes behind the end", "4401 0b 00 00 00", "sketch: distinct: 1 bytes behind the end"},

		{"buckets that are not there", "5101 00 00 03 01 01", "sketch: quantiles: count 3 with 2 bytes left"},
		{"more buckets than there are", "5101 00 00 c11d", "sketch: quantiles: count 3777, limit 3776"},
		{"a bucket twice", "5101 00 00 02 01 01 00 01", "sketch: quantiles: bucket 0 behind 0, the last is 3775"},
		{"a bucket beyond the last", "5101 00 00 01 c11d 01", "sketch: quantiles: bucket 3777 behind -1, the last is 3775"},
		{"an empty bucket", "5101 00 00 01 01 00", "sketch: quantiles: bucket 1 behind -1: empty"},
		{"a sum too small", "5101 00 09 01 0b 01", "sketch: quantiles: sum of other values"},
		{"a sum too large", "5101 01 00 01 0b 01", "sketch: quantiles: sum of other values"},

		{"no room", "4b01 00 00 00 00 00", "sketch: top-k: capacity 0, want 1 to 1048576"},
		{"room for all", "4b01 ffffffff7f 00 00 00 00", "sketch: top-k: capacity 34359738367, want 1 to 1048576"},
		{"more keys than room", "4b01 01 05 00 00 02", "sketch: top-k: count 2, limit 1"},
		{"keys that are not there", "4b01 05 05 00 00 02 0401010101", "sketch: top-k: count 2 with 5 bytes left"},
		{"a key that is none", "4b01 05 05 00 00 01 03010101 05 00", "sketch: top-k: key 010101: no address"},
		{"a key longer than what is left", "4b01 05 05 00 00 01 ff01 05", "sketch: top-k: count 255 with 1 bytes left"},
		{"a total of other keys", "4b01 05 06 00 00 01 0401010101 05 00", "sketch: top-k: counts of 5 in all, total 6"},
		{"an excess out of nowhere", "4b01 05 05 00 00 01 0401010101 05 01", "sketch: top-k: key 1.1.1.1: count 5, excess 1, floor 0"},
		{"a floor with room left", "4b01 05 05 01 01 01 0401010101 05 00", "sketch: top-k: floor 1 with 1 keys of 5 and 1 evicted"},
		{"a floor that nobody left", "4b01 01 05 01 00 01 0401010101 05 00", "sketch: top-k: floor 1 with 1 keys of 1 and 0 evicted"},
		{"a key below the floor", "4b01 01 09 06 01 01 0401010101 05 00", "sketch: top-k: key 1.1.1.1: count 5, excess 0, floor 6"},
		{"the lighter one first", "4b01 05 07 00 00 02 0401010101 03 00 0401010102 04 00", "sketch: top-k: key 1.1.1.2 out of order"},
		{"a key twice", "4b01 05 07 00 00 02 0401010101 04 00 0401010101 03 00", "sketch: top-k: key 1.1.1.1 out of order"},
	} {
		t.Run(c.name, func(t *testing.T) {
			data, err := hex.DecodeString(strings.ReplaceAll(c.form, " ", ""))
			if err != nil {
				t.Fatal(err)
			}
			err = kindOf(c.want).UnmarshalBinary(data)
			if err == nil {
				t.Fatal("accepted")
			}
			if diff := cmp.Diff(c.want, err.Error()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func kindOf(sentence string) written {
	switch {
	case strings.HasPrefix(sentence, "sketch: distinct"):
		return &Distinct{}
	case strings.HasPrefix(sentence, "sketch: quantiles"):
		return &Quantiles{}
	}
	return NewTopK(5, addresses)
}

// TestAKeyHasOneWayToBeWritten: an order of keys that reads more than it writes
// would make equal summaries of different bytes.
func TestAKeyHasOneWayToBeWritten(t *testing.T) {
	lenient := addresses
	lenient.Append = func(b []byte, _ netip.Addr) []byte { return append(b, 1, 1, 1, 1) }
	form, _ := hex.DecodeString("4b010505000001" + "0401010102" + "0500")
	err := NewTopK(5, lenient).UnmarshalBinary(form)
	if err == nil || err.Error() != "sketch: top-k: key 01010102 is not how its key is written" {
		t.Errorf("got %v", err)
	}
}

// TestARefusedClaimCostsNoMoreThanItsError keeps a short message from costing memory.
func TestARefusedClaimCostsNoMoreThanItsError(t *testing.T) {
	for _, form := range []string{"4401100100", "4401100082 04", "510100 00c01d 0101", "4b01 808040 05 00 00 808040 0401010101"} {
		data, err := hex.DecodeString(strings.ReplaceAll(form, " ", ""))
		if err != nil {
			t.Fatal(err)
		}
		const runs = 100
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for range runs {
			for _, kind := range []written{&Distinct{}, &Quantiles{}, NewTopK(5, addresses)} {
				if kind.UnmarshalBinary(data) == nil {
					t.Fatalf("%s: accepted", form)
				}
			}
		}
		runtime.ReadMemStats(&after)
		if got := (after.TotalAlloc - before.TotalAlloc) / runs; got > 8<<10 {
			t.Errorf("%s: %d bytes", form, got)
		}
	}
}
