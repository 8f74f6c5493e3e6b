// Package oracle lets other people's decoders judge ours. Its tests give the same
// datagrams to eagre and to goflow2, nfdump and Wireshark, and compare what they
// say of each flow, field by field. Where they rightly differ stands in one list,
// each with its reason; a reason that no longer applies fails the tests too.
//
// It is a module of its own and holds tests only, so that none of the judges is
// ever part of what ships. It knows nothing of how eagre decodes: datagrams go in
// at ingest.Collector, records come out at its Publisher.
//
// Judges are run as processes of their own, with limits on time, memory and disk,
// as odd input makes some of them run wild. A judge that is not installed is not
// heard, unless CI is set in the environment: then it is missed.
package oracle
