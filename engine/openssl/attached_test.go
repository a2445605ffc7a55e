package openssl_test

import (
	"fmt"
	"testing"

	"github.com/wantwrite/wantwrite/engine/linktest"
	"github.com/wantwrite/wantwrite/model"
)

func TestAttachedHandshake(t *testing.T) {
	for _, v := range versions {
		for _, room := range []int{1, 17, 1 << 16} {
			for _, chain := range []int{0, 5000} {
				t.Run(fmt.Sprintf("tls=%v/room=%d/chain=%d", v, room, chain), func(t *testing.T) {
					cfg := certified(v, chain, chain > 0)
					l := attached(t, cfg, room).Shake()
					e := l.Client()
					if e.OutputPending()+e.InputRoom()+e.Drain(make([]byte, 100))+
						e.Feed(make([]byte, 100)) != 0 {
						t.Fatal("an attached engine has no buffers to feed or drain")
					}
				})
			}
		}
	}
}

// Without room a call says WantWrite, a Read too, and Unsent tells how much is left to write.
func TestAttachedReadWantsWrite(t *testing.T) {
	l := attached(t, config(model.TLS12), 1<<16).Shake()
	l.Want("client's renegotiate", l.Client().Renegotiate(), model.WantRead)
	l.To[model.Client].Room = 10
	_, s := l.Read(model.Server)
	l.Want("server's read of the ClientHello", s, model.WantWrite)
	left := l.Server().(model.Inspector).Unsent()
	if left == 0 {
		t.Fatal("the rest of the flight is nowhere")
	}
	_, s = l.Read(model.Server)
	l.Want("server's next read", s, model.WantWrite)
	if n := l.Server().(model.Inspector).Unsent(); n != left {
		t.Fatalf("with nothing moved %d bytes are unsent; want %d as before", n, left)
	}
	l.To[model.Client].Room = 1 << 16
	_, s = l.Read(model.Server)
	l.Want("server's read with room", s, model.WantRead)
	if n := l.Server().(model.Inspector).Unsent(); n != 0 {
		t.Fatalf("all is sent, but %d bytes are not", n)
	}
	l.Shake()
}

// Story 23: a call that says WantRead must have tried to read. A flag that an earlier call has
// left over does not count.
func TestAttachedWantsAreFresh(t *testing.T) {
	l := attached(t, config(model.TLS12), 1<<16).Shake()
	_, s := l.Read(model.Client)
	l.Want("client's read of nothing", s, model.WantRead)
	l.To[model.Server].Room = 0
	_, s = l.Client().Write([]byte("no room"))
	l.Want("client's write", s, model.WantWrite)
	before := l.To[model.Client].Calls
	_, s = l.Read(model.Client)
	l.Want("client's read after it", s, model.WantRead)
	if l.To[model.Client].Calls == before {
		t.Fatal("the read says that it wants to read, and has not tried")
	}
}

// The end of the socket in the middle of a link fails the engine with an error of its own, and so
// does a reset.
func TestAttachedSocketEnds(t *testing.T) {
	linktest.Versions(t, func(t *testing.T, v model.Version) {
		l := attached(t, config(v), 1<<16).Shake()
		l.Server().Write([]byte("before the end"))
		l.To[model.Client].End = model.EOF
		if got, s := l.Read(model.Client); got != "before the end" || s != model.OK {
			t.Fatalf("read %q, %v; want what came before the end", got, s)
		}
		_, s := l.Read(model.Client)
		l.Want("client's read of the end", s, model.Failed)
		if err := l.Client().Err(); err != model.ErrEOF {
			t.Fatalf("the error is %v, want %v", err, model.ErrEOF)
		}
		l.Client().ClearErrors()
		l.To[model.Client].End = model.Reset
		_, s = l.Server().Write([]byte("x"))
		l.Want("server's write to a broken socket", s, model.Failed)
		if err := l.Server().Err(); err != model.ErrReset {
			t.Fatalf("the error is %v, want %v", err, model.ErrReset)
		}
	})
}

// A socket's panic passes through C's frames as an error, and comes out of the call that met it.
// The library goes on with other links.
func TestAttachedSocketPanics(t *testing.T) {
	l := attached(t, config(model.TLS13), 1<<16).Shake()
	l.To[model.Client].Panic = "the socket is on fire"
	func() {
		defer func() {
			if got := recover(); got != "the socket is on fire" {
				t.Fatalf("got panic %v; want the socket's", got)
			}
		}()
		l.Read(model.Client)
		t.Fatal("the panic was lost")
	}()
	l.Client().ClearErrors()
	other := pair(t, need(t), config(model.TLS13))
	defer other.Free()
	other.Shake()
	other.Say(model.Client, "all is well here")
}

// The bytes on the wire do not depend on the transport.
func TestAttachedWireIsThePairs(t *testing.T) {
	lib := need(t)
	lib.Begin(1)
	p := pair(t, lib, config(model.TLS13))
	p.Client().Handshake()
	hello := make([]byte, 1000)
	hello = hello[:p.Client().Drain(hello)]
	p.Free()
	lib.End()
	l := attached(t, config(model.TLS13), 1<<16)
	l.Client().Handshake()
	if got := string(l.To[model.Server].Bytes); got != string(hello) {
		t.Errorf("the ClientHello of %d bytes differs from the pair's of %d",
			len(got), len(hello))
	}
}

// Story 24: a write to a broken socket fails, even after the peer's close_notify, where
// SSL_get_error says ZERO_RETURN.
func TestAttachedWriteAfterCloseToBrokenSocket(t *testing.T) {
	l := attached(t, config(model.TLS13), 1<<16).Shake()
	l.Client().Shutdown()
	_, s := l.Read(model.Server)
	l.Want("server's read of close_notify", s, model.Closed)
	l.To[model.Client].End = model.Reset
	_, s = l.Server().Write([]byte("x"))
	l.Want("server's write", s, model.Failed)
	if err := l.Server().Err(); err != model.ErrReset {
		t.Fatalf("the error is %v, want %v", err, model.ErrReset)
	}
	l.Want("server's shutdown", l.Server().Shutdown(), model.Failed)
}

// Story 25: a close_notify of which only a part has left is not sent yet.
func TestAttachedShutdownPieceByPiece(t *testing.T) {
	l := attached(t, config(model.TLS13), 1<<16).Shake()
	l.To[model.Server].Room = 5
	for range 4 {
		l.Want("client's shutdown", l.Client().Shutdown(), model.WantWrite)
		l.To[model.Server].Room += 5
	}
	l.Want("client's last shutdown", l.Client().Shutdown(), model.WantRead)
	_, s := l.Read(model.Server)
	l.Want("server's read", s, model.Closed)
}
