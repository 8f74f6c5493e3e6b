// Package alert decides who hears about an anomaly, when, and how often, and
// makes sure that they do.
//
// Anomaly events come in through [Alerter.Offer], which never blocks. Messages go
// out through a [Notifier] per receiver: one when the anomaly opens, updates while
// it develops, one when it ends; every message is exactly one event. Until a
// receiver has answered that it took a message, the message stands in an outbox on
// disk. A crash therefore loses nothing, and sends at most one message again, with
// the same revision and so the same id.
//
// The room knows nothing of flows, of detection or of the stream, and changes no
// anomaly. It may: leave out revisions that a newer one has overtaken, and call the
// first thing that a receiver hears of an anomaly its opening.
//
// The ways out are rooms of their own (webhook, slack, file, terminal). They import
// this one, so the command wires them: it makes one Notifier for each
// [Config].Receivers entry and hands them to [New] by name.
//
// The clock here is the wall clock, because people and servers live by it: waits
// and retries are timers of package time. What an event says stays event time.
package alert
