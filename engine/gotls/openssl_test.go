package gotls_test

import (
	"crypto/sha256"
	"strings"
	"testing"

	"github.com/wantwrite/wantwrite/engine/gotls"
	"github.com/wantwrite/wantwrite/engine/openssl"
	"github.com/wantwrite/wantwrite/engine/require"
	"github.com/wantwrite/wantwrite/fuzz/run"
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/sim/script"
)

// need gives the machine's OpenSSL.
func need(t *testing.T) *openssl.Library {
	t.Helper()
	lib, err := openssl.Load("")
	if err != nil {
		require.Missing(t, "openssl", err)
	}
	return lib
}

// meet opens a link between crypto/tls, at the end with the role, and OpenSSL,
// and shakes hands.
func meet(t *testing.T, role model.Role, cfg model.EngineConfig) *link {
	t.Helper()
	other, lib := need(t), gotls.New()
	lib.Begin(1)
	other.Begin(1)
	t.Cleanup(other.End)
	cfg.ServerChain = max(cfg.ServerChain, 300)
	l := &link{t: t, lib: lib, wire: sha256.New()}
	for _, r := range []model.Role{model.Client, model.Server} {
		var by model.Library = other
		if r == role {
			by = lib
		}
		own := cfg
		own.Role = r
		e, err := by.New(&own)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { by.Free(e) })
		l.ends[r] = e
	}
	l.handshake(100)
	return l
}

// pairings runs a test with crypto/tls at either end.
func pairings(t *testing.T, v model.Version, test func(t *testing.T, l *link, r model.Role)) {
	for _, r := range []model.Role{model.Client, model.Server} {
		t.Run(r.String()+" "+v.String(), func(t *testing.T) {
			cfg := base(v)
			cfg.ClientAuth, cfg.ServerChain, cfg.ClientChain = true, 1500, 700
			test(t, meet(t, r, cfg), r)
		})
	}
}

// TestOpenSSLAtTheOtherEnd: handshake, data and both closes.
func TestOpenSSLAtTheOtherEnd(t *testing.T) {
	versions(t, func(t *testing.T, v model.Version) {
		pairings(t, v, func(t *testing.T, l *link, r model.Role) {
			l.say(model.Client, "request")
			l.say(model.Server, "response")
			want(t, "Shutdown", l.ends[r].Shutdown(), model.WantRead)
			l.settle()
			_, s := l.read(r.Peer())
			want(t, "OpenSSL's Read", s, model.Closed)
			want(t, "OpenSSL's Shutdown", l.ends[r.Peer()].Shutdown(), model.OK)
			l.settle()
			want(t, "the second Shutdown", l.ends[r].Shutdown(), model.OK)
		})
	})
}

// TestKeyUpdateIsAnsweredAtTheRead: the read that absorbs it has the answer
// sealed, and says WantRead; with a full buffer, WantWrite.
func TestKeyUpdateIsAnsweredAtTheRead(t *testing.T) {
	pairings(t, model.TLS13, func(t *testing.T, l *link, r model.Role) {
		want(t, "OpenSSL's KeyUpdate", l.ends[r.Peer()].KeyUpdate(true), model.OK)
		l.carry(r.Peer(), 1<<16)
		_, s := l.read(r)
		want(t, "Read", s, model.WantRead)
		if n := l.ends[r].OutputPending(); n != 27 {
			t.Errorf("the answer has %d bytes; want 27", n)
		}
		if l.ends[r].Deferred() {
			t.Error("nothing is deferred")
		}
		l.say(r, "with new keys")
		l.say(r.Peer(), "also with new keys")
	})
}

// TestAnswerWaitsForRoom: the answer to a KeyUpdate that does not fit wants
// room, and the read goes on with what comes behind it.
func TestAnswerWaitsForRoom(t *testing.T) {
	cfg := base(model.TLS13)
	cfg.Out = 10
	l := meet(t, model.Server, cfg)
	l.client().KeyUpdate(true)
	l.passTo(model.Server, "")
	_, s := l.read(model.Server)
	want(t, "Read", s, model.WantWrite)
	if n := l.server().(model.Inspector).Unsent(); n != 17 {
		t.Errorf("%d bytes wait; want 17", n)
	}
	l.passTo(model.Server, "go on")
	l.hears(model.Server, "go on")
	_, s = l.server().Write([]byte("later"))
	want(t, "a Write behind the answer", s, model.WantWrite)
	l.passes(model.Server, "and now")
}

// passTo has the peer write text, and carries all that is on its way to an end,
// and nothing back.
func (l *link) passTo(r model.Role, text string) {
	for {
		_, s := l.ends[r.Peer()].Write([]byte(text))
		if l.carry(r.Peer(), 1<<16) == 0 && s == model.OK {
			return
		}
		if s == model.OK {
			text = ""
		}
	}
}

// TestRenegotiation: a client of crypto/tls takes part. Until that is over its
// writes want the peer's flight.
func TestRenegotiation(t *testing.T) {
	l := meet(t, model.Client, base(model.TLS12))
	for range 2 {
		want(t, "OpenSSL's HelloRequest", l.server().Renegotiate(), model.OK)
		l.carry(model.Server, 1<<16)
		_, s := l.read(model.Client)
		want(t, "a Read in the renegotiation", s, model.WantRead)
		if l.client().InitFinished() || l.client().OutputPending() == 0 {
			t.Fatal("the ClientHello should be out")
		}
		_, s = l.client().Write([]byte("x"))
		want(t, "a Write in the renegotiation", s, model.WantRead)
		want(t, "Handshake", l.client().Handshake(), model.WantRead)
		if s := l.client().Shutdown(); s != model.Failed {
			t.Errorf("Shutdown in the renegotiation: %v; want it refused", s)
		}
		l.carry(model.Client, 1<<16)
		l.read(model.Server)
		l.handshake(1)
		l.say(model.Client, "with new keys")
		l.say(model.Server, "also with new keys")
	}
}

// TestDataInARenegotiation: data that was on its way is fatal to crypto/tls, where
// OpenSSL delivers it: the trait NoDataInReneg.
func TestDataInARenegotiation(t *testing.T) {
	l := meet(t, model.Client, base(model.TLS12))
	l.server().Renegotiate()
	l.write(model.Server, "in between")
	l.settle()
	for range 2 {
		_, s := l.read(model.Client)
		want(t, "Read", s, model.Failed)
	}
}

// TestNoRenegotiation: a client that refuses sends the warning, and is dead
// for it; a server that is asked has no use for a ClientHello.
func TestNoRenegotiation(t *testing.T) {
	cfg := base(model.TLS12)
	l := meet(t, model.Server, cfg)
	want(t, "OpenSSL's ClientHello", l.client().Renegotiate(), model.WantRead)
	l.settle()
	_, s := l.read(model.Server)
	want(t, "the server's Read", s, model.Failed)
	l.settle()
	_, s = l.read(model.Client)
	want(t, "the client's Read", s, model.Failed)
	if l.server().OutputPending() > 0 || !strings.Contains(l.client().Err().Error(), "alert") {
		t.Errorf("the client says %v; want an alert", l.client().Err())
	}
}

// TestReferenceHoldsAgainstOpenSSL: hunts find nothing in the reference pump with
// crypto/tls at one end and OpenSSL at the other.
func TestReferenceHoldsAgainstOpenSSL(t *testing.T) {
	other, schedules := need(t), uint64(300)
	if testing.Short() {
		schedules = 50
	}
	for _, o := range []run.Options{
		{Engine: gotls.New(), PeerEngine: other},
		{Engine: other, PeerEngine: gotls.New()},
	} {
		t.Run(o.Engine.Name(), func(t *testing.T) {
			huntReference(t, o, schedules)
		})
	}
}

// TestNoPSKAgainstOpenSSL: crypto/tls has none, and a script that wants one is
// refused before it runs.
func TestNoPSKAgainstOpenSSL(t *testing.T) {
	other := need(t)
	c := run.NewCatalog()
	c.AddEngine("openssl", func() (model.Library, error) { return other, nil })
	c.AddEngine("gotls", func() (model.Library, error) { return gotls.New(), nil })
	_, err := c.Parts(&script.Config{Pump: "reference", Peer: "reference", Engine: "openssl",
		PeerEngine: "gotls"})
	if err == nil || !strings.Contains(err.Error(), "want a chain") {
		t.Errorf("got %v; want an error about the chain", err)
	}
}
