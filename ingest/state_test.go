package ingest

import (
	"encoding/binary"
	"hash/crc32"
	"strings"
	"testing"
	"time"

	"eagre/flow"
)

// A collector is restarted between a template and its data: the data is decoded,
// with the sampler's rate that was announced before.
func TestTemplatesAndSamplersSurviveARestart(t *testing.T) {
	before := newStation(t, nil)
	sampled := plus(plain(), field{48, 1, 0})
	before.netflow(0, edge1, v9(0, t9(sampled...), set(1, words(305, 4, 8, 1, 4, 48, 1, 34, 4)...), set(305, 0, 0, 0, 0, 5, 0, 0, 0, 100)))
	before.netflow(0, edge2, v10(0, t10(plain()...)))
	state, revision := before.State()
	if revision == 0 || before.Revision() != revision {
		t.Errorf("got revisions %d and %d, want the same above 0", revision, before.Revision())
	}
	after := newStation(t, nil)
	if err := after.Restore(state); err != nil {
		t.Fatal(err)
	}
	after.netflow(time.Hour, edge1, v9(1, set(300, append(record(), 5)...)))
	after.netflow(time.Hour, edge2, v10(0, set(300, record()...)))
	after.Finish(began.Add(time.Hour))
	if len(after.flows) != 2 {
		t.Fatalf("got %d flows, want 2\n%s", len(after.flows), after.log.String())
	}
	for _, f := range after.flows {
		if want := map[bool]uint32{true: 100}[f.Exporter == edge1.Addr()]; want > 0 && (f.SamplingRate != want || f.Sampling != flow.SamplingOptions) {
			t.Errorf("got 1:%d %v, want 1:%d from options", f.SamplingRate, f.Sampling, want)
		}
	}
	after.balanced(t)
}

func TestStateOfExportersThatAreNoneAnyMoreIsLeftOut(t *testing.T) {
	before := newStation(t, nil)
	before.everyone = true
	before.netflow(0, nobody, v9(0, t9(plain()...)))
	state, _ := before.State()
	after := newStation(t, nil)
	if err := after.Restore(state); err != nil {
		t.Fatal(err)
	}
	if len(after.exporters) != 0 {
		t.Errorf("got %d exporters, want none", len(after.exporters))
	}
}

// Every byte that is wrong is noticed, and no length is believed.
func TestDamagedStateIsNotBelieved(t *testing.T) {
	before := newStation(t, nil)
	before.netflow(0, edge1, v9(0, t9(plain()...)))
	state, _ := before.State()
	for i := range state {
		bad := append([]byte(nil), state...)
		bad[i] ^= 0x40
		if err := newStation(t, nil).Restore(bad); err == nil {
			t.Errorf("byte %d changed: restored", i)
		}
		if err := newStation(t, nil).Restore(state[:i]); err == nil {
			t.Errorf("cut to %d bytes: restored", i)
		}
	}
	lying := append([]byte(nil), state[:len(state)-4]...)
	binary.LittleEndian.PutUint32(lying[len(stateMagic)+16:], 1<<31)
	lying = binary.LittleEndian.AppendUint32(lying, crc32.Checksum(lying, castagnoli))
	if err := newStation(t, nil).Restore(lying); err == nil || !strings.Contains(err.Error(), "entry of 2147483648 bytes") {
		t.Errorf("got %v", err)
	}
}

func FuzzRestore(f *testing.F) {
	before := newStation(f, nil)
	before.netflow(0, edge1, v9(0, t9(plain()...)))
	before.netflow(0, edge2, v10(0, t10(plus(plain(), field{82, 65535, 0})...)))
	state, _ := before.State()
	f.Add(state[len(stateMagic) : len(state)-4])
	f.Fuzz(func(t *testing.T, body []byte) {
		whole := append([]byte(stateMagic), body...)
		whole = binary.LittleEndian.AppendUint32(whole, crc32.Checksum(whole, castagnoli))
		s := newStation(t, nil)
		_ = s.Restore(whole) // whatever it says, the collector goes on
		s.netflow(0, edge1, v9(0, set(300, record()...)))
		s.netflow(time.Second, edge2, v10(0, set(300, record()...)))
		s.Finish(began.Add(time.Minute))
		s.balanced(t)
	})
}
