package openssl_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/wantwrite/wantwrite/model"
)

// The moment of MB-53428. The documentation of SSL_read promises WANT_WRITE for a renegotiation
// that has something to send. It says WANT_READ, and the answer is in the output buffer, where
// nobody looks.
func TestReadAbsorbsClientHelloAndSaysWantRead(t *testing.T) {
	l := opened(t, config(model.TLS12))
	l.Say(model.Client, "before")
	l.Want("client's renegotiate", l.Client().Renegotiate(), model.WantRead)
	if l.Client().OutputPending() == 0 {
		t.Fatal("the client says that it waits, but wrote no ClientHello")
	}
	l.Settle()
	_, s := l.Read(model.Server)
	l.Want("server's read of the ClientHello", s, model.WantRead)
	if l.Server().OutputPending() == 0 {
		t.Fatal("the server owes its ServerHello, but nothing is pending")
	}
	if l.Server().InitFinished() {
		t.Fatal("the server is in a renegotiation, but says finished")
	}
	l.Shake()
	l.Say(model.Server, "after")
}

// Story 21: data that came before a renegotiation are delivered, whichever end began it.
func TestRenegotiateOverUnreadData(t *testing.T) {
	l := opened(t, config(model.TLS12))
	l.Server().Write([]byte("unread"))
	l.Settle()
	l.Want("client's renegotiate", l.Client().Renegotiate(), model.WantRead)
	if got, s := l.Read(model.Client); got != "unread" || s != model.OK {
		t.Fatalf("read %q, %v (%v); want the data", got, s, l.Client().Err())
	}
	l.Settle()
	l.Read(model.Server)
	l.Shake()
	l.Say(model.Server, "after")
}

// Story 22: a server that has sent a HelloRequest sends no second one before the handshake.
func TestHelloRequestIsNotRepeated(t *testing.T) {
	l := opened(t, config(model.TLS12))
	for range 2 {
		l.Want("server's renegotiate", l.Server().Renegotiate(), model.OK)
		l.Want("server's next renegotiate", l.Server().Renegotiate(), model.Failed)
		if err := l.Server().Err(); !errors.Is(err, model.ErrRefused) {
			t.Fatalf("the error is %v, want a refusal", err)
		}
		l.Settle()
		l.Read(model.Client)
		l.Settle()
		l.Read(model.Server)
		l.Shake()
	}
	l.Say(model.Client, "after")
}

// Story 20: a renegotiation that can't begin now is refused, and the link goes on.
func TestRenegotiateOverHalfARecord(t *testing.T) {
	l := opened(t, config(model.TLS12))
	l.Want("server's renegotiate", l.Server().Renegotiate(), model.OK)
	l.Carry(model.Server, 17)
	l.Read(model.Client)
	l.Want("client's renegotiate", l.Client().Renegotiate(), model.Failed)
	if err := l.Client().Err(); !errors.Is(err, model.ErrRefused) ||
		!strings.Contains(err.Error(), "a part of a record") {
		t.Fatalf("the error is %v, want a refusal over a part of a record", err)
	}
	l.Server().Write([]byte("data behind the HelloRequest"))
	l.Settle()
	got, s := l.Read(model.Client)
	for s == model.WantRead {
		l.Settle()
		got, s = l.Read(model.Client)
	}
	if got != "data behind the HelloRequest" {
		t.Fatalf("read %q, %v (%v); want the data", got, s, l.Client().Err())
	}
	l.Settle()
	l.Read(model.Server)
	l.Shake()
	l.Say(model.Server, "after")
	if got, s := l.Read(model.Client); got != "" || s != model.WantRead ||
		!l.Client().InitFinished() {
		t.Fatalf("nothing is left to do, but read got %q, %v", got, s)
	}
}

// A server begins with a HelloRequest, and says OK at once.
func TestServerBeginsRenegotiation(t *testing.T) {
	l := opened(t, config(model.TLS12))
	l.Want("server's renegotiate", l.Server().Renegotiate(), model.OK)
	l.Settle()
	_, s := l.Read(model.Client)
	l.Want("client's read of the HelloRequest", s, model.WantRead)
	if l.Client().OutputPending() == 0 {
		t.Fatal("the client owes a ClientHello, but nothing is pending")
	}
	l.Settle()
	_, s = l.Read(model.Server)
	l.Want("server's read of the ClientHello", s, model.WantRead)
	l.Shake()
	l.Say(model.Client, "after")
}

// refusing is a link of which only the server refuses renegotiation.
func refusing() (client, server model.EngineConfig) {
	client, server = config(model.TLS12), config(model.TLS12)
	server.Traits.Renegotiation = model.RenegRefuse
	return client, server
}

// RFC 5746, section 4.5: the refusal is a warning. OpenSSL's server goes on with the old keys,
// and its client gives up.
func TestRefusedRenegotiation(t *testing.T) {
	client, server := refusing()
	l := openEach(t, client, server)
	l.Shake()
	l.Want("client's renegotiate", l.Client().Renegotiate(), model.WantRead)
	l.Settle()
	_, s := l.Read(model.Server)
	l.Want("server's read of the ClientHello", s, model.WantRead)
	if l.Server().OutputPending() == 0 {
		t.Fatal("the server owes a no_renegotiation alert, but nothing is pending")
	}
	if !l.Server().InitFinished() || l.Server().Err() != nil {
		t.Fatalf("the server refused, so it goes on as before; error: %v", l.Server().Err())
	}
	l.Settle()
	_, s = l.Read(model.Client)
	l.Want("client's read of the refusal", s, model.Failed)
	if err := l.Client().Err(); err == nil || !strings.Contains(err.Error(), "no renegotiation") {
		t.Fatalf("the client's error is %v, want one about no renegotiation", err)
	}
}

// An end that refuses renegotiation can't ask for one either.
func TestRefuserCannotAsk(t *testing.T) {
	client, server := refusing()
	l := openEach(t, client, server)
	l.Shake()
	l.Want("server's renegotiate", l.Server().Renegotiate(), model.Failed)
	l.Server().ClearErrors()
	l.Say(model.Client, "the link is none the worse")
}
