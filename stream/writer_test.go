package stream

import (
	"slices"
	"sync"
	"testing"

	"github.com/nats-io/nats.go"

	"eagre/flow"
)

func TestBatchesComeBackAsTheyWerePublished(t *testing.T) {
	s := open(t, embeddedConfig(t))
	f := follow(t, s, Newest)
	want := traffic(flow.MaxRows)
	want.Partition, want.Step, want.Complete = 7, 17_000_000_000, true
	want.SrcAddr[1] = flow.V6(slices.Repeat([]byte{0x20}, 16))
	if err := s.Flows().Publish(want); err != nil {
		t.Fatal(err)
	}
	packed, _, err := f.Next(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	got := flow.NewBatch()
	if err := new(flow.Unpacker).Unpack(packed, got); err != nil {
		t.Fatal(err)
	}
	same(t, "batch", got, want)
}

// A batch is the caller's again at once, so later batches in the same memory
// must not shine through.
func TestBatchIsReusedWhileOthersAreUnderWay(t *testing.T) {
	s := open(t, embeddedConfig(t))
	f := follow(t, s, Newest)
	b := traffic(3)
	for i := range 200 {
		b.Step = int64(i)
		if err := s.Flows().Publish(b); err != nil {
			t.Fatal(err)
		}
	}
	got, _ := take(t, f, 200)
	same(t, "steps", got, count(0, 200))
}

func TestOrderIsKeptInEveryPartitionOfManyPublishers(t *testing.T) {
	s := open(t, embeddedConfig(t))
	f := follow(t, s, Newest)
	const each = 100
	var publishers sync.WaitGroup
	for p := range 8 {
		publishers.Go(func() {
			for i := range each {
				eventually(t, func() error { return s.Flows().Publish(batchOf(p, p*each+i)) })
			}
		})
	}
	got, _ := take(t, f, 8*each)
	publishers.Wait()
	for p := range 8 {
		mine := slices.DeleteFunc(slices.Clone(got), func(n int) bool { return n/each != p })
		same(t, "partition", mine, count(p*each, each))
	}
}

func TestPartitionThatIsNotThereIsShed(t *testing.T) {
	s := open(t, embeddedConfig(t))
	wantError(t, s.Flows().Publish(batchOf(16, 0)), "flow stream: partition 16 of 16")
	same(t, "shed", counted(s.metrics.batchesShed.WithLabelValues(shedPartition)), 1)
}

// A server that hangs with its sockets open must not hold up whoever reads the
// exporters: the window fills, and from then on batches are shed at once.
func TestServerThatHangsFillsTheWindow(t *testing.T) {
	p := startProxy(t, startExternal(t))
	c := externalConfig(p.url())
	c.PublishWindow = 32
	s := open(t, c)
	p.freeze()
	full := traffic(flow.MaxRows)
	var refused error
	for range 1000 { // far more than the sockets between us hold
		if err := s.Flows().Publish(full); err != nil {
			refused = err
		}
	}
	wantError(t, refused, "flow stream: too many batches are not acknowledged yet")
	same(t, "shed batches", counted(s.metrics.batchesShed.WithLabelValues(shedWindow)), 968)
	same(t, "shed flows", counted(s.metrics.flowsShed.WithLabelValues(shedWindow)), 968*flow.MaxRows)
	same(t, "in flight", counted(s.metrics.inFlight), 32)

	p.thaw()
	stored(s)
	same(t, "stored", counted(s.metrics.acks.WithLabelValues(ackStored)), 32)
	mustPublish(t, s, 1)
}

func TestServerThatIsAwayShedsAtOnce(t *testing.T) {
	e := startExternal(t)
	s := open(t, externalConfig(e.url()))
	mustPublish(t, s, 1)
	stored(s)
	e.stop()
	eventually(t, func() error {
		if s.flows.up.Load() {
			return errDisconnectNotSeen
		}
		return nil
	})
	wantError(t, s.Flows().Publish(batchOf(0, 2)), "flow stream: no connection to the nats server")
	same(t, "shed", counted(s.metrics.batchesShed.WithLabelValues(shedDisconnected)), 1)

	e.start()
	mustStore(t, s, 3)
	got, _ := take(t, followSoon(t, s, Position{}), 2)
	same(t, "stored", got, []int{1, 3})
}

var errDisconnectNotSeen = nats.ErrConnectionReconnecting

func TestAnswersThatWillNotComeAreGivenUpWhenTheConnectionBreaks(t *testing.T) {
	p := startProxy(t, startExternal(t))
	s := open(t, externalConfig(p.url()))
	p.freeze()
	mustPublish(t, s, count(0, 10)...)
	p.cut()
	p.thaw()
	stored(s)
	lost := counted(s.metrics.acks.WithLabelValues(ackLost))
	shed := counted(s.metrics.batchesShed.WithLabelValues(shedDisconnected))
	same(t, "lost and shed", lost+shed, 10)
	same(t, "in flight", counted(s.metrics.inFlight), 0)
}

func TestStreamThatIsGoneRefuses(t *testing.T) {
	s := open(t, embeddedConfig(t))
	if err := s.js.DeleteStream(t.Context(), FlowStream); err != nil {
		t.Fatal(err)
	}
	mustPublish(t, s, 1, 2)
	stored(s)
	same(t, "refused", counted(s.metrics.acks.WithLabelValues(ackRefused)), 2)
}

func TestStreamThatIsSealedRefuses(t *testing.T) {
	s := open(t, embeddedConfig(t))
	sealed := flowStream(s.config)
	sealed.Sealed = true
	if _, err := s.js.UpdateStream(t.Context(), sealed); err != nil {
		t.Fatal(err)
	}
	mustPublish(t, s, 1)
	stored(s)
	same(t, "refused", counted(s.metrics.acks.WithLabelValues(ackRefused)), 1)
}

// Batches of a step go together: none is on its way before the burst is full or
// the step has ended, and none is forgotten when the writer closes.
func TestBatchesOfAStepGoTogether(t *testing.T) {
	c := embeddedConfig(t)
	c.Burst = 4
	s := open(t, c)
	f := followSoon(t, s, Position{})
	mustPublish(t, s, 1, 2, 3)
	same(t, "sent while the step goes on", counted(s.metrics.flows), 0)

	last := batchOf(0, 4)
	last.Complete = true
	if err := s.Flows().Publish(last); err != nil {
		t.Fatal(err)
	}
	got, _ := take(t, f, 4)
	same(t, "after the end of the step", got, []int{1, 2, 3, 4})

	mustPublish(t, s, 5)
	if err := s.Flows().drain(c.AckTimeout); err != nil {
		t.Errorf("what was held back when the writer closed: %v", err)
	}
	got, _ = take(t, f, 1)
	same(t, "after closing", got, []int{5})
}
