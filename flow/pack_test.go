package flow

import (
	"bytes"
	"encoding/binary"
	"flag"
	"fmt"
	"math"
	"math/bits"
	"os"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

var update = flag.Bool("update", false, "write the golden files anew")

// used is what a batch says: its rows in use as columns of words.
type used struct {
	N         int
	Partition uint16
	Step      int64
	Complete  bool
	Columns   [columnCount][]uint64
}

func usedOf(b *Batch) used { return used{b.N, b.Partition, b.Step, b.Complete, words(b)} }

func sameBatch(t interface {
	Helper()
	Fatalf(string, ...any)
}, got, want *Batch,
) {
	t.Helper()
	if g, w := usedOf(got), usedOf(want); !reflect.DeepEqual(g, w) {
		t.Fatalf("batch (-want +got):\n%s", cmp.Diff(w, g))
	}
}

// dirty is a batch full of rubbish from earlier use.
func dirty() *Batch {
	b := busy()
	for i := range MaxRows {
		b.SrcAddr[i], b.NextHop[i], b.Quality[i] = IP{math.MaxUint64, 7}, IP{9, 9}, 0xff
	}
	return b
}

func unpacked(t testing.TB, packed []byte) *Batch {
	t.Helper()
	b := dirty()
	if err := new(Unpacker).Unpack(packed, b); err != nil {
		t.Fatal(err)
	}
	return b
}

// batches draws batches whose columns are constant, narrow, wide or anything.
func batches() *rapid.Generator[*Batch] {
	return rapid.Custom(func(t *rapid.T) *Batch {
		b := NewBatch()
		b.Reset(rapid.Uint16().Draw(t, "partition"), rapid.Int64().Draw(t, "step"))
		b.Complete = rapid.Bool().Draw(t, "complete")
		rows := rapid.OneOf(rapid.IntRange(0, 5), rapid.IntRange(120, 140), rapid.Just(MaxRows)).Draw(t, "rows")
		seed := rapid.Uint64().Draw(t, "seed")
		var all [columnCount][]uint64
		for id := range all {
			base := rapid.OneOf(rapid.Uint64(), rapid.Just(uint64(0)), rapid.Just(uint64(mapped))).Draw(t, "base")
			width := rapid.SampledFrom([]int{0, 0, 1, 8, 9, 16, 20, 24, 32, 33, 40, 48, 56, 64}).Draw(t, "bits")
			mask := ^uint64(0) >> (64 - width)
			for range rows {
				seed = seed*6364136223846793005 + 1442695040888963407
				all[id] = append(all[id], base+bits.RotateLeft64(seed, 32)&mask)
			}
		}
		fromWords(b, rows, all)
		return b
	})
}

func TestBatchesComeBackAsTheyWerePacked(t *testing.T) {
	var (
		p Packer
		u Unpacker
	)
	rapid.Check(t, func(t *rapid.T) {
		want, got := batches().Draw(t, "batch"), dirty()
		if err := u.Unpack(p.Append(nil, want), got); err != nil {
			t.Fatal(err)
		}
		sameBatch(t, got, want)
	})
}

func TestPackedBytesAreThoseOfTheSlowTwin(t *testing.T) {
	var p Packer
	rapid.Check(t, func(t *rapid.T) {
		b := batches().Draw(t, "batch")
		prefix := []byte("before")
		got, want := p.Append(prefix, b), append([]byte("before"), slowPack(b)...)
		if !bytes.Equal(got, want) {
			t.Fatalf("%d rows: got %d bytes, want %d; they part at %d", b.N, len(got), len(want), firstDifference(got, want))
		}
	})
}

// Other programs may choose other bases, wider offsets, any order and fewer
// columns; what wraps around is meant to.
func TestUnpackAgreesWithTheSlowTwinOnForeignMessages(t *testing.T) {
	var u Unpacker
	rapid.Check(t, func(t *rapid.T) {
		packed := foreign(t)
		got := dirty()
		if err := u.Unpack(packed, got); err != nil {
			t.Fatal(err)
		}
		sameBatch(t, got, slowUnpack(packed))
	})
}

func foreign(t *rapid.T) []byte {
	b := NewBatch()
	b.N = rapid.IntRange(0, 40).Draw(t, "rows")
	var columns []slowColumn
	for range rapid.IntRange(0, 2*columnCount).Draw(t, "columns") {
		c := slowColumn{id: rapid.Uint8Range(0, columnCount+3).Draw(t, "id"), width: rapid.Uint8Range(0, 8).Draw(t, "width")}
		c.base = rapid.Uint64().Draw(t, "base")
		c.values = rapid.SliceOfN(rapid.Uint64(), b.N, b.N).Draw(t, "values")
		columns = append(columns, c)
	}
	return slowMessage(b, columns...)
}

func firstDifference(a, b []byte) int {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return i
		}
	}
	return min(len(a), len(b))
}

// golden is a fixed batch in which every column differs from every other.
func golden() *Batch {
	b := NewBatch()
	b.Reset(11, 17_000_000_003)
	b.Complete = true
	for i := range uint64(5) {
		var r [columnCount][]uint64
		for id := range r {
			r[id] = []uint64{uint64(id+1)*1_000_003*(i+1) + uint64(id)<<(7*i)}
		}
		r[colSrcAddrHi], r[colSrcAddrLo] = []uint64{0}, []uint64{mapped | 0xc6336400 + i}
		r[colDstAddrHi], r[colDstAddrLo] = []uint64{0x20010db8_00000000}, []uint64{i}
		one := NewBatch()
		fromWords(one, 1, r)
		b.Append(one.Record(0))
		b.NextHop[i] = one.NextHop[0]
	}
	return b
}

func TestGoldenFileIsReadFieldByField(t *testing.T) {
	const file = "testdata/batch-v1-32-columns.packed"
	want := golden()
	if *update {
		if err := os.WriteFile(file, new(Packer).Append(nil, want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	packed := goldenFile(t, file)
	sameBatch(t, unpacked(t, packed), want)
	sameBatch(t, slowUnpack(packed), want)
	if got := new(Packer).Append(nil, want); !bytes.Equal(got, packed) {
		t.Errorf("the packed form has changed at byte %d; a new form needs a new format version", firstDifference(got, packed))
	}
}

// What an older eagre left on disk is read; the columns that came since are zero.
func TestOlderGoldenFileIsReadWithItsColumns(t *testing.T) {
	want := golden()
	for i := range want.N {
		want.Direction[i], want.Forwarding[i], want.App[i], want.RTT[i] = 0, 0, 0, 0
	}
	sameBatch(t, unpacked(t, goldenFile(t, "testdata/batch-v1-28-columns.packed")), want)
}

func goldenFile(t *testing.T, name string) []byte {
	t.Helper()
	packed, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return packed
}

func TestUnknownColumnsAreSkippedAndMissingOnesAreZero(t *testing.T) {
	b := NewBatch()
	b.N = 2
	packed := slowMessage(b,
		slowColumn{id: 200, width: 3, values: []uint64{1, 2}},
		slowColumn{id: colDstPort, width: 2, base: 1400, values: []uint64{1434, 1500}},
		slowColumn{id: columnCount, width: 0},
	)
	want := NewBatch()
	want.Clear(0)
	want.Clear(1)
	want.DstPort[0], want.DstPort[1], want.N = 1434, 1500, 2
	sameBatch(t, unpacked(t, packed), want)
}

func TestEveryTruncationIsRefused(t *testing.T) {
	packed := new(Packer).Append(nil, golden())
	for n := range packed {
		refused(t, packed[:n:n], fmt.Sprint(n, " bytes"))
	}
}

func TestEveryFlippedByteIsRefused(t *testing.T) {
	packed := new(Packer).Append(nil, golden())
	for i := range packed {
		for bit := range 8 {
			flipped := bytes.Clone(packed)
			flipped[i] ^= 1 << bit
			refused(t, flipped, fmt.Sprintf("byte %d bit %d flipped", i, bit))
		}
		flipped := bytes.Clone(packed)
		flipped[i] = ^flipped[i]
		refused(t, flipped, fmt.Sprintf("byte %d inverted", i))
	}
}

func refused(t *testing.T, packed []byte, what string) {
	t.Helper()
	b := &Batch{N: 1} // a refused message touches no column
	if err := new(Unpacker).Unpack(packed, b); err == nil || b.N != 0 {
		t.Fatalf("%s: got %d rows and error %v, want no rows and an error", what, b.N, err)
	}
}

func TestClaimsAreComparedWithWhatIsThere(t *testing.T) {
	header := func(rows, columns int, rest ...byte) []byte {
		packed := append([]byte("eagF\x01\x00\x00\x00"), make([]byte, 12)...)
		binary.LittleEndian.PutUint16(packed[16:], uint16(rows))
		binary.LittleEndian.PutUint16(packed[18:], uint16(columns))
		return sign(append(append(packed, rest...), 0, 0, 0, 0))
	}
	column := func(id, width byte, values ...byte) []byte {
		return append([]byte{id, width, 0, 0, 0, 0, 0, 0, 0, 0}, values...)
	}
	other := func(i int, v byte) []byte {
		packed := header(0, 0)
		packed[i] = v
		return sign(packed)
	}
	for name, c := range map[string]struct {
		packed []byte
		want   string
	}{
		"nothing":                        {nil, "packed batch: 0 bytes, shorter than a header"},
		"a header without a checksum":    {header(0, 0)[:23], "packed batch: 23 bytes, shorter than a header"},
		"another magic":                  {other(0, 'E'), `packed batch: starts with "EagF", want "eagF"`},
		"another format":                 {other(4, 2), "packed batch: format version 2, this program reads 1"},
		"more rows than a batch holds":   {header(MaxRows+1, 0), "packed batch: claims 1025 rows, limit 1024"},
		"as many rows as can be said":    {header(65535, 1, column(0, 0)...), "packed batch: claims 65535 rows, limit 1024"},
		"columns that are not there":     {header(1, 65535), "packed batch: column header at byte 20 overruns 20 bytes"},
		"half a column header":           {header(1, 1, 0, 0, 0), "packed batch: column header at byte 20 overruns 23 bytes"},
		"one column more than there are": {header(1, 2, column(0, 0)...), "packed batch: column header at byte 30 overruns 30 bytes"},
		"one column less than there are": {header(1, 1, append(column(0, 0), column(1, 0)...)...), "packed batch: 10 bytes after the last column"},
		"width 9":                        {header(1, 1, column(3, 9, make([]byte, 9)...)...), "packed batch: column 3: 1 rows of 9 bytes overrun the 9 bytes left"},
		"width 255 of no rows":           {header(0, 1, column(3, 255)...), "packed batch: column 3: 0 rows of 255 bytes overrun the 0 bytes left"},
		"a row more than there are":      {header(3, 1, column(3, 2, 1, 2, 3, 4)...), "packed batch: column 3: 3 rows of 2 bytes overrun the 4 bytes left"},
		"the checksum as a value":        {header(2, 1, column(3, 4, 1, 2, 3, 4)...), "packed batch: column 3: 2 rows of 4 bytes overrun the 4 bytes left"},
		"an unknown column that is long": {header(1024, 1, column(250, 8, 1)...), "packed batch: column 250: 1024 rows of 8 bytes overrun the 1 bytes left"},
	} {
		t.Run(name, func(t *testing.T) {
			b := busy()
			err := new(Unpacker).Unpack(c.packed, b)
			if err == nil || err.Error() != c.want || b.N != 0 {
				t.Errorf("got %d rows and error\n\t%v\nwant\n\t%s", b.N, err, c.want)
			}
		})
	}
}

func TestBatchWithoutRowsCarriesItsStep(t *testing.T) {
	want := NewBatch()
	want.Reset(3, -5)
	want.Complete = true
	packed := new(Packer).Append(nil, want)
	sameBatch(t, unpacked(t, packed), want)
	if got, want := len(packed), 24; got != want {
		t.Errorf("got %d bytes, want %d", got, want)
	}
}

func TestPeekReadsTheHeader(t *testing.T) {
	b := golden()
	packed := new(Packer).Append(nil, b)
	got, ok := Peek(packed)
	want := Envelope{Partition: b.Partition, Step: b.Step, Rows: b.N, Complete: true}
	if diff := cmp.Diff(want, got); !ok || diff != "" {
		t.Errorf("ok %t, envelope (-want +got):\n%s", ok, diff)
	}
	for _, bad := range [][]byte{nil, packed[:23], []byte("EagF" + string(packed[4:])), []byte("eagF\x02" + string(packed[5:]))} {
		if _, ok := Peek(bad); ok {
			t.Errorf("a header was found in %.8q", bad)
		}
	}
}

func TestPackedSizeIsBounded(t *testing.T) {
	b := NewBatch()
	var all [columnCount][]uint64
	for id := range all {
		for i := range uint64(MaxRows) {
			all[id] = append(all[id], i*0x9e3779b97f4a7c15)
		}
	}
	fromWords(b, MaxRows, all)
	packed := new(Packer).Append(nil, b)
	if len(packed) > MaxPacked {
		t.Errorf("got %d bytes, want at most %d", len(packed), MaxPacked)
	}
	sameBatch(t, unpacked(t, packed), b)
	if size := len(new(Packer).Append(nil, busy())) / MaxRows; size > 40 {
		t.Errorf("ordinary traffic takes %d bytes per flow, want at most 40", size)
	}
}

func TestPackAndUnpackDoNotAllocate(t *testing.T) {
	b, out, buf := busy(), NewBatch(), make([]byte, 0, MaxPacked)
	for i := range MaxRows {
		b.NextHop[i] = IP{uint64(i), uint64(i)} // IPv6 beside IPv4
	}
	var (
		p Packer
		u Unpacker
	)
	allocations := testing.AllocsPerRun(20, func() {
		buf = p.Append(buf[:0], b)
		if err := u.Unpack(buf, out); err != nil {
			t.Fatal(err)
		}
	})
	if allocations != 0 {
		t.Errorf("got %v allocations, want none", allocations)
	}
}
