package signatures_test

import (
	"fmt"

	"eagre/flow"
	"eagre/signatures"
)

// A rule is read, compiled and matched against a batch of flows.
func Example() {
	rules, problems := signatures.Parse("worm.yaml", []byte(`
title: An example
id: 7c1a1f7e-0000-4000-8000-000000000001
name: example
stage: shadow
level: low
expr: |
  proto == 17 && dst_port == 1434 && packet_size == 404
group-by: [src_addr]
condition: {value_count: {field: dst_addr, gte: 50}}
`))
	set, conflicts := signatures.Compile(rules)

	batch := flow.NewBatch()
	batch.Append(flow.Record{Proto: 17, DstPort: 1434, Bytes: 404, Packets: 1})
	batch.Append(flow.Record{Proto: 17, DstPort: 53, Bytes: 70, Packets: 1})
	var m signatures.Matches
	set.Match(batch, &m)

	fmt.Println(len(problems), len(conflicts))
	for i, row := range m.Row {
		r := set.Rules()[m.Rule[i]]
		fmt.Printf("row %d: %s. %s\n", row, r.Title, r.Sentence())
	}
	// Output:
	// 0 0
	// row 0: An example. Fires when, for the matching flows of one src_addr, within 2s: value_count(dst_addr) ≥ 50.
}

// A mistake is shown with its place and a caret.
func ExampleParse() {
	_, problems := signatures.Parse("mistake.yaml", []byte(`title: An example
id: 7c1a1f7e-0000-4000-8000-000000000001
name: example
stage: shadow
level: low
expr: |
  proto == 17 && SrcPrt == 53
condition: {pps: {gte: 1}}
`))
	for _, p := range problems {
		fmt.Println(p)
		fmt.Println(p.Snippet)
	}
	// Output:
	// mistake.yaml:7:18: unknown field "SrcPrt"; did you mean src_port?
	//  |   proto == 17 && SrcPrt == 53
	//  |                  ^
}
