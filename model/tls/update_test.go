package tls

import (
	"bytes"
	"testing"

	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/wire"
)

// The answer to a KeyUpdate is put off until the next Write, even one of zero
// bytes (OpenSSL pull 8773).
func TestKeyUpdateIsAnsweredAtTheNextWrite(t *testing.T) {
	for _, asker := range []model.Role{model.Client, model.Server} {
		p := established(t, model.TLS13, nil)
		other := p.ends[asker.Peer()]
		p.Want("key update", p.ends[asker].KeyUpdate(true), model.OK)
		p.Move(asker)
		p.ReadSays(asker.Peer(), model.WantRead)
		if !other.Deferred() || other.OutputPending() != 0 {
			t.Fatal("the answer should be owed, and not be sent")
		}
		p.WriteSays(asker.Peer(), nil, model.OK)
		if n := other.OutputPending(); other.Deferred() || n != wire.HeaderLen+5+overhead13 {
			t.Fatalf("%d bytes of output; want one KeyUpdate", n)
		}
		p.Move(asker.Peer())
		p.ReadSays(asker, model.WantRead)
		p.Pass(asker, "new keys")
		p.Pass(asker.Peer(), "new keys here")
	}
}

// A second message brings the answer to the first one out, at the read: so it
// was seen with OpenSSL 3.0. If it does not fit the read wants to write.
func TestSecondMessageBringsTheAnswerOut(t *testing.T) {
	p := established(t, model.TLS13, func(c *model.EngineConfig) { c.Out = 30 })
	for range 2 {
		p.Want("key update", p.ends[model.Client].KeyUpdate(true), model.OK)
		p.Move(model.Client)
	}
	p.ReadSays(model.Server, model.WantRead)
	if p.ends[model.Server].OutputPending() != wire.HeaderLen+5+overhead13 || !p.ends[model.Server].Deferred() {
		t.Fatal("want the first answer sent and the second owed")
	}
	p.ends[model.Client].KeyUpdate(true)
	p.Move(model.Client)
	p.ReadSays(model.Server, model.WantWrite)
	p.Move(model.Server)
	p.ReadSays(model.Server, model.WantRead)
	p.Pass(model.Client, "all in order")
	p.Pass(model.Server, "here too")
}

// With the trait the read answers.
func TestKeyUpdateIsAnsweredAtTheRead(t *testing.T) {
	p := established(t, model.TLS13, func(c *model.EngineConfig) { c.Traits.AnswerAtRead = true })
	p.ends[model.Client].KeyUpdate(true)
	p.Move(model.Client)
	p.ReadSays(model.Server, model.WantRead)
	if p.ends[model.Server].Deferred() || p.ends[model.Server].OutputPending() == 0 {
		t.Fatal("the answer should be in the output buffer")
	}
	p.Move(model.Server)
	p.ReadSays(model.Client, model.WantRead)
	p.Pass(model.Server, "new keys")
}

// An answer at the read waits behind a record that is half sent; a second
// request meanwhile does not make a second answer (bugs.txt G7).
func TestKeyUpdateAnswerBehindAPendingWrite(t *testing.T) {
	p := established(t, model.TLS13, func(c *model.EngineConfig) {
		c.Traits.AnswerAtRead, c.Out = true, 50
	})
	data := bytes.Repeat([]byte("d"), 60)
	p.WriteSays(model.Server, data, model.WantWrite)
	for range 2 {
		p.ends[model.Client].KeyUpdate(true)
		p.Move(model.Client)
		p.ReadSays(model.Server, model.WantRead)
	}
	if got := p.ends[model.Server].Unsent(); got != 60+wire.HeaderLen+overhead13-50+wire.HeaderLen+5+overhead13 {
		t.Fatalf("%d bytes kept back; want the rest of the record and one KeyUpdate", got)
	}
	p.Move(model.Server)
	p.WriteSays(model.Server, data, model.WantWrite) // the record is out, the answer is not
	p.Move(model.Server)
	if n := p.WriteSays(model.Server, data, model.OK); n != 60 {
		t.Fatalf("wrote %d", n)
	}
	if got := p.deliver(model.Client, 60); got != string(data) {
		t.Fatalf("got %q", got)
	}
	p.Pass(model.Server, "new keys")
}

// A KeyUpdate that does not fit is a handshake under way until it is out, and
// what comes behind it is sealed with the new key.
func TestKeyUpdateThatDoesNotFit(t *testing.T) {
	p := established(t, model.TLS13, func(c *model.EngineConfig) { c.Out = 10 })
	p.Want("key update", p.ends[model.Client].KeyUpdate(false), model.WantWrite)
	if p.ends[model.Client].InitFinished() {
		t.Fatal("a handshake should be under way")
	}
	p.ReadSays(model.Client, model.WantWrite)
	p.Move(model.Client)
	p.WriteSays(model.Client, []byte("x"), model.WantWrite)
	p.Move(model.Client)
	p.ReadSays(model.Client, model.WantRead)
	p.Pass(model.Client, "behind it")
}

// While a Write is pending the call fails and the link goes on (bugs.txt E13,
// OpenSSL pull 16077); so it does in TLS 1.2.
func TestKeyUpdateRejected(t *testing.T) {
	p := established(t, model.TLS13, func(c *model.EngineConfig) { c.Out = 20 })
	p.WriteSays(model.Client, []byte("eight by"), model.WantWrite)
	p.Want("key update", p.ends[model.Client].KeyUpdate(true), model.Failed)
	p.ends[model.Client].ClearErrors()
	p.Move(model.Client)
	if n := p.WriteSays(model.Client, []byte("eight by"), model.OK); n != 8 {
		t.Fatalf("wrote %d", n)
	}
	if got := p.deliver(model.Server, 8); got != "eight by" {
		t.Fatalf("got %q", got)
	}
	p = established(t, model.TLS12, nil)
	p.Want("key update in TLS 1.2", p.ends[model.Client].KeyUpdate(true), model.Failed)
}

// A request that comes while a Write is pending is answered after its record,
// before the next one (bugs.txt E12: "bad length" in OpenSSL 1.1.1).
func TestDeferredAnswerComesAfterThePendingRecord(t *testing.T) {
	p := established(t, model.TLS13, func(c *model.EngineConfig) { c.Out = 50 })
	data := bytes.Repeat([]byte("d"), 60)
	p.WriteSays(model.Server, data, model.WantWrite)
	p.ends[model.Client].KeyUpdate(true)
	p.Move(model.Client)
	p.ReadSays(model.Server, model.WantRead)
	p.Move(model.Server)
	if n := p.WriteSays(model.Server, data, model.OK); n != 60 || !p.ends[model.Server].Deferred() {
		t.Fatalf("wrote %d; the answer should still be owed", n)
	}
	p.deliver(model.Client, 60)
	if p.Pass(model.Server, "next"); p.ends[model.Server].Deferred() {
		t.Fatal("the answer should be sent")
	}
}

// Tickets are part of the server's handshake: it is not over before they fit.
func TestServerHandshakeEndsWithItsTickets(t *testing.T) {
	cfg := config(model.TLS13)
	cfg.Tickets, cfg.Out = 4, 150
	p := newLink(t, cfg)
	blocked := 0
	for !p.ends[model.Server].InitFinished() {
		p.ends[model.Client].Handshake()
		p.Move(model.Client)
		st := p.ends[model.Server].Handshake()
		if p.ends[model.Server].State() == "established" && st == model.WantWrite {
			blocked++
		}
		p.Move(model.Server)
	}
	if blocked < 2 {
		t.Fatalf("the server was held up %d times by its tickets", blocked)
	}
	p.Pass(model.Server, "behind the tickets")
}
