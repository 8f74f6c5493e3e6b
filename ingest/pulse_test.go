package ingest

import (
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"eagre/flow"
)

// heardOf collects what a collector says about silence.
func (s *station) heardOf() *[]Silence {
	var said []Silence
	s.silence = func(n Silence) { said = append(said, n) }
	return &said
}

// pass lets minutes pass in which nothing comes.
func (s *station) pass(from, to int) {
	for m := from; m <= to; m++ {
		s.Advance(began.Add(time.Duration(m) * time.Minute))
	}
}

// A router that sent every second stops; seven minutes later it is back.
func TestSilentExporterIsNoticedOnceAndItsReturnToo(t *testing.T) {
	s := newStation(t, nil)
	said := s.heardOf()
	for i := range uint32(60) {
		s.netflow(time.Duration(i)*time.Second, edge1, v5(i, 1))
		s.netflow(time.Duration(i)*time.Second, edge2, v5(i, 1))
	}
	for i := uint32(60); i < 60*10; i++ {
		s.netflow(time.Duration(i)*time.Second, edge2, v5(i, 1))
	}
	if len(*said) != 1 {
		t.Fatalf("got %+v, want one silence", *said)
	}
	got := (*said)[0]
	if got.Exporter != edge1.Addr() || got.Over || !got.Since.Equal(began.Add(59*time.Second)) || got.Usual.Round(100*time.Millisecond) != time.Second {
		t.Errorf("got %+v, want edge1 silent since 59 s, a datagram every second before", got)
	}
	if quiet := got.At.Sub(got.Since); quiet < 5*time.Minute || quiet > 7*time.Minute {
		t.Errorf("noticed after %v, want 5 to 7 minutes", quiet)
	}
	if testutil.ToFloat64(s.metrics.silent) != 1 || !s.Exporters()[0].Silent || s.Exporters()[1].Silent {
		t.Errorf("gauge %v, status %+v", testutil.ToFloat64(s.metrics.silent), s.Exporters())
	}
	s.netflow(10*time.Minute, edge1, v5(99, 1))
	s.Advance(began.Add(11 * time.Minute))
	if len(*said) != 2 || !(*said)[1].Over || testutil.ToFloat64(s.metrics.silent) != 0 {
		t.Errorf("got %+v, want the end of the silence", *said)
	}
}

// A router of few flows that sends a datagram every two minutes is not silent.
func TestRareExporterIsGivenLonger(t *testing.T) {
	s := newStation(t, nil)
	said := s.heardOf()
	for i := range uint32(30) {
		s.netflow(time.Duration(i)*2*time.Minute, edge1, v5(i, 1))
	}
	s.pass(58, 75)
	if len(*said) != 0 {
		t.Errorf("got %+v after 17 minutes, want nothing", *said)
	}
	s.pass(75, 82)
	if len(*said) != 1 {
		t.Errorf("got %+v after 24 minutes, want one silence", *said)
	}
}

// Time that nobody waited for, as in a replay, is no silence.
func TestReplayLooksForNoSilence(t *testing.T) {
	s := newStation(t, nil)
	for i := range uint32(60) {
		s.netflow(time.Duration(i)*time.Second, edge1, v5(i, 1))
	}
	s.Advance(began.Add(24 * time.Hour))
	if x := s.exporters[flow.FromAddr(edge1.Addr())]; x.pulse.silent {
		t.Error("the exporter counts as silent")
	}
}

// A quiet router sends what it has to say in one burst every half an hour.
func TestExporterThatSendsInBurstsIsGivenThePausesItMakes(t *testing.T) {
	s := newStation(t, nil)
	said := s.heardOf()
	for burst := range 25 {
		at := time.Duration(burst) * 30 * time.Minute
		for i := range 50 {
			s.netflow(at+time.Duration(i)*time.Millisecond, edge1, v5(uint32(burst*50+i), 1))
		}
		s.pass(burst*30+1, burst*30+29)
	}
	if len(*said) != 0 {
		t.Errorf("got %+v, want nothing", *said)
	}
}

// A clock that is set forward, or a machine that slept: nobody listened, so
// nobody was silent. Whoever stays silent from then on is.
func TestTimeThatWasLeaptOverIsNoSilence(t *testing.T) {
	s := newStation(t, nil)
	said := s.heardOf()
	for i := range uint32(60) {
		s.netflow(time.Duration(i)*time.Second, edge1, v5(i, 1))
	}
	s.pass(61, 65)
	if len(*said) != 0 {
		t.Errorf("after an hour that was leapt over: got %+v, want nothing", *said)
	}
	s.pass(66, 70)
	if len(*said) != 1 || (*said)[0].Over {
		t.Fatalf("after more than five minutes: got %+v, want one silence", *said)
	}
	if s.pass(200, 201); len(*said) != 1 {
		t.Errorf("after another leap: got %+v, want no end of the silence", *said)
	}
}
