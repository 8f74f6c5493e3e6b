package oracle

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/netsampler/goflow2/v2/decoders/netflow"
	"github.com/netsampler/goflow2/v2/decoders/netflowlegacy"
	"github.com/netsampler/goflow2/v2/decoders/sflow"
	"github.com/netsampler/goflow2/v2/producer"
	protoproducer "github.com/netsampler/goflow2/v2/producer/proto"

	"eagre/simulate"
)

// asGoflow2 in the environment makes this program goflow2: it reads datagrams from
// its standard input and says what it finds in them, so that it may die of one.
const asGoflow2 = "EAGRE_ORACLE_GOFLOW2"

func TestMain(m *testing.M) {
	if os.Getenv(asGoflow2) != "" {
		if err := beGoflow2(os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// What a run of goflow2 may use: it allocates without end on a template without
// fields, and loops on a field of length 0.
const (
	judgeMemory  = 512 << 20
	judgeSeconds = 20
)

func TestAgainstGoflow2(t *testing.T) {
	var differences []difference
	judged := 0
	for _, e := range append(captured(t), simulated()...) {
		if e.version() != 0 && e.version() != 5 && e.version() != 9 && e.version() != 10 {
			continue // goflow2 knows no other
		}
		theirs, err := goflow2(t, &e)
		if err != nil {
			differences = append(differences, difference{"goflow2", e.name, judgement, nil, said{judgement: err.Error()}})
			continue
		}
		judged += len(theirs)
		differences = append(differences, compare("goflow2", e.name, e.decoded(t), theirs)...)
	}
	t.Logf("%d records judged", judged)
	settle(t, "goflow2", differences)
}

// One datagram of 32 bytes, a template without fields and a set of data for it,
// is the end of goflow2. It must not be the end of the test, nor of eagre.
func TestAJudgeThatDiesIsHeardNoMore(t *testing.T) {
	m := simulate.BeginIPFIX(nil, simulate.IPFIXHeader{Time: noon, Domain: 1})
	m.Set(2, []byte{1, 0, 0, 0})
	m.Set(256, []byte{0, 0, 0, 0})
	e := exports{name: "a template without fields"}
	e.add(noon, m.End())
	if _, err := goflow2(t, &e); err == nil {
		t.Error("goflow2 survived; the comment at its limits is out of date")
	}
	if got := e.decoded(t); len(got) > 0 {
		t.Errorf("eagre makes flows of it: %v", got)
	}
}

// goflow2 gives the datagrams to a process of its own.
func goflow2(t testing.TB, e *exports) (all []said, err error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), judgeSeconds*time.Second)
	defer cancel()
	child := exec.CommandContext(ctx, os.Args[0])
	child.Env = append(os.Environ(), asGoflow2+"=1")
	var in, out, complaints bytes.Buffer
	for _, d := range e.datagrams {
		in.Write(binary.BigEndian.AppendUint32(nil, uint32(len(d.payload))))
		in.Write(d.payload)
	}
	child.Stdin, child.Stdout, child.Stderr = &in, &out, &complaints
	if err := child.Run(); err != nil {
		return nil, fmt.Errorf("%w: %.200s", err, complaints.String())
	}
	return all, json.Unmarshal(out.Bytes(), &all)
}

// beGoflow2 is what the child does. Datagrams that goflow2 reports an error for
// give what it found before that.
func beGoflow2(in io.Reader, out io.Writer) error {
	limit := syscall.Rlimit{Cur: judgeMemory, Max: judgeMemory}
	if err := syscall.Setrlimit(syscall.RLIMIT_DATA, &limit); err != nil {
		return err
	}
	d, err := newGoflow2Decoder()
	if err != nil {
		return err
	}
	all := []said{}
	for r := bufio.NewReader(in); ; {
		payload, err := framed(r)
		if errors.Is(err, io.EOF) {
			return json.NewEncoder(out).Encode(all)
		}
		if err != nil {
			return err
		}
		all = append(all, d.decode(payload)...)
	}
}

func framed(r io.Reader) ([]byte, error) {
	var size [4]byte
	if _, err := io.ReadFull(r, size[:]); err != nil {
		return nil, err
	}
	payload := make([]byte, binary.BigEndian.Uint32(size[:]))
	_, err := io.ReadFull(r, payload)
	return payload, err
}

type goflow2Decoder struct {
	templates netflow.NetFlowTemplateSystem
	producer  producer.ProducerInterface
}

func newGoflow2Decoder() (*goflow2Decoder, error) {
	config, err := new(protoproducer.ProducerConfig).Compile()
	if err != nil {
		return nil, err
	}
	p, err := protoproducer.CreateProtoProducer(config, protoproducer.CreateSamplingSystem)
	return &goflow2Decoder{netflow.CreateTemplateSystem(), p}, err
}

func (d *goflow2Decoder) decode(payload []byte) (all []said) {
	if len(payload) < 4 {
		return nil
	}
	packet := d.parse(payload)
	if packet == nil {
		return nil
	}
	from := netip.MustParseAddrPort("192.0.2.1:50000")
	messages, _ := d.producer.Produce(packet, &producer.ProduceArgs{Src: from, SamplerAddress: from.Addr(), TimeReceived: time.Unix(0, 0)})
	_, sampled := packet.(*sflow.Packet)
	for _, m := range messages {
		all = append(all, goflow2Says(m.(*protoproducer.ProtoProducerMessage), sampled))
	}
	return all
}

// parse reads a datagram, as far as it goes.
func (d *goflow2Decoder) parse(payload []byte) any {
	b := bytes.NewBuffer(payload[2:])
	switch binary.BigEndian.Uint16(payload) {
	case 0:
		var p sflow.Packet
		_ = sflow.DecodeMessageVersion(bytes.NewBuffer(payload), &p)
		return &p
	case 5:
		p := netflowlegacy.PacketNetFlowV5{Version: 5}
		_ = netflowlegacy.DecodeMessage(b, &p)
		return &p
	case 9:
		p := netflow.NFv9Packet{Version: 9}
		_ = netflow.DecodeMessageNetFlow(b, d.templates, &p)
		return &p
	case 10:
		p := netflow.IPFIXPacket{Version: 10}
		_ = netflow.DecodeMessageIPFIX(b, d.templates, &p)
		return &p
	}
	return nil
}

func goflow2Says(m *protoproducer.ProtoProducerMessage, sampled bool) said {
	ip := func(b []byte) string {
		a, _ := netip.AddrFromSlice(b)
		return address(a)
	}
	hop := ip(m.NextHop)
	if hop == noAddress {
		hop = ip(m.BgpNextHop)
	}
	s := said{
		source: ip(m.SrcAddr), destination: ip(m.DstAddr), nextHop: hop,
		sourcePort: number(m.SrcPort), destPort: number(m.DstPort), protocol: number(m.Proto),
		flags: number(m.TcpFlags), tos: number(m.IpTos), packets: number(m.Packets), octets: number(m.Bytes),
		input: number(m.InIf), output: number(m.OutIf), sourceAS: number(m.SrcAs), destAS: number(m.DstAs),
		sourceMask: number(m.SrcNet), destMask: number(m.DstNet), forwarding: number(m.ForwardingStatus),
	}
	if !sampled {
		s[first], s[last] = instant(time.Unix(0, int64(m.TimeFlowStartNs))), instant(time.Unix(0, int64(m.TimeFlowEndNs)))
	}
	if s.icmp() && m.DstPort == 0 { // type and code are apart
		s[destPort] = number(m.IcmpType<<8 | m.IcmpCode)
	}
	if m.SamplingRate > 0 {
		s[sampling] = number(m.SamplingRate)
	}
	return s
}
