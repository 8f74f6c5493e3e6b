package anomaly

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
)

func TestImportanceIsWrittenAsAWord(t *testing.T) {
	for i, word := range map[Importance]string{Low: `"low"`, Medium: `"medium"`, High: `"high"`} {
		text, err := json.Marshal(i)
		if string(text) != word || err != nil {
			t.Errorf("%d: got %s, %v; want %s", i, text, err, word)
		}
		var back Importance
		if err := json.Unmarshal([]byte(word), &back); back != i || err != nil {
			t.Errorf("%s: got %s, %v", word, back, err)
		}
	}
	if got := Importance(9).String(); got != "high" {
		t.Errorf("beyond high: got %s", got)
	}
	if !(Low < Medium && Medium < High) {
		t.Error("importances are not in order")
	}
}

func TestABadImportanceIsRefused(t *testing.T) {
	for text, want := range map[string]string{
		`"urgent"`: `importance "urgent": want low, medium or high`,
		`"High"`:   `importance "High": want low, medium or high`,
		`""`:       `importance "": want low, medium or high`,
		`2`:        `json: cannot unmarshal number into Go value of type string`,
	} {
		got := High
		if err := json.Unmarshal([]byte(text), &got); err == nil || err.Error() != want {
			t.Errorf("%s: got %v, want %s", text, err, want)
		}
	}
}

// TestTheFirstClassNamesTheAnomaly: the order of the design, whatever the order
// in which the findings came.
func TestTheFirstClassNamesTheAnomaly(t *testing.T) {
	want := []Class{Misuse, Signature, DarkIP, Scan, Profiled, Operation, "unheard-of"}
	got := slices.Clone(want)
	slices.Reverse(got)
	slices.SortFunc(got, func(a, b Class) int { return a.Rank() - b.Rank() })
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
