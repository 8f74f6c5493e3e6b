package anomaly

import (
	"bytes"
	"encoding/json"
	"flag"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

var update = flag.Bool("update", false, "write the golden files anew")

// opaque lets cmp compare addresses and prefixes, whose fields are hidden.
var opaque = cmpopts.EquateComparable(netip.Addr{}, netip.Prefix{})

func at(clock string) time.Time {
	t, err := time.Parse(time.DateTime, "2003-01-27 "+clock)
	if err != nil {
		panic(err)
	}
	return t
}

// worm is the founding slides' Slammer anomaly at 20:05, half way through.
func worm() Event {
	source := netip.MustParsePrefix("192.168.20.217/32")
	return Event{
		Event: Updated, ID: "a-5k2qabcdefgh2345", Revision: 31, At: at("20:05:00"),
		Anomaly: Anomaly{
			Class: Signature, Subclass: "slammer", Title: "SQL Slammer worm", Importance: High,
			SeverityPercent: 958.2, Threshold: Threshold{Value: 3400, Unit: PPS, Source: "signature slammer rev 3"},
			Direction: "outgoing", Start: at("16:51:00"), Ongoing: true,
			Resource: Resource{Kind: "prefix", Name: "campus", Prefix: "192.168.16.0/20"},
			Source:   &source, Stage: Stable, Vectors: []Vector{},
			Triggering: Rates{BPS: 71690000, PPS: 22200}, Expected: Rates{BPS: 2340000, PPS: 712},
			Difference: Rates{BPS: 69350000, PPS: 21490},
			Maximum:    Peak{Rates: Rates{BPS: 105260000, PPS: 32580}, At: at("20:00:00")},
			Mean:       Rates{BPS: 76050000, PPS: 23540}, SamplingErrorPercent: 1.9,
			Fingerprint: Fingerprint{Protocol: new(uint8(17)), DstPort: new(uint16(1434)), PacketSize: new(uint32(404)), Share: 0.999},
			NetworkElements: []NetworkElement{{
				Exporter: "net8", Address: netip.MustParseAddr("1.2.3.4"), Interface: 67, Name: "at-1/1/0.14", Direction: "in",
				Role: "external", Importance: High, Share: 0.71, ExpectedPPS: 26, MaxBPS: 832000, MeanBPS: 563100,
				MaxPPS: 2600, MeanPPS: 1700, FirstSeen: at("16:51:10"), Entry: true,
			}},
			Evidence: Evidence{
				Detector: "signature/slammer", RuleRevision: "3", Window: "2s", Value: 22200, Limit: 3400, Unit: PPS, Samples: 11100,
				Sentence:  "udp to port 1434 with 404-byte packets: 22.20 Kpps from 192.168.20.217, limit 3.40 Kpps",
				Reproduce: "eagre signature backtest rules/slammer.yaml --from 2003-01-27T16:50:00Z --to 2003-01-27T16:52:00Z",
			},
		},
	}
}

// carpet is an event in which everything is set that the worm leaves empty.
func carpet() Event {
	victim, end := netip.MustParsePrefix("2001:db8:1::/48"), at("21:00:00")
	e := worm()
	e.Event, e.Revision = Ended, 32
	e.Class, e.Subclass, e.Title, e.Stage = Misuse, SYNFlood, "SYN flood", Shadow
	e.Importance, e.Direction = Low, "incoming"
	e.Victim, e.Source, e.Carpet, e.Breadth = &victim, nil, true, new("212 of 254 hosts")
	e.End, e.Ongoing, e.Provisional = &end, false, true
	e.Resource = Resource{Kind: "host", Name: "2001:db8:1::7"}
	e.Vectors = []Vector{{Class: Profiled, Subclass: "bandwidth", Maximum: Rates{BPS: 1e9, PPS: 1e5}}}
	e.Fingerprint = Fingerprint{Protocol: new(uint8(6)), SrcPort: new(uint16(0)), TCPFlags: new(uint8(2)), Share: 1}
	e.NetworkElements[0].LinkSeverityPercent = 83.2
	e.Evidence.Bucket = new("monday 20:00")
	return e
}

func encode(t *testing.T, e Event) []byte {
	t.Helper()
	line, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	return append(line, '\n')
}

func TestAnEventIsTheLineThatOthersRead(t *testing.T) {
	for name, e := range map[string]Event{"updated-slammer.json": worm(), "ended-carpet.json": carpet()} {
		path := filepath.Join("testdata", name)
		got := encode(t, e)
		if *update {
			if err := os.WriteFile(path, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), string(got)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestWhatWasWrittenIsReadBack(t *testing.T) {
	for name, want := range map[string]Event{"worm": worm(), "carpet": carpet(), "nothing": {At: at("00:00:00")}} {
		var got Event
		if err := json.Unmarshal(encode(t, want), &got); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if diff := cmp.Diff(want, got, opaque); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// TestFieldsOnlyEverGetAdded: a field of tomorrow does not stop a reader of today.
func TestFieldsOnlyEverGetAdded(t *testing.T) {
	line := bytes.Replace(encode(t, worm()), []byte(`{"event"`), []byte(`{"colour":"red","event"`), 1)
	var got Event
	if err := json.Unmarshal(line, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(worm(), got, opaque); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestTheEventIsAsTheDesignShowsIt compares with the example of the design page,
// field by field.
func TestTheEventIsAsTheDesignShowsIt(t *testing.T) {
	path := filepath.Join("..", "..", "shared", "design", "anomaly.md")
	page, err := os.ReadFile(path)
	if err != nil {
		t.Skipf("the design pages are not here (%s)", path)
	}
	example := regexp.MustCompile("(?s)```json\n(.*?)```").FindSubmatch(page)
	if example == nil {
		t.Fatal("the page has no example")
	}
	want, got := fields(t, example[1]), fields(t, encode(t, worm()))
	for _, name := range []string{"id", "network_elements.0.first_seen", "evidence.reproduce"} { // shortened on the page
		want[name] = got[name]
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-page +event):\n%s", diff)
	}
}

// fields are the values of a JSON object by their path.
func fields(t *testing.T, text []byte) map[string]any {
	t.Helper()
	var v any
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	out := map[string]any{}
	var walk func(path []string, v any)
	walk = func(path []string, v any) {
		switch v := v.(type) {
		case map[string]any:
			for key, inner := range v {
				walk(append(slices.Clone(path), key), inner)
			}
		case []any:
			out[strings.Join(path, ".")] = len(v)
			for i, inner := range v {
				walk(append(slices.Clone(path), string(rune('0'+i))), inner)
			}
		default:
			out[strings.Join(path, ".")] = v
		}
	}
	walk(nil, v)
	return out
}
