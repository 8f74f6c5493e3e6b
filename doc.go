// Package eagre is a map of the house; it holds no code.
//
// eagre hears the flows that routers export, counts them over event time, holds
// the counts against limits and signatures, and says what is an anomaly, how
// much of it there is, where it entered and whom to tell.
//
//	wires       cmd/eagre                one binary; everything is put together here
//	            cmd/quality              the labelled benchmark, for whoever works on the engine
//	            cmd/eagre/config         the configuration file, checked with line and column
//	edges       ingest                   datagrams in, flow batches out: sockets, exporters, accounting
//	              ingest/wire            the bounded cursor; what became of every datagram
//	              ingest/header          the first bytes of a frame, through tags and tunnels
//	              ingest/netflow         NetFlow v1 and v5 to v8: fixed layouts
//	              ingest/ipfix           NetFlow v9 and IPFIX: templates, samplers, options
//	              ingest/sflow           sFlow v5, samples and counters
//	              ingest/packets         packets metered to flows
//	              ingest/monitor         packets from a network interface
//	              ingest/snmp            counters of interfaces, asked of the routers
//	              ingest/goflow          flows that goflow2 decoded
//	              ingest/capture         files: pcap, IPFIX, flow-tools, goflow2's
//	            stream                   the only door to NATS: publish, follow, store, import, export
//	              stream/arrow           flow batches as Arrow, for analysts
//	            simulate                 routers that are not there: the demo, load, inputs for tests
//	            quality                  the labelled benchmark: a world and what happens in it
//	              quality/traffic        that world as export datagrams
//	              quality/score          findings held against the labels
//	              quality/reference      rules of thumb that the engine should beat
//	            alert/terminal alert/file alert/webhook alert/slack
//	work        detector                 the life of an anomaly: opens, grows, ends
//	            alert                    who hears about it, when, how often; the durable outbox
//	            traceback                fingerprint, entry points, snapshots, the report
//	judgement   detector/tally           flows → counts per key over event time, mergeable; the ledger of the day
//	            detector/crosscheck      the ledger against the counters of interfaces
//	            baseline                 what is normal for one series; pure arithmetic, not asked by the detector yet
//	            signatures               the signature language; the only door to expr
//	nouns       flow ← network ← anomaly, network/counters, internal/sketch, internal/disk, rules (text)
//
// Imports only go down; rooms on one floor do not know each other; layers_test.go
// is this drawing as a test. Data runs one way:
//
//	ingest → stream → detector (tally → judge) → traceback → stream → alert
//
// internal/recorded finds recordings for tests, internal/installed runs programs of others; internal/oracle, a module of its own, lets other people's decoders judge ours.
//
// docs/life-of-a-flow.md walks that way file by file, docs/decisions says why.
package eagre
