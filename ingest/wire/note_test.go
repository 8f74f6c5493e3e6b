package wire

import (
	"strings"
	"testing"
)

func TestEveryReasonHasOneLabelOfItsOwn(t *testing.T) {
	seen := map[string]Reason{}
	for r := range ReasonCount {
		label := r.String()
		if label == "" || strings.Trim(label, "abcdefghijklmnopqrstuvwxyz_") != "" {
			t.Errorf("reason %d: label %q", r, label)
		}
		if other, taken := seen[label]; taken {
			t.Errorf("reasons %d and %d are both %q", other, r, label)
		}
		seen[label] = r
	}
}

func TestEveryFindingHasAReasonAndASentence(t *testing.T) {
	for f := range findingCount {
		n := Note{Finding: f, A: 1001, B: 1002, C: 1003, Times: 1004}
		if text := n.String(); text == "" || strings.Contains(text, "%!") || strings.ContainsAny(text, "\n\t") {
			t.Errorf("finding %d: sentence %q", f, text)
		}
		if n.Reason() == NoReason {
			t.Errorf("finding %d has no reason", f)
		}
	}
}

func TestReportMergesNotesOfOneFinding(t *testing.T) {
	var r Report
	r.Add(Note{Finding: MaskTooLong, A: 33, B: 4})
	r.Add(Note{Finding: MaskTooLong, A: 255, B: 4})
	r.Add(Note{Finding: WrongDuration, Times: 3})
	got := r.Notes()
	if len(got) != 2 || got[0].Times != 2 || got[0].A != 33 || got[1].Times != 3 {
		t.Errorf("got %+v, want the mask twice with 33 and three durations", got)
	}
	r.Reset()
	if len(r.Notes()) != 0 {
		t.Errorf("got %+v after Reset", r.Notes())
	}
}

// Every finding there is fits into one report.
func TestReportNeverOverflows(t *testing.T) {
	var r Report
	for range 3 {
		for f := range findingCount {
			r.Add(Note{Finding: f})
		}
	}
	if got := len(r.Notes()); got != int(findingCount) {
		t.Errorf("got %d notes, want %d", got, findingCount)
	}
}

func TestDispositionSaysWhatBecameOfADatagram(t *testing.T) {
	cases := []struct {
		name    string
		finding Finding
		decoded int
		want    Disposition
		why     Reason
	}{
		{"odd but all used", MaskTooLong, 3, OK, NoReason},
		{"some used", FixedCount, 1, Partial, CountMismatch},
		{"nothing used", FixedCount, 0, Malformed, CountMismatch},
		{"keepalive", FixedKeepalive, 0, OK, NoReason},
	}
	for _, c := range cases {
		r := Report{Decoded: c.decoded}
		r.Add(Note{Finding: c.finding})
		if got, why := r.Disposition(); got != c.want || why != c.why {
			t.Errorf("%s: got %v/%v, want %v/%v", c.name, got, why, c.want, c.why)
		}
	}
}
