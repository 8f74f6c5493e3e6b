package tally

// Tick is what a key has counted so far in a tick, given by its number since the Unix
// epoch; false where the tick is not open, or the key is not held. Ports have no keys
// of their own and are not found.
func (c *Counter) Tick(k Key, tick int64) (Sum, bool) {
	if tick <= c.settled || tick > c.settled+2 {
		return Sum{}, false
	}
	e := c.table.find(&k, k.Hash(c.cfg.Seed))
	if e == nil {
		return Sum{}, false
	}
	return e.ticks[tick&1], true
}
