package gotls_test

import (
	"strings"
	"testing"

	"github.com/wantwrite/wantwrite/engine/gotls"
	"github.com/wantwrite/wantwrite/engine/linktest"
	"github.com/wantwrite/wantwrite/fuzz/run"
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/sim/script"
)

// pairings runs a test with crypto/tls at either end.
func pairings(t *testing.T, v model.Version, test func(t *testing.T, l *linktest.Link, r model.Role)) {
	for _, r := range []model.Role{model.Client, model.Server} {
		t.Run(r.String()+" "+v.String(), func(t *testing.T) {
			cfg := config(v)
			cfg.ClientAuth, cfg.ServerChain, cfg.ClientChain = true, 1500, 700
			test(t, meet(t, r, cfg), r)
		})
	}
}

// TestOpenSSLAtTheOtherEnd: a link with OpenSSL has a handshake, data both ways, and both closes.
func TestOpenSSLAtTheOtherEnd(t *testing.T) {
	linktest.Versions(t, func(t *testing.T, v model.Version) {
		pairings(t, v, func(t *testing.T, l *linktest.Link, r model.Role) {
			l.Say(model.Client, "request")
			l.Say(model.Server, "response")
			l.Want("Shutdown", l.Ends[r].Shutdown(), model.WantRead)
			l.Settle()
			_, s := l.Read(r.Peer())
			l.Want("OpenSSL's Read", s, model.Closed)
			l.Want("OpenSSL's Shutdown", l.Ends[r.Peer()].Shutdown(), model.OK)
			l.Settle()
			l.Want("the second Shutdown", l.Ends[r].Shutdown(), model.OK)
		})
	})
}

// TestKeyUpdateIsAnsweredAtTheRead: the Read that absorbs a KeyUpdate seals the answer, and says
// WantRead.
func TestKeyUpdateIsAnsweredAtTheRead(t *testing.T) {
	pairings(t, model.TLS13, func(t *testing.T, l *linktest.Link, r model.Role) {
		l.Want("OpenSSL's KeyUpdate", l.Ends[r.Peer()].KeyUpdate(true), model.OK)
		l.Carry(r.Peer(), 1<<16)
		_, s := l.Read(r)
		l.Want("Read", s, model.WantRead)
		if n := l.Ends[r].OutputPending(); n != 27 {
			t.Errorf("the answer has %d bytes; want 27", n)
		}
		if l.Ends[r].Deferred() {
			t.Error("nothing is deferred")
		}
		l.Say(r, "with new keys")
		l.Say(r.Peer(), "also with new keys")
	})
}

// TestAnswerWaitsForRoom: if the answer to a KeyUpdate does not fit the Read says WantWrite. The
// next Read gives what comes behind the KeyUpdate all the same.
func TestAnswerWaitsForRoom(t *testing.T) {
	cfg := config(model.TLS13)
	cfg.Out = 10
	l := meet(t, model.Server, cfg)
	l.Client().KeyUpdate(true)
	passTo(l, model.Server, "")
	_, s := l.Read(model.Server)
	l.Want("Read", s, model.WantWrite)
	if n := l.Server().(model.Inspector).Unsent(); n != 17 {
		t.Errorf("%d bytes wait; want 17", n)
	}
	passTo(l, model.Server, "go on")
	l.Hear(model.Server, "go on")
	_, s = l.Server().Write([]byte("later"))
	l.Want("a Write behind the answer", s, model.WantWrite)
	l.Pass(model.Server, "and now")
}

// passTo has the peer write a text, and carries all that is on its way to an end, but nothing
// back.
func passTo(l *linktest.Link, r model.Role, text string) {
	for {
		_, s := l.Ends[r.Peer()].Write([]byte(text))
		if l.Carry(r.Peer(), 1<<16) == 0 && s == model.OK {
			return
		}
		if s == model.OK {
			text = ""
		}
	}
}

// TestRenegotiation: a client of crypto/tls takes part in one. Until it is over, a Write says
// WantRead.
func TestRenegotiation(t *testing.T) {
	l := meet(t, model.Client, config(model.TLS12))
	for range 2 {
		l.Want("OpenSSL's HelloRequest", l.Server().Renegotiate(), model.OK)
		l.Move(model.Server)
		_, s := l.Read(model.Client)
		l.Want("a Read in the renegotiation", s, model.WantRead)
		if l.Client().InitFinished() || l.Client().OutputPending() == 0 {
			t.Fatal("the ClientHello should be out")
		}
		_, s = l.Client().Write([]byte("x"))
		l.Want("a Write in the renegotiation", s, model.WantRead)
		l.Want("Handshake", l.Client().Handshake(), model.WantRead)
		if s := l.Client().Shutdown(); s != model.Failed {
			t.Errorf("Shutdown in the renegotiation: %v; want it refused", s)
		}
		l.Move(model.Client)
		l.Read(model.Server)
		l.Step = 1
		l.Shake()
		l.Say(model.Client, "with new keys")
		l.Say(model.Server, "also with new keys")
	}
}

// TestDataInARenegotiation: data that cross the ClientHello are fatal to crypto/tls, while
// OpenSSL delivers them. That is the trait NoDataInReneg.
func TestDataInARenegotiation(t *testing.T) {
	l := meet(t, model.Client, config(model.TLS12))
	l.Server().Renegotiate()
	l.Write(model.Server, "in between")
	l.Settle()
	for range 2 {
		_, s := l.Read(model.Client)
		l.Want("Read", s, model.Failed)
	}
}

// TestNoRenegotiation: a server of crypto/tls fails when it is asked for a renegotiation, and the
// alert fails the client.
func TestNoRenegotiation(t *testing.T) {
	cfg := config(model.TLS12)
	l := meet(t, model.Server, cfg)
	l.Want("OpenSSL's ClientHello", l.Client().Renegotiate(), model.WantRead)
	l.Settle()
	_, s := l.Read(model.Server)
	l.Want("the server's Read", s, model.Failed)
	l.Settle()
	_, s = l.Read(model.Client)
	l.Want("the client's Read", s, model.Failed)
	if l.Server().OutputPending() > 0 || !strings.Contains(l.Client().Err().Error(), "alert") {
		t.Errorf("the client says %v; want an alert", l.Client().Err())
	}
}

// TestNoPSKAgainstOpenSSL: crypto/tls has no PSK, so a script that wants one is refused before it
// runs.
func TestNoPSKAgainstOpenSSL(t *testing.T) {
	other := need(t)
	c := run.NewCatalog()
	c.AddEngine(other, func() (model.Library, error) { return other, nil })
	c.AddEngine(gotls.New(), func() (model.Library, error) { return gotls.New(), nil })
	_, err := c.Parts(&script.Config{Pump: "reference", Peer: "reference", Engine: "openssl",
		PeerEngine: "gotls"})
	if err == nil || !strings.Contains(err.Error(), "want a chain") {
		t.Errorf("got %v; want an error about the chain", err)
	}
}
