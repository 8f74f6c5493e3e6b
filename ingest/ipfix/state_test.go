package ipfix

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"eagre/flow"
)

// knowing is an exporter that has announced a bit of everything.
func knowing() *receiver {
	r := newReceiver()
	r.receive(v9(
		setOf(0, tmpl(256, basic), tmpl(257, typicalV9)), setOf(1, optionsV9(300, "1:4", "48:2 50:4"), optionsV9(301, "2:4", "82:16")),
		setOf(300, record("1:4 48:2 50:4", 0, 1, 1000)), setOf(301, record("2:4 82:16", 1, "Te0/0/0")), setOf(256, basicRecord(2, 808)),
	))
	r.receive(v10From(9, setOf(2, tmpl(256, labelled+" 29305/1:4 6871/14:1")), setOf(3, optionsIPFIX(300, "143:4", "160:8 34:4"), optionsIPFIX(301, "95:4", "96:v")),
		setOf(300, record("143:4 160:8 34:4", 1, int(arrived)-5000_000, 500)), setOf(301, record("95:4 96:v", []byte{13, 0, 0, 1}, "web"))))
	return r
}

func TestWhatWasAnnouncedSurvivesARestart(t *testing.T) {
	before := knowing()
	state := before.x.AppendState(nil)
	after := newReceiver()
	if err := after.x.Restore(state); err != nil {
		t.Fatal(err)
	}
	if again := after.x.AppendState(nil); !bytes.Equal(state, again) {
		t.Error("a restored state is saved as another one")
	}
	if diff := cmp.Diff(before.x.Samplers(), after.x.Samplers()); diff != "" {
		t.Errorf("samplers (-before +after):\n%s", diff)
	}
	if after.x.InterfaceName(1) != "Te0/0/0" || after.x.ApplicationName(13<<56|1) != "web" || after.x.Templates() != 7 {
		t.Errorf("got %q, %q, %d templates", after.x.InterfaceName(1), after.x.ApplicationName(13<<56|1), after.x.Templates())
	}
	if got, want := after.x.Bytes(), before.x.Bytes(); got != want {
		t.Errorf("got %d bytes, want %d", got, want)
	}
	same(t, after.receive(v9(setOf(256, basicRecord(2, 808)))), []flow.Record{plain(flow.NetFlowV9, func(f *flow.Record) { f.SamplingRate, f.Sampling = 1000, flow.SamplingOptions })})
	after.receive(v9(setOf(0, tmpl(256, basic))))
	after.says(t)
}

func TestAnExporterThatAnnouncedNothingIsSavedToo(t *testing.T) {
	r := newReceiver()
	if err := r.x.Restore(NewExporter(r.x.limits).AppendState(nil)); err != nil {
		t.Error(err)
	}
}

// On an error nothing is kept, and nothing of before is lost.
func TestAStateThatCannotBeIsRefused(t *testing.T) {
	state := knowing().x.AppendState(nil)
	at := bytes.Index(state, []byte("Te0/0/0"))
	name := func(text string) []byte { return bytes.Replace(state, []byte("Te0/0/0"), []byte(text), 1) }
	cases := []struct {
		name  string
		state []byte
		err   string
	}{
		{"nothing", nil, "version 0 not supported (need 1)"},
		{"a newer version", append([]byte{2}, state[1:]...), "version 2 not supported (need 1)"},
		{"cut", state[:len(state)-1], "cut short"},
		{"cut inside a template", state[:60], "cut short"},
		{"longer", append(bytes.Clone(state), 0), "bytes behind the end"},
		{"a name that does not print", name("Te0/0\x1b0"), "a name that is no name"},
		{"a name of zero length", append(append(bytes.Clone(state[:at-2]), 0, 0), state[at+7:]...), "a name that is no name"},
		{"a field of an impossible length", bytes.Replace(state, specBytes(basic), specBytes("8:9 12:4 2:4 1:4"), 1), "domain 7: template 256: field sourceIPv4Address length 9 (allowed 4); template rejected"},
		{"a reserved id", bytes.Replace(state, words(nil, 256, noScopes), words(nil, 255, noScopes), 1), "domain 7: template 255: a reserved id"},
		{"an id twice", bytes.Replace(state, words(nil, 257, noScopes), words(nil, 256, noScopes), 1), "domain 7: template 256: more than is kept"},
		{"a sampling rate of 0", bytes.Replace(state, binary.BigEndian.AppendUint32(nil, 1000), make([]byte, 4), 1), "domain 7: sampling rate 0 out of 1–10000000"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			r := knowing()
			before := r.x.AppendState(nil)
			err := r.x.Restore(c.state)
			if err == nil || !strings.Contains(err.Error(), c.err) || !strings.HasPrefix(err.Error(), "saved templates: ") {
				t.Errorf("got error %v, want %q", err, c.err)
			}
			if !bytes.Equal(before, r.x.AppendState(nil)) {
				t.Error("what was known has changed")
			}
		})
	}
}

// No byte of a state may be anything: each is changed in turn.
func TestAStateWithAWrongByteNeverBreaksAnything(t *testing.T) {
	state := knowing().x.AppendState(nil)
	l := DefaultLimits()
	for i := range state {
		for _, flip := range []byte{1, 0x80, 0xff} {
			broken := bytes.Clone(state)
			broken[i] ^= flip
			x := NewExporter(&l)
			if x.Restore(broken) == nil {
				bounded(t, x)
				saved(t, x)
				x.expire(arrived)
			}
		}
	}
}

func TestLimitsHoldForASavedStateToo(t *testing.T) {
	r := newReceiver()
	for id := range uint16(20) {
		r.receive(v9From(uint32(id), setOf(0, tmpl(256, basic))))
	}
	state := r.x.AppendState(nil)
	l := DefaultLimits()
	l.Domains = 19
	if err := NewExporter(&l).Restore(state); err == nil || err.Error() != fmt.Sprintf("saved templates: domain 19: %v", errLimits) {
		t.Errorf("got %v", err)
	}
}
