package sim

import (
	"testing"

	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/sim/script"
)

const both = model.Readable | model.Writable

// arrive makes bytes readable at the server.
func (b *bench) arrive(text string) {
	b.t.Helper()
	b.client().send([]byte(text))
	b.sync()
	b.do("deliver server all")
}

// trigger makes a bench whose server has a loop of that kind.
func trigger(t *testing.T, kind model.Trigger) *bench {
	return newBench(t, func(c *script.Config) { c.Trigger = kind })
}

// TestLevelRepeats: what is ready is reported as long as it is, and only what
// was asked for.
func TestLevelRepeats(t *testing.T) {
	b := trigger(t, model.Level)
	s := b.server()
	b.cannot("poll server") // nothing was asked for
	s.Loop.Interest(both)
	b.sync()
	b.poll("server", "write")
	b.poll("server", "write")
	s.Loop.Interest(model.Readable)
	b.sync()
	b.cannot("poll server")
	b.arrive("ab")
	b.poll("server", "read")
	var one [1]byte
	s.Socket.Recv(one[:])
	b.sync()
	b.poll("server", "read")
	s.recv()
	b.sync()
	b.cannot("poll server")
	b.client().Socket.CloseWrite() // the end of the stream is readable too
	b.sync()
	b.do("deliver server all")
	b.poll("server", "read")
	b.poll("server", "read")
}

// TestEdgeOnceUntilWouldBlock: an edge is reported once. A pump that leaves bytes in the
// socket is not told of them again; only a would-block arms the next edge.
func TestEdgeOnceUntilWouldBlock(t *testing.T) {
	b := trigger(t, model.Edge)
	s := b.server()
	s.Loop.Interest(both)
	b.sync()
	b.poll("server", "write") // a fresh socket has room
	b.cannot("poll server")
	b.arrive("ab")
	b.poll("server", "read")
	b.cannot("poll server")
	var one [1]byte
	s.Socket.Recv(one[:])
	b.sync()
	b.arrive("c") // not an edge: the socket has not been empty
	b.cannot("poll server")
	if got, st := s.recv(); string(got) != "bc" || st != model.WouldBlock {
		t.Fatalf("got %q, %s; want bc, would-block", got, st)
	}
	b.sync()
	b.arrive("d")
	b.poll("server", "read")
	b.cannot("poll server")
}

// TestEdgeOfRoom: the same for output: an edge when room comes after the
// socket was full.
func TestEdgeOfRoom(t *testing.T) {
	b := newBench(t, func(c *script.Config) { c.Trigger, c.Sizes.Flight = model.Edge, 4 })
	s := b.server()
	s.Loop.Interest(both)
	b.sync()
	b.poll("server", "write")
	s.send([]byte("abcdef"))
	b.sync()
	b.cannot("poll server")
	b.do("deliver client byte")
	b.poll("server", "write")
	b.do("deliver client byte")
	b.cannot("poll server")
}

// TestEdgeAgainOnAddedInterest: giving read interest up and asking for it
// again reports what is there, as EPOLL_CTL_MOD does; asking for the same
// again does not.
func TestEdgeAgainOnAddedInterest(t *testing.T) {
	b := trigger(t, model.Edge)
	s := b.server()
	s.Loop.Interest(model.Readable)
	b.arrive("a")
	b.poll("server", "read")
	s.Loop.Interest(model.Readable)
	b.sync()
	b.cannot("poll server")
	s.Loop.Interest(0)
	s.Loop.Interest(model.Readable)
	b.sync()
	b.poll("server", "read")
	b.cannot("poll server")
}

// Story 90: interest that is added while nothing is there is told of what comes,
// although no call has met would-block.
func TestEdgeOnInterestAddedTooEarly(t *testing.T) {
	b := trigger(t, model.Edge)
	s := b.server()
	s.Loop.Interest(model.Readable)
	b.arrive("ab")
	b.poll("server", "read")
	s.Socket.Recv(make([]byte, 2)) // all of it, and no would-block
	s.Loop.Interest(0)
	s.Loop.Interest(model.Readable)
	b.sync()
	b.cannot("poll server")
	b.arrive("c")
	b.poll("server", "read")
}

// TestOneShotDisarms: one event takes the whole mask with it.
func TestOneShotDisarms(t *testing.T) {
	b := trigger(t, model.OneShot)
	s := b.server()
	s.Loop.Interest(both)
	b.arrive("a")
	b.poll("server", "read+write")
	b.cannot("poll server")
	s.Loop.Interest(model.Readable)
	b.sync()
	b.poll("server", "read")
	b.cannot("poll server")
	s.Loop.Wake() // a wake is not the mask's, and leaves it alone
	s.recv()
	s.Loop.Interest(model.Readable)
	b.sync()
	b.poll("server", "woken")
	b.arrive("b")
	b.poll("server", "read")
}

// TestPeerLoopIsLevel: the trigger is that of the loop under test.
func TestPeerLoopIsLevel(t *testing.T) {
	b := trigger(t, model.OneShot)
	b.client().Loop.Interest(both)
	b.sync()
	b.poll("client", "write")
	b.poll("client", "write")
}

// TestWake: once, whatever the mask is, and together with what else is ready.
func TestWake(t *testing.T) {
	for kind := range model.OneShot + 1 {
		b := trigger(t, kind)
		s := b.server()
		s.Loop.Wake()
		s.Loop.Wake()
		b.sync()
		b.poll("server", "woken")
		b.cannot("poll server")
		s.Loop.Interest(model.Writable)
		s.Loop.Wake()
		b.sync()
		b.poll("server", "write+woken")
	}
}

// TestTimer: it expires once, at its tick and not before; setting it again
// replaces it and 0 disarms it. The peer's clock is the same clock.
func TestTimer(t *testing.T) {
	b := newBench(t, nil)
	s := b.server()
	s.Loop.Timer(5)
	b.sync()
	b.do("tick 4")
	b.cannot("poll server")
	b.do("tick 1")
	b.poll("server", "expired")
	b.cannot("poll server")
	s.Loop.Timer(2)
	s.Loop.Timer(10)
	b.do("tick 9")
	b.cannot("poll server")
	s.Loop.Timer(0)
	b.do("tick 100")
	b.cannot("poll server")
	b.client().Loop.Timer(1)
	b.do("tick 7") // late is not never
	b.poll("client", "expired")
}

// TestSpinHoldsTheThread: a pump that spins is called again before the other
// pump of its thread is called at all (MB-51498). The peers have a thread of
// their own.
func TestSpinHoldsTheThread(t *testing.T) {
	b := newBench(t, func(c *script.Config) { c.Links = 2 })
	for _, p := range b.probes {
		p.Loop.Interest(model.Writable)
	}
	spins := 3
	b.server().ready = func(model.Events) {
		if spins--; spins > 0 {
			b.server().Loop.Spin()
		}
	}
	b.sync()
	b.poll("server2", "write")
	b.poll("server", "write")
	b.cannot("poll server2")
	b.poll("client2", "write")
	b.poll("server", "write+woken")
	b.cannot("poll server2")
	b.poll("server", "write+woken") // does not spin any more
	b.poll("server2", "write")
}

// TestSharedErrorQueue: the ends of a host share the queue of its thread, and
// those of the other host do not see it.
func TestSharedErrorQueue(t *testing.T) {
	b := newBench(t, func(c *script.Config) { c.Links = 2 })
	b.shake()
	b.arrive(string(record(99, 4)))
	got, _ := b.server().recv()
	b.server().Engine.Feed(got)
	read := func(p *probe) model.Status {
		_, st := p.Engine.Read(make([]byte, 9))
		return st
	}
	if st := read(b.server()); st != model.Failed {
		t.Fatalf("garbage gives %s; want failed", st)
	}
	server2, client2 := b.probes[3], b.probes[2]
	if st := read(server2); st != model.Failed {
		t.Errorf("server2 must fail for the other link's error; got %s", st)
	}
	if st := read(client2); st != model.WantRead {
		t.Errorf("client2 gets %s; want want-read: its thread is another", st)
	}
	server2.Engine.ClearErrors()
	if st := read(server2); st != model.WantRead {
		t.Errorf("after clearing server2 gets %s; want want-read", st)
	}
}

// TestSpurious: the loop may say what is not so, and the pump has to find out.
func TestSpurious(t *testing.T) {
	b := newBench(t, nil)
	b.do("spurious server read+write")
	if got := b.server().last(); got != "read+write" {
		t.Errorf("the pump was told %s; want read+write", got)
	}
	if got, st := b.server().recv(); len(got) > 0 || st != model.WouldBlock {
		t.Errorf("got %d bytes, %s; want none and would-block", len(got), st)
	}
}
