package tally

// Spread divides a flow's sum over the cells of the given length (milliseconds)
// that its time span touches, in proportion to the time spent in each: the
// pro-rating of pmacct and SiLK, here on integers. What rounding leaves, and the
// flow itself, go to the last cell, so the parts always add up to the whole.
//
// A flow without duration lies in one cell. put is called in order of time.
func Spread(s Sum, start, end, length int64, put func(cell int64, part Sum)) {
	first, last := floorDiv(start, length), floorDiv(end, length)
	if first >= last {
		put(last, s)
		return
	}
	duration := uint64(end - start)
	head := s.share(uint64((first+1)*length-start), duration)
	put(first, head)
	full := s.share(uint64(length), duration)
	given := head
	for cell := first + 1; cell < last; cell++ {
		put(cell, full)
		given.Add(full)
	}
	put(last, s.minus(given))
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
