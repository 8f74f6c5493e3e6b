package traffic

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"math"
	"net/netip"
	"testing"
	"time"

	"eagre/flow"
	"eagre/quality"
)

// smallWorld is two days of four customers.
func smallWorld(t *testing.T, seed uint64) *quality.World {
	t.Helper()
	w, err := quality.New(quality.Config{Seed: seed, Customers: 4, Days: 2, Train: 1, PerKind: 1, Noise: 1})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func TestTheSameWorldIsTheSameCaptureToTheByte(t *testing.T) {
	capture := func(seed uint64) string {
		h := sha256.New()
		sent, err := WritePCAP(t.Context(), h, smallWorld(t, seed))
		if err != nil || sent.Flows == 0 {
			t.Fatalf("%+v, %v", sent, err)
		}
		return fmt.Sprintf("%x", h.Sum(nil))
	}
	first := capture(3)
	if again := capture(3); again != first {
		t.Errorf("the same seed gave %s, then %s", first, again)
	}
	if capture(4) == first {
		t.Error("another seed gave the same capture")
	}
}

// ledger is what entered the network of each event, estimated from samples.
type ledger struct {
	packets, variance float64
	strays            int // flows that are not what the label says
}

// play hands every flow of a world to look.
func play(t *testing.T, w *quality.World, look func(at time.Time, router int, f *Flow)) {
	t.Helper()
	err := NewPlayer(w).Play(func(s Second) error {
		for n := range s.Routers {
			for i := range s.Routers[n].Flows {
				look(s.At, n, &s.Routers[n].Flows[i])
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestLabelsAreTrue(t *testing.T) {
	for seed := range uint64(2) {
		w := smallWorld(t, seed)
		books := make([]ledger, len(w.Events))
		play(t, w, func(_ time.Time, router int, f *Flow) {
			if f.Event == Honest {
				return
			}
			e := &w.Events[f.Event]
			if !isLabelled(w, e, f) && !isAnswer(e, f) {
				books[f.Event].strays++
			}
			if !f.Egress && entersAt(e, router, f) && !isAnswer(e, f) {
				rate, n := float64(f.Rate), float64(f.Packets)
				books[f.Event].packets += rate * n
				books[f.Event].variance += rate * rate * n
			}
		})
		for n := range w.Events {
			holdAgainst(t, w, &w.Events[n], books[n])
		}
	}
}

// holdAgainst: what was labelled must lie within five standard deviations of what was
// estimated; an attack while its router restarts is not wholly seen.
func holdAgainst(t *testing.T, w *quality.World, e *quality.Event, book ledger) {
	t.Helper()
	if e.Nature != quality.Attack {
		return
	}
	if book.strays > 0 {
		t.Errorf("%s %d: %d flows are not as labelled", e.Kind, e.ID, book.strays)
	}
	want := 0.0
	for at := e.Start; at.Before(e.End); at = at.Add(time.Second) {
		want += e.PPS * e.Height(at)
	}
	for _, d := range w.Events {
		if d.Kind == "exporter-restart" && d.Happened(e.Start, e.End.Add(time.Minute)) {
			return
		}
	}
	rate := 0.0
	for _, s := range e.Entries {
		rate = max(rate, float64(w.Routers[s.Router].Sampling))
	}
	if sd := math.Sqrt(book.variance + rate*rate); math.Abs(book.packets-want) > 5*sd+0.02*want {
		t.Errorf("%s %d: %.0f packets labelled, %.0f ± %.0f in the flows", e.Kind, e.ID, want, book.packets, sd)
	}
}

func entersAt(e *quality.Event, router int, f *Flow) bool {
	for _, s := range e.Entries {
		if s.Router == router && s.Interface == f.In {
			return true
		}
	}
	return false
}

// isAnswer: honest services are answered.
func isAnswer(e *quality.Event, f *Flow) bool {
	return e.Nature != quality.Attack && e.Victim.IsValid() && e.Victim.Contains(f.Src.Addr())
}

// isLabelled holds a flow against its label.
func isLabelled(w *quality.World, e *quality.Event, f *Flow) bool {
	if e.Source.IsValid() && !e.Source.Contains(f.Src.Addr()) {
		return false
	}
	if e.Victim.IsValid() && !e.Victim.Contains(f.Dst.Addr()) {
		return false
	}
	if !e.Victim.IsValid() && w.Space.Ours4.Contains(f.Dst.Addr()) {
		return false
	}
	for i := range e.Vectors {
		v := &e.Vectors[i]
		port := func(want *uint16, got uint16) bool { return want == nil || *want == got }
		if v.Protocol == f.Proto && f.Bytes == f.Packets*v.PacketSize && v.TCPFlags == f.Flags && port(v.SrcPort, f.SrcPort) && port(v.DstPort, f.DstPort) {
			return true
		}
	}
	return false
}

func TestNothingIsToldBeforeItHappenedOrOutOfOrder(t *testing.T) {
	w, wire := smallWorld(t, 1), NewWire(smallWorld(t, 1))
	var last time.Time
	err := NewPlayer(w).Play(func(s Second) error {
		for n := range s.Routers {
			for _, f := range s.Routers[n].Flows {
				if f.End >= s.At.Add(time.Second).UnixMilli() || f.Start > f.End || f.Packets == 0 || f.is6() && !w.Routers[n].Speaks6() {
					t.Fatalf("%s told %+v at %v", w.Routers[n].Name, f, s.At)
				}
			}
		}
		for _, d := range wire.Second(s) {
			if d.At.Before(last) {
				t.Fatalf("a datagram of %v came after %v", d.At, last)
			}
			last = d.At
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if wire.Lost() == 0 {
		t.Error("the network lost nothing, which is counted for nothing")
	}
}

func TestAnErrorEndsThePlay(t *testing.T) {
	wrong, seconds := errors.New("the disk is full"), 0
	err := NewPlayer(smallWorld(t, 1)).Play(func(Second) error {
		if seconds++; seconds == 100 {
			return wrong
		}
		return nil
	})
	if !errors.Is(err, wrong) || seconds != 100 {
		t.Errorf("after %d seconds: %v", seconds, err)
	}
}

// seen is what a router did while a disruption was on, from a minute after it began.
type seen struct {
	flows, egress, external int
	longest                 int64
	rates                   map[uint32]bool
	skew                    time.Duration
}

func TestDisruptionsDoWhatTheySay(t *testing.T) {
	w := smallWorld(t, 2)
	got := map[string]*seen{}
	err := NewPlayer(w).Play(func(s Second) error {
		for i := range w.Events {
			e := &w.Events[i]
			if e.Nature != quality.Disruption || e.Kind == "holiday" || s.At.Before(e.Start.Add(time.Minute)) || !s.At.Before(e.End) {
				continue
			}
			if got[e.Kind] == nil {
				got[e.Kind] = &seen{rates: map[uint32]bool{}}
			}
			got[e.Kind].look(&s.Routers[e.Router])
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for i := range w.Events {
		if e := &w.Events[i]; e.Nature == quality.Disruption && e.Kind != "holiday" {
			checkDisruption(t, w, e, got[e.Kind])
		}
	}
}

func (x *seen) look(e *Export) {
	x.skew = e.Skew
	for i := range e.Flows {
		f := &e.Flows[i]
		x.flows++
		x.rates[f.Rate] = true
		x.longest = max(x.longest, f.End-f.Start)
		if f.Egress {
			x.egress++
		}
		if f.In <= 3 && f.Event == Honest && f.Out != 0 {
			x.external++
		}
	}
}

func checkDisruption(t *testing.T, w *quality.World, e *quality.Event, got *seen) {
	t.Helper()
	is := func(right bool) {
		if !right {
			t.Errorf("%s of router %d by %v: %+v", e.Kind, e.Router, e.Amount, got)
		}
	}
	switch e.Kind {
	case "exporter-restart":
		is(got.flows == 0)
	case "sampling-change":
		is(got.rates[uint32(e.Amount)])
	case "clock-step":
		is(got.skew == time.Duration(e.Amount)*time.Second)
	case "timeout-change":
		is(w.Routers[e.Router].Format == flow.SFlowV5 || got.longest > 20*60_000)
	case "double-export":
		is(got.egress > 0 && 2*got.egress == got.flows)
	case "failover":
		is(got.external < got.flows/100)
	}
}

func TestAnOutageIsSilenceAndEverydayIsNot(t *testing.T) {
	w := smallWorld(t, 1)
	var out *quality.Event
	for i := range w.Events {
		if w.Events[i].Kind == "outage" {
			out = &w.Events[i]
		}
	}
	c := w.Customers[out.Customer]
	before, during := 0.0, 0.0
	play(t, w, func(_ time.Time, router int, f *Flow) {
		dst := f.Dst.Addr()
		if f.Event != Honest || f.In > 3 || !c.Prefix4.Contains(dst) && !c.Prefix6.Contains(dst) || router >= len(w.Routers)-1 {
			return
		}
		length, at := out.End.Sub(out.Start), time.UnixMilli(f.Start)
		switch packets := float64(f.Packets) * float64(f.Rate); {
		case at.After(out.Start.Add(time.Minute)) && at.Before(out.End.Add(-time.Minute)):
			during += packets
		case at.After(out.Start.Add(-length)) && at.Before(out.Start):
			before += packets
		}
	})
	if before == 0 || during > 0.15*before {
		t.Errorf("%.0f packets before, %.0f during an outage", before, during)
	}
}

func TestACustomerHasAboutTheRateThatItIsSaidToHave(t *testing.T) {
	w := smallWorld(t, 7)
	sums := make([]float64, len(w.Customers))
	core := len(w.Routers) - 1
	play(t, w, func(_ time.Time, router int, f *Flow) {
		if f.Event != Honest || f.In > 3 || f.Egress || router == core {
			return
		}
		for n, c := range w.Customers {
			if dst := f.Dst.Addr(); c.Prefix4.Contains(dst) || c.Prefix6.Contains(dst) {
				sums[n] += float64(f.Packets) * float64(f.Rate)
			}
		}
	})
	for n, c := range w.Customers {
		want := 0.0
		for at := w.Start; at.Before(w.End()); at = at.Add(time.Hour) {
			want += 3600 * c.PPS * c.Rhythm.At(at, w.Start, isHoliday(w, at))
		}
		if got := sums[n]; got < 0.5*want || got > 1.5*want { // noise, events, IPv6 that a router cannot say
			t.Errorf("%s: %.0f packets in all, expected %.0f", c.Name, got, want)
		}
	}
}

func isHoliday(w *quality.World, at time.Time) bool {
	for i := range w.Events {
		if e := &w.Events[i]; e.Kind == "holiday" && e.Height(at) > 0 {
			return true
		}
	}
	return false
}

// The slow twin of poisson: what a hundred thousand draws must have as mean and variance.
func TestPoissonNumbersHaveTheirMeanAsVariance(t *testing.T) {
	d := newDice(1)
	for _, mean := range []float64{0.05, 1, 7, 29.9, 30.1, 400} {
		const n = 100_000
		sum, squares := 0.0, 0.0
		for range n {
			x := float64(d.poisson(mean))
			sum, squares = sum+x, squares+x*x
		}
		gotMean := sum / n
		gotVariance := squares/n - gotMean*gotMean
		if math.Abs(gotMean-mean) > 5*math.Sqrt(mean/n) || math.Abs(gotVariance-mean) > 0.05*mean {
			t.Errorf("mean %v: got mean %.3f and variance %.3f", mean, gotMean, gotVariance)
		}
	}
	if d.poisson(0) != 0 || d.poisson(-1) != 0 {
		t.Error("nothing expected, something drawn")
	}
}

// The slow twin of ranks adds the power law up.
func TestRanksFollowTheirPowerLaw(t *testing.T) {
	const n, exponent = 50, 1.1
	counts := map[uint16]int{}
	for _, r := range newRanks(n, exponent) {
		counts[r]++
	}
	sum := 0.0
	for r := 1; r <= n; r++ {
		sum += math.Pow(float64(r), -exponent)
	}
	for r := range n {
		want := rankSlots * math.Pow(float64(r+1), -exponent) / sum
		if got := float64(counts[uint16(r)]); math.Abs(got-want) > 1 {
			t.Errorf("rank %d has %v slots, want %.1f", r, got, want)
		}
	}
}

func TestNoiseHasMeanOneAndForgets(t *testing.T) {
	d, n := newDice(9), newNoise(5, 0.3)
	sum := 0.0
	const minutes = 200_000
	for range minutes {
		n.next(d.NormFloat64())
		sum += n.factor()
	}
	if mean := sum / minutes; math.Abs(mean-1) > 0.02 {
		t.Errorf("mean %.3f", mean)
	}
	n.x = 1
	for range 60 {
		n.next(0)
	}
	if n.x > 1e-4 {
		t.Errorf("after an hour %.4f is left of 1", n.x)
	}
}

func TestThePacketsOfACaptureSayWhatTheyAre(t *testing.T) {
	b := appendHeaders(nil, netip.MustParseAddr("10.255.0.1"), 2055, 128)
	sum := 0
	for i := 0; i < ipv4Header; i += 2 {
		sum += int(b[i])<<8 | int(b[i+1])
	}
	if folded := sum>>16 + sum&0xffff; folded != 0xffff {
		t.Errorf("the sum over the header is %#x", folded)
	}
	if len(b) != ipv4Header+udpHeader || b[3] != 128 || b[25] != 108 {
		t.Errorf("headers % x", b)
	}
}
