package model

import (
	"bytes"
	"errors"
	"testing"
)

// established is a TLS 1.2 pair that is up, with the configuration changed.
func established(t testing.TB, v Version, change func(*EngineConfig)) *pairOf {
	t.Helper()
	cfg := config(v)
	if change != nil {
		change(&cfg)
	}
	p := newPair(t, cfg)
	p.shake()
	return p
}

// want fails unless a call answered as wished.
func (p *pairOf) want(what string, got, want Status) {
	p.t.Helper()
	if got != want {
		p.t.Fatalf("%s: got %s; want %s (client: %v, server: %v)", what, got, want,
			p.ends[0].Err(), p.ends[1].Err())
	}
}

// read makes one Read and checks its status.
func (p *pairOf) read(r Role, want Status) []byte {
	p.t.Helper()
	buf := make([]byte, 20000)
	n, st := p.ends[r].Read(buf)
	p.want("read of the "+r.String(), st, want)
	return buf[:n]
}

// write makes one Write and checks its status.
func (p *pairOf) write(r Role, data []byte, want Status) int {
	p.t.Helper()
	n, st := p.ends[r].Write(data)
	p.want("write of the "+r.String(), st, want)
	return n
}

// The moment of MB-53428: a server's read absorbs the client's ClientHello and
// writes its answer, and says no more than want-read.
func TestReadAbsorbsClientHelloAndSaysWantRead(t *testing.T) {
	p := established(t, TLS12, nil)
	p.want("renegotiate", p.ends[Client].Renegotiate(), WantRead)
	p.move(Client)
	p.read(Server, WantRead)
	if p.ends[Server].OutputPending() == 0 {
		t.Fatal("the ServerHello is not in the output buffer")
	}
	if p.ends[Server].InitFinished() {
		t.Fatal("the server should be in a handshake")
	}
	p.write(Server, []byte("now?"), WantRead)
	p.shake()
	p.send(Server, []byte("after it"))
}

// With too little room for the answer the read says want-write, as documented.
func TestReadSaysWantWriteWhenTheFlightDoesNotFit(t *testing.T) {
	p := established(t, TLS12, func(c *EngineConfig) { c.Out = 40 })
	for st := p.ends[Client].Renegotiate(); st == WantWrite; st = p.ends[Client].Handshake() {
		p.move(Client)
	}
	p.move(Client)
	p.read(Server, WantWrite)
	if p.ends[Server].Unsent() == 0 {
		t.Fatal("nothing is kept back")
	}
	p.shake()
}

// Either side may begin, with every buffer capacity and all suites.
func TestRenegotiationByEitherSide(t *testing.T) {
	for _, suite := range suites {
		for _, asker := range []Role{Client, Server} {
			for _, capacity := range []int{1, 2, 7, 40, 64, 20000} {
				p := established(t, TLS12, func(c *EngineConfig) {
					suite.set(c)
					c.In, c.Out = capacity, capacity
				})
				before := p.ends[Client].read.key
				p.ends[asker].Renegotiate()
				for range 100000 {
					p.move(Client)
					p.absorb(Server)
					p.move(Server)
					p.absorb(Client)
					if p.ends[Client].read.key != before && p.ends[Server].InitFinished() &&
						p.ends[Client].InitFinished() && p.quiet() {
						break
					}
				}
				if p.ends[Client].read.key == before {
					t.Fatalf("%s, %s asks, capacity %d: no new keys", suite.name, asker, capacity)
				}
				p.send(Client, []byte("under new keys"))
				p.send(Server, []byte("here too"))
			}
		}
	}
}

// Both ask at once: the HelloRequest that crosses the ClientHello is void.
func TestRenegotiationFromBothSidesAtOnce(t *testing.T) {
	p := established(t, TLS12, nil)
	p.want("client asks", p.ends[Client].Renegotiate(), WantRead)
	p.want("server asks", p.ends[Server].Renegotiate(), OK)
	p.shake()
	p.send(Client, []byte("one handshake was enough"))
}

// Data that the peer had sent before it read the ClientHello is delivered, and a
// Write has to wait meanwhile.
func TestDataDuringRenegotiation(t *testing.T) {
	p := established(t, TLS12, nil)
	p.want("renegotiate", p.ends[Client].Renegotiate(), WantRead)
	p.write(Client, []byte("blocked"), WantRead)
	p.write(Server, []byte("crossing"), OK)
	p.move(Server)
	p.read(Client, OK)
	p.move(Client)
	p.read(Server, WantRead)
	p.shake()
	if n := p.write(Client, []byte("blocked"), OK); n != 7 {
		t.Fatalf("the retry wrote %d bytes", n)
	}
}

// Only a Read can give that data. Another call that meets it is the link's end,
// but if the last call was a Read that gave some: then OpenSSL takes this one
// for a Read too, and it fails without harm.
func TestDataDuringRenegotiationIsForRead(t *testing.T) {
	meets := map[string]func(*TLS) Status{
		"write":     func(e *TLS) Status { _, st := e.Write([]byte("x")); return st },
		"handshake": (*TLS).Handshake,
	}
	for name, call := range meets {
		p := established(t, TLS12, nil)
		p.want("renegotiate", p.ends[Client].Renegotiate(), WantRead)
		p.write(Server, []byte("crossing"), OK)
		p.move(Server)
		p.want(name, call(p.ends[Client]), Failed)
		wantAlert(t, p.ends[Client], AlertUnexpectedMessage)

		p = established(t, TLS12, nil)
		p.want("renegotiate", p.ends[Client].Renegotiate(), WantRead)
		p.write(Server, []byte("crossing"), OK)
		p.move(Server)
		if n, st := p.ends[Client].Read(make([]byte, 3)); n != 3 || st != OK {
			t.Fatalf("read %d, %s", n, st)
		}
		p.want(name, call(p.ends[Client]), Failed)
		if got := p.read(Client, OK); string(got) != "ssing" {
			t.Fatalf("after a %s the rest of the data is %q", name, got)
		}
	}
}

// A library that forbids it dies of the same data.
func TestNoDataInRenegotiation(t *testing.T) {
	p := established(t, TLS12, func(c *EngineConfig) { c.Traits.NoDataInReneg = true })
	p.ends[Client].Renegotiate()
	p.write(Server, []byte("crossing"), OK)
	p.move(Server)
	p.read(Client, Failed)
	wantAlert(t, p.ends[Client], AlertUnexpectedMessage)
}

// A refusal is one alert. It ends the asker's link, as in OpenSSL, or with the
// trait of other libraries it does not.
func TestRefusedRenegotiation(t *testing.T) {
	for _, asker := range []Role{Client, Server} {
		for _, soft := range []bool{false, true} {
			p := established(t, TLS12, func(c *EngineConfig) {
				c.Traits = Traits{Renegotiation: RenegRefuse, RefusalIsWarning: soft}
			})
			p.ends[asker].policy(RenegAllow)
			p.ends[asker.Peer()].policy(RenegRefuse)
			p.ends[asker].Renegotiate()
			p.move(asker)
			p.read(asker.Peer(), WantRead)
			if n := p.ends[asker.Peer()].OutputPending(); n != HeaderLen+2+Overhead12 {
				t.Fatalf("%d bytes of output; want one alert", n)
			}
			p.move(asker.Peer())
			if !soft {
				p.read(asker, Failed)
				wantAlert(t, p.ends[asker], AlertHandshakeFailure)
				continue
			}
			p.read(asker, WantRead)
			p.send(asker, []byte("never mind"))
			p.send(asker.Peer(), []byte("as before"))
		}
	}
}

// An ignored wish has no answer: the server's HelloRequest is forgotten, the
// client's handshake stays open, and data comes in meanwhile.
func TestIgnoredRenegotiation(t *testing.T) {
	ignore := func(c *EngineConfig) { c.Traits.Renegotiation = RenegIgnore }
	p := established(t, TLS12, ignore)
	p.want("server asks", p.ends[Server].Renegotiate(), OK)
	p.move(Server)
	p.read(Client, WantRead)
	p.send(Client, []byte("both ways"))
	p.want("client asks", p.ends[Client].Renegotiate(), WantRead)
	p.move(Client)
	p.read(Server, WantRead)
	if n := p.ends[Server].OutputPending(); n != 0 {
		t.Fatalf("the server answers with %d bytes", n)
	}
	if got := p.send(Server, []byte("still here")); string(got) != "still here" {
		t.Fatalf("got %q", got)
	}
	p.write(Client, []byte("x"), WantRead)
}

// A client that has a Write pending does not begin, and answers a HelloRequest
// later: its record comes first.
func TestRenegotiationWaitsForThePendingWrite(t *testing.T) {
	p := established(t, TLS12, func(c *EngineConfig) { c.Out = 50 })
	data := bytes.Repeat([]byte("d"), 60)
	p.write(Client, data, WantWrite)
	p.want("renegotiate", p.ends[Client].Renegotiate(), Failed)
	p.want("the server's", p.ends[Server].Renegotiate(), OK)
	p.move(Server)
	p.read(Client, WantRead)
	p.move(Client)
	if n := p.write(Client, data, OK); n != 60 {
		t.Fatalf("wrote %d", n)
	}
	p.move(Client)
	p.read(Client, WantWrite) // now the ClientHello, and it does not fit
	if got := p.deliver(Server, 60); !bytes.Equal(got, data) {
		t.Fatalf("got %q", got)
	}
	p.shake()
}

// A server that has a Write pending answers behind its record, or fails as
// OpenSSL does: no pump can help that.
func TestServerDiesBlocked(t *testing.T) {
	p := established(t, TLS12, func(c *EngineConfig) { c.Out, c.Traits.DiesBlocked = 50, true })
	p.write(Server, bytes.Repeat([]byte("d"), 60), WantWrite)
	p.ends[Client].Renegotiate()
	for range 4 {
		p.move(Client)
		p.ends[Client].Handshake()
	}
	p.read(Server, Failed)
	if err := p.ends[Server].Err(); !errors.Is(err, ErrLibrary) {
		t.Fatalf("the error is %v; want the library's own", err)
	}
}

// Another library lets the answer wait.
func TestServerFlightBehindAPendingWrite(t *testing.T) {
	p := established(t, TLS12, func(c *EngineConfig) { c.Out = 50 })
	data := bytes.Repeat([]byte("d"), 60)
	p.write(Server, data, WantWrite)
	p.ends[Client].Renegotiate()
	for range 4 {
		p.move(Client)
		p.ends[Client].Handshake()
	}
	p.move(Client)
	p.read(Server, WantWrite)
	p.move(Server)
	p.read(Server, WantWrite)
	if got := p.deliver(Client, 60); !bytes.Equal(got, data) {
		t.Fatalf("got %q", got)
	}
	p.shake()
	if n := p.write(Server, data, OK); n != 60 {
		t.Fatalf("the retry wrote %d; want 60, and nothing sealed twice", n)
	}
	if p.ends[Server].OutputPending() != 0 {
		t.Fatal("the retry sealed the data again")
	}
}

// Asked at the wrong moment the call fails, leaves an error behind, and
// changes nothing else.
func TestRenegotiateRejected(t *testing.T) {
	p := established(t, TLS13, nil)
	p.want("in TLS 1.3", p.ends[Client].Renegotiate(), Failed)
	if p.queues[Client].Len() != 1 {
		t.Fatalf("%d errors in the queue", p.queues[Client].Len())
	}
	p.ends[Client].ClearErrors()
	p.send(Client, []byte("unharmed"))
	p = newPair(t, config(TLS12))
	p.want("before the first handshake", p.ends[Client].Renegotiate(), Failed)
	p.ends[Client].ClearErrors()
	p.shake()
}

// wantAlert checks which alert an engine died with.
func wantAlert(t testing.TB, e *TLS, want Alert) {
	t.Helper()
	f, ok := e.Err().(*Failure)
	if !ok {
		t.Fatalf("the engine's error is %v; want alert %s", e.Err(), want)
	}
	if a, sent := f.Alert(); !sent || a != want {
		t.Fatalf("got %v; want alert %s", f, want)
	}
}
