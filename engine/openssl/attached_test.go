package openssl_test

import (
	"fmt"
	"testing"

	"github.com/wantwrite/wantwrite/model"
)

// A wire is an end of a link in memory: what it holds, and how much it takes.
type tape struct {
	in, out *[]byte
	room    int // what out may hold
	ended   bool
	gone    bool
	panics  bool
	calls   int
}

func (w *tape) Recv(p []byte) (int, model.IOStatus) {
	w.calls++
	if w.panics {
		panic("the socket is on fire")
	}
	n := copy(p, *w.in)
	*w.in = (*w.in)[n:]
	switch {
	case n > 0:
		return n, model.IOOK
	case w.gone:
		return 0, model.Reset
	case w.ended:
		return 0, model.EOF
	}
	return 0, model.WouldBlock
}

func (w *tape) Send(p []byte) (int, model.IOStatus) {
	w.calls++
	if w.gone {
		return 0, model.Reset
	}
	n := min(len(p), w.room-len(*w.out))
	if n <= 0 {
		return 0, model.WouldBlock
	}
	*w.out = append(*w.out, p[:n]...)
	return n, model.IOOK
}

func (w *tape) CloseWrite() {}
func (w *tape) Close()      {}

// attached makes a link whose ends call wires of that much room.
func attached(t testing.TB, cfg model.EngineConfig, room int) (*link, [2]*tape) {
	t.Helper()
	var up, down []byte
	wires := [2]*tape{{in: &down, out: &up, room: room}, {in: &up, out: &down, room: room}}
	cfgs := [2]model.EngineConfig{cfg, cfg}
	for r := range cfgs {
		cfgs[r].Transport, cfgs[r].Socket = model.Attached, wires[r]
	}
	return openEach(t, cfgs), wires
}

// shake drives both ends by calls alone.
func (l *link) shake() {
	l.t.Helper()
	for range 100000 {
		c, s := l.client().Handshake(), l.server().Handshake()
		if c == model.Failed || s == model.Failed {
			l.t.Fatalf("handshake: client %v (%v), server %v (%v)",
				c, l.client().Err(), s, l.server().Err())
		}
		if c == model.OK && s == model.OK {
			return
		}
	}
	l.t.Fatal("handshake: no end in sight")
}

func TestAttachedHandshake(t *testing.T) {
	for _, v := range versions {
		for _, room := range []int{1, 17, 1 << 16} {
			for _, chain := range []int{0, 5000} {
				t.Run(fmt.Sprintf("tls=%v/room=%d/chain=%d", v, room, chain), func(t *testing.T) {
					cfg := certified(v, chain, chain > 0)
					l, _ := attached(t, cfg, room)
					l.shake()
					e := l.client()
					if e.OutputPending()+e.InputRoom()+e.Drain(l.buffer[:])+
						e.Feed(l.buffer[:]) != 0 {
						t.Fatal("an attached engine has no buffers to feed or drain")
					}
				})
			}
		}
	}
}

// Without room WantWrite is real, from a read too, and Unsent tells how much
// of the write is left.
func TestAttachedReadWantsWrite(t *testing.T) {
	l, wires := attached(t, base(model.TLS12), 1<<16)
	l.shake()
	want(t, "client's renegotiate", l.client().Renegotiate(), model.WantRead)
	wires[model.Server].room = 10
	_, s := l.read(model.Server)
	want(t, "server's read of the ClientHello", s, model.WantWrite)
	left := l.server().(model.Inspector).Unsent()
	if left == 0 {
		t.Fatal("the rest of the flight is nowhere")
	}
	_, s = l.read(model.Server)
	want(t, "server's next read", s, model.WantWrite)
	if n := l.server().(model.Inspector).Unsent(); n != left {
		t.Fatalf("with nothing moved %d bytes are unsent; want %d as before", n, left)
	}
	wires[model.Server].room = 1 << 16
	_, s = l.read(model.Server)
	want(t, "server's read with room", s, model.WantRead)
	if n := l.server().(model.Inspector).Unsent(); n != 0 {
		t.Fatalf("all is sent, but %d bytes are not", n)
	}
	l.shake()
}

// Story 23: who asks for a read must have tried it. After a write that was
// blocked the read flag is not left over, nor the other way round.
func TestAttachedWantsAreFresh(t *testing.T) {
	l, wires := attached(t, base(model.TLS12), 1<<16)
	l.shake()
	_, s := l.read(model.Client)
	want(t, "client's read of nothing", s, model.WantRead)
	wires[model.Client].room = 0
	_, s = l.client().Write([]byte("no room"))
	want(t, "client's write", s, model.WantWrite)
	before := wires[model.Client].calls
	_, s = l.read(model.Client)
	want(t, "client's read after it", s, model.WantRead)
	if wires[model.Client].calls == before {
		t.Fatal("the read says that it wants to read, and has not tried")
	}
}

// The end of the socket in the middle of a link, and a reset, fail the engine
// with an error of their own.
func TestAttachedSocketEnds(t *testing.T) {
	for _, v := range versions {
		l, wires := attached(t, base(v), 1<<16)
		l.shake()
		l.server().Write([]byte("before the end"))
		wires[model.Client].ended = true
		if got, s := l.read(model.Client); got != "before the end" || s != model.OK {
			t.Fatalf("read %q, %v; want what came before the end", got, s)
		}
		_, s := l.read(model.Client)
		want(t, "client's read of the end", s, model.Failed)
		if err := l.client().Err(); err != model.ErrEOF {
			t.Fatalf("the error is %v, want %v", err, model.ErrEOF)
		}
		l.client().ClearErrors()
		wires[model.Server].gone = true
		_, s = l.server().Write([]byte("x"))
		want(t, "server's write to a broken socket", s, model.Failed)
		if err := l.server().Err(); err != model.ErrReset {
			t.Fatalf("the error is %v, want %v", err, model.ErrReset)
		}
		l.free()
		l.lib.End()
	}
}

// A socket's panic passes through C's frames as an error, and comes out of the
// call that it happened in. The library is none the worse.
func TestAttachedSocketPanics(t *testing.T) {
	l, wires := attached(t, base(model.TLS13), 1<<16)
	l.shake()
	wires[model.Client].panics = true
	func() {
		defer func() {
			if got := recover(); got != "the socket is on fire" {
				t.Fatalf("got panic %v; want the socket's", got)
			}
		}()
		l.read(model.Client)
		t.Fatal("the panic was lost")
	}()
	l.client().ClearErrors()
	other := pair(t, l.lib, base(model.TLS13))
	defer other.free()
	other.handshake(1 << 16)
	other.say(model.Client, "all is well here")
}

// Bytes on the wire do not depend on the transport.
func TestAttachedWireIsThePairs(t *testing.T) {
	lib := need(t)
	lib.Begin(1)
	p := pair(t, lib, base(model.TLS13))
	p.client().Handshake()
	hello := append([]byte(nil), p.buffer[:p.client().Drain(p.buffer[:])]...)
	p.free()
	lib.End()
	l, wires := attached(t, base(model.TLS13), 1<<16)
	l.client().Handshake()
	if got := string(*wires[model.Server].in); got != string(hello) {
		t.Errorf("the ClientHello of %d bytes differs from the pair's of %d",
			len(got), len(hello))
	}
}

// Story 24: a write to a broken socket is a failure, after the peer's
// close_notify too, where SSL_get_error says ZERO_RETURN.
func TestAttachedWriteAfterCloseToBrokenSocket(t *testing.T) {
	l, wires := attached(t, base(model.TLS13), 1<<16)
	l.shake()
	l.client().Shutdown()
	_, s := l.read(model.Server)
	want(t, "server's read of close_notify", s, model.Closed)
	wires[model.Server].gone = true
	_, s = l.server().Write([]byte("x"))
	want(t, "server's write", s, model.Failed)
	if err := l.server().Err(); err != model.ErrReset {
		t.Fatalf("the error is %v, want %v", err, model.ErrReset)
	}
	want(t, "server's shutdown", l.server().Shutdown(), model.Failed)
}

// Story 25: a close_notify of which a part has left is not sent yet.
func TestAttachedShutdownPieceByPiece(t *testing.T) {
	l, wires := attached(t, base(model.TLS13), 1<<16)
	l.shake()
	wires[model.Client].room = 5
	for range 4 {
		want(t, "client's shutdown", l.client().Shutdown(), model.WantWrite)
		wires[model.Client].room += 5
	}
	want(t, "client's last shutdown", l.client().Shutdown(), model.WantRead)
	_, s := l.read(model.Server)
	want(t, "server's read", s, model.Closed)
}
