package config

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"eagre/anomaly"
	"eagre/network"
)

func asIs(text string) string { return text }

var yesNo = scalar[bool]{
	words: "true or false", tag: "!!bool",
	parse: func(text string) (bool, error) {
		if text != "true" && text != "false" {
			return false, fmt.Errorf("%s: want true or false", quote(text))
		}
		return text == "true", nil
	},
	format: strconv.FormatBool,
}

// number is a whole number within bounds; 0 is left out by Dump, so it is no value
// that a key of this kind may have.
func number(words string, least, most uint32) scalar[uint32] {
	return scalar[uint32]{
		words: words, tag: "!!int",
		parse: func(text string) (uint32, error) {
			n, err := wholeNumber(text, uint64(least), uint64(most))
			return uint32(n), err
		},
		format: func(n uint32) string {
			if n == 0 {
				return ""
			}
			return strconv.FormatUint(uint64(n), 10)
		},
	}
}

// whole is a whole number within bounds, 0 a value like any other.
func whole(least, most uint32) scalar[uint32] {
	k := number(fmt.Sprintf("a number in %d–%d", least, most), least, most)
	k.format = func(n uint32) string { return strconv.FormatUint(uint64(n), 10) }
	return k
}

var plainNumber = regexp.MustCompile(`^[0-9]+(\.[0-9]+)?$`)

// between is a number inside of two bounds.
func between(least, most float64) scalar[float64] {
	words := fmt.Sprintf("a number between %v and %v", least, most)
	return scalar[float64]{
		words: words, tag: "!!float",
		parse: func(text string) (float64, error) {
			n, err := strconv.ParseFloat(text, 64)
			if !plainNumber.MatchString(text) || err != nil || n <= least || n >= most {
				return 0, fmt.Errorf("%s: want %s, in plain digits", quote(text), words)
			}
			return n, nil
		},
		format: func(n float64) string {
			text := strconv.FormatFloat(n, 'f', -1, 64)
			if !strings.Contains(text, ".") {
				text += ".0" // or YAML would read a whole number
			}
			return text
		},
	}
}

var digits = regexp.MustCompile(`^[0-9]+$`)

func wholeNumber(text string, least, most uint64) (uint64, error) {
	if !digits.MatchString(text) {
		return 0, fmt.Errorf("%s: want a whole number in %d–%d, in plain digits", quote(text), least, most)
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil || n < least || n > most {
		return 0, fmt.Errorf("%s out of %d–%d", quote(text), least, most)
	}
	return n, nil
}

// name is what people call something. It is shown in alerts and on terminals.
var name = scalar[string]{words: "a name", parse: parseName, format: asIs}

func parseName(text string) (string, error) {
	odd := func(r rune) bool { return !unicode.IsPrint(r) }
	switch {
	case strings.TrimSpace(text) != text || text == "":
		return "", fmt.Errorf("name %s: empty, or with space at an end", quote(text))
	case utf8.RuneCountInString(text) > 100:
		return "", fmt.Errorf("name %s: longer than 100 characters", quote(text))
	case strings.ContainsFunc(text, odd):
		return "", fmt.Errorf("name %s: holds characters that cannot be shown", quote(text))
	}
	return text, nil
}

// pattern is a text of one form; the value is not quoted in errors.
func pattern(words, form string) scalar[string] {
	re := regexp.MustCompile(form)
	return scalar[string]{words: words, format: asIs, parse: func(text string) (string, error) {
		if !re.MatchString(text) {
			return "", fmt.Errorf("want %s", words)
		}
		return text, nil
	}}
}

// path names a file or a folder. Errors do not quote it: someone may have put a key
// where its file belongs.
func path(words string) scalar[string] {
	return scalar[string]{words: words, format: asIs, parse: func(text string) (string, error) {
		odd := func(r rune) bool { return !unicode.IsPrint(r) }
		if strings.TrimSpace(text) == "" || len(text) > 4096 || strings.ContainsFunc(text, odd) {
			return "", fmt.Errorf("this is not the path of %s", words)
		}
		return filepath.Clean(text), nil
	}}
}

// oneOf is a word of a small set.
func oneOf[T any](parse func(string) (T, error), format func(T) string, words ...string) scalar[T] {
	all := strings.Join(words[:len(words)-1], ", ") + " or " + words[len(words)-1]
	return scalar[T]{words: all, format: format, parse: func(text string) (T, error) {
		v, err := parse(text)
		if err != nil {
			return v, fmt.Errorf("%s: want %s%s", quote(text), all, meant(text, words))
		}
		return v, nil
	}}
}

func meant(text string, words []string) string {
	if near := nearest(text, words); near != "" {
		return fmt.Sprintf(" (did you mean %q?)", near)
	}
	return ""
}

var role = oneOf(network.ParseRole, func(r network.Role) string {
	if r == network.RoleUnknown {
		return ""
	}
	return r.String()
}, "external", "customer", "core")

var importance = oneOf(parseImportance, anomaly.Importance.String, "low", "medium", "high")

func parseImportance(text string) (anomaly.Importance, error) {
	for _, i := range []anomaly.Importance{anomaly.Low, anomaly.Medium, anomaly.High} {
		if i.String() == text {
			return i, nil
		}
	}
	return anomaly.Low, fmt.Errorf("importance %s", quote(text))
}

// victim is the only word to group by so far: what happens to one victim at one time
// is joined into one anomaly before it comes to alerts.
var victim = scalar[string]{words: "the word victim", format: asIs, parse: func(text string) (string, error) {
	if text != "victim" {
		return "", fmt.Errorf("%s: alerts are grouped by victim only", quote(text))
	}
	return text, nil
}}
