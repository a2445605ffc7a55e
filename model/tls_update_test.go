package model

import (
	"bytes"
	"testing"
)

// The answer to a KeyUpdate is put off until the next Write, even one of zero
// bytes (OpenSSL pull 8773).
func TestKeyUpdateIsAnsweredAtTheNextWrite(t *testing.T) {
	for _, asker := range []Role{Client, Server} {
		p := established(t, TLS13, nil)
		other := p.ends[asker.Peer()]
		p.want("key update", p.ends[asker].KeyUpdate(true), OK)
		p.move(asker)
		p.read(asker.Peer(), WantRead)
		if !other.Deferred() || other.OutputPending() != 0 {
			t.Fatal("the answer should be owed, and not be sent")
		}
		p.write(asker.Peer(), nil, OK)
		if n := other.OutputPending(); other.Deferred() || n != HeaderLen+5+Overhead13 {
			t.Fatalf("%d bytes of output; want one KeyUpdate", n)
		}
		p.move(asker.Peer())
		p.read(asker, WantRead)
		p.send(asker, []byte("new keys"))
		p.send(asker.Peer(), []byte("new keys here"))
	}
}

// A second message brings the answer to the first one out, at the read: so it
// was seen with OpenSSL 3.0. If it does not fit the read wants to write.
func TestSecondMessageBringsTheAnswerOut(t *testing.T) {
	p := established(t, TLS13, func(c *EngineConfig) { c.Out = 30 })
	for range 2 {
		p.want("key update", p.ends[Client].KeyUpdate(true), OK)
		p.move(Client)
	}
	p.read(Server, WantRead)
	if p.ends[Server].OutputPending() != HeaderLen+5+Overhead13 || !p.ends[Server].Deferred() {
		t.Fatal("want the first answer sent and the second owed")
	}
	p.ends[Client].KeyUpdate(true)
	p.move(Client)
	p.read(Server, WantWrite)
	p.move(Server)
	p.read(Server, WantRead)
	p.send(Client, []byte("all in order"))
	p.send(Server, []byte("here too"))
}

// With the trait the read answers.
func TestKeyUpdateIsAnsweredAtTheRead(t *testing.T) {
	p := established(t, TLS13, func(c *EngineConfig) { c.Traits.AnswerAtRead = true })
	p.ends[Client].KeyUpdate(true)
	p.move(Client)
	p.read(Server, WantRead)
	if p.ends[Server].Deferred() || p.ends[Server].OutputPending() == 0 {
		t.Fatal("the answer should be in the output buffer")
	}
	p.move(Server)
	p.read(Client, WantRead)
	p.send(Server, []byte("new keys"))
}

// An answer at the read waits behind a record that is half sent; a second
// request meanwhile does not make a second answer (bugzoo G7).
func TestKeyUpdateAnswerBehindAPendingWrite(t *testing.T) {
	p := established(t, TLS13, func(c *EngineConfig) {
		c.Traits.AnswerAtRead, c.Out = true, 50
	})
	data := bytes.Repeat([]byte("d"), 60)
	p.write(Server, data, WantWrite)
	for range 2 {
		p.ends[Client].KeyUpdate(true)
		p.move(Client)
		p.read(Server, WantRead)
	}
	if got := p.ends[Server].Unsent(); got != 60+HeaderLen+Overhead13-50+HeaderLen+5+Overhead13 {
		t.Fatalf("%d bytes kept back; want the rest of the record and one KeyUpdate", got)
	}
	p.move(Server)
	p.write(Server, data, WantWrite) // the record is out, the answer is not
	p.move(Server)
	if n := p.write(Server, data, OK); n != 60 {
		t.Fatalf("wrote %d", n)
	}
	if got := p.deliver(Client, 60); !bytes.Equal(got, data) {
		t.Fatalf("got %q", got)
	}
	p.send(Server, []byte("new keys"))
}

// A KeyUpdate that does not fit is a handshake under way until it is out, and
// what comes behind it is sealed with the new key.
func TestKeyUpdateThatDoesNotFit(t *testing.T) {
	p := established(t, TLS13, func(c *EngineConfig) { c.Out = 10 })
	p.want("key update", p.ends[Client].KeyUpdate(false), WantWrite)
	if p.ends[Client].InitFinished() {
		t.Fatal("a handshake should be under way")
	}
	p.read(Client, WantWrite)
	p.move(Client)
	p.write(Client, []byte("x"), WantWrite)
	p.move(Client)
	p.read(Client, WantRead)
	if got := p.send(Client, []byte("behind it")); string(got) != "behind it" {
		t.Fatalf("got %q", got)
	}
}

// While a Write is pending the call fails and the link goes on (bugzoo E13,
// OpenSSL pull 16077); so it does in TLS 1.2.
func TestKeyUpdateRejected(t *testing.T) {
	p := established(t, TLS13, func(c *EngineConfig) { c.Out = 20 })
	p.write(Client, []byte("eight by"), WantWrite)
	p.want("key update", p.ends[Client].KeyUpdate(true), Failed)
	p.ends[Client].ClearErrors()
	p.move(Client)
	if n := p.write(Client, []byte("eight by"), OK); n != 8 {
		t.Fatalf("wrote %d", n)
	}
	if got := p.deliver(Server, 8); string(got) != "eight by" {
		t.Fatalf("got %q", got)
	}
	p = established(t, TLS12, nil)
	p.want("key update in TLS 1.2", p.ends[Client].KeyUpdate(true), Failed)
}

// A request that comes while a Write is pending is answered after its record,
// before the next one (bugzoo E12: "bad length" in OpenSSL 1.1.1).
func TestDeferredAnswerComesAfterThePendingRecord(t *testing.T) {
	p := established(t, TLS13, func(c *EngineConfig) { c.Out = 50 })
	data := bytes.Repeat([]byte("d"), 60)
	p.write(Server, data, WantWrite)
	p.ends[Client].KeyUpdate(true)
	p.move(Client)
	p.read(Server, WantRead)
	p.move(Server)
	if n := p.write(Server, data, OK); n != 60 || !p.ends[Server].Deferred() {
		t.Fatalf("wrote %d; the answer should still be owed", n)
	}
	p.deliver(Client, 60)
	if got := p.send(Server, []byte("next")); string(got) != "next" || p.ends[Server].Deferred() {
		t.Fatalf("got %q", got)
	}
}

// Tickets are part of the server's handshake: it is not over before they fit.
func TestServerHandshakeEndsWithItsTickets(t *testing.T) {
	cfg := config(TLS13)
	cfg.Tickets, cfg.Out = 4, 150
	p := newPair(t, cfg)
	blocked := 0
	for !p.ends[Server].InitFinished() {
		p.ends[Client].Handshake()
		p.move(Client)
		st := p.ends[Server].Handshake()
		if p.ends[Server].State() == Established && st == WantWrite {
			blocked++
		}
		p.move(Server)
	}
	if blocked < 2 {
		t.Fatalf("the server was held up %d times by its tickets", blocked)
	}
	p.send(Server, []byte("behind the tickets"))
}
