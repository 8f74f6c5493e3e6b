// Package quality is a network that does not exist and everything that happens
// to it: the ground on which detectors are measured.
//
// In comes a Config (a seed, how many customers, how many days); out come a World —
// routers with interfaces and roles, customers with their prefixes and rhythm, dark
// space — and its Events: attacks, scans, outages, and days that are only busy. Both are
// a pure function of the Config and are written beside the traffic as world.json and
// labels.jsonl, with the network once more as eagre.yaml.
//
// What an event's traffic looks like is said here, so that a label and its packets come
// from the same lines. The room sends nothing, knows no export format and judges nothing:
// traffic plays the world, score holds findings against the labels, reference has the
// simple rules that a detector is compared with.
package quality
