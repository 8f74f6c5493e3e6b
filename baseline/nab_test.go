package baseline

import (
	"math"
	"slices"
	"testing"
)

// TestTheRulesOfNABAreKept: nothing said is worth nothing, and the windowed Gaussian
// gets what was published of it, but for a point.
func TestTheRulesOfNABAreKept(t *testing.T) {
	all, profile := nab(t)
	points, windows := judgeNAB(all, profile, func() nabDetector { return &windowedGaussian{deviation: 1} })
	flat, count := slices.Concat(points...), sum(windows)
	got := sweep(flat, count, profile, math.NaN())
	t.Logf("windowed Gaussian: %.2f, published 39.65", got.score)
	if math.Abs(got.score-39.65) > 1 {
		t.Errorf("got %.2f, want 39.65", got.score)
	}
	if nothing := sweep(flat, count, profile, 2); nothing.score != 0 || count != 116 {
		t.Errorf("got %.2f for nothing of %d windows, want 0 of 116", nothing.score, count)
	}
}

// TestAPerfectDetectorGetsAHundred at the first point of each window, and one that
// always cries wolf less than nothing.
func TestAPerfectDetectorGetsAHundred(t *testing.T) {
	all, profile := nab(t)
	var perfect, wolf []nabPoint
	count := 0
	for i := range all {
		s := &all[i]
		scores, always := make([]float64, len(s.values)), make([]float64, len(s.values))
		for k := range always {
			always[k] = 1
		}
		for _, window := range s.windows {
			scores[window[0]] = 1
		}
		perfect = append(perfect, s.points(scores, profile, count)...)
		wolf = append(wolf, s.points(always, profile, count)...)
		count += len(s.windows)
	}
	if got := sweep(perfect, count, profile, 1).score; math.Abs(got-100) > 0.5 {
		t.Errorf("got %.2f, want 100", got)
	}
	if got := sweep(wolf, count, profile, 1).score; got > -1000 {
		t.Errorf("got %.2f for crying wolf, want far below nothing", got)
	}
}

// TestThePrimitivesOnNAB prints the score: one setting for all series, no look ahead,
// the threshold chosen as the benchmark does, and chosen on four fifths of the series
// for the last one. The design asks for 58.3 and hopes for 65 and 62.
func TestThePrimitivesOnNAB(t *testing.T) {
	all, profile := nab(t)
	points, windows := judgeNAB(all, profile, func() nabDetector { return newChannels() })
	got := sweep(slices.Concat(points...), sum(windows), profile, math.NaN())
	t.Logf("NAB standard profile: %.2f (threshold %.2f, %d of %d windows, %d false)", got.score, got.threshold, got.found, got.windows, got.wrong)
	crossed := crossValidated(points, windows, profile)
	t.Logf("with the threshold of the other series: %.2f", crossed)
	if got.score < 65 || crossed < 62 {
		t.Errorf("got %.2f and %.2f, want at least 65 and 62", got.score, crossed)
	}
}

// crossValidated judges each fifth of the series by the threshold of the others.
func crossValidated(points [][]nabPoint, windows []int, profile nabProfile) float64 {
	const parts = 5
	total := 0.
	for part := range parts {
		var here, others []nabPoint
		inHere, inOthers := 0, 0
		for i := range points {
			if i%parts == part {
				here, inHere = append(here, points[i]...), inHere+windows[i]
			} else {
				others, inOthers = append(others, points[i]...), inOthers+windows[i]
			}
		}
		threshold := sweep(others, inOthers, profile, math.NaN()).threshold
		total += sweep(here, inHere, profile, threshold).score * float64(inHere)
	}
	return total / float64(sum(windows))
}

func sum(list []int) (n int) {
	for _, x := range list {
		n += x
	}
	return n
}
