package wire

import "fmt"

// Finding is one thing that can be said about a datagram: a Reason and the
// sentence that tells an operator what it means.
type Finding uint8

// The findings. A, B and C in the comments are the numbers of the Note.
const (
	EmptyDatagram       Finding = iota
	ShortDatagram               // A: bytes
	UnknownVersion              // A: version
	SFlowOnNetFlow              // an sFlow datagram on a NetFlow listener
	NetFlowOnSFlow              // A: version
	SFlowVersion                // A: version
	KernelTruncated             // A: bytes
	SenderRefused               // the sender is not an exporter of ours
	SeenBefore                  // exact duplicate
	TooManyExporters            // A: limit
	ForgottenDomain             // A: the domain that took the place, B: limit
	FixedShort                  // A: version, B: header bytes, C: bytes
	FixedCount                  // A: version, B: said, C: held and decoded
	FixedAboveLimit             // A: version, B: said, C: limit
	FixedTrailing               // A: version, B: bytes
	FixedKeepalive              // A: version; no records
	NoInterval                  // A: version, B: sampling mode
	ExportTime                  // A: version, B: seconds, C: nanoseconds
	V8Scheme                    // A: aggregation scheme
	InvalidFields               // Times: v7 records
	WrongDuration               // Times: records
	TooOld                      // Times: records
	Impossible                  // Times: records
	MaskTooLong                 // A: prefix length, B: 4 or 6
	SFlowShort                  // A: bytes
	AgentType                   // A: address type
	SampleCount                 // A: said, B: held, C: decoded
	SFlowTrailing               // A: bytes
	SampleTooLong               // A: said, B: left
	SampleCut                   // A: bytes
	RecordCount                 // A: said, B: held
	RecordTooLong               // A: said, B: left
	RecordCut                   // A: format, B: bytes
	RawHeaderTooLong            // A: said, B: held
	HeaderCut                   // Times: headers
	NoIPPacket                  // Times: samples or packets
	RateZero                    // Times: samples
	RateTooHigh                 // A: rate, B: limit
	CounterSampleOnly           // Times: samples
	UnknownSample               // A: enterprise, B: format
	PacketDropped               // Times: notifications
	TemplateNoFields            // A: template
	TemplateNoLength            // A: template
	TemplateCount               // A: template, B: declared fields, C: held
	TemplateReserved            // A: template
	TemplateTooWide             // A: template, B: fields, C: limit
	TemplateTooLong             // A: template, B: record bytes, C: limit
	TemplateTooMany             // A: limit
	TemplatesInUse              // A: templates kept
	TemplateEnterprise          // A: template
	TemplateReplaced            // A: template
	TemplateGone                // A: template
	TemplateKept                // A: template
	FieldLength                 // A: element, B: length, C: allowed, 0 for several
	FieldTwice                  // A: template, B: element
	OptionsNoScope              // A: template
	OptionsScope                // A: template, B: scope fields, C: fields
	OptionsLength               // A: template, B: length
	SetLength                   // A: length
	SetTooLong                  // A: length, B: left
	SetReserved                 // A: set id
	PaddingNotZero              // Times: sets
	MessageLength               // A: length
	MessageTooLong              // A: length, B: bytes
	MessageTrailing             // A: bytes
	TemplateHeaderShort         // A: version, B: header bytes, C: bytes
	VariableTooLong             // A: bytes beyond the set
	RecordsTooMany              // A: limit
	RecordLeftover              // A: template, B: bytes
	TemplateUnknown             // A: template, B: domain
	HeldFull                    // A: limit in bytes
	HeldExpired                 // Times: sets
	ListTooDeep                 // A: limit
	BadDirection                // A: direction
	BadIPVersion                // A: version
	NoCounters                  // Times: records
	OptionsRecord               // Times: records
	SamplerUnknown              // A: sampler
	SamplersTooMany             // A: limit
	SamplingUseless             // Times: announcements
	StringTooLong               // A: bytes, B: limit
	NamesTooMany                // A: limit in bytes
	FrameLength                 // A: length, on a TCP connection
	ImportBroken                // Times: records
	findingCount
)

var findings = [findingCount]struct {
	reason   Reason
	sentence func(n Note) string
}{
	EmptyDatagram:    {Empty, say("empty datagram; dropped")},
	ShortDatagram:    {ShortHeader, func(n Note) string { return fmt.Sprintf("shorter than any header (%s)", octets(n.A)) }},
	UnknownVersion:   {BadVersion, sayA("unknown version %d on netflow port; is this sFlow/other?")},
	SFlowOnNetFlow:   {BadVersion, say("sFlow v5 datagram on a netflow-only listener")},
	NetFlowOnSFlow:   {BadVersion, func(n Note) string { return netflowName(n.A) + " datagram on an sflow-only listener" }},
	SFlowVersion:     {BadVersion, sayA("sFlow v%d not supported (need v5)")},
	KernelTruncated:  {Truncated, sayA("truncated at %d")},
	SenderRefused:    {NotAllowed, say("not in the list of exporters; dropped")},
	SeenBefore:       {DuplicateDatagram, say("duplicate datagram; not applied")},
	TooManyExporters: {ExporterLimit, sayA("more exporters than are kept (limit %d); dropped")},
	ForgottenDomain:  {DomainLimit, sayAB("domain %d is one more than are kept (limit %d); the one silent longest is forgotten")},
	FixedShort:       {ShortHeader, sayABC("v%d: header is %d bytes, datagram holds %d; dropped")},
	FixedCount: {CountMismatch, func(n Note) string {
		return fmt.Sprintf("v%d: header says %d records, datagram holds %d; %d decoded", n.A, n.B, n.C, n.C)
	}},
	FixedAboveLimit:   {CountAboveLimit, sayABC("v%d: more records than the format allows (count=%d, limit %d); all decoded")},
	FixedTrailing:     {TrailingBytes, func(n Note) string { return fmt.Sprintf("v%d: %s after the last record; ignored", n.A, octets(n.B)) }},
	FixedKeepalive:    {Keepalive, sayA("v%d: no records; keepalive")},
	NoInterval:        {SamplingUnknown, sayAB("v%d: sampling mode %d with interval 0; counted 1:1, provisional")},
	ExportTime:        {BadExportTime, sayABC("v%d: impossible export time (unix_secs=%d, unix_nsecs=%d); receive time used")},
	V8Scheme:          {UnknownScheme, sayA("v8: unknown aggregation scheme %d")},
	InvalidFields:     {FieldsInvalid, sayTimes("v7: %d records say that some of their fields are invalid; those are null")},
	WrongDuration:     {BadDuration, sayTimes("%d records end before they start, in the future, or 24 days later; clamped")},
	TooOld:            {LateReceived, sayTimes("%d records ended more than 2 h ago; clamped")},
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
	CounterSampleOnly: {CounterSample, sayTimes("sFlow v5: %d counter samples; kept for the cross-check")},
	UnknownSample:     {UnknownFormat, sayAB("sFlow v5: sample format %d:%d; skipped by length")},
	PacketDropped:     {NoTraffic, sayTimes("sFlow v5: %d packets reported as dropped; shown, not counted")},

	TemplateNoFields:   {BadTemplate, sayA("template %d: no fields; rejected")},
	TemplateNoLength:   {BadTemplate, sayA("template %d: record length 0; rejected")},
	TemplateCount:      {BadTemplate, sayABC("template %d: declares %d fields, set holds %d; rejected")},
	TemplateReserved:   {BadTemplate, sayA("template id %d is reserved (<256); rejected")},
	TemplateTooWide:    {BadTemplate, sayABC("template %d: %d fields exceed %d; rejected")},
	TemplateTooLong:    {BadTemplate, sayABC("template %d: records of %d bytes exceed %d; rejected")},
	TemplateTooMany:    {TemplateLimit, sayA("more templates than are kept (limit %d); the one unused longest is forgotten")},
	TemplatesInUse:     {TemplateLimit, sayA("all %d templates that are kept are in use; the new one is not kept")},
	TemplateEnterprise: {BadTemplate, sayA("template %d: truncated in enterprise field; rejected")},
	TemplateReplaced:   {TemplateChanged, sayA("template %d: fields have changed; the new ones hold from here on")},
	TemplateGone:       {TemplateWithdrawn, sayA("template %d: withdrawn")},
	TemplateKept:       {WithdrawalIgnored, sayA("template %d: withdrawal over UDP or of what is not known; ignored")},
	FieldLength:        {BadFieldLength, fieldLength},
	FieldTwice: {DuplicateField, func(n Note) string {
		return fmt.Sprintf("template %d: field %s twice; the first counts", n.A, ElementName(uint16(n.B)))
	}},
	OptionsNoScope:  {BadTemplate, sayA("options template %d: scope count 0; rejected")},
	OptionsScope:    {BadTemplate, sayABC("options template %d: scope count %d > field count %d; rejected")},
	OptionsLength:   {BadOptionsLength, sayAB("options template %d: bad length (length=%d); rejected")},
	SetLength:       {BadSetLength, sayA("set length %d (<4); rest of datagram skipped")},
	SetTooLong:      {SetOverrun, sayAB("set length %d > remaining %d; rest of datagram skipped")},
	SetReserved:     {ReservedSet, sayA("set id %d is reserved; skipped by length")},
	PaddingNotZero:  {NonzeroPadding, sayTimes("%d sets with padding that is not zero; accepted")},
	MessageLength:   {BadMessageLength, sayA("message length %d (header is 16)")},
	MessageTooLong:  {BadMessageLength, sayAB("message length %d > datagram of %d bytes; what is there is decoded")},
	MessageTrailing: {TrailingBytes, func(n Note) string { return octets(n.A) + " after the message; ignored" }},
	TemplateHeaderShort: {ShortHeader, func(n Note) string {
		return fmt.Sprintf("%s: header is %d bytes, datagram holds %d; dropped", netflowName(n.A), n.B, n.C)
	}},
	VariableTooLong: {SetOverrun, func(n Note) string { return "variable field overruns set by " + octets(n.A) }},
	RecordsTooMany:  {RecordLimit, sayA("more than %d records in a datagram; rest skipped")},
	RecordLeftover:  {RecordTooShort, sayAB("template %d: set ends %d bytes into a record; those are skipped")},
	TemplateUnknown: {NoTemplate, sayAB("no template %d in domain %d yet; data kept until it comes")},
	HeldFull:        {HoldingFull, sayA("more data without a template than is kept (limit %d bytes); dropped")},
	HeldExpired:     {HeldTooLong, sayTimes("%d sets waited too long for their template; dropped")},
	ListTooDeep:     {NestedTooDeep, sayA("lists nested deeper than %d; skipped")},
	BadDirection:    {BadValue, sayA("direction %d; null")},
	BadIPVersion:    {BadValue, sayA("ip version %d; ignored")},
	NoCounters:      {NoTraffic, sayTimes("%d records describe no traffic; skipped")},
	OptionsRecord:   {OptionsData, sayTimes("%d records of options")},
	SamplerUnknown:  {SamplingUnknown, sayA("sampler %d has not been announced; counted 1:1, provisional")},
	SamplersTooMany: {SamplerLimit, sayA("more samplers than are kept (limit %d); the one announced longest ago is forgotten")},
	SamplingUseless: {SamplingIgnored, sayTimes("%d announcements of a sampling rate of 0; ignored")},
	StringTooLong:   {LongString, sayAB("string of %d bytes; cut to %d")},
	NamesTooMany:    {TemplateLimit, sayA("more names than are kept (limit %d bytes); one not announced lately is forgotten")},
	FrameLength:     {BadFraming, sayA("message length %d on a connection (16 to 65535 and version 10 expected); connection closed")},
	ImportBroken:    {BadImport, sayTimes("%d messages could not be read as flows; dropped")},
}

// fieldLength names the field, and the length it may have where that is one.
func fieldLength(n Note) string {
	if n.C == 0 {
		return fmt.Sprintf("field %s length %d (not allowed); template rejected", ElementName(uint16(n.A)), n.B)
	}
	return fmt.Sprintf("field %s length %d (allowed %d); template rejected", ElementName(uint16(n.A)), n.B, n.C)
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
