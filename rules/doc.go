// Package rules is the signatures that ship, as text: one rule a file, each with
// flows that must and must not match. It knows nothing of their meaning; that is
// the room signatures. Each rule has a page in docs/rules, made from the rule by
// go generate.
package rules

import "embed"

//go:generate go test ../signatures -run TestEveryShippedRuleHasItsPage -update

// Files holds the rule files, *.yaml, at its root. It is read only.
//
//go:embed *.yaml
var Files embed.FS
