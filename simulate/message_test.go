package simulate

import (
	"encoding/binary"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"eagre/flow"
)

// message is a NetFlow v9 datagram or an IPFIX message, read set by set: slow,
// obvious, and fatal on anything unexpected.
type message struct {
	count, sequence, domain uint32
	templates               map[uint16]Template // of data and options
	options                 []map[uint16][]byte // by element
	data                    []map[uint16][]byte
	of                      []uint16 // template ids of data
	withdrawn               []uint16
}

// templateStore are the templates that a collector knows, and what it read.
type templateStore map[uint16]Template

func (known templateStore) read(t *testing.T, b []byte) message {
	t.Helper()
	be := binary.BigEndian
	m := message{templates: map[uint16]Template{}}
	ipfix := be.Uint16(b) == 10
	sets := b[16:]
	if ipfix {
		if int(be.Uint16(b[2:])) != len(b) {
			t.Fatalf("length %d in a message of %d bytes", be.Uint16(b[2:]), len(b))
		}
		m.sequence, m.domain = be.Uint32(b[8:]), be.Uint32(b[12:])
	} else {
		m.count, m.sequence, m.domain, sets = uint32(be.Uint16(b[2:])), be.Uint32(b[12:]), be.Uint32(b[16:]), b[20:]
	}
	for len(sets) > 0 {
		id, n := be.Uint16(sets), int(be.Uint16(sets[2:]))
		if n < 4 || n > len(sets) {
			t.Fatalf("set %d of %d bytes, %d are left", id, n, len(sets))
		}
		known.set(t, &m, id, sets[4:n], ipfix)
		sets = sets[n:]
	}
	return m
}

func (known templateStore) set(t *testing.T, m *message, id uint16, b []byte, ipfix bool) {
	t.Helper()
	switch {
	case id >= 256:
		known.records(t, m, id, b)
	case ipfix:
		known.define(t, m, b, id == 3, ipfix)
	default:
		known.define(t, m, b, id == 1, ipfix)
	}
}

func (known templateStore) define(t *testing.T, m *message, b []byte, options, ipfix bool) {
	t.Helper()
	be := binary.BigEndian
	for len(b) > 3 {
		template := Template{ID: be.Uint16(b)}
		fields := int(be.Uint16(b[2:]))
		b = b[4:]
		if ipfix && fields == 0 {
			m.withdrawn = append(m.withdrawn, template.ID)
			continue
		}
		switch {
		case options && ipfix:
			template.Scope, b = int(be.Uint16(b)), b[2:]
		case options:
			template.Scope = fields / 4
			fields, b = template.Scope+int(be.Uint16(b))/4, b[2:]
		}
		for range fields {
			f := Field{Element: be.Uint16(b), Length: be.Uint16(b[2:])}
			b = b[4:]
			if ipfix && f.Element&0x8000 != 0 {
				f.Element, f.Enterprise, b = f.Element&0x7fff, be.Uint32(b), b[4:]
			}
			template.Fields = append(template.Fields, f)
		}
		known[template.ID], m.templates[template.ID] = template, template
	}
}

func (known templateStore) records(t *testing.T, m *message, id uint16, b []byte) {
	t.Helper()
	template, ok := known[id]
	if !ok {
		t.Fatalf("data for template %d, which is not known", id)
	}
	for len(b) >= template.RecordBytes() {
		record := map[uint16][]byte{}
		for _, f := range template.Fields {
			n := int(f.Length)
			if f.Length == Variable {
				n, b = int(b[0]), b[1:]
				if n == 255 {
					n, b = int(binary.BigEndian.Uint16(b)), b[2:]
				}
			}
			record[f.Element], b = b[:n], b[n:]
		}
		if template.Scope > 0 {
			m.options = append(m.options, record)
			continue
		}
		m.data = append(m.data, record)
		m.of = append(m.of, id)
	}
}

func uintOf(b []byte) (v uint64) {
	for _, o := range b {
		v = v<<8 | uint64(o)
	}
	return v
}

func TestAMessageSaysWhatWentIn(t *testing.T) {
	for _, format := range []flow.Version{flow.NetFlowV9, flow.IPFIX} {
		m := templateStore{}.read(t, templated(format, 7, NaturalTimes))
		if len(m.templates) != 5 || len(m.options) != 5 || len(m.data) != 6 || m.domain != 7 || m.sequence != 4 {
			t.Errorf("%s: %d templates, %d options, %d records, domain %d, sequence %d", format, len(m.templates), len(m.options), len(m.data), m.domain, m.sequence)
		}
		if format == flow.NetFlowV9 && m.count != 16 {
			t.Errorf("count %d, want 16 templates and records", m.count)
		}
		for i, r := range append(someRecords(false), someRecords(true)...) {
			got := m.data[i]
			if uintOf(got[OctetDeltaCount]) != r.Bytes || uintOf(got[SourceTransportPort]) != uint64(r.SrcPort) || uintOf(got[EgressInterface]) != uint64(r.OutIf) {
				t.Errorf("%s: record %d: %v, want %+v", format, i, got, r)
			}
		}
	}
}

func TestTimesCanBeSaidInSixWays(t *testing.T) {
	r := sampleRecord() // t0 - 1.5 s to t0 - 250 ms, five hours after the start
	ntpOf := func(seconds int64, fraction uint64) uint64 { return uint64(seconds+2_208_988_800)<<32 | fraction }
	unix := t0.Unix()
	want := map[Times][2]uint64{
		SysUptimes: {5*3600_000 - 1500, 5*3600_000 - 250}, Seconds: {uint64(unix - 2), uint64(unix - 1)},
		Milliseconds: {uint64(unix*1000 - 1500), uint64(unix*1000 - 250)}, DeltaMicroseconds: {1_500_000, 250_000},
		Microseconds: {ntpOf(unix-2, 1<<31), ntpOf(unix-1, 3<<30)}, Nanoseconds: {ntpOf(unix-2, 1<<31), ntpOf(unix-1, 3<<30)},
	}
	for times, want := range want {
		m := BeginIPFIX(nil, IPFIXHeader{Time: t0, Boot: t0.Add(-5 * time.Hour)})
		template := Template{ID: 256, Fields: times.Fields()}
		m.Templates(template)
		m.Records(&template, []flow.Record{r})
		got := templateStore{}.read(t, m.End()).data[0]
		if start, end := uintOf(got[times.Fields()[0].Element]), uintOf(got[times.Fields()[1].Element]); start != want[0] || end != want[1] {
			t.Errorf("times %d: from %d to %d, want %d to %d", times, start, end, want[0], want[1])
		}
	}
}

// A decoder that cuts NTP fractions off at milliseconds must find those of the flow.
func TestNoMillisecondIsLostInAnNTPTimestamp(t *testing.T) {
	for ms := range 1000 {
		at := t0.Add(time.Duration(ms) * time.Millisecond)
		for name, stamp := range map[string]uint64{"nanoseconds": ntp(at), "microseconds": ntpMicroseconds(at)} {
			if got := (stamp & 0xffffffff) * 1000 >> 32; got != uint64(ms) {
				t.Errorf("%s: .%03d s is read as .%03d s", name, ms, got)
			}
		}
		if ntpMicroseconds(at)&0x7ff != 0 {
			t.Errorf(".%03d s: the low bits of microseconds are set", ms)
		}
	}
}

func TestNumbersAreAsLongAsTheTemplateSays(t *testing.T) {
	for _, c := range []struct {
		value  uint64
		octets int
		want   string
	}{{5, 0, ""}, {5, 1, "05"}, {300, 1, "ff"}, {0x010203, 3, "010203"}, {1 << 40, 4, "ffffffff"}, {1<<64 - 1, 8, "ffffffffffffffff"}, {7, 10, "00000000000000000007"}} {
		if got := hexOf(Number(c.value, c.octets)); got != c.want {
			t.Errorf("%d in %d octets: %s, want %s", c.value, c.octets, got, c.want)
		}
	}
}

func hexOf(b []byte) string {
	const digits = "0123456789abcdef"
	var s strings.Builder
	for _, o := range b {
		s.WriteByte(digits[o>>4])
		s.WriteByte(digits[o&15])
	}
	return s.String()
}

func TestVariableFieldsCarryTheirLengthInOneOctetOrThree(t *testing.T) {
	template := Template{ID: 256, Fields: []Field{{Element: InterfaceName, Length: Variable}, {Element: IngressInterface, Length: 4}}}
	for _, n := range []int{0, 1, 254, 255, 1000} {
		m := BeginIPFIX(nil, IPFIXHeader{Time: t0})
		m.Templates(template)
		m.Data(&template, []Value{Text(strings.Repeat("x", n)), Number(9, 4)})
		got := templateStore{}.read(t, m.End()).data[0]
		if len(got[InterfaceName]) != n || uintOf(got[IngressInterface]) != 9 {
			t.Errorf("a name of %d bytes is read as one of %d", n, len(got[InterfaceName]))
		}
	}
}

func TestPaddingIsNeverARecord(t *testing.T) {
	for octets := uint16(1); octets <= 9; octets++ {
		template := Template{ID: 256, Fields: []Field{{Element: IngressInterface, Length: octets}}}
		m := BeginIPFIX(nil, IPFIXHeader{Time: t0})
		m.Templates(template)
		m.Data(&template, []Value{Number(1, int(octets))}, []Value{Number(2, int(octets))}, []Value{Number(3, int(octets))})
		if got := len(templateStore{}.read(t, m.End()).data); got != 3 {
			t.Errorf("records of %d octets: %d are read, want 3", octets, got)
		}
	}
}

func TestListsHoldWhatWasPutIn(t *testing.T) {
	inner := Template{ID: 300, Fields: []Field{{Element: SourceTransportPort, Length: 2}, {Element: InterfaceName, Length: Variable}}}
	row := []Value{Number(80, 2), Text("ab")}
	for name, c := range map[string]struct{ got, want Value }{
		"basic list":              {BasicList(Ordered, Field{Element: 11, Length: 2}, Number(1, 2), Number(2, 2)), Value{4, 0, 11, 0, 2, 0, 1, 0, 2}},
		"basic list, enterprise":  {BasicList(Undefined, Field{Element: 1, Length: 1, Enterprise: 5}, Number(7, 1)), Value{255, 0x80, 1, 0, 1, 0, 0, 0, 5, 7}},
		"sub-template list":       {SubTemplateList(AllOf, &inner, row, row), Value{3, 1, 44, 0, 80, 2, 'a', 'b', 0, 80, 2, 'a', 'b'}},
		"sub-template multi-list": {SubTemplateMultiList(NoneOf, SubTemplates{&inner, [][]Value{row}}, SubTemplates{&inner, nil}), Value{0, 1, 44, 0, 9, 0, 80, 2, 'a', 'b', 1, 44, 0, 4}},
	} {
		if diff := cmp.Diff(c.want, c.got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestBiflowsSayBothDirections(t *testing.T) {
	pair := Biflow{someRecords(false)[0], someRecords(false)[1]}
	template := Template{ID: 256, Fields: []Field{{Element: OctetDeltaCount, Length: 8}, Field{Element: PacketDeltaCount, Length: 8}.Reverse()}}
	m := BeginIPFIX(nil, IPFIXHeader{Time: t0})
	m.Templates(template)
	m.Biflows(&template, []Biflow{pair})
	read := templateStore{}.read(t, m.End())
	if got := read.data[0]; uintOf(got[OctetDeltaCount]) != pair.Forward.Bytes || uintOf(got[PacketDeltaCount]) != pair.Reverse.Packets {
		t.Errorf("%v, want %d octets and %d packets back", got, pair.Forward.Bytes, pair.Reverse.Packets)
	}
	if got := read.templates[256].Fields[1].Enterprise; got != 29305 {
		t.Errorf("the reverse element is of enterprise %d", got)
	}
}

func TestTemplatesAreTakenBack(t *testing.T) {
	m := BeginIPFIX(nil, IPFIXHeader{Time: t0})
	m.Withdraw(false, 256, 2)
	m.Withdraw(true, 257)
	if diff := cmp.Diff([]uint16{256, 2, 257}, (templateStore{}).read(t, m.End()).withdrawn); diff != "" {
		t.Errorf("withdrawn (-want +got):\n%s", diff)
	}
}

func TestMistakesOfTheCallerPanicWithTheirReason(t *testing.T) {
	six, scheme := sampleRecord(), V8Header{Scheme: 15}
	six.SrcAddr = addr("2001:db8::1")
	enterprise := Template{ID: 256, Fields: []Field{{Element: 1, Length: 4, Enterprise: 9}}}
	narrow := Template{ID: 256, Fields: []Field{{Element: 1, Length: 2}}}
	for want, mistake := range map[string]func(){
		"25 records":           func() { AppendV1(nil, V1Header{}, make([]flow.Record, 25)) },
		"28 records":           func() { AppendV7(nil, V7Header{}, make([]flow.Record, 28)) },
		"IPv6":                 func() { AppendV1(nil, V1Header{}, []flow.Record{six}) },
		"aggregation scheme":   func() { AppendV8(nil, scheme, nil) },
		"52 records":           func() { AppendV8(nil, V8Header{Scheme: V8AS}, make([]V8Record, 52)) },
		"v9 has no enterprise": func() { m := BeginV9(nil, V9Header{}); m.Templates(enterprise) },
		"values for 1 fields":  func() { m := BeginV9(nil, V9Header{}); m.Data(&narrow, nil) },
		"3 octets in a field":  func() { m := BeginV9(nil, V9Header{}); m.Data(&narrow, []Value{{1, 2, 3}}) },
		"of two families": func() {
			AppendFrame(nil, &six, 100, Envelope{Tunnel: GRE, From: addr("192.0.2.1"), To: addr("2001:db8::2")}, 100)
		},
	} {
		func() {
			defer func() {
				if got, _ := recover().(string); !strings.Contains(got, want) {
					t.Errorf("panicked with %q, want something about %q", got, want)
				}
			}()
			mistake()
		}()
	}
}
