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
