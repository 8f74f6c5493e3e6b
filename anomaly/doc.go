// Package anomaly is the noun of the output side: one finding and its life, as
// the detector says it, the stream stores it, the operator reads it and webhooks
// carry it. An Anomaly is a value; an Event is the anomaly at one moment.
//
// The arithmetic (severity, difference, link severity) and the units on screen
// live here too, so that every place that shows a number shows the same one.
package anomaly
