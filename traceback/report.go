package traceback

import (
	"cmp"
	"slices"

	"eagre/anomaly"
)

// MaxSnapshots is how many snapshots a report keeps one by one: four hours.
// Older ones are added up, so that the summary stays whole.
const MaxSnapshots = 240

// mergedRows is how many rows a list of added-up snapshots keeps, so that a
// value that was eleventh for an hour is not lost to the summary.
const mergedRows = 64

// Report is all that is known about one anomaly: what a file stores, the API
// serves and Text prints. The zero value with an Anomaly is a valid report.
type Report struct {
	Anomaly anomaly.Event `json:"anomaly"`
	// Earlier is the sum of the snapshots that are no longer kept one by one,
	// and Merged how many those are.
	Earlier   *Snapshot  `json:"earlier,omitempty"`
	Merged    int        `json:"merged"`
	Snapshots []Snapshot `json:"snapshots"`
}

// Keep adds a snapshot. One without a number gets the next; one that covers no
// time is not kept. Beyond MaxSnapshots the oldest joins Earlier.
func (r *Report) Keep(s Snapshot) {
	if s.Seconds == 0 {
		return
	}
	if s.Number == 0 {
		s.Number = r.nextNumber()
	}
	r.Snapshots = append(r.Snapshots, s)
	for len(r.Snapshots) > MaxSnapshots {
		r.mergeOldest()
	}
}

func (r *Report) nextNumber() int {
	if n := len(r.Snapshots); n > 0 {
		return r.Snapshots[n-1].Number + 1
	}
	return r.Merged + 1
}

func (r *Report) mergeOldest() {
	oldest := r.Snapshots[0]
	if r.Earlier != nil {
		oldest = sum([]Snapshot{*r.Earlier, oldest}, mergedRows)
	}
	r.Earlier = &oldest
	r.Merged++
	r.Snapshots = slices.Delete(r.Snapshots, 0, 1)
}

// Summary is the sum of all snapshots collected: bytes and packets added, rates
// over all their seconds. A value counts from the snapshots in whose lists it
// was a row; where it was not, it is in the rest.
func (r Report) Summary() Snapshot {
	all := r.Snapshots
	if r.Earlier != nil {
		all = append([]Snapshot{*r.Earlier}, all...)
	}
	return sum(all, rowsShown)
}

// sum adds snapshots up, keeping so many rows of each list.
func sum(all []Snapshot, rows int) Snapshot {
	var out Snapshot
	totals, elements := make([]Traffic, 0, len(all)), map[elementID][]ElementTraffic{}
	for i, s := range all {
		if i == 0 || s.Start.Before(out.Start) {
			out.Start = s.Start
		}
		if s.End.After(out.End) {
			out.End = s.End
		}
		out.Number, out.Seconds = s.Number, out.Seconds+s.Seconds
		totals = append(totals, s.Total)
		for _, e := range s.Elements {
			elements[e.id()] = append(elements[e.id()], e)
		}
	}
	out.Total = sumTraffic(totals, out.Seconds, rows)
	out.Elements = sumElements(elements, out.Seconds, rows)
	return out
}

// elementID tells network elements apart.
type elementID struct {
	address string
	index   uint32
}

func (e ElementTraffic) id() elementID { return elementID{e.Address.String(), e.Interface} }

func sumElements(elements map[elementID][]ElementTraffic, seconds, rows int) []ElementTraffic {
	out := make([]ElementTraffic, 0, len(elements))
	for _, parts := range elements {
		joined := parts[len(parts)-1]
		traffics := make([]Traffic, len(parts))
		for i, p := range parts {
			traffics[i] = p.Traffic
			joined.Entry = joined.Entry || p.Entry
		}
		joined.Traffic = sumTraffic(traffics, seconds, rows)
		out = append(out, joined)
	}
	slices.SortFunc(out, func(a, b ElementTraffic) int {
		return cmp.Or(cmp.Compare(b.Bytes, a.Bytes), a.Address.Compare(b.Address), cmp.Compare(a.Interface, b.Interface))
	})
	return out[:min(len(out), keptElements)]
}

// lists are the lists of a traffic, in the order in which they are shown.
func (t *Traffic) lists() []*List {
	return []*List{
		&t.SourceAddresses, &t.DestinationAddresses, &t.SourcePorts, &t.DestinationPorts, &t.Protocols,
		&t.TCPFlags, &t.InputInterfaces, &t.OutputInterfaces, &t.SourceAS, &t.DestinationAS,
	}
}

func sumTraffic(parts []Traffic, seconds, rows int) Traffic {
	var total count
	for _, p := range parts {
		total.add(p.count())
	}
	out := Traffic{Amount: amount(total, seconds)}
	for i, list := range out.lists() {
		of := make([]List, len(parts))
		for j := range parts {
			of[j] = *parts[j].lists()[i]
		}
		*list = sumLists(of, total, seconds, rows)
	}
	return out
}

func sumLists(parts []List, total count, seconds, keep int) List {
	var rows []keyed
	at := map[string]int{}
	out := List{}
	for _, p := range parts {
		out.Distinct = max(out.Distinct, p.Distinct)
		out.CountedPer = cmp.Or(p.CountedPer, out.CountedPer)
		for _, r := range p.Rows {
			i, ok := at[r.Key]
			if !ok {
				i = len(rows)
				at[r.Key] = i
				rows = append(rows, keyed{key: r.Key})
			}
			rows[i].add(r.count())
		}
	}
	top := topRows(rows, total, seconds, keep)
	out.Rows, out.Rest = top.Rows, top.Rest
	return out
}
