package signatures

// bounds is what must hold for the columns of every flow that a predicate
// accepts: necessary, not sufficient. The zero value knows nothing.
type bounds struct {
	never bool // no flow is accepted
	known [columnCount]bool
	set   [columnCount]spans
}

// and is what must hold where two predicates accept.
func (b bounds) and(o bounds) bounds {
	b.never = b.never || o.never
	for c := range b.set {
		switch {
		case !o.known[c]:
			continue
		case b.known[c]:
			b.set[c] = b.set[c].and(o.set[c])
		default:
			b.known[c], b.set[c] = true, o.set[c]
		}
		b.never = b.never || len(b.set[c]) == 0
	}
	return b
}

// or is what must hold where one of two predicates accepts.
func (b bounds) or(o bounds) bounds {
	if b.never {
		return o
	}
	if o.never {
		return b
	}
	for c := range b.set {
		if b.known[c] = b.known[c] && o.known[c]; b.known[c] {
			b.set[c] = b.set[c].or(o.set[c])
		} else {
			b.set[c] = nil
		}
	}
	return b
}
