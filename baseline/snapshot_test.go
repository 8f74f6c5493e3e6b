package baseline

import (
	"bytes"
	"encoding"
	"encoding/binary"
	"flag"
	"hash/crc32"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files anew")

type snapshot interface {
	encoding.BinaryAppender
	encoding.BinaryUnmarshaler
}

// lived are one of each kind of state after the same five weeks, whose traffic is
// made of whole numbers alone, so that no other machine can see other traffic.
func lived(tb testing.TB) map[string]snapshot {
	tb.Helper()
	m := model(tb, DefaultConfig())
	var (
		profile  Profile
		minutes  Minutes
		calendar Calendar
		cold     Cold
		sparse   Sparse
		habit    Habit
		drop     Drop
	)
	lcg := uint32(1)
	for i := range 35 * 1440 {
		lcg = lcg*1664525 + 1013904223
		inDay := i % 1440
		packets := float64(100_000 + 100*min(inDay, 1440-inDay) + int(lcg>>16))
		if i > 30*1440 && i%1440 > 700 && i%1440 < 760 {
			packets *= 8
		}
		seen := Observation{packets, packets * float64(4000+lcg>>22)}
		now := m.Moment(monday.Add(time.Duration(i) * time.Minute))
		given := Given{Interval: 1000, SizesVary: 1.5, Minutes: &minutes, Special: calendar.Value(&now)}
		e := profile.Expect(&now, given)
		score := profile.Score(&e, seen)
		drop.Step(&e, seen, Healthy)
		profile.Learn(&e, seen, &score, Evidence{Corroborated: i%3 == 0, MixMoved: i%5 == 0})
		calendar.Learn(&now, score.Rest)
		few := float64(lcg >> 31)
		c := cold.Score(&now, given, 1000*few)
		cold.Learn(&now, given, 1000*few, &c)
		sparse.Step(few)
		habit.Step(few)
	}
	profile.FalseAlarm(m)
	cold.FalseAlarm(m)
	return map[string]snapshot{
		"profile": &profile, "minutes": &minutes, "calendar": &calendar, "cold profile": &cold,
		"sparse class": &sparse, "habit": &habit, "drop": &drop,
	}
}

func written(tb testing.TB, s snapshot) []byte {
	tb.Helper()
	b, err := s.AppendBinary(nil)
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

// like is an empty one of the same kind.
func like(s snapshot) snapshot { return reflect.New(reflect.TypeOf(s).Elem()).Interface().(snapshot) }

// TestSnapshotsAreThoseOfVersionOne: what was written years ago, on any machine, is
// read and written again as the same bytes.
func TestSnapshotsAreThoseOfVersionOne(t *testing.T) {
	for name, s := range lived(t) {
		golden := filepath.Join("testdata", strings.ReplaceAll(name, " ", "_")+".v1")
		got := written(t, s)
		if *update {
			if err := os.WriteFile(golden, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s: got other bytes than the golden file has", name)
		}
		read := like(s)
		if err := read.UnmarshalBinary(want); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if !bytes.Equal(written(t, read), want) {
			t.Errorf("%s: read and written again as other bytes", name)
		}
		if behind, _ := s.AppendBinary([]byte("before")); !bytes.Equal(behind, append([]byte("before"), want...)) {
			t.Errorf("%s: not appended", name)
		}
	}
}

// TestEveryFlippedByteIsNoticed, every cut and every byte too many; and what was
// there before stays.
func TestEveryFlippedByteIsNoticed(t *testing.T) {
	for name, s := range lived(t) {
		form := written(t, s)
		read := like(s)
		if err := read.UnmarshalBinary(form); err != nil {
			t.Fatal(err)
		}
		refuse := func(broken []byte, how string, at int) {
			if err := read.UnmarshalBinary(broken); err == nil {
				t.Errorf("%s: accepted, %s at %d", name, how, at)
			}
		}
		for i := range form {
			broken := bytes.Clone(form)
			broken[i] ^= 1 << (i % 8)
			refuse(broken, "flipped", i)
			refuse(form[:i], "cut", i)
		}
		refuse(append(bytes.Clone(form), 0), "a byte too many", len(form))
		if !bytes.Equal(written(t, read), form) {
			t.Errorf("%s: changed by what was refused", name)
		}
	}
}

// TestWhatCannotBeIsRefusedByName: with a checksum that is right, since whoever can
// write a snapshot can do that as well.
func TestWhatCannotBeIsRefusedByName(t *testing.T) {
	of := lived(t)
	profile := *of["profile"].(*Profile)
	for _, c := range []struct {
		name, want string
		state      func() snapshot
	}{
		{"a level that is no number", "baseline: profile: level: NaN, want -100 to 100", func() snapshot {
			p := profile
			p.level = float32(math.NaN())
			return &p
		}},
		{"a spread below nothing", "baseline: profile: variance: -1, want 0 to 10000", func() snapshot {
			p := profile
			p.packets.own = -1
			return &p
		}},
		{"an endless bar", "baseline: profile: bar: +Inf, want 0 to 6", func() snapshot {
			p := profile
			p.bits.bar = float32(math.Inf(1))
			return &p
		}},
		{"a tail without a beginning", "baseline: profile: tail from 0 on, by 0.5", func() snapshot {
			p := profile
			p.packets.u, p.packets.excess = 0, 0.5
			return &p
		}},
		{"an unknown state", "baseline: profile: state 0x80", func() snapshot { return &Profile{state: 0x80} }},
		{"ticks that nobody learned", "baseline: profile: state 0x0 after 9 ticks", func() snapshot { return &Profile{ticks: 9} }},
		{"a day that no year has", "baseline: calendar: day 1 of the month, 366 of the year", func() snapshot { return &Calendar{month0: 1, year0: 366} }},
		{"a count below nothing", "baseline: sparse class: count: -1, want 0 to 1e+30", func() snapshot { return &Sparse{counts: [5]float32{-1}} }},
		{"a sixth tick of five", "baseline: sparse class: tick 5 of 5", func() snapshot { return &Sparse{next: 5} }},
		{"a fourth tick of three", "baseline: drop: 4 ticks, at most 3", func() snapshot { return &Drop{ticks: 4} }},
		{"an exposure without end", "baseline: cold profile: exposure: +Inf, want 0 to 1e+30", func() snapshot { return &Cold{exposure: float32(math.Inf(1))} }},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := c.state()
			err := like(s).UnmarshalBinary(written(t, s))
			if err == nil {
				t.Fatal("accepted")
			}
			if diff := cmp.Diff(c.want, err.Error()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestTheReasonIsSaid for each way a frame can be wrong.
func TestTheReasonIsSaid(t *testing.T) {
	form := written(t, new(Drop))
	for _, c := range []struct {
		at   int
		byte byte
		want string
	}{
		{0, 'P', "baseline: drop: kind 'P', want 'D'"},
		{1, 2, "baseline: drop: version 2, want 1"},
		{2, 1, "baseline: drop: checksum "},
	} {
		broken := bytes.Clone(form)
		broken[c.at] = c.byte
		if err := new(Drop).UnmarshalBinary(broken); err == nil || !bytes.HasPrefix([]byte(err.Error()), []byte(c.want)) {
			t.Errorf("got %v, want %s", err, c.want)
		}
	}
	if err := new(Drop).UnmarshalBinary(nil); err == nil || err.Error() != "baseline: drop: 0 bytes, want 7" {
		t.Errorf("got %v, want the lengths", err)
	}
}

// TestARestartInMidStreamChangesNothing: written and read at odd moments, in the
// middle of an attack as well, the state is that of one that never stopped.
func TestARestartInMidStreamChangesNothing(t *testing.T) {
	through, restarted := newSeries(t, 40), newSeries(t, 40)
	attack := between(monday.Add(9*day), 5*time.Hour, 4)
	through.factor, restarted.factor = attack, attack
	for _, part := range []time.Duration{7 * time.Minute, 3*day + 13*time.Minute, 6*day + time.Hour, 3 * time.Hour, 2 * day} {
		through.live(part)
		restarted.live(part)
		form := written(t, &restarted.profile)
		restarted.profile = Profile{}
		if err := restarted.profile.UnmarshalBinary(form); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(written(t, &through.profile), written(t, &restarted.profile)) {
			t.Fatalf("at %v: other bytes after a restart", through.at)
		}
	}
}

// FuzzSnapshot: the checksum is put right, so that what is behind it is reached.
// What is accepted is written as it was read, and can be lived on with.
func FuzzSnapshot(f *testing.F) {
	of := lived(f)
	for _, s := range of {
		f.Add(written(f, s))
		f.Add(written(f, like(s)))
	}
	m := model(f, DefaultConfig())
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > snapshotFrame {
			body := data[:len(data)-crc32.Size]
			data = binary.LittleEndian.AppendUint32(bytes.Clone(body), crc32.Checksum(body, castagnoli))
		}
		for name, s := range of {
			read := like(s)
			if read.UnmarshalBinary(data) != nil {
				continue
			}
			if !bytes.Equal(written(t, read), data) {
				t.Fatalf("%s: written as other bytes than read", name)
			}
			if p, is := read.(*Profile); is {
				liveOn(t, m, p)
			}
		}
	})
}

func liveOn(t *testing.T, m *Model, p *Profile) {
	for i := range 200 {
		now := m.Moment(monday.Add(time.Duration(7*i) * time.Minute))
		e := p.Expect(&now, Given{Interval: 100})
		seen := Observation{float64(1000 * i), float64(i * i)}
		score := p.Score(&e, seen)
		p.Learn(&e, seen, &score, Evidence{})
		if math.IsNaN(score.S) || math.IsNaN(e.Packets.Value) {
			t.Fatalf("tick %d: a score of %v, %v packets", i, score.S, e.Packets.Value)
		}
	}
	if err := new(Profile).UnmarshalBinary(written(t, p)); err != nil {
		t.Fatalf("lived on to what is refused: %v", err)
	}
}
