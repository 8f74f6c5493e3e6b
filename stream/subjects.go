package stream

import (
	"fmt"
	"strings"

	"eagre/anomaly"
)

// The streams and their subjects. They are read by other programs too, so a
// change of what travels on them needs a new version in the name.
const (
	FlowStream    = "EAGRE_FLOWS"
	AnomalyStream = "EAGRE_ANOMALIES"

	flowSubjects    = "eagre.v1.flows.*"
	anomalySubjects = "eagre.v1.anomalies.*"
)

// The subjects on which other programs take flows from us and give us theirs.
// What travels on them is not stored: it reaches those who listen at the time.
const (
	// ExportSubject carries decoded flows, each message an Arrow IPC stream of its
	// own. The header field Eagre-Schema tells the version of its schema.
	ExportSubject = "eagre.v1.export.arrow"

	// ImportProtobufSubject takes flows of other collectors: goflow2's FlowMessage
	// in protobuf, one a message or many with their lengths before them.
	ImportProtobufSubject = "eagre.v1.import.pb"
	// ImportJSONSubject takes the same as JSON, one object a line.
	ImportJSONSubject = "eagre.v1.import.json"

	importSubjects = "eagre.v1.import.*"
)

// FlowSubject is where the packed batches of a partition are published.
func FlowSubject(partition int) string { return fmt.Sprintf("eagre.v1.flows.%d", partition) }

// AnomalySubject is where the events of anomalies that matter this much go, as
// JSON.
func AnomalySubject(i anomaly.Importance) string { return "eagre.v1.anomalies." + i.String() }

func splitURLs(urls string) []string {
	if urls == "" {
		return nil
	}
	return strings.Split(urls, ",")
}
