package config

import "strings"

// nearest is the candidate that a mistyped word most likely meant; empty where none
// is near. One slip is forgiven per three letters.
func nearest(word string, candidates []string) string {
	best, least := "", 1+max(1, len(word)/3)
	if len(word) > 60 {
		return "" // no word of ours
	}
	for _, c := range candidates {
		if d := slips(normal(word), normal(c)); d < least {
			best, least = c, d
		}
	}
	return best
}

func normal(word string) string {
	return strings.ReplaceAll(strings.ToLower(word), "-", "_")
}

// slips counts the letters to insert, drop, change or swap with their neighbour (the
// optimal string alignment distance).
func slips(a, b string) int {
	var before []int
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		next := make([]int, len(b)+1)
		next[0] = i
		for j := 1; j <= len(b); j++ {
			change := row[j-1]
			if a[i-1] != b[j-1] {
				change++
			}
			next[j] = min(row[j]+1, next[j-1]+1, change)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				next[j] = min(next[j], before[j-2]+1)
			}
		}
		before, row = row, next
	}
	return row[len(b)]
}
