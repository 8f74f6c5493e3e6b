package detector

import (
	"fmt"

	"eagre/detector/tally"
	"eagre/flow"
	"eagre/signatures"
)

// ruleSet is what the detector makes of the signatures: a test and a row
// predicate for each, by number, and matchers for the workers.
type ruleSet struct {
	set     *signatures.Set
	rules   []*signatures.Rule
	tests   []*test
	matches []func(b *flow.Batch, row int) bool
}

func newRuleSet(set *signatures.Set) (ruleSet, error) {
	r := ruleSet{set: set}
	if set == nil {
		return r, nil
	}
	rules := set.Rules()
	for i := range rules {
		rule := &rules[i]
		test, err := ruleTest(rule, i)
		if err != nil {
			return ruleSet{}, err
		}
		r.rules = append(r.rules, rule)
		r.tests = append(r.tests, test)
		r.matches = append(r.matches, rule.MatchRow)
	}
	return r, nil
}

func ruleTest(rule *signatures.Rule, number int) (*test, error) {
	t := &test{
		class: rule.Class, subclass: rule.Subclass(), title: rule.Title, order: severityOrder[tally.DNSReply],
		detector: "signature/" + rule.Name, revision: fmt.Sprint(rule.Revision),
		source: fmt.Sprintf("signature %s rev %d", rule.Name, rule.Revision),
		what:   rule.Title, stage: rule.Stage.Anomaly(), level: rule.Level.Importance(), rule: number,
		panes: rule.Timespan.Milliseconds() / tally.PaneLength, all: !rule.Condition.Any,
	}
	elements := uint8(0)
	for _, from := range rule.Condition.Terms {
		to := term{metric: metricOf[from.Metric], limit: from.Limit, above: from.Above}
		if to.metric == metricDistinct {
			to.element, t.peers = elements, plural[from.Field]
			elements++
		}
		t.terms = append(t.terms, to)
	}
	if elements > tally.MaxElements {
		return nil, fmt.Errorf("signature %s: counts %d different fields, limit %d", rule.Name, elements, tally.MaxElements)
	}
	return t, nil
}

var plural = map[signatures.Field]string{
	signatures.SrcAddr: "sources", signatures.DstAddr: "destinations",
	signatures.SrcPort: "source ports", signatures.DstPort: "destination ports", signatures.Proto: "protocols",
}

var metricOf = map[signatures.Metric]metric{
	signatures.PPS: metricPPS, signatures.BPS: metricBPS, signatures.FPS: metricFPS,
	signatures.Packets: metricPackets, signatures.Bytes: metricBytes,
	signatures.EventCount: metricFlows, signatures.ValueCount: metricDistinct,
}

// matcher makes what one counter needs; nil where there are no signatures.
func (r ruleSet) matcher() tally.Matcher {
	if r.set == nil || len(r.rules) == 0 {
		return nil
	}
	return &matcher{rules: r}
}

// matcher turns the rows that signatures match into groups to count.
type matcher struct {
	rules   ruleSet
	matches signatures.Matches
	out     []tally.Match
}

// Match implements tally.Matcher.
func (m *matcher) Match(b *flow.Batch) []tally.Match {
	m.rules.set.Match(b, &m.matches)
	m.out = m.out[:0]
	for i, row := range m.matches.Row {
		m.out = append(m.out, m.match(b, int(row), m.matches.Rule[i]))
	}
	return m.out
}

func (m *matcher) match(b *flow.Batch, row int, number uint32) tally.Match {
	rule := m.rules.rules[number]
	g := rule.Group(b, row)
	out := tally.Match{Row: row, Group: tally.Key{
		Kind: tally.Group, Index: number, Addr: g.Src, Peer: g.Dst, SrcPort: g.SrcPort, DstPort: g.DstPort, Bits: g.Proto,
	}}
	for _, t := range rule.Condition.Terms {
		if t.Metric == signatures.ValueCount {
			out.Elements[out.Terms] = t.Element(b, row)
			out.Terms++
		}
	}
	return out
}
