package ingest

// recent remembers the last datagrams of one exporter, to recognise one that a
// network or a misconfigured mirror delivers twice. Datagrams carry sequence
// numbers and uptimes, so two honest ones are never equal byte for byte.
type recent struct {
	hashes [rememberedDatagrams]uint64
	times  [rememberedDatagrams]int64
	at     uint8
}

const (
	rememberedDatagrams = 64
	duplicateWindow     = 2000 // milliseconds
)

// seen tells whether a datagram with this hash came within the window, and
// remembers it.
func (r *recent) seen(hash uint64, now int64) bool {
	for i, h := range &r.hashes {
		if h == hash && now-r.times[i] <= duplicateWindow {
			return true
		}
	}
	i := r.at % rememberedDatagrams
	r.hashes[i], r.times[i] = hash, now
	r.at++
	return false
}
