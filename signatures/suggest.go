package signatures

import "strings"

// didYouMean is ` (did you mean "x"?)` for the known key nearest to a mistaken
// one, or nothing where none is near.
func didYouMean(wrong string, known []string) string {
	if near := nearest(wrong, known); near != "" {
		return ` (did you mean "` + near + `"?)`
	}
	return ""
}

// didYouMeanField is the same for the names of the language, which stand bare.
func didYouMeanField(wrong string, known []string) string {
	if near := nearest(wrong, known); near != "" {
		return "; did you mean " + near + "?"
	}
	return ""
}

// nearest is the known name nearest to a mistaken one, at most two letters away,
// or "". Case and separators do not count, so SrcPort finds src_port.
func nearest(wrong string, known []string) string {
	best, distance := "", 3
	for _, name := range known {
		if d := editDistance(plain(wrong), plain(name)); d < distance {
			best, distance = name, d
		}
	}
	if distance >= len(plain(wrong)) {
		return ""
	}
	return best
}

var separators = strings.NewReplacer("_", "", "-", "", " ", "")

func plain(s string) string {
	if len(s) > 64 {
		s = s[:64]
	}
	return separators.Replace(strings.ToLower(s))
}

// editDistance is the Levenshtein distance in bytes: inserts, deletes and
// replacements that lead from a to b.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replace := diagonal
			if a[i] != b[j] {
				replace++
			}
			diagonal = row[j+1]
			row[j+1] = min(replace, row[j+1]+1, row[j]+1)
		}
	}
	return row[len(b)]
}
