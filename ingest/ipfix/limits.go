package ipfix

// Limits bound what one exporter may make its collector keep, and what one
// datagram may make it do. Reaching one has a finding in package wire. Times are milliseconds.
type Limits struct {
	Templates int // templates of an exporter
	Domains   int // observation domains of an exporter
	Fields    int // fields of a template
	State     int // bytes of templates and samplers of an exporter
	Record    int // bytes of the fixed part of a record
	Records   int // records of a datagram, those of options and of released data included
	Depth     int // lists inside lists
	Held      int // bytes of data that waits for its template
	Samplers  int // sampling rates announced, for samplers, interfaces, templates and domains
	Names     int // bytes of names of interfaces and applications
	// HeldFor is how long data waits for its template.
	HeldFor int64
	// InUse is how long after data a template is pinned: it does not make room for others.
	InUse int64
	// Life is how long a template is kept that is neither announced nor used.
	Life int64
}

const minute = 60_000 // milliseconds

// DefaultLimits are the limits of a collector for ten thousand exporters.
func DefaultLimits() Limits {
	return Limits{
		Templates: 512, Domains: 64, Fields: 512, State: 64 << 10, Record: 16 << 10, Records: 8192, Depth: 4,
		Held: 64 << 10, HeldFor: minute, Samplers: 512, Names: 64 << 10, InUse: 10 * minute, Life: 60 * minute,
	}
}

// maxString is how many bytes of a name are kept.
const maxString = 256
