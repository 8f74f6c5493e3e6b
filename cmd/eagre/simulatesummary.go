package main

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"eagre/simulate"
)

// summary is what a simulation really sent.
type summary struct {
	simulation
	sent        simulate.Sent
	took        time.Duration
	verb, where string
	interrupted bool
}

func (s summary) print(w io.Writer) {
	fmt.Fprintf(w, "%s %s flows in %s datagrams (%s) %s in %s%s\n",
		s.verb, grouped(s.sent.Records), grouped(s.sent.Datagrams), megabytes(s.sent.Bytes), s.where, s.took.Round(10*time.Millisecond), s.speed())
	if s.interrupted {
		fmt.Fprintf(w, "interrupted at %s of the scenario\n", s.played.Now().Sub(s.start).Round(time.Millisecond))
	}
	for _, line := range s.remarks() {
		fmt.Fprintln(w, line)
	}
}

// speed compares the rate with what was asked, where it is in real time.
func (s summary) speed() string {
	switch rate := uint64(float64(s.sent.Records)/s.took.Seconds() + .5); {
	case s.verb == "wrote":
		return ""
	case s.Load != nil && len(s.Traffic)+len(s.Attacks) == 0:
		return fmt.Sprintf(": %s flows/s of %s", grouped(rate), grouped(uint64(s.Load.PerSecond)))
	default:
		return fmt.Sprintf(": %s flows/s", grouped(rate))
	}
}

// remarks are what a reader of the numbers at the other end has to know.
func (s summary) remarks() (lines []string) {
	t := s.played.Totals()
	add := func(n uint64, format string, args ...any) {
		if n > 0 {
			lines = append(lines, "  "+fmt.Sprintf(format, args...))
		}
	}
	add(t.Lost, "lost on purpose: %s datagrams with %s flows", grouped(t.Lost), grouped(t.LostRecords))
	add(t.Duplicated, "sent twice on purpose: %s datagrams", grouped(t.Duplicated))
	add(t.Reordered, "overtaken on purpose: %s datagrams", grouped(t.Reordered))
	add(t.Restarts, "restarts: %s, which forgot %s sampled packets", grouped(t.Restarts), grouped(t.Forgotten))
	add(t.Unexportable, "not expressible: %s packets (IPv6 in NetFlow v1 to v8)", grouped(t.Unexportable))
	add(t.CacheFlushes, "flow caches full: %s times", grouped(t.CacheFlushes))
	add(s.sent.Refused, "refused: %s datagrams; nobody listens there", grouped(s.sent.Refused))
	add(s.sent.Failed-s.sent.Refused, "failed: %s datagrams that the system did not take", grouped(s.sent.Failed-s.sent.Refused))
	if s.sent.Behind > grace {
		lines = append(lines, fmt.Sprintf("  this machine cannot keep pace: up to %s behind", s.sent.Behind.Round(time.Millisecond)))
	}
	return lines
}

// failure is an error where so many datagrams came back that nobody can be there:
// the system tells of every second one.
func (s summary) failure() error {
	if s.sent.Failed*3 > s.sent.Failed+s.sent.Datagrams {
		return fmt.Errorf("%s of %s datagrams could not be sent", grouped(s.sent.Failed), grouped(s.sent.Failed+s.sent.Datagrams))
	}
	return nil
}

// grouped writes a number in groups of three digits.
func grouped(n uint64) string {
	text := strconv.FormatUint(n, 10)
	var b strings.Builder
	for i, digit := range text {
		if i > 0 && (len(text)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(digit)
	}
	return b.String()
}

func megabytes(n uint64) string { return fmt.Sprintf("%.2f MB", float64(n)/1e6) }

// progress is a line on a terminal that is written over each second, and nothing
// elsewhere.
type progress struct {
	w     io.Writer // nil: no terminal
	every time.Duration
	next  time.Duration
}

func newProgress(w io.Writer) *progress {
	p := &progress{every: time.Second, next: time.Second}
	if f, ok := w.(*os.File); ok && isTerminal(f) {
		p.w = w
	}
	return p
}

func isTerminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

func (p *progress) tell(passed time.Duration, player *simulate.Player) {
	if p.w == nil || passed < p.next {
		return
	}
	p.next = passed + p.every
	sent := player.Sent()
	fmt.Fprintf(p.w, "\r%s  %s flows, %s datagrams, %s failed\x1b[K", passed.Round(time.Second), grouped(sent.Records), grouped(sent.Datagrams), grouped(sent.Failed))
}

func (p *progress) clear() {
	if p.w != nil {
		fmt.Fprint(p.w, "\r\x1b[K")
	}
}
