package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"eagre/anomaly"
	"eagre/flow"
)

// flowLine is a flow as one JSON object. The names are those that signatures
// use, times are UTC.
type flowLine struct {
	Type        string     `json:"type"` // the export format
	Exporter    netip.Addr `json:"sampler_address"`
	Domain      uint32     `json:"observation_domain_id"`
	Start       time.Time  `json:"start"`
	End         time.Time  `json:"end"`
	Src         addrText   `json:"src_addr"`
	Dst         addrText   `json:"dst_addr"`
	SrcPort     uint16     `json:"src_port"`
	DstPort     uint16     `json:"dst_port"`
	Proto       uint8      `json:"proto"`
	TCPFlags    uint8      `json:"tcp_flags"`
	TOS         uint8      `json:"ip_tos"`
	Bytes       uint64     `json:"bytes"`
	Packets     uint64     `json:"packets"`
	Sampling    uint32     `json:"sampling_rate"`
	SaidBy      string     `json:"sampling"`
	InIf        uint32     `json:"in_if"`
	OutIf       uint32     `json:"out_if"`
	NextHop     addrText   `json:"next_hop"`
	SrcAS       uint32     `json:"src_as"`
	DstAS       uint32     `json:"dst_as"`
	SrcNet      uint8      `json:"src_net"`
	DstNet      uint8      `json:"dst_net"`
	Direction   uint8      `json:"flow_direction"`
	Forwarding  uint8      `json:"forwarding_status"`
	App         uint64     `json:"app,string"` // engine<<56 | selector: too large for programs that count in doubles
	RTT         uint32     `json:"rtt_us"`
	Fragment    bool       `json:"fragment"`
	Aggregated  bool       `json:"aggregated"`
	Implausible bool       `json:"implausible"`
	Clamped     bool       `json:"clamped"` // its times could not be believed
}

// addrText is an address, or nothing where a format has none.
type addrText struct{ netip.Addr }

// MarshalJSON writes null for no address.
func (a addrText) MarshalJSON() ([]byte, error) {
	if !a.IsValid() || a.Addr == (flow.IP{}).Addr() {
		return []byte("null"), nil
	}
	return json.Marshal(a.Addr)
}

// UnmarshalJSON reads it back.
func (a *addrText) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		a.Addr = netip.Addr{}
		return nil
	}
	return json.Unmarshal(b, &a.Addr)
}

// lineOf is a record as it is printed.
func lineOf(r flow.Record) flowLine {
	return flowLine{
		Type: r.Version.String(), Exporter: r.Exporter, Domain: r.Domain, Start: r.Start, End: r.End,
		Src: addrText{r.SrcAddr}, Dst: addrText{r.DstAddr}, SrcPort: r.SrcPort, DstPort: r.DstPort,
		Proto: r.Proto, TCPFlags: r.TCPFlags, TOS: r.TOS, Bytes: r.Bytes, Packets: r.Packets,
		Sampling: r.SamplingRate, SaidBy: r.Sampling.String(), InIf: r.InIf, OutIf: r.OutIf, NextHop: addrText{r.NextHop},
		SrcAS: r.SrcAS, DstAS: r.DstAS, SrcNet: r.SrcMask, DstNet: r.DstMask, Direction: uint8(r.Direction),
		Forwarding: r.Forwarding, App: r.App, RTT: r.RTT, Fragment: r.Quality&flow.Fragment != 0,
		Aggregated: r.Quality&flow.Aggregated != 0, Implausible: r.Quality&flow.Implausible != 0,
		Clamped: r.Quality&(flow.BadDuration|flow.LateReceived) != 0,
	}
}

// flowPrinter writes flows in one of the forms that people and programs read.
type flowPrinter struct {
	w      io.Writer
	form   string
	headed bool
}

// The forms of a flow on a line.
const (
	asText   = "text"
	asJSONL  = "jsonl"
	asNfdump = "nfdump"
)

// print writes one flow.
func (p *flowPrinter) print(f flowLine) error {
	if p.form == asJSONL {
		return json.NewEncoder(p.w).Encode(f)
	}
	if !p.headed {
		p.headed = true
		fmt.Fprintln(p.w, map[string]string{asText: textHead, asNfdump: nfdumpHead}[p.form])
	}
	text := f.text()
	if p.form == asNfdump {
		text = f.nfdump()
	}
	_, err := fmt.Fprintln(p.w, text)
	return err
}

const (
	textHead   = "LAST SEEN      LASTED  PROTO  SOURCE                   DESTINATION              FLAGS     PACKETS  BYTES      SAMPLED  IN>OUT     EXPORTER"
	nfdumpHead = "Date first seen             Duration     Proto      Src IP Addr:Port          Dst IP Addr:Port   Packets    Bytes Flows"
)

// text is a flow for people, with what an operator asks about first.
func (f flowLine) text() string {
	return fmt.Sprintf("%-12s %7.3fs  %-5s  %-23s  %-23s  %-8s %8d  %-9s  %-7s  %-9s  %s",
		f.End.UTC().Format("15:04:05.000"), f.End.Sub(f.Start).Seconds(), f.protocol(),
		f.endpoint(f.Src, f.SrcPort), f.endpoint(f.Dst, f.DstPort), f.flags(), f.Packets, anomaly.HumanBytes(float64(f.Bytes)),
		f.sampled(), fmt.Sprintf("%d>%d", f.InIf, f.OutIf), f.Exporter)
}

// sampled is the rate, or a question mark where it is not known.
func (f flowLine) sampled() string {
	if f.Sampling == 0 {
		return "1:?"
	}
	return fmt.Sprintf("1:%d", f.Sampling)
}

// nfdump is a flow in the "line" form of nfdump 1.7, for scripts that read it.
func (f flowLine) nfdump() string {
	src, dst := f.endpoint(f.Src, f.SrcPort), f.endpoint(f.Dst, f.DstPort)
	lasted := f.End.Sub(f.Start)
	return fmt.Sprintf("%s     %02d:%02d:%06.3f %-5s %21s  -> %21s %9d %8d %5d", f.Start.UTC().Format("2006-01-02 15:04:05.000"),
		int(lasted.Hours()), int(lasted.Minutes())%60, (lasted % time.Minute).Seconds(), strings.ToUpper(f.protocol()), src, dst, f.Packets, f.Bytes, 1)
}

func (f flowLine) endpoint(a addrText, port uint16) string {
	if !a.IsValid() {
		return fmt.Sprintf("-:%d", port)
	}
	return netip.AddrPortFrom(a.Addr, port).String()
}

// protocol is a name, or a number where there is none.
func (f flowLine) protocol() string {
	return cmp.Or(anomaly.ProtocolName(f.Proto), strconv.Itoa(int(f.Proto)))
}

// flags are the TCP flags as letters, dots where one is not set.
func (f flowLine) flags() string {
	if f.Proto != 6 {
		return "-"
	}
	out := []byte("CEUAPRSF")
	for i := range out {
		if f.TCPFlags&(0x80>>i) == 0 {
			out[i] = '.'
		}
	}
	return string(out)
}
