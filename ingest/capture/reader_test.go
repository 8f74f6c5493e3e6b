package capture

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"

	"eagre/ingest/header"
	"eagre/internal/recorded"
)

var began = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// timed is a frame and when it was captured, after the beginning.
type timed struct {
	after time.Duration
	data  []byte
}

func udpFrame(port uint16, payload []byte) []byte {
	h := []byte{2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0, 0x45, 0, 0, 0, 0, 0, 0, 0, 64, 17, 0, 0, 192, 0, 2, 1, 198, 51, 100, 7, 0x30, 0x39, 0, 0, 0, 0, 0, 0}
	binary.BigEndian.PutUint16(h[16:], uint16(28+len(payload)))
	binary.BigEndian.PutUint16(h[36:], port)
	binary.BigEndian.PutUint16(h[38:], uint16(8+len(payload)))
	return append(h, payload...)
}

func v5(records int) []byte {
	b := make([]byte, 24+48*records)
	b[1], b[3] = 5, byte(records)
	return b
}

func pcapFile(t testing.TB, frames ...timed) []byte {
	var out bytes.Buffer
	w := pcapgo.NewWriterNanos(&out)
	check(t, w.WriteFileHeader(65535, layers.LinkTypeEthernet))
	for _, f := range frames {
		check(t, w.WritePacket(gopacket.CaptureInfo{Timestamp: began.Add(f.after), CaptureLength: len(f.data), Length: len(f.data)}, f.data))
	}
	return out.Bytes()
}

func pcapngFile(t testing.TB, frames ...timed) []byte {
	var out bytes.Buffer
	w, err := pcapgo.NewNgWriter(&out, layers.LinkTypeEthernet)
	check(t, err)
	second, err := w.AddInterface(pcapgo.NgInterface{LinkType: layers.LinkTypeRaw, SnapLength: 65535})
	check(t, err)
	for i, f := range frames {
		ci := gopacket.CaptureInfo{Timestamp: began.Add(f.after), CaptureLength: len(f.data), Length: len(f.data)}
		data := f.data
		if i%2 == 1 {
			ci.InterfaceIndex, data = second, data[14:]
			ci.CaptureLength, ci.Length = len(data), len(data)
		}
		check(t, w.WritePacket(ci, data))
	}
	check(t, w.Flush())
	return out.Bytes()
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func open2(t testing.TB, file []byte, c Config) *Reader {
	t.Helper()
	r, err := NewReader(bytes.NewReader(file), c)
	check(t, err)
	return r
}

// seconds are the arrival times of all items.
func seconds(t testing.TB, r *Reader) (out []int) {
	t.Helper()
	for {
		item, err := r.Next()
		if errors.Is(err, io.EOF) {
			return out
		}
		check(t, err)
		out = append(out, int(item.At.Sub(began)/time.Second))
	}
}

func TestCaptureOfExportsYieldsThePayloads(t *testing.T) {
	file := pcapFile(t, timed{0, udpFrame(54321, v5(1))}, timed{time.Second, make([]byte, 60)}, timed{2 * time.Second, udpFrame(54321, v5(2)[:70])}, timed{3 * time.Second, udpFrame(54321, v5(2))})
	r := open2(t, file, DefaultConfig())
	if r.Kind() != Packets {
		t.Errorf("two of four frames are exports, which is no majority, and it says %v", r.Kind())
	}
	file = append(file, pcapFile(t, timed{4 * time.Second, udpFrame(2055, []byte("broken"))}, timed{5 * time.Second, udpFrame(54321, v5(0))})[24:]...)
	file = append(file, pcapFile(t, timed{6 * time.Second, udpFrame(53, []byte("a question"))}, timed{7 * time.Second, udpFrame(54321, v5(3))}, timed{8 * time.Second, udpFrame(54321, v5(1))})[24:]...)
	r = open2(t, file, DefaultConfig())
	if r.Kind() != Exports {
		t.Fatalf("got %v, want exports", r.Kind())
	}
	item, err := r.Next()
	check(t, err)
	if got := item.From.String(); got != "192.0.2.1:12345" || !bytes.Equal(item.Data, v5(1)) || item.Kind != Exports || !item.At.Equal(began) {
		t.Errorf("got %+v", item)
	}
	// The broken ones went where exports go and are handed on to be counted.
	if diff := cmp.Diff([]int{2, 3, 4, 5, 7, 8}, seconds(t, r)); diff != "" {
		t.Errorf("arrivals (-want +got):\n%s", diff)
	}
	if got, want := r.Counts(), (Counts{Frames: 9, Items: 7, Skipped: 2}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestPcapngNamesInterfacesAndLinkTypes(t *testing.T) {
	frame := udpFrame(53, []byte("a question"))
	r := open2(t, pcapngFile(t, timed{0, frame}, timed{time.Second, frame}), DefaultConfig())
	first, err := r.Next()
	check(t, err)
	if first.Interface != 1 || first.Link != header.Ethernet || first.WireBytes != len(frame) || first.Kind != Packets {
		t.Errorf("first: %+v", first)
	}
	second, err := r.Next()
	check(t, err)
	if second.Interface != 2 || second.Link != header.Raw || !bytes.Equal(second.Data, frame[14:]) {
		t.Errorf("second: %+v", second)
	}
}

func TestGzippedCaptureIsReadAsItIs(t *testing.T) {
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, err := z.Write(pcapngFile(t, timed{0, udpFrame(53, nil)}))
	check(t, err)
	check(t, z.Close())
	if got := seconds(t, open2(t, packed.Bytes(), DefaultConfig())); len(got) != 1 {
		t.Errorf("got %d items, want 1", len(got))
	}
}

func TestFramesComeInOrderWithinTheLookAhead(t *testing.T) {
	at := func(s int) timed { return timed{time.Duration(s) * time.Second, udpFrame(53, nil)} }
	file := pcapFile(t, at(10), at(5), at(30), at(10), at(100), at(60), at(50), at(200))
	r := open2(t, file, DefaultConfig())
	if diff := cmp.Diff([]int{5, 10, 10, 30, 50, 60, 100, 200}, seconds(t, r)); diff != "" {
		t.Errorf("arrivals (-want +got):\n%s", diff)
	}
	if c := r.Counts(); c.Late != 0 || c.Crowded != 0 {
		t.Errorf("got %+v, want nothing late or crowded", c)
	}
}

// The file's first packets are always held to see what it is, so a straggler
// must come after those to be late.
func TestFrameBeyondTheLookAheadIsMovedUpAndCounted(t *testing.T) {
	var frames []timed
	for i := range 300 {
		frames = append(frames, timed{time.Duration(i) * time.Second, udpFrame(53, nil)})
	}
	frames = append(frames, timed{time.Second, udpFrame(53, nil)}, timed{300 * time.Second, udpFrame(53, nil)})
	r := open2(t, pcapFile(t, frames...), DefaultConfig())
	got := seconds(t, r)
	for i := 1; i < len(got); i++ {
		if got[i] < got[i-1] {
			t.Fatalf("time goes back from %d s to %d s", got[i-1], got[i])
		}
	}
	if len(got) != 302 || r.Counts().Late != 1 {
		t.Errorf("got %d items, %d late; want 302, 1", len(got), r.Counts().Late)
	}
}

func TestLookAheadIsBoundedInBytes(t *testing.T) {
	c := DefaultConfig()
	c.Buffer = 10_000
	var frames []timed
	for i := range 1000 {
		frames = append(frames, timed{time.Duration(i) * time.Millisecond, make([]byte, 1000)})
	}
	r := open2(t, pcapFile(t, frames...), c)
	worst := 0
	for {
		if _, err := r.Next(); err != nil {
			break
		}
		worst = max(worst, r.order.held-sampled*(1000+frameOverhead))
	}
	if counts := r.Counts(); counts.Crowded == 0 || counts.Items != 1000 || worst > c.Buffer+1000+frameOverhead {
		t.Errorf("got %+v, at most %d bytes held beyond the first %d packets", counts, worst, sampled)
	}
}

// The clever order beside sorting everything at once.
func TestOrderAgreesWithSorting(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var frames []timed
	for i := range 3000 {
		jitter := time.Duration(r.IntN(30)) * time.Second * time.Duration(r.IntN(2))
		frames = append(frames, timed{time.Duration(i)*100*time.Millisecond + jitter, binary.BigEndian.AppendUint32(make([]byte, 10), uint32(i))})
	}
	reader := open2(t, pcapFile(t, frames...), DefaultConfig())
	seen := make(map[uint32]bool)
	var last Item
	for i := range frames {
		item, err := reader.Next()
		check(t, err)
		number := binary.BigEndian.Uint32(item.Data[10:])
		if want := began.Add(frames[number].after); !item.At.Equal(want) || seen[number] || item.At.Before(last.At) {
			t.Fatalf("item %d is frame %d at %v, captured at %v", i, number, item.At, want)
		}
		seen[number], last = true, item
	}
}

func TestCutFileYieldsWhatItHolds(t *testing.T) {
	whole := pcapFile(t, timed{0, udpFrame(53, nil)}, timed{time.Second, udpFrame(53, nil)})
	r := open2(t, whole[:len(whole)-5], DefaultConfig())
	if got := seconds(t, r); len(got) != 1 || r.Cut() == nil || r.Counts().Cut != 1 {
		t.Errorf("got %d items, cut: %v", len(got), r.Cut())
	}
}

func TestWhatIsNoCaptureIsRefused(t *testing.T) {
	for text, want := range map[string]string{
		"":                          "capture: not a capture: 0 bytes, shorter than any file header",
		"hello, this is no capture": "capture: not a capture: it begins with 68656c6c, and pcap, ",
		"\xd4\xc3\xb2\xa1 garbage":  "capture: pcap: ",
		"\x0a\x0d\x0d\x0a garbage":  "capture: pcapng: ",
		"\x1f\x8bgarbage of gzip":   "capture: gzip: ",
	} {
		if _, err := NewReader(strings.NewReader(text), DefaultConfig()); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: got %v, want %q…", text, err, want)
		}
	}
	if _, err := NewReader(strings.NewReader(""), Config{LookAhead: -1}); err == nil || !strings.Contains(err.Error(), "capture.buffer: 0 bytes") {
		t.Errorf("got %v, want the configuration refused", err)
	}
}

func TestRealCapturesAreRecognisedByLooking(t *testing.T) {
	for folder, want := range map[string]Kind{"attack-flows": Exports, "attacks": Packets, "benign": Packets, "exporters/logstash-merged-pcap": Exports, "exporters/tcpdump-sflow": Exports} {
		root := recorded.Path(t, "captures", folder)
		check(t, filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.Contains(filepath.Ext(path), "pcap") {
				return err
			}
			f, err := os.Open(path)
			check(t, err)
			defer func() { _ = f.Close() }()
			r, err := NewReader(f, DefaultConfig())
			if err != nil {
				t.Errorf("%s: %v", path, err)
			} else if r.Kind() != want {
				t.Errorf("%s: got %v, want %v", path, r.Kind(), want)
			}
			return nil
		}))
	}
}
