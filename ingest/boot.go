package ingest

// boot is when the exporter behind an observation domain started. Its arrival less
// its uptime tells that by our clock, for every datagram anew: neither the
// exporter's own clock nor the 49.7 days after which 32 bits of uptime wrap change
// it, as the difference of two boots is taken in 32 bits too. A boot that moves is a
// restart; or a clock was set, or a datagram was held up on its way.
//
// Of an exporter that was up for longer when it was heard first, the boot is that
// of the last wrap. The zero boot is unknown.
type boot struct {
	at      int64  // by our clock, Unix milliseconds
	own     int64  // by the exporter's clock; 0 where it tells no time
	uptime  uint32 // of the newest datagram, milliseconds; 0: none told any
	last    uint32 // of the last datagram of the run before
	arrival int64  // of the newest datagram
	before  int64  // boot of the run before, by our clock; 0 where that was not seen
}

// stamp is when a datagram was sent, as its header says, and when it came.
type stamp struct {
	uptime   uint32 // milliseconds since the exporter's boot; 0 where that is not told
	exported int64  // by the exporter's clock, Unix milliseconds; 0 where that is not told
	arrival  int64  // by ours
}

// run is of which time from boot to boot a datagram is.
type run uint8

const (
	thisRun   run = iota
	newRun        // it is the first since a restart
	formerRun     // it was sent before the restart and overtaken
)

// wander is by how much the boot of an exporter may seem to move, in milliseconds:
// datagrams are held up, and NetFlow v9 and IPFIX tell whole seconds.
const wander = 5000

// near tells whether two boots or uptimes are the same, whatever wraps lie between.
func near(a, b int64) bool {
	moved := int32(a - b)
	return moved <= wander && moved >= -wander
}

func (b *boot) known() bool { return b.uptime != 0 }

// boot is what one datagram shows.
func (s stamp) boot() boot {
	b := boot{at: s.arrival - int64(s.uptime), uptime: s.uptime, arrival: s.arrival}
	if s.exported != 0 {
		b.own = s.exported - int64(s.uptime)
	}
	return b
}

// heard takes in the uptime of a datagram. Where the boot has moved it is a restart
// if the uptime went back; or if there was time for one since the datagram before,
// and the exporter's own clock does not say that it was ours that was set. An
// exporter whose clock begins with the same date at each start says just that, so
// it is not asked in the first case.
func (b *boot) heard(s stamp) run {
	if s.uptime == 0 || s.uptime == b.uptime {
		return thisRun
	}
	now := s.boot()
	back := int64(s.uptime)+wander < int64(b.uptime)
	since := int64(s.uptime) <= s.arrival-b.arrival+wander
	ours := b.own != 0 && now.own != 0 && near(b.own, now.own)
	switch {
	case !b.known():
		*b = now
	case near(b.at, now.at):
		b.follow(now)
	case b.former(now):
		return formerRun
	case back || since && !ours:
		b.restart(now)
		return newRun
	default:
		b.follow(now)
	}
	return thisRun
}

// announced takes in an uptime that was reckoned from the exporter's clock and the
// time of its boot by the same clock, which options data of IPFIX tell. Such an
// uptime moves when the clock is set, and the announcement may; but the boot moves
// by both clocks only in a restart, which it returns.
func (b *boot) announced(s stamp) bool {
	now := s.boot()
	switch at := near(b.at, now.at); {
	case s.uptime == 0:
	case !b.known():
		*b = now
	case at:
		b.follow(now)
	case !near(b.own, now.own):
		b.restart(now)
		return true
	}
	return false
}

// former tells whether a datagram is of the run before: by its boot, or where it was
// held up, as it follows the last one of that run.
func (b *boot) former(now boot) bool {
	return b.before != 0 && (near(b.before, now.at) || near(int64(b.last), int64(now.uptime)))
}

func (b *boot) restart(now boot) {
	now.before, now.last = b.at, b.uptime
	*b = now
}

// follow stays with a boot that moves a little, or with a clock that was set.
func (b *boot) follow(now boot) {
	b.at += int64(int32(now.at - b.at))
	b.own, b.uptime, b.arrival = now.own, now.uptime, now.arrival
}

// sight takes in the uptime of a datagram, by which a restart is seen.
func (c *Collector) sight(x *exporter, d *domain, s stamp) run {
	r := d.boot.heard(s)
	if r == newRun {
		c.restarted(x, d.boot.at, wander)
	}
	return r
}

// restarted counts a restart of an exporter at an instant. What its domains say
// within some milliseconds of each other is one restart.
func (c *Collector) restarted(x *exporter, at, within int64) {
	if apart := at - x.restarted; x.restarted != 0 && apart <= within && apart >= -within {
		return
	}
	x.restarted = at
	x.account.Restarts++
	c.metrics.restarts.Inc()
}

// boot is when the exporter started last, in Unix milliseconds; 0 is unknown.
func (x *exporter) boot() (at int64) {
	for i := range x.domains {
		if b := &x.domains[i].boot; b.known() {
			at = max(at, b.at)
		}
	}
	return at
}
