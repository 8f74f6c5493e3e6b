package wire

import "fmt"

// Finding is one thing that can be said about a datagram: a Reason and the
// sentence that tells an operator what it means.
type Finding uint8

// The findings. A, B and C in the comments are the numbers of the Note.
const (
	EmptyDatagram     Finding = iota
	ShortDatagram             // A: bytes
	UnknownVersion            // A: version
	UndecodedVersion          // A: NetFlow version that is known and not decoded
	SFlowOnNetFlow            // an sFlow datagram on a NetFlow listener
	NetFlowOnSFlow            // A: version
	SFlowVersion              // A: version
	KernelTruncated           // A: bytes
	SenderRefused             // the sender is not an exporter of ours
	SeenBefore                // exact duplicate
	TooManyExporters          // A: limit
	ForgottenDomain           // A: the domain that took the place, B: limit
	V5Short                   // A: bytes
	V5Count                   // A: said, B: held, C: decoded
	V5AboveLimit              // A: said
	V5Trailing                // A: bytes
	V5Keepalive               // no records
	V5NoInterval              // A: sampling mode
	V5ExportTime              // A: seconds, B: nanoseconds
	WrongDuration             // Times: records
	TooOld                    // Times: records
	Impossible                // Times: records
	MaskTooLong               // A: prefix length, B: 4 or 6
	SFlowShort                // A: bytes
	AgentType                 // A: address type
	SampleCount               // A: said, B: held, C: decoded
	SFlowTrailing             // A: bytes
	SampleTooLong             // A: said, B: left
	SampleCut                 // A: bytes
	RecordCount               // A: said, B: held
	RecordTooLong             // A: said, B: left
	RecordCut                 // A: format, B: bytes
	RawHeaderTooLong          // A: said, B: held
	HeaderCut                 // Times: headers
	NoIPPacket                // Times: samples or packets
	RateZero                  // Times: samples
	RateTooHigh               // A: rate, B: limit
	CounterSampleOnly         // Times: samples
	UnknownSample             // A: enterprise, B: format
	findingCount
)

var findings = [findingCount]struct {
	reason   Reason
	sentence func(n Note) string
}{
	EmptyDatagram:     {Empty, say("empty datagram; dropped")},
	ShortDatagram:     {ShortHeader, func(n Note) string { return fmt.Sprintf("shorter than any header (%s)", octets(n.A)) }},
	UnknownVersion:    {BadVersion, sayA("unknown version %d on netflow port; is this sFlow/other?")},
	UndecodedVersion:  {BadVersion, undecoded},
	SFlowOnNetFlow:    {BadVersion, say("sFlow v5 datagram on a netflow-only listener")},
	NetFlowOnSFlow:    {BadVersion, func(n Note) string { return netflowName(n.A) + " datagram on an sflow-only listener" }},
	SFlowVersion:      {BadVersion, sayA("sFlow v%d not supported (need v5)")},
	KernelTruncated:   {Truncated, sayA("truncated at %d")},
	SenderRefused:     {NotAllowed, say("not in the list of exporters; dropped")},
	SeenBefore:        {DuplicateDatagram, say("duplicate datagram; not applied")},
	TooManyExporters:  {ExporterLimit, sayA("more exporters than are kept (limit %d); dropped")},
	ForgottenDomain:   {DomainLimit, sayAB("domain %d is one more than are kept (limit %d); the one silent longest is forgotten")},
	V5Short:           {ShortHeader, func(n Note) string { return fmt.Sprintf("v5: header is 24 bytes, datagram holds %d; dropped", n.A) }},
	V5Count:           {CountMismatch, sayABC("v5: header says %d records, datagram holds %d; %d decoded")},
	V5AboveLimit:      {CountAboveLimit, sayA("v5: more records than the format allows (count=%d, limit 30); all decoded")},
	V5Trailing:        {TrailingBytes, func(n Note) string { return fmt.Sprintf("v5: %s after the last record; ignored", octets(n.A)) }},
	V5Keepalive:       {Keepalive, say("v5: no records; keepalive")},
	V5NoInterval:      {SamplingUnknown, sayA("v5: sampling mode %d with interval 0; counted 1:1, provisional")},
	V5ExportTime:      {BadExportTime, sayAB("v5: impossible export time (unix_secs=%d, unix_nsecs=%d); receive time used")},
	WrongDuration:     {BadDuration, sayTimes("%d records end before they start or in the future; clamped")},
	TooOld:            {LateReceived, sayTimes("%d records are older than 2 h; clamped")},
	Impossible:        {ImplausibleCounters, sayTimes("%d records have impossible counters; kept, not used for rates")},
	MaskTooLong:       {BadMask, sayAB("prefix length %d for IPv%d; mask null")},
	SFlowShort:        {ShortHeader, func(n Note) string { return fmt.Sprintf("sFlow v5: header does not fit in %s; dropped", octets(n.A)) }},
	AgentType:         {BadAgentAddress, sayA("unknown agent address type %d")},
	SampleCount:       {CountMismatch, sayABC("sFlow v5: header says %d samples, datagram holds %d; %d decoded")},
	SFlowTrailing:     {TrailingBytes, func(n Note) string { return fmt.Sprintf("sFlow v5: %s after the last sample; ignored", octets(n.A)) }},
	SampleTooLong:     {SampleOverrun, sayAB("sFlow v5: bad sample length (length=%d, limit %d); rest of datagram skipped")},
	SampleCut:         {SampleOverrun, sayA("sFlow v5: sample of %d bytes is cut inside its fields; skipped")},
	RecordCount:       {CountMismatch, sayAB("sFlow v5: sample says %d records, holds %d; those are read")},
	RecordTooLong:     {RecordSkipped, sayAB("sFlow v5: bad record length (length=%d, limit %d); rest of sample skipped")},
	RecordCut:         {RecordSkipped, sayAB("sFlow v5: record of format %d is cut inside its fields (length=%d); skipped")},
	RawHeaderTooLong:  {HeaderOverrun, sayAB("sFlow v5: packet header says %d bytes, record holds %d; those are read")},
	HeaderCut:         {HeaderPartial, sayTimes("%d packet headers are cut short, broken or nested deeper than 8; what is known is kept")},
	NoIPPacket:        {NotIP, sayTimes("%d packets are not IP; skipped")},
	RateZero:          {SamplingZero, sayTimes("sFlow v5: %d samples with sampling rate 0; ignored for volume")},
	RateTooHigh:       {SamplingRejected, sayAB("sampling rate %d > %d; ignored")},
	CounterSampleOnly: {CounterSample, sayTimes("sFlow v5: %d counter samples; skipped")},
	UnknownSample:     {UnknownFormat, sayAB("sFlow v5: sample format %d:%d; skipped by length")},
}

// Reason is the label under which the finding is counted.
func (f Finding) Reason() Reason { return findings[min(f, findingCount-1)].reason }

// Note is one finding with its numbers. It holds no text and no pointer, so the
// hot path may write many of them.
type Note struct {
	Finding Finding
	A, B, C uint32
	Times   uint32 // how often within the datagram; at least 1 once it is in a Report
}

// Reason is the label under which the note is counted.
func (n Note) Reason() Reason { return n.Finding.Reason() }

// String is the sentence for an operator. It allocates, and consists of our own
// words and numbers only.
func (n Note) String() string { return findings[min(n.Finding, findingCount-1)].sentence(n) }

func say(text string) func(Note) string { return func(Note) string { return text } }

func sayA(format string) func(Note) string {
	return func(n Note) string { return fmt.Sprintf(format, n.A) }
}

func sayAB(format string) func(Note) string {
	return func(n Note) string { return fmt.Sprintf(format, n.A, n.B) }
}

func sayABC(format string) func(Note) string {
	return func(n Note) string { return fmt.Sprintf(format, n.A, n.B, n.C) }
}

func sayTimes(format string) func(Note) string {
	return func(n Note) string { return fmt.Sprintf(format, n.Times) }
}

func undecoded(n Note) string { return netflowName(n.A) + " not supported (need NetFlow v5)" }

func netflowName(version uint32) string {
	if version == ipfixVersion {
		return "IPFIX"
	}
	return fmt.Sprintf("NetFlow v%d", version)
}

func octets(n uint32) string {
	if n == 1 {
		return "1 byte"
	}
	return fmt.Sprintf("%d bytes", n)
}
