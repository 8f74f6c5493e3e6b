//go:build !linux

package tally

// newEntries makes room for the entries of one chunk.
func newEntries() []entry { return make([]entry, chunkSize) }
