package simulate

// Counters say what became of the packets that a router forwarded. What is not
// sampled is not exported; Exported, Unexportable and Forgotten together reach
// Sampled once Finish has run.
type Counters struct {
	Seen         uint64 // packets forwarded
	Sampled      uint64 // packets the meter looked at
	SampledBytes uint64 // and their IP bytes
	// Unexportable are sampled packets that the format cannot express: IPv6 in
	// NetFlow v1 to v8.
	Unexportable uint64
	// Forgotten are sampled packets that were in the flow cache when the router
	// restarted.
	Forgotten     uint64
	Exported      uint64 // packets in datagrams, those counted above left out
	ExportedBytes uint64
	Records       uint64 // flow records, samples or packet reports in datagrams
	Datagrams     uint64 // made, those of templates and options included
	CacheFlushes  uint64 // times the flow cache was full and emptied early
	Restarts      uint64
	// What the network did to datagrams that had been made.
	Lost, Duplicated, Reordered uint64
	LostRecords                 uint64
}

func (c *Counters) add(o Counters) {
	c.Seen += o.Seen
	c.Sampled += o.Sampled
	c.SampledBytes += o.SampledBytes
	c.Unexportable += o.Unexportable
	c.Forgotten += o.Forgotten
	c.Exported += o.Exported
	c.ExportedBytes += o.ExportedBytes
	c.Records += o.Records
	c.Datagrams += o.Datagrams
	c.CacheFlushes += o.CacheFlushes
	c.Restarts += o.Restarts
	c.Lost += o.Lost
	c.Duplicated += o.Duplicated
	c.Reordered += o.Reordered
	c.LostRecords += o.LostRecords
}
