package tally

// ledgerLine is one interface in one direction.
type ledgerLine struct {
	pages         map[int64]*ledgerPage // by hour since the Unix epoch
	risen, fallen Sum                   // before the oldest hour
}

type ledgerPage struct {
	once  [ticksPerHour]Sum
	slope *ledgerSlope // nil where no late flow lasted for minutes
}

type ledgerSlope struct{ rise, fall [ticksPerHour]Sum }

// line finds or makes the line of a key; nil where there is no room.
func (l *Ledger) line(k Key) *ledgerLine {
	line := l.lines[k]
	if line == nil {
		line = l.open(k)
	}
	if line == nil {
		l.counts.Refused++
	}
	return line
}

// page finds or makes the hour of a line that holds a tick.
func (l *Ledger) page(line *ledgerLine, tick int64) *ledgerPage {
	hour := floorDiv(tick, ticksPerHour)
	if p := line.pages[hour]; p != nil {
		return p
	}
	p := &ledgerPage{}
	line.pages[hour] = p
	l.pages++
	for l.pages > l.cfg.Pages && l.oldest < hour {
		l.drop(l.oldest + 1)
	}
	return p
}

// open begins the line of an interface. Newcomers get no more than three quarters of
// the room, so that interfaces nobody has cannot shorten the memory of all.
func (l *Ledger) open(k Key) *ledgerLine {
	if l.lineOf[k.Addr] >= l.cfg.Lines || 4*l.pages >= 3*l.cfg.Pages {
		return nil
	}
	line := &ledgerLine{pages: map[int64]*ledgerPage{}}
	l.lines[k] = line
	l.lineOf[k.Addr]++
	return line
}

// drop forgets what lies before an hour.
func (l *Ledger) drop(before int64) {
	if before <= l.oldest {
		return
	}
	for k, line := range l.lines {
		l.pages -= line.drop(before)
		if len(line.pages) == 0 && line.risen == line.fallen {
			delete(l.lines, k)
			if l.lineOf[k.Addr]--; l.lineOf[k.Addr] == 0 {
				delete(l.lineOf, k.Addr)
			}
		}
	}
	l.oldest = before
}

// drop forgets the pages before an hour and tells how many those were. What rose or
// fell in them goes on.
func (line *ledgerLine) drop(before int64) (pages int) {
	for hour, p := range line.pages {
		if hour >= before {
			continue
		}
		if p.slope != nil {
			for i := range ticksPerHour {
				line.risen.add(&p.slope.rise[i])
				line.fallen.add(&p.slope.fall[i])
			}
		}
		delete(line.pages, hour)
		pages++
	}
	return pages
}

// each visits the ticks from the beginning of an hour up to, not including, a tick.
func (line *ledgerLine) each(oldest, before int64, visit func(tick int64, s Sum)) {
	risen, fallen := line.risen, line.fallen
	for hour := oldest; hour*ticksPerHour < before; hour++ {
		p := line.pages[hour]
		for i := range min(ticksPerHour, before-hour*ticksPerHour) {
			var s Sum
			if p != nil {
				s = p.once[i]
			}
			if p != nil && p.slope != nil {
				risen.add(&p.slope.rise[i])
				fallen.add(&p.slope.fall[i])
			}
			s.Add(risen.less(fallen))
			visit(hour*ticksPerHour+i, s)
		}
	}
}
