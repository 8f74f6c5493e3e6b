package stream

import "github.com/prometheus/client_golang/prometheus"

// The reasons for which a batch is shed: it was never handed to the server.
const (
	shedWindow       = "window_full"   // too many batches are not acknowledged yet
	shedDisconnected = "disconnected"  // there is no server now
	shedPartition    = "bad_partition" // a partition that the stream does not have
	shedClosed       = "closed"        // the stream is closing
)

// What became of a batch that was handed to the server.
const (
	ackStored  = "stored"
	ackRefused = "refused" // the server answered with an error
	ackLost    = "lost"    // the connection broke before the answer: stored or not
	ackTimeout = "timeout" // no answer within Config.AckTimeout: stored or not
)

// Why a follower did not get what its stream held.
const (
	lostRetention = "retention" // discarded by the stream's limits before it was read
	lostCrash     = "crash"     // read before, and gone from the stream after a crash
)

// What became of an event.
const (
	eventStored    = "stored"
	eventDuplicate = "duplicate" // the stream had this id and revision already
	eventRetried   = "retried"   // not acknowledged, tried again
	eventFailed    = "failed"    // given up: the caller was told
)

// Why a batch or message was not exported.
const (
	exportUnreadable   = "unreadable"   // a batch that cannot be unpacked
	exportUnencodable  = "unencodable"  // a message that the encoder could not make
	exportDisconnected = "disconnected" // there is no server now
	exportTooLarge     = "too_large"    // a message above the server's max_payload
)

// Why a message of another collector was not taken in.
const (
	importSlow    = "slow"    // more was waiting than Config allows
	importUnknown = "unknown" // on a subject that is not for import
)

// Metrics counts what passes through the streams. One value serves one Stream.
type Metrics struct {
	batchesShed, flowsShed *prometheus.CounterVec
	flows, bytes           prometheus.Counter
	acks                   *prometheus.CounterVec
	inFlight               prometheus.Gauge

	followed   prometheus.Counter
	lost       *prometheus.CounterVec
	duplicates prometheus.Counter
	reopened   prometheus.Counter

	events     *prometheus.CounterVec
	unreadable prometheus.Counter

	exported, exportedBytes prometheus.Counter
	exportedFlows, unheard  prometheus.Counter
	exportFailed            *prometheus.CounterVec
	listened                prometheus.Gauge

	imported, importedBytes *prometheus.CounterVec
	importDropped           *prometheus.CounterVec

	connected  prometheus.Gauge
	reconnects prometheus.Counter
}

// NewMetrics registers the metrics of the room; with a nil registerer nobody
// sees them.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	m := &Metrics{
		batchesShed: counters("batches_shed_total", "Flow batches not handed to the server.", "reason"),
		flowsShed:   counters("flows_shed_total", "Flows in the batches not handed to the server.", "reason"),
		flows:       counter("flows_published_total", "Flows handed to the server."),
		bytes:       counter("packed_bytes_published_total", "Packed bytes of the flows handed to the server."),
		acks:        counters("batches_acknowledged_total", "What became of the flow batches handed to the server.", "result"),
		inFlight:    gauge("batches_in_flight", "Flow batches that are packed and not acknowledged."),
		followed:    counter("batches_followed_total", "Flow batches read from the stream."),
		lost:        counters("batches_lost_total", "Flow batches that a follower could not read.", "reason"),
		duplicates:  counter("batches_repeated_total", "Flow batches that came to a follower a second time and were passed over."),
		reopened:    counter("follower_reopened_total", "Times that a follower had to begin again where it was."),
		events:      counters("events_written_total", "What became of anomaly events.", "result"),
		unreadable:  counter("events_unreadable_total", "Messages on the anomaly stream that are no events."),

		exported:      counter("export_messages_total", "Messages published for other programs."),
		exportedBytes: counter("export_bytes_total", "Bytes of the messages published for other programs."),
		exportedFlows: counter("export_flows_total", "Flows in the messages published for other programs."),
		unheard:       counter("export_unheard_total", "Messages published for other programs to which nobody listened."),
		exportFailed:  counters("export_failures_total", "Batches and messages that were not exported.", "reason"),
		listened:      gauge("export_listened", "1 while another program listens to the export."),
		imported:      counters("import_messages_total", "Messages of other collectors taken in.", "format"),
		importedBytes: counters("import_bytes_total", "Bytes of the messages of other collectors taken in.", "format"),
		importDropped: counters("import_dropped_total", "Messages of other collectors that were not taken in.", "reason"),

		connected:  gauge("connected", "1 while there is a connection to the server."),
		reconnects: counter("reconnects_total", "Times that the connection was lost and found again."),
	}
	zero(m.batchesShed, shedWindow, shedDisconnected, shedPartition, shedClosed)
	zero(m.flowsShed, shedWindow, shedDisconnected, shedPartition, shedClosed)
	zero(m.acks, ackStored, ackRefused, ackLost, ackTimeout)
	zero(m.lost, lostRetention, lostCrash)
	zero(m.events, eventStored, eventDuplicate, eventRetried, eventFailed)
	zero(m.exportFailed, exportUnreadable, exportUnencodable, exportDisconnected, exportTooLarge)
	zero(m.imported, ImportProtobuf.String(), ImportJSON.String())
	zero(m.importedBytes, ImportProtobuf.String(), ImportJSON.String())
	zero(m.importDropped, importSlow, importUnknown)
	if reg != nil {
		reg.MustRegister(m.batchesShed, m.flowsShed, m.flows, m.bytes, m.acks, m.inFlight, m.followed, m.lost,
			m.duplicates, m.reopened, m.events, m.unreadable, m.connected, m.reconnects,
			m.exported, m.exportedBytes, m.exportedFlows, m.unheard, m.exportFailed, m.listened,
			m.imported, m.importedBytes, m.importDropped)
	}
	return m
}

func counter(name, help string) prometheus.Counter {
	return prometheus.NewCounter(prometheus.CounterOpts{Namespace: "eagre", Subsystem: "stream", Name: name, Help: help})
}

func counters(name, help, label string) *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: "eagre", Subsystem: "stream", Name: name, Help: help}, []string{label})
}

func gauge(name, help string) prometheus.Gauge {
	return prometheus.NewGauge(prometheus.GaugeOpts{Namespace: "eagre", Subsystem: "stream", Name: name, Help: help})
}

func zero(v *prometheus.CounterVec, labels ...string) {
	for _, label := range labels {
		v.WithLabelValues(label)
	}
}
