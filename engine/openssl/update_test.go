package openssl_test

import (
	"testing"

	"github.com/wantwrite/wantwrite/engine/linktest"
	"github.com/wantwrite/wantwrite/model"
)

// OpenSSL answers a KeyUpdate at the next write, not at the read that absorbs it (pull 8773). A
// write of no bytes is enough, and sends no empty record.
func TestKeyUpdateIsAnsweredAtNextWrite(t *testing.T) {
	l := opened(t, config(model.TLS13))
	l.Want("client's key update", l.Client().KeyUpdate(true), model.OK)
	l.Settle()
	_, s := l.Read(model.Server)
	l.Want("server's read of the KeyUpdate", s, model.WantRead)
	if n := l.Server().OutputPending(); n != 0 || !l.Server().Deferred() {
		t.Fatalf("%d bytes are pending, deferred is %v; want 0, true", n, l.Server().Deferred())
	}
	if n, s := l.Server().Write(nil); n != 0 || s != model.OK {
		t.Fatalf("the empty write answers %d, %v", n, s)
	}
	if n := l.Server().OutputPending(); n == 0 || l.Server().Deferred() {
		t.Fatalf("%d bytes are pending, deferred is %v; want some, false",
			n, l.Server().Deferred())
	}
	l.Settle()
	_, s = l.Read(model.Client)
	l.Want("client's read of the answer", s, model.WantRead)
	l.Say(model.Server, "under new keys")
	l.Say(model.Client, "and back")
	if n, s := l.Client().Write(nil); n != 0 || s != model.OK || l.Client().OutputPending() != 0 {
		t.Fatalf("an empty write with nothing owed: %d, %v, %d pending",
			n, s, l.Client().OutputPending())
	}
}

func TestKeyUpdateWithoutRequest(t *testing.T) {
	l := opened(t, config(model.TLS13))
	l.Want("client's key update", l.Client().KeyUpdate(false), model.OK)
	l.Say(model.Client, "under a new key")
	if l.Server().Deferred() {
		t.Fatal("nothing was requested, but an answer is deferred")
	}
}

// A call that the version does not have fails, and the link lives.
func TestWrongVersionOfUpdate(t *testing.T) {
	l := opened(t, config(model.TLS12))
	l.Want("key update on TLS 1.2", l.Client().KeyUpdate(true), model.Failed)
	l.Client().ClearErrors()
	l.Say(model.Client, "still there")

	m := pair(t, need(t), config(model.TLS13))
	defer m.Free()
	m.Shake()
	l.Want("renegotiation on TLS 1.3", m.Client().Renegotiate(), model.Failed)
	m.Client().ClearErrors()
	m.Say(model.Client, "still there")
}

// A KeyUpdate comes while a write is blocked. OpenSSL 1.1.1 failed here with "bad length" (issue
// 8677). Later versions put the answer off.
func TestKeyUpdateWhileWriteIsBlocked(t *testing.T) {
	l := blockedWriter(t)
	l.Client().KeyUpdate(true)
	l.Move(model.Client)
	_, s := l.Read(model.Server)
	l.Want("server's read of the KeyUpdate", s, model.WantRead)
	if !l.Server().Deferred() {
		t.Fatal("the answer must wait for the write")
	}
}

// blockedWriter is a link whose server has a record that does not fit.
func blockedWriter(t *testing.T) *linktest.Link {
	cfg := config(model.TLS13)
	cfg.Out = 300
	l := opened(t, cfg)
	_, s := l.Server().Write(make([]byte, 1000))
	l.Want("server's write", s, model.WantWrite)
	return l
}
