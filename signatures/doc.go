// Package signatures is the language in which analysts say what an attack looks
// like, and the machine that recognises it.
//
// Rule files (YAML, one rule a document) come in; rules, the problems found in
// them (each with file, line and column), and a compiled Set go out. A Set reads
// the columns of a flow.Batch and says which row matches which rule. What a rule
// says about many flows (group-by, timespan, condition) is handed on as values:
// the package counts nothing, keeps no state between batches, knows no clock and
// raises no anomaly.
//
// The way of a rule:
//
//	document   cut the file into documents, refuse what is no plain UTF-8 text
//	reader     strict YAML: every key and value checked, all problems at once
//	checker    the allow-list of the language, kinds, "did you mean"
//	language   expr-lang's type check and constant folding
//	builder    the typed tree becomes predicates over columns
//	Set        an index by port, protocol and packet size in front of them
//
// expr-lang's virtual machine runs in tests only, as the oracle: whatever it says
// about a flow, the predicates must say too.
package signatures
