package simulate

import (
	"bytes"
	"context"
	"errors"
	"net/netip"
	"testing"
	"time"

	"eagre/flow"
)

func TestAPlayerStopsWhereItWasToldAndTellsWhatItSent(t *testing.T) {
	socket, at := collector(t)
	s := loaded(t, Load{PerSecond: 1000, Hosts: 10}, func(r *Router) { r.Exporter.Address = addr("127.0.0.1") }, 1)
	p, err := Open(s, Targets{NetFlow: at, SFlow: at})
	if err != nil {
		t.Fatal(err)
	}
	p.Until = t0.Add(300 * time.Millisecond)
	ticks := make(chan time.Time, 1)
	ticks <- t0
	if err := p.run(t.Context(), ticks, func() time.Time { return t0.Add(time.Hour) }); err != nil {
		t.Fatal(err)
	}
	sent := p.Sent()
	if sent.Records != 300 || sent.Datagrams != 11 || sent.Failed != 0 || sent.Behind != 300*time.Millisecond {
		t.Errorf("%+v, want 300 flows in 11 datagrams (the first does not wait to be full), 300 ms behind", sent)
	}
	var heard Sent
	b := make([]byte, 2000)
	for heard.Records < sent.Records {
		socket.SetReadDeadline(time.Now().Add(10 * time.Second))
		n, err := socket.Read(b)
		if err != nil {
			t.Fatalf("after %+v: %v", heard, err)
		}
		heard.Datagrams++
		heard.Bytes += uint64(n)
		heard.Records += uint64(len(readV5(t, b[:n]).records))
	}
	if heard.Datagrams != sent.Datagrams || heard.Bytes != sent.Bytes {
		t.Errorf("heard %+v, sent %+v", heard, sent)
	}
}

func TestAPlayerTellsThatNobodyListens(t *testing.T) {
	socket, at := collector(t)
	socket.Close()
	s := loaded(t, Load{PerSecond: 30_000, Hosts: 10}, func(r *Router) { r.Exporter.Address = addr("127.0.0.1") }, 1)
	p, err := Open(s, Targets{NetFlow: at, SFlow: at})
	if err != nil {
		t.Fatal(err)
	}
	p.Until = t0.Add(100 * time.Millisecond)
	ticks := make(chan time.Time, 1)
	ticks <- t0
	if err := p.run(t.Context(), ticks, func() time.Time { return p.Until }); err != nil {
		t.Fatal(err)
	}
	if sent := p.Sent(); sent.Refused == 0 || sent.Refused != sent.Failed || sent.Failed+sent.Datagrams != 100 {
		t.Errorf("%+v, want some of 100 datagrams refused", sent)
	}
}

func TestDatagramsLeaveTheMachineOnlyWhenThatIsWanted(t *testing.T) {
	far := netip.MustParseAddrPort("192.0.2.1:2055")
	if err := (Targets{NetFlow: far, SFlow: far}).Validate(); err == nil {
		t.Error("would send to another machine")
	}
	if err := (Targets{NetFlow: far, SFlow: far, Anywhere: true}).Validate(); err != nil {
		t.Error(err)
	}
	for _, nowhere := range []string{"0.0.0.0:2055", "[::]:2055", "192.0.2.1:0"} {
		to := netip.MustParseAddrPort(nowhere)
		if err := (Targets{NetFlow: to, SFlow: to, Anywhere: true}).Validate(); err == nil {
			t.Errorf("would send to %s", nowhere)
		}
	}
}

func TestAnInterruptedRecordingIsACaptureSoFar(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	stop()
	var file bytes.Buffer
	sent, err := Record(ctx, &file, Demo(t0, 1), DefaultTargets(), t0.Add(time.Hour))
	if !errors.Is(err, context.Canceled) || sent != (Sent{}) || file.Len() != 24 {
		t.Errorf("%v after %+v, %d bytes", err, sent, file.Len())
	}
}

func TestARecordingSaysWhatItHolds(t *testing.T) {
	s := loaded(t, Load{PerSecond: 1000, Hosts: 10}, func(r *Router) { r.Format = flow.IPFIX }, 2)
	var file bytes.Buffer
	sent, err := Record(t.Context(), &file, s, DefaultTargets(), t0.Add(3*time.Second))
	if c := s.Totals(); err != nil || sent.Records != 3000 || sent.Datagrams != c.Datagrams || file.Len() != int(24+sent.Bytes+sent.Datagrams*(16+14+20+8)) {
		t.Errorf("%v, %+v, %+v, %d bytes", err, sent, c, file.Len())
	}
}
