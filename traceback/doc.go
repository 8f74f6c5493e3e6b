// Package traceback says where an anomaly came in. It completes the detector's
// findings and writes the report that the operator reads afterwards.
//
// In come packed batches of the flow stream and, for each open anomaly, a
// Pattern of what to look for. Out go, per pattern, a Trace: the fingerprint,
// the network elements with the entry points first, and a Snapshot with its top
// lists; and from an anomaly and its snapshots a Report as text or JSON.
//
// The room keeps the last 90 seconds of batches in memory and nothing else. It
// judges nothing, opens and ends nothing, knows no exporter protocol, no NATS
// and no clock: every time is an argument or stands in a flow.
package traceback
