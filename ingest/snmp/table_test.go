package snmp

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/gosnmp/gosnmp"
)

// columnByColumn is the slow twin: one column after the other, one object at a
// time, from what the agent knows.
func columnByColumn(known mib, columns ...column) map[uint32]*reading {
	rows := map[uint32]*reading{}
	for _, c := range columns {
		for index := range uint32(300) {
			v, there := known[fmt.Sprint(c.oid, ".", index)]
			if !there {
				continue
			}
			if rows[index] == nil {
				rows[index] = &reading{index: index, at: began.UnixMilli(), uptime: 360_000}
			}
			c.take(rows[index], v)
		}
	}
	return rows
}

// sparse is an agent's table with holes.
func sparse(dice *rand.Rand) mib {
	known := mib{}.uptime(time.Hour)
	for range 1 + dice.IntN(60) {
		index, hole := 1+dice.IntN(250), dice.Float64()
		for i, c := range append(wideColumns[1:], narrowColumns...) {
			if dice.Float64() < hole {
				continue
			}
			kind, value := gosnmp.Counter32, any(uint(dice.Uint32()))
			if i < 8 {
				kind, value = gosnmp.Counter64, dice.Uint64()
			}
			known.set(fmt.Sprint(c.oid, ".", index), kind, value)
		}
	}
	return known.set(".1.3.6.1.2.1.31.1.2.0", gosnmp.Counter32, uint(1)) // beyond the tables
}

func TestSideBySideIsWhatColumnByColumnGives(t *testing.T) {
	dice := rand.New(rand.NewPCG(7, 11))
	for range 50 {
		known := sparse(dice)
		a := newAgent(t, "127.0.0.1:0", known.answers)
		target := targetAt(router4, a.address())
		got, f := target.read(t.Context(), func() time.Time { return began })
		want := columnByColumn(known, append(append([]column{}, wideColumns...), narrowColumns...)...)
		if f != nil {
			if len(want) > 0 {
				t.Errorf("%d rows: %v", len(want), f)
			}
			continue
		}
		if !got.lacking() {
			want = columnByColumn(known, wideColumns...)
		}
		if diff := cmp.Diff(want, got.rows, cmp.AllowUnexported(reading{}, direction{}, count{})); diff != "" {
			t.Fatalf("rows (-want +got):\n%s", diff)
		}
	}
}

// The interfaces with the lowest numbers are the ones that are followed.
func TestLimitKeepsTheFirstRows(t *testing.T) {
	known := mib{}.uptime(time.Hour)
	for i := range 50 {
		known.wide(2*i+1, "x", 10, side{octets: uint64(i)}, side{})
	}
	a := newAgent(t, "[::1]:0", known.answers)
	target := targetAt(router6, a.address())
	target.Interfaces = 7
	got, f := target.read(t.Context(), func() time.Time { return began })
	if f != nil {
		t.Fatal(f)
	}
	for i, r := range got.inOrder() {
		if r.index != uint32(2*i+1) || r.in.octets != (count{uint64(i), 64}) {
			t.Errorf("row %d: got interface %d at %v", i, r.index, r.in.octets)
		}
	}
	if len(got.rows) != 7 || !got.truncated {
		t.Errorf("got %d rows, truncated %v, want 7 and true", len(got.rows), got.truncated)
	}
}
