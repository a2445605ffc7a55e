package openssl_test

import (
	"fmt"
	"testing"

	"github.com/wantwrite/wantwrite/model"
)

var versions = []model.Version{model.TLS12, model.TLS13}

func TestHandshakeInPairsOfEverySize(t *testing.T) {
	for _, v := range versions {
		for _, size := range []int{1, 17, 4096} {
			for _, step := range []int{1, 1 << 16} {
				name := fmt.Sprintf("tls=%v/pair=%d/step=%d", v, size, step)
				t.Run(name, func(t *testing.T) {
					cfg := base(v)
					cfg.In, cfg.Out = size, size
					l := open(t, cfg)
					if l.client().InitFinished() {
						t.Fatal("the client is finished before it began")
					}
					l.handshake(step)
					if !l.client().InitFinished() || !l.server().InitFinished() {
						t.Fatal("both ends said OK, but are not finished")
					}
				})
			}
		}
	}
}

func TestPairKeepsToItsSizes(t *testing.T) {
	cfg := base(model.TLS12)
	cfg.In, cfg.Out = 33, 21
	l := open(t, cfg)
	if got := l.server().InputRoom(); got != 33 {
		t.Fatalf("a new engine has room for %d bytes, want 33", got)
	}
	if got := l.server().Feed(make([]byte, 50)); got != 33 {
		t.Fatalf("it took %d of 50 bytes, want 33", got)
	}
	if got := l.server().Feed([]byte{1}); got != 0 {
		t.Fatalf("a full one took %d bytes", got)
	}
	// A ClientHello is longer than 21 bytes: the rest waits inside, and only
	// another call moves it.
	want(t, "client's first handshake call", l.client().Handshake(), model.WantWrite)
	if got := l.client().OutputPending(); got != 21 {
		t.Fatalf("%d bytes are pending, want 21", got)
	}
	if got := l.client().Drain(make([]byte, 50)); got != 21 {
		t.Fatalf("drained %d bytes, want 21", got)
	}
	if got := l.client().OutputPending(); got != 0 {
		t.Fatalf("%d bytes are pending after the drain; the rest must wait for a call", got)
	}
	want(t, "client's second handshake call", l.client().Handshake(), model.WantWrite)
}

func TestDataBothWays(t *testing.T) {
	for _, v := range versions {
		t.Run(v.String(), func(t *testing.T) {
			l := open(t, base(v))
			l.handshake(1 << 16)
			l.say(model.Client, "a request")
			l.say(model.Server, "its response")
			if got, s := l.read(model.Client); got != "" || s != model.WantRead {
				t.Errorf("nothing is left, but read got %q, %v", got, s)
			}
			l.free() // the cleanup frees once more, which does nothing
		})
	}
}

// Pending counts decrypted bytes only; HasPending also knows of a part of a
// record.
func TestPendingAndHasPending(t *testing.T) {
	l := open(t, base(model.TLS12))
	l.handshake(1 << 16)
	l.client().Write([]byte("0123456789"))
	l.carry(model.Client, 9)
	got, s := l.read(model.Server)
	if got != "" || s != model.WantRead || !l.server().HasPending() || l.server().Pending() != 0 {
		t.Fatalf("with a part of a record: read %q %v, pending %d, has pending %v",
			got, s, l.server().Pending(), l.server().HasPending())
	}
	l.settle()
	var p [4]byte
	if n, s := l.server().Read(p[:]); n != 4 || s != model.OK || l.server().Pending() != 6 {
		t.Fatalf("read %d bytes, %v, pending %d; want 4, ok, 6", n, s, l.server().Pending())
	}
}

// The moment of MB-53428. The documentation of SSL_read promises a WANT_WRITE
// for a renegotiation that has something to send; what comes is WANT_READ,
// with the answer in the pair, where nobody looks.
func TestReadAbsorbsClientHelloAndSaysWantRead(t *testing.T) {
	l := open(t, base(model.TLS12))
	l.handshake(1 << 16)
	l.say(model.Client, "before")
	want(t, "client's renegotiate", l.client().Renegotiate(), model.WantRead)
	if l.client().OutputPending() == 0 {
		t.Fatal("the client says that it waits, but wrote no ClientHello")
	}
	l.settle()
	_, s := l.read(model.Server)
	want(t, "server's read of the ClientHello", s, model.WantRead)
	if l.server().OutputPending() == 0 {
		t.Fatal("the server owes its ServerHello, but nothing is pending")
	}
	if l.server().InitFinished() {
		t.Fatal("the server is in a renegotiation, but says finished")
	}
	l.handshake(1 << 16)
	l.say(model.Server, "after")
}

// The same from the other side: a HelloRequest, and OK at once.
func TestServerBeginsRenegotiation(t *testing.T) {
	l := open(t, base(model.TLS12))
	l.handshake(1 << 16)
	want(t, "server's renegotiate", l.server().Renegotiate(), model.OK)
	l.settle()
	_, s := l.read(model.Client)
	want(t, "client's read of the HelloRequest", s, model.WantRead)
	if l.client().OutputPending() == 0 {
		t.Fatal("the client owes a ClientHello, but nothing is pending")
	}
	l.settle()
	_, s = l.read(model.Server)
	want(t, "server's read of the ClientHello", s, model.WantRead)
	l.handshake(1 << 16)
	l.say(model.Client, "after")
}

