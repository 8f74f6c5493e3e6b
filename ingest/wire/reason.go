package wire

// Reason is why a datagram, sample or record was not taken at face value. It is
// a label in metrics, so the set is closed and never holds text from outside.
type Reason uint8

// The reasons. Those of a fault count as malformed; the others are ordinary life
// and only counted.
const (
	NoReason Reason = iota
	Empty
	ShortHeader
	BadVersion
	NotAllowed
	Truncated
	DuplicateDatagram
	CountMismatch
	CountAboveLimit
	TrailingBytes
	SamplingUnknown
	SamplingZero
	SamplingRejected
	BadDuration
	LateReceived
	BadExportTime
	ImplausibleCounters
	BadMask
	BadAgentAddress
	SampleOverrun
	RecordSkipped
	HeaderOverrun
	HeaderPartial
	NotIP
	UnknownFormat
	CounterSample
	Keepalive
	DomainLimit
	ExporterLimit
	Unpublished
	UnknownScheme
	FieldsInvalid
	BadTemplate
	TemplateLimit
	BadFieldLength
	DuplicateField
	TemplateChanged
	TemplateWithdrawn
	WithdrawalIgnored
	BadOptionsLength
	BadSetLength
	SetOverrun
	ReservedSet
	NonzeroPadding
	BadMessageLength
	RecordLimit
	RecordTooShort
	NoTemplate
	HoldingFull
	HeldTooLong
	NestedTooDeep
	BadValue
	NoTraffic
	OptionsData
	SamplerLimit
	LongString
	SamplingIgnored
	BadFraming
	BadImport
	ReasonCount // how many there are
)

// gravity is what a reason means for the bytes it stands for.
type gravity uint8

const (
	ordinary gravity = iota // nothing is wrong
	marked                  // wrong, and kept with a mark or a repair
	lossy                   // something in the datagram could not be used
)

var reasons = [ReasonCount]struct {
	label   string
	gravity gravity
}{
	NoReason:            {"none", ordinary},
	Empty:               {"empty", lossy},
	ShortHeader:         {"short_header", lossy},
	BadVersion:          {"bad_version", lossy},
	NotAllowed:          {"not_allowed", ordinary},
	Truncated:           {"truncated", lossy},
	DuplicateDatagram:   {"duplicate_datagram", ordinary},
	CountMismatch:       {"count_mismatch", lossy},
	CountAboveLimit:     {"count_above_limit", marked},
	TrailingBytes:       {"trailing_bytes", lossy},
	SamplingUnknown:     {"sampling_unknown", marked},
	SamplingZero:        {"sampling_zero", lossy},
	SamplingRejected:    {"sampling_rejected", lossy},
	BadDuration:         {"bad_duration", marked},
	LateReceived:        {"late_received", marked},
	BadExportTime:       {"bad_export_time", marked},
	ImplausibleCounters: {"implausible_counters", marked},
	BadMask:             {"bad_mask", marked},
	BadAgentAddress:     {"bad_agent_address", lossy},
	SampleOverrun:       {"sample_overrun", lossy},
	RecordSkipped:       {"record_skipped", lossy},
	HeaderOverrun:       {"header_overrun", marked},
	HeaderPartial:       {"header_partial", marked},
	NotIP:               {"not_ip", ordinary},
	UnknownFormat:       {"unknown_format", ordinary},
	CounterSample:       {"counter_sample", ordinary},
	Keepalive:           {"keepalive", ordinary},
	DomainLimit:         {"domain_limit", marked},
	ExporterLimit:       {"exporter_limit", ordinary},
	Unpublished:         {"unpublished", ordinary},
	UnknownScheme:       {"unknown_scheme", lossy},
	FieldsInvalid:       {"fields_invalid", ordinary},
	BadTemplate:         {"bad_template", lossy},
	TemplateLimit:       {"template_limit", marked},
	BadFieldLength:      {"bad_field_length", lossy},
	DuplicateField:      {"duplicate_field", marked},
	TemplateChanged:     {"template_changed", marked},
	TemplateWithdrawn:   {"template_withdrawn", ordinary},
	WithdrawalIgnored:   {"withdrawal_ignored", marked},
	BadOptionsLength:    {"bad_options_length", lossy},
	BadSetLength:        {"bad_set_length", lossy},
	SetOverrun:          {"set_overrun", lossy},
	ReservedSet:         {"reserved_set", marked},
	NonzeroPadding:      {"nonzero_padding", marked},
	BadMessageLength:    {"bad_message_length", lossy},
	RecordLimit:         {"record_limit", lossy},
	RecordTooShort:      {"record_cut", lossy},
	NoTemplate:          {"no_template", ordinary},
	HoldingFull:         {"holding_full", lossy},
	HeldTooLong:         {"held_too_long", ordinary},
	NestedTooDeep:       {"nested_too_deep", marked},
	BadValue:            {"bad_value", marked},
	NoTraffic:           {"no_traffic", ordinary},
	OptionsData:         {"options_data", ordinary},
	SamplerLimit:        {"sampler_limit", marked},
	LongString:          {"long_string", marked},
	SamplingIgnored:     {"sampling_ignored", marked},
	BadFraming:          {"bad_framing", lossy},
	BadImport:           {"bad_import", lossy},
}

// String is the label.
func (r Reason) String() string { return reasons[min(r, ReasonCount-1)].label }

// Fault tells whether the reason says that the sender did something wrong.
func (r Reason) Fault() bool { return reasons[min(r, ReasonCount-1)].gravity != ordinary }

func (r Reason) lossy() bool { return reasons[min(r, ReasonCount-1)].gravity == lossy }

// Disposition is what became of a datagram as a whole; each has exactly one.
type Disposition uint8

// The dispositions.
const (
	OK               Disposition = iota // all of it was understood
	Partial                             // some of it was used and some could not be
	Malformed                           // nothing of it could be used
	Refused                             // its sender is not on the list of exporters
	Duplicate                           // seen a moment ago, not applied again
	Shed                                // no room to keep state for its sender
	Waiting                             // all it holds waits for a template
	DispositionCount                    // how many there are
)

var dispositions = [DispositionCount]string{"ok", "partial", "malformed", "not_allowed", "duplicate", "shed", "waiting_template"}

// String is the label.
func (d Disposition) String() string { return dispositions[min(d, DispositionCount-1)] }
