package tls

import (
	"bytes"
	"errors"
	"testing"

	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/wire"
)

// The moment of MB-53428: a server's read absorbs the client's ClientHello and
// writes its answer, and says no more than want-read.
func TestReadAbsorbsClientHelloAndSaysWantRead(t *testing.T) {
	p := established(t, model.TLS12, nil)
	p.Want("renegotiate", p.ends[model.Client].Renegotiate(), model.WantRead)
	p.Move(model.Client)
	p.ReadSays(model.Server, model.WantRead)
	if p.ends[model.Server].OutputPending() == 0 {
		t.Fatal("the ServerHello is not in the output buffer")
	}
	if p.ends[model.Server].InitFinished() {
		t.Fatal("the server should be in a handshake")
	}
	p.WriteSays(model.Server, []byte("now?"), model.WantRead)
	p.Shake()
	p.Pass(model.Server, "after it")
}

// With too little room for the answer the read says want-write, as documented.
func TestReadSaysWantWriteWhenTheFlightDoesNotFit(t *testing.T) {
	p := established(t, model.TLS12, func(c *model.EngineConfig) { c.Out = 40 })
	for st := p.ends[model.Client].Renegotiate(); st == model.WantWrite; st = p.ends[model.Client].Handshake() {
		p.Move(model.Client)
	}
	p.Move(model.Client)
	p.ReadSays(model.Server, model.WantWrite)
	if p.ends[model.Server].Unsent() == 0 {
		t.Fatal("nothing is kept back")
	}
	p.Shake()
}

// Either side may begin, with every buffer capacity and all suites.
func TestRenegotiationByEitherSide(t *testing.T) {
	for _, suite := range suites {
		for _, asker := range []model.Role{model.Client, model.Server} {
			for _, capacity := range []int{1, 2, 7, 40, 64, 20000} {
				p := established(t, model.TLS12, func(c *model.EngineConfig) {
					suite.set(c)
					c.In, c.Out = capacity, capacity
				})
				before := p.ends[model.Client].read.key
				p.ends[asker].Renegotiate()
				for range 100000 {
					p.Move(model.Client)
					p.absorb(model.Server)
					p.Move(model.Server)
					p.absorb(model.Client)
					if p.ends[model.Client].read.key != before && p.ends[model.Server].InitFinished() &&
						p.ends[model.Client].InitFinished() && p.quiet() {
						break
					}
				}
				if p.ends[model.Client].read.key == before {
					t.Fatalf("%s, %s asks, capacity %d: no new keys", suite.name, asker, capacity)
				}
				p.Pass(model.Client, "under new keys")
				p.Pass(model.Server, "here too")
			}
		}
	}
}

// Both ask at once: the HelloRequest that crosses the ClientHello is void.
func TestRenegotiationFromBothSidesAtOnce(t *testing.T) {
	p := established(t, model.TLS12, nil)
	p.Want("client asks", p.ends[model.Client].Renegotiate(), model.WantRead)
	p.Want("server asks", p.ends[model.Server].Renegotiate(), model.OK)
	p.Shake()
	p.Pass(model.Client, "one handshake was enough")
}

// Data that the peer had sent before it read the ClientHello is delivered, and a
// Write has to wait meanwhile.
func TestDataDuringRenegotiation(t *testing.T) {
	p := established(t, model.TLS12, nil)
	p.Want("renegotiate", p.ends[model.Client].Renegotiate(), model.WantRead)
	p.WriteSays(model.Client, []byte("blocked"), model.WantRead)
	p.WriteSays(model.Server, []byte("crossing"), model.OK)
	p.Move(model.Server)
	p.ReadSays(model.Client, model.OK)
	p.Move(model.Client)
	p.ReadSays(model.Server, model.WantRead)
	p.Shake()
	if n := p.WriteSays(model.Client, []byte("blocked"), model.OK); n != 7 {
		t.Fatalf("the retry wrote %d bytes", n)
	}
}

// Only a Read can give that data. Another call that meets it is the link's end,
// but if the last call was a Read that gave some: then OpenSSL takes this one
// for a Read too, and it fails without harm.
func TestDataDuringRenegotiationIsForRead(t *testing.T) {
	meets := map[string]func(*TLS) model.Status{
		"write":     func(e *TLS) model.Status { _, st := e.Write([]byte("x")); return st },
		"handshake": (*TLS).Handshake,
	}
	for name, call := range meets {
		p := established(t, model.TLS12, nil)
		p.Want("renegotiate", p.ends[model.Client].Renegotiate(), model.WantRead)
		p.WriteSays(model.Server, []byte("crossing"), model.OK)
		p.Move(model.Server)
		p.Want(name, call(p.ends[model.Client]), model.Failed)
		wantAlert(t, p.ends[model.Client], wire.AlertUnexpectedMessage)

		p = established(t, model.TLS12, nil)
		p.Want("renegotiate", p.ends[model.Client].Renegotiate(), model.WantRead)
		p.WriteSays(model.Server, []byte("crossing"), model.OK)
		p.Move(model.Server)
		if n, st := p.ends[model.Client].Read(make([]byte, 3)); n != 3 || st != model.OK {
			t.Fatalf("read %d, %s", n, st)
		}
		p.Want(name, call(p.ends[model.Client]), model.Failed)
		if got := p.ReadSays(model.Client, model.OK); got != "ssing" {
			t.Fatalf("after a %s the rest of the data is %q", name, got)
		}
	}
}

// A library that forbids it dies of the same data.
func TestNoDataInRenegotiation(t *testing.T) {
	p := established(t, model.TLS12, func(c *model.EngineConfig) { c.Traits.NoDataInReneg = true })
	p.ends[model.Client].Renegotiate()
	p.WriteSays(model.Server, []byte("crossing"), model.OK)
	p.Move(model.Server)
	p.ReadSays(model.Client, model.Failed)
	wantAlert(t, p.ends[model.Client], wire.AlertUnexpectedMessage)
}

// A refusal is one alert. It ends the asker's link, as in OpenSSL, or with the
// trait of other libraries it does not.
func TestRefusedRenegotiation(t *testing.T) {
	for _, asker := range []model.Role{model.Client, model.Server} {
		for _, soft := range []bool{false, true} {
			p := established(t, model.TLS12, func(c *model.EngineConfig) {
				c.Traits = model.Traits{Renegotiation: model.RenegRefuse, RefusalIsWarning: soft}
			})
			p.ends[asker].policy(model.RenegAllow)
			p.ends[asker.Peer()].policy(model.RenegRefuse)
			p.ends[asker].Renegotiate()
			p.Move(asker)
			p.ReadSays(asker.Peer(), model.WantRead)
			if n := p.ends[asker.Peer()].OutputPending(); n != wire.HeaderLen+2+overhead12 {
				t.Fatalf("%d bytes of output; want one alert", n)
			}
			p.Move(asker.Peer())
			if !soft {
				p.ReadSays(asker, model.Failed)
				wantAlert(t, p.ends[asker], wire.AlertHandshakeFailure)
				continue
			}
			p.ReadSays(asker, model.WantRead)
			p.Pass(asker, "never mind")
			p.Pass(asker.Peer(), "as before")
		}
	}
}

// An ignored wish has no answer: the server's HelloRequest is forgotten, the
// client's handshake stays open, and data comes in meanwhile.
func TestIgnoredRenegotiation(t *testing.T) {
	ignore := func(c *model.EngineConfig) { c.Traits.Renegotiation = model.RenegIgnore }
	p := established(t, model.TLS12, ignore)
	p.Want("server asks", p.ends[model.Server].Renegotiate(), model.OK)
	p.Move(model.Server)
	p.ReadSays(model.Client, model.WantRead)
	p.Pass(model.Client, "both ways")
	p.Want("client asks", p.ends[model.Client].Renegotiate(), model.WantRead)
	p.Move(model.Client)
	p.ReadSays(model.Server, model.WantRead)
	if n := p.ends[model.Server].OutputPending(); n != 0 {
		t.Fatalf("the server answers with %d bytes", n)
	}
	p.Pass(model.Server, "still here")
	p.WriteSays(model.Client, []byte("x"), model.WantRead)
}

// A client that has a Write pending does not begin, and answers a HelloRequest
// later: its record comes first.
func TestRenegotiationWaitsForThePendingWrite(t *testing.T) {
	p := established(t, model.TLS12, func(c *model.EngineConfig) { c.Out = 50 })
	data := bytes.Repeat([]byte("d"), 60)
	p.WriteSays(model.Client, data, model.WantWrite)
	p.Want("renegotiate", p.ends[model.Client].Renegotiate(), model.Failed)
	p.Want("the server's", p.ends[model.Server].Renegotiate(), model.OK)
	p.Move(model.Server)
	p.ReadSays(model.Client, model.WantRead)
	p.Move(model.Client)
	if n := p.WriteSays(model.Client, data, model.OK); n != 60 {
		t.Fatalf("wrote %d", n)
	}
	p.Move(model.Client)
	p.ReadSays(model.Client, model.WantWrite) // now the ClientHello, and it does not fit
	if got := p.deliver(model.Server, 60); got != string(data) {
		t.Fatalf("got %q", got)
	}
	p.Shake()
}

// A server that has a Write pending answers behind its record, or fails as
// OpenSSL does: no pump can help that.
func TestServerDiesBlocked(t *testing.T) {
	p := established(t, model.TLS12, func(c *model.EngineConfig) { c.Out, c.Traits.DiesBlocked = 50, true })
	p.WriteSays(model.Server, bytes.Repeat([]byte("d"), 60), model.WantWrite)
	p.ends[model.Client].Renegotiate()
	for range 4 {
		p.Move(model.Client)
		p.ends[model.Client].Handshake()
	}
	p.ReadSays(model.Server, model.Failed)
	if err := p.ends[model.Server].Err(); !errors.Is(err, model.ErrLibrary) {
		t.Fatalf("the error is %v; want the library's own", err)
	}
}

// Another library lets the answer wait.
func TestServerFlightBehindAPendingWrite(t *testing.T) {
	p := established(t, model.TLS12, func(c *model.EngineConfig) { c.Out = 50 })
	data := bytes.Repeat([]byte("d"), 60)
	p.WriteSays(model.Server, data, model.WantWrite)
	p.ends[model.Client].Renegotiate()
	for range 4 {
		p.Move(model.Client)
		p.ends[model.Client].Handshake()
	}
	p.Move(model.Client)
	p.ReadSays(model.Server, model.WantWrite)
	p.Move(model.Server)
	p.ReadSays(model.Server, model.WantWrite)
	if got := p.deliver(model.Client, 60); got != string(data) {
		t.Fatalf("got %q", got)
	}
	p.Shake()
	if n := p.WriteSays(model.Server, data, model.OK); n != 60 {
		t.Fatalf("the retry wrote %d; want 60, and nothing sealed twice", n)
	}
	if p.ends[model.Server].OutputPending() != 0 {
		t.Fatal("the retry sealed the data again")
	}
}

// Asked at the wrong moment the call fails, leaves an error behind, and
// changes nothing else.
func TestRenegotiateRejected(t *testing.T) {
	p := established(t, model.TLS13, nil)
	p.Want("in TLS 1.3", p.ends[model.Client].Renegotiate(), model.Failed)
	if p.queues[model.Client].Len() != 1 {
		t.Fatalf("%d errors in the queue", p.queues[model.Client].Len())
	}
	p.ends[model.Client].ClearErrors()
	p.Pass(model.Client, "unharmed")
	p = newLink(t, config(model.TLS12))
	p.Want("before the first handshake", p.ends[model.Client].Renegotiate(), model.Failed)
	p.ends[model.Client].ClearErrors()
	p.Shake()
}

// wantAlert checks which alert an engine died with.
func wantAlert(t testing.TB, e *TLS, want wire.Alert) {
	t.Helper()
	f, ok := e.Err().(*failure)
	if !ok {
		t.Fatalf("the engine's error is %v; want alert %s", e.Err(), want)
	}
	if a, sent := f.Alert(); !sent || a != want {
		t.Fatalf("got %v; want alert %s", f, want)
	}
}
