package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"

	"eagre/anomaly"
	"eagre/traceback"
)

// reports are the reports of the newest anomalies, in memory and, with a
// folder, one file for each. Any number of goroutines may use it.
type reports struct {
	dir   string // empty: memory only
	bound int

	mu    sync.Mutex
	byID  map[string]*traceback.Report
	order []string // oldest first
}

// maxReports bounds the reports that are kept.
const maxReports = 1000

// newReports keeps reports below a data folder, with those that earlier runs left
// there; an empty one keeps none on disk.
func newReports(dataDir string) (*reports, error) {
	r := &reports{bound: maxReports, byID: map[string]*traceback.Report{}}
	if dataDir == "" {
		return r, nil
	}
	r.dir = filepath.Join(dataDir, "reports")
	if err := os.MkdirAll(r.dir, 0o700); err != nil {
		return nil, fmt.Errorf("reports: %w", err)
	}
	return r, r.recall()
}

// recall takes in what the folder holds, within the bound. A file that is no
// report is left to whoever put it there.
func (r *reports) recall() error {
	files, err := os.ReadDir(r.dir)
	if err != nil {
		return fmt.Errorf("reports: %w", err)
	}
	for _, f := range files {
		id, isReport := strings.CutSuffix(f.Name(), ".json")
		if !isReport || !anomalyID.MatchString(id) {
			continue
		}
		if report, err := readFile(filepath.Join(r.dir, f.Name())); err == nil && report.Anomaly.ID == id {
			r.byID[id] = &report
			r.order = append(r.order, id)
		}
	}
	slices.SortStableFunc(r.order, func(a, b string) int { return r.byID[a].Anomaly.At.Compare(r.byID[b].Anomaly.At) })
	for len(r.order) > r.bound {
		r.forgetOldest()
	}
	return nil
}

// keep takes in an event and the snapshot that goes with it, which may replace
// the newest one.
func (r *reports) keep(e anomaly.Event, s traceback.Snapshot, replace bool) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	report := r.byID[e.ID]
	if report == nil {
		report = &traceback.Report{}
		r.byID[e.ID] = report
		r.order = append(r.order, e.ID)
		r.forgetOldest()
	}
	report.Anomaly = e
	if n := len(report.Snapshots); replace && n > 0 && s.Seconds > 0 {
		s.Number = report.Snapshots[n-1].Number
		report.Snapshots = report.Snapshots[:n-1]
	}
	report.Keep(s)
	return r.write(report)
}

func (r *reports) forgetOldest() {
	if len(r.order) <= r.bound {
		return
	}
	id := r.order[0]
	r.order = slices.Delete(r.order, 0, 1)
	delete(r.byID, id)
	if r.dir != "" {
		_ = os.Remove(r.path(id)) // a report that stays is no harm
	}
}

func (r *reports) path(id string) string { return filepath.Join(r.dir, id+".json") }

// write replaces a report's file as a whole.
func (r *reports) write(report *traceback.Report) error {
	if r.dir == "" {
		return nil
	}
	data, err := json.Marshal(report)
	if err != nil {
		return fmt.Errorf("report %s: %w", report.Anomaly.ID, err)
	}
	path := r.path(report.Anomaly.ID)
	if err := os.WriteFile(path+".new", data, 0o600); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	return os.Rename(path+".new", path)
}

// get is a copy of a report.
func (r *reports) get(id string) (traceback.Report, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	report := r.byID[id]
	if report == nil {
		return traceback.Report{}, false
	}
	out := *report
	out.Snapshots = slices.Clone(report.Snapshots)
	return out, true
}

// newest are the anomalies, newest first.
func (r *reports) newest() []anomaly.Event {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := make([]anomaly.Event, 0, len(r.order))
	for _, id := range slices.Backward(r.order) {
		out = append(out, r.byID[id].Anomaly)
	}
	return out
}

// anomalyID is what an id looks like; nothing else is looked up in a folder.
var anomalyID = regexp.MustCompile(`^a-[a-z2-7]{16}$`)

// readReport opens the report of an anomaly in a data folder.
func readReport(dataDir, id string) (traceback.Report, error) {
	dir := filepath.Join(dataDir, "reports")
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		return traceback.Report{}, usagef("%s is no data folder: there is no folder reports in it", dataDir)
	}
	report, err := readFile(filepath.Join(dir, id+".json"))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return report, fmt.Errorf("no anomaly %s in %s", id, dataDir)
	case err != nil:
		return report, fmt.Errorf("report %s: %w", id, err)
	}
	return report, nil
}

// readFile reads the file of a report.
func readFile(path string) (report traceback.Report, err error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return report, err
	}
	err = json.Unmarshal(data, &report)
	return report, err
}
