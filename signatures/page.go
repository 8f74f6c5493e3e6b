package signatures

import (
	"fmt"
	"slices"
	"strings"
)

// Page is the rule's page in the manual, as Markdown. The pages of the shipped
// rules are stored in docs/rules; a test keeps them equal to this.
func (r *Rule) Page() string {
	var p strings.Builder
	fmt.Fprintf(&p, "# %s\n\n", r.Title)
	if r.Description != "" {
		fmt.Fprintf(&p, "%s\n\n", r.Description)
	}
	r.pageTable(&p)
	fmt.Fprintf(&p, "\n## Expression\n\n```\n%s\n```\n\n## Condition\n\n%s\n", r.Expr, r.Sentence())
	pageList(&p, "Known false positives", r.FalsePositives)
	pageList(&p, "References", r.References)
	r.pageCases(&p)
	return p.String()
}

// Sentence says in words when the rule fires.
func (r *Rule) Sentence() string {
	return fmt.Sprintf("Fires when, for %s, within %v: %s.", r.grouping(), r.Timespan, r.Condition)
}

func (r *Rule) grouping() string {
	if len(r.GroupBy) == 0 {
		return "all matching flows together"
	}
	var words []string
	for _, field := range r.GroupBy {
		words = append(words, field.String())
	}
	return "the matching flows of one " + strings.Join(words, ", ")
}

func (r *Rule) pageTable(p *strings.Builder) {
	fmt.Fprintf(p, "| | |\n|---|---|\n")
	for _, row := range [][2]string{
		{"name", r.Name},
		{"id", r.ID},
		{"revision", fmt.Sprint(r.Revision)},
		{"class", fmt.Sprintf("%s / %s", r.Class, r.Subclass())},
		{"stage", r.Stage.String()},
		{"level", fmt.Sprintf("%s (importance %s)", r.Level, r.Level.Importance())},
		{"tags", strings.Join(r.Tags, ", ")},
		{"author", r.Author},
		{"date", r.Date},
		{"modified", r.Modified},
	} {
		if row[1] != "" {
			fmt.Fprintf(p, "| %s | %s |\n", row[0], row[1])
		}
	}
}

func pageList(p *strings.Builder, title string, items []string) {
	if len(items) == 0 {
		return
	}
	fmt.Fprintf(p, "\n## %s\n\n", title)
	for _, item := range items {
		fmt.Fprintf(p, "- %s\n", item)
	}
}

func (r *Rule) pageCases(p *strings.Builder) {
	fmt.Fprintf(p, "\n## Cases\n\n%d flows that must match and %d that must not stand in the rule's file, `%s`.\n",
		len(r.Match), len(r.NoMatch), r.File)
}

// Index is the page that lists rules, as Markdown, in the order of their names.
func Index(rules []Rule) string {
	var p strings.Builder
	p.WriteString("# Rules that ship\n\n| rule | title | stage | level |\n|---|---|---|---|\n")
	sorted := slices.Clone(rules)
	slices.SortFunc(sorted, func(a, b Rule) int { return strings.Compare(a.Name, b.Name) })
	for _, r := range sorted {
		fmt.Fprintf(&p, "| [%s](%s.md) | %s | %s | %s |\n", r.Name, r.Name, r.Title, r.Stage, r.Level)
	}
	return p.String()
}
