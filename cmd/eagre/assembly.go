package main

import (
	"fmt"
	"io"
	"runtime"

	"eagre/cmd/eagre/config"
	"eagre/detector"
	"eagre/detector/tally"
	"eagre/network"
	"eagre/signatures"
)

// loadConfig reads a configuration and tells everything that is wrong with it.
func loadConfig(path string, w io.Writer) (config.Config, error) {
	cfg, problems := config.Load(path)
	for _, p := range problems {
		fmt.Fprintln(w, p)
	}
	if !config.HasErrors(problems) {
		return cfg, nil
	}
	if path == "" { // what is wrong is in the environment
		return config.Config{}, usagef("the configuration is refused")
	}
	return config.Config{}, usagef("the configuration %s is refused", path)
}

// loadSignatures compiles the shipped rules and those of some folders, and
// tells everything that is wrong with them.
func loadSignatures(shipped bool, dirs []string, w io.Writer) (*signatures.Set, error) {
	var rules []signatures.Rule
	var problems []signatures.Problem
	add := func(r []signatures.Rule, p []signatures.Problem) {
		rules, problems = append(rules, r...), append(problems, p...)
	}
	if shipped {
		add(signatures.Shipped())
	}
	for _, dir := range dirs {
		if dir != "" {
			add(signatures.LoadDir(dir))
		}
	}
	set, more := signatures.Compile(rules)
	problems = signatures.Sort(append(problems, more...))
	tellProblems(problems, w)
	if signatures.Failed(problems) {
		return nil, usagef("the signatures are refused")
	}
	return set, nil
}

// tellProblems prints each problem with its place, and with a caret where the
// line can be shown.
func tellProblems(problems []signatures.Problem, w io.Writer) {
	for _, p := range problems {
		fmt.Fprintln(w, p.Error())
		if p.Snippet != "" {
			fmt.Fprintln(w, p.Snippet)
		}
	}
}

// workerCount is how many goroutines count: 0 is one for each processor.
type workerCount int

// maxWorkers is as many as the detector takes.
const maxWorkers = 256

// Validate is asked by the command line.
func (w workerCount) Validate() error {
	if w < 0 || w > maxWorkers {
		return fmt.Errorf("%d is out of 0–%d; 0 is one for each processor", w, maxWorkers)
	}
	return nil
}

// detectorConfig turns the configuration into the detector's.
func detectorConfig(cfg config.Config, workers workerCount, seed uint64) detector.Config {
	d := detector.DefaultConfig()
	d.Workers = int(workers)
	if workers == 0 {
		d.Workers = min(runtime.GOMAXPROCS(0), maxWorkers)
	}
	d.Tally.Seed = seed
	for side := range d.Thresholds.Default {
		override(&d.Thresholds.Default[side], cfg.Thresholds, "thresholds")
	}
	d.Thresholds.Objects = map[network.Object]*[2]detector.Limits{}
	for i, m := range cfg.Networks.Managed {
		own := d.Thresholds.Default
		changed := override(&own[tally.To], m.Thresholds.In, m.Name+": thresholds.in")
		changed = override(&own[tally.From], m.Thresholds.Out, m.Name+": thresholds.out") || changed
		if changed {
			d.Thresholds.Objects[network.Object(i+1)] = &own
		}
	}
	return d
}

// override lays the limits that were given over others; source says where they
// stand.
func override(limits *detector.Limits, given config.Thresholds, source string) (changed bool) {
	given.Each(func(subclass string, l config.Limit) {
		class, known := detector.MisuseClass(subclass)
		if !known {
			return
		}
		own := detector.Limit{PPS: l.PPS, BPS: l.BPS, Source: source + "." + subclass}
		if was := limits[class]; was.PPS == own.PPS && was.BPS == own.BPS {
			return // what was given is what applies anyway: the default stays named
		}
		limits[class], changed = own, true
	})
	return changed
}
