//go:build !linux

package tally

// mapLarge has no huge pages to offer here: the heap does.
func mapLarge(uintptr) (used, whole []byte) { return nil, nil }

func unmapLarge([]byte) {}
