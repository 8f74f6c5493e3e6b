package baseline

import (
	"cmp"
	"encoding/csv"
	"encoding/json"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"eagre/internal/recorded"
)

// The Numenta Anomaly Benchmark and its rules (Lavin and Ahmad, Evaluating real-time
// anomaly detection algorithms, 2015): of each labelled window the earliest point at
// or above the threshold counts, the more the earlier it is; every such point outside
// of windows costs; the first 15 % of a series, at most 750 points, are not looked
// at. One threshold serves all series.

// nabSeries is one file with its labels.
type nabSeries struct {
	name    string
	at      []time.Time
	values  []float64
	windows [][2]int // first and last point of each
}

func (s *nabSeries) probation() int { return min(int(0.15*float64(len(s.values))), 750) }

// nabProfile says what a detection, a miss and a false one are worth.
type nabProfile struct {
	CostMatrix struct{ TPWeight, FNWeight, FPWeight float64 }
}

func nab(t testing.TB) ([]nabSeries, nabProfile) {
	t.Helper()
	folder := recorded.Path(t, "captures", "labelled", "NAB")
	var windows map[string][][2]string
	readJSON(t, filepath.Join(folder, "labels", "combined_windows.json"), &windows)
	var profiles map[string]nabProfile
	readJSON(t, filepath.Join(folder, "config", "profiles.json"), &profiles)
	var all []nabSeries
	for name, limits := range windows {
		s := readSeries(t, filepath.Join(folder, "data", filepath.FromSlash(name)))
		s.name = name
		for _, limit := range limits {
			s.windows = append(s.windows, [2]int{s.find(t, limit[0]), s.find(t, limit[1])})
		}
		all = append(all, s)
	}
	slices.SortFunc(all, func(a, b nabSeries) int { return strings.Compare(a.name, b.name) })
	if len(all) == 0 {
		t.Fatal("no series")
	}
	return all, profiles["standard"]
}

func readJSON(t testing.TB, path string, into any) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(text, into)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func readSeries(t testing.TB, path string) (s nabSeries) {
	t.Helper()
	rows, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	all, err := csv.NewReader(rows).ReadAll()
	if err != nil {
		t.Fatal(&fs.PathError{Op: "read", Path: path, Err: err})
	}
	for _, row := range all[1:] {
		at, err := time.Parse("2006-01-02 15:04:05", row[0])
		if err != nil {
			t.Fatal(err)
		}
		value, err := strconv.ParseFloat(row[1], 64)
		if err != nil {
			t.Fatal(err)
		}
		s.at, s.values = append(s.at, at), append(s.values, value)
	}
	return s
}

func (s *nabSeries) find(t testing.TB, text string) int {
	t.Helper()
	at, err := time.Parse("2006-01-02 15:04:05.999999", text)
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(s.at, func(other time.Time) bool { return !other.Before(at) })
	if i < 0 {
		t.Fatalf("%s: a window at %v, behind the last point", s.name, at)
	}
	return i
}

// nabPoint is one point outside of probation: what it is worth if it is at or above
// the threshold, and to which window that counts.
type nabPoint struct {
	score  float64
	worth  float64
	window int // of all series, or -1
}

// nabSigmoid is 1 far before the end of a window, 0 at it, and -1 far behind.
func nabSigmoid(position float64) float64 {
	if position > 3 {
		return -1
	}
	return 2/(1+math.Exp(5*position)) - 1
}

// points says of every point what it is worth.
func (s *nabSeries) points(scores []float64, profile nabProfile, window int) []nabPoint {
	var out []nabPoint
	weights := profile.CostMatrix
	for i := s.probation(); i < len(s.values); i++ {
		p := nabPoint{score: scores[i], window: -1, worth: -weights.FPWeight}
		for w, limits := range s.windows {
			width := float64(limits[1] - limits[0])
			switch {
			case i > limits[1]:
				p.worth = weights.FPWeight * nabSigmoid(float64(i-limits[1])/width)
			case i >= limits[0]:
				position := -float64(limits[1]-i+1) / (width + 1)
				p.worth, p.window = weights.TPWeight*nabSigmoid(position)/nabSigmoid(-1), window+w
			}
		}
		out = append(out, p)
	}
	return out
}

// nabResult is what one set of series makes of one threshold.
type nabResult struct {
	score, threshold float64
	found, windows   int
	wrong            int
}

// sweep lowers the threshold from point to point and keeps the best, as the
// benchmark does; at is the threshold to judge by instead, if it is a number.
func sweep(points []nabPoint, windows int, profile nabProfile, at float64) nabResult {
	points = slices.Clone(points)
	slices.SortStableFunc(points, func(a, b nabPoint) int { return cmp.Compare(b.score, a.score) })
	best := make([]float64, 0, windows)
	index := map[int]int{}
	raw, wrong := -profile.CostMatrix.FNWeight*float64(windows), 0
	result := nabResult{score: math.Inf(-1)}
	if !math.IsNaN(at) {
		result = nabResult{score: raw, threshold: at}
	}
	for i, p := range points {
		if !math.IsNaN(at) && p.score < at {
			break
		}
		switch at, seen := index[p.window]; {
		case p.window < 0:
			raw += p.worth
			wrong++
		case !seen:
			index[p.window] = len(best)
			best = append(best, p.worth)
			raw += profile.CostMatrix.FNWeight + p.worth
		case p.worth > best[at]:
			raw += p.worth - best[at]
			best[at] = p.worth
		}
		last := i+1 == len(points) || points[i+1].score < p.score
		if last && (raw > result.score || !math.IsNaN(at)) {
			result = nabResult{raw, p.score, len(best), windows, wrong}
		}
	}
	null, perfect := -profile.CostMatrix.FNWeight*float64(windows), profile.CostMatrix.TPWeight*float64(windows)
	result.score = 100 * (result.score - null) / (perfect - null)
	result.windows = windows
	return result
}

// nabDetector scores a series point by point: it sees no point before its time.
type nabDetector interface {
	next(at time.Time, value float64) float64
}

// judgeNAB lets a new detector watch each series, and returns the points of each.
func judgeNAB(all []nabSeries, profile nabProfile, begin func() nabDetector) (points [][]nabPoint, windows []int) {
	first := 0
	for i := range all {
		s := &all[i]
		d := begin()
		scores := make([]float64, len(s.values))
		for k, value := range s.values {
			scores[k] = d.next(s.at[k], value)
		}
		points = append(points, s.points(scores, profile, first))
		windows = append(windows, len(s.windows))
		first += len(s.windows)
	}
	return points, windows
}

// windowedGaussian is the simplest detector with a published score, to check the
// rules by: how far a value is in the tails of the last 6400.
type windowedGaussian struct {
	window, step    []float64
	mean, deviation float64
}

func (w *windowedGaussian) next(_ time.Time, value float64) float64 {
	score := 0.
	if len(w.window) > 0 {
		score = 1 - 0.5*math.Erfc(math.Abs(value-w.mean)/w.deviation/1.4142)
	}
	if len(w.window) < 6400 {
		w.window = append(w.window, value)
		w.update()
	} else if w.step = append(w.step, value); len(w.step) == 100 {
		w.window = append(w.window[100:], w.step...)
		w.step = w.step[:0]
		w.update()
	}
	return score
}

func (w *windowedGaussian) update() {
	w.mean = mean(w.window)
	squares := 0.
	for _, v := range w.window {
		squares += (v - w.mean) * (v - w.mean)
	}
	if w.deviation = math.Sqrt(squares / float64(len(w.window))); w.deviation == 0 {
		w.deviation = 0.000001
	}
}
