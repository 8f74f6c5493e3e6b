//go:build !amd64

package netflow

import "eagre/flow"

// columns fills the columns that differ from record to record; see plain.
func (d *Datagram) columns(b *flow.Batch, records []byte) (odd bool) { return d.plain(b, records) }
