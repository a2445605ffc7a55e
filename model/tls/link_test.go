package tls

import (
	"testing"

	"github.com/wantwrite/wantwrite/engine/linktest"
	"github.com/wantwrite/wantwrite/model"
)

// A link is two engines of the model, with an error queue each, as on two machines.
type link struct {
	*linktest.Link
	t      testing.TB
	ends   [2]*TLS // those of Link
	queues [2]model.ErrorQueue
}

// config is the configuration that tests start from.
func config(v model.Version) model.EngineConfig { return linktest.Config(v, 20000) }

// newLink makes both ends from cfg, but only the server refuses to renegotiate.
func newLink(t testing.TB, cfg model.EngineConfig) *link {
	t.Helper()
	return makeLink(t, cfg, false)
}

// makeLink is newLink whose ends may note what they send and absorb.
func makeLink(t testing.TB, cfg model.EngineConfig, noted bool) *link {
	t.Helper()
	p, lib := &link{t: t}, NewModels()
	var sides [2]linktest.Side
	for r := range sides {
		sides[r] = linktest.Side{Library: lib, Config: cfg, Noted: noted}
		sides[r].Config.Errors = &p.queues[r]
	}
	if cfg.Traits.Renegotiation == model.RenegRefuse { // who refuses can't ask
		sides[model.Client].Config.Traits.Renegotiation = model.RenegAllow
	}
	p.Link = linktest.Pair(t, sides[model.Client], sides[model.Server])
	for r, e := range p.Ends {
		p.ends[r] = e.(*TLS)
	}
	return p
}

// established is a link that is up, with the configuration changed.
func established(t testing.TB, v model.Version, change func(*model.EngineConfig)) *link {
	t.Helper()
	cfg := config(v)
	if change != nil {
		change(&cfg)
	}
	p := newLink(t, cfg)
	p.Shake()
	return p
}

// attached is a link that is up, whose engines call sockets of that capacity.
func attached(t testing.TB, v model.Version, capacity int) *link {
	t.Helper()
	cfg := config(v)
	cfg.Transport, cfg.ServerChain, cfg.Tickets = model.Attached, 1000, 2
	p := newLink(t, cfg)
	p.To[model.Client].Room, p.To[model.Server].Room = capacity, capacity
	p.Shake()
	return p
}

// policy changes what an end does when it is asked to renegotiate.
func (t *TLS) policy(p model.RenegPolicy) {
	t.cfg.Traits.Renegotiation = p
	t.facts = factsOf(&t.cfg) | t.facts&ifAgain
}

// taken is all that an end has in its output buffer, which does not come to its peer.
func (p *link) taken(from model.Role) []byte {
	buf := make([]byte, 20000)
	return buf[:p.ends[from].Drain(buf)]
}

// inject feeds bytes that the peer did not send.
func (p *link) inject(to model.Role, wire []byte) {
	p.t.Helper()
	if n := p.ends[to].Feed(wire); n != len(wire) {
		p.t.Fatalf("only %d of %d bytes fitted", n, len(wire))
	}
}

// absorb lets an end read what is not application data: tickets, say.
func (p *link) absorb(r model.Role) {
	p.t.Helper()
	var one [1]byte
	if n, st := p.ends[r].Read(one[:]); n > 0 || st == model.Failed {
		p.t.Fatalf("%s: read gave %d bytes, %s: %v", r, n, st, p.ends[r].Err())
	}
}

// quiet says whether nothing is in an output buffer.
func (p *link) quiet() bool {
	return p.ends[0].OutputPending() == 0 && p.ends[1].OutputPending() == 0
}

// deliver reads at an end until it has n bytes, and moves all the while.
func (p *link) deliver(to model.Role, n int) (got string) {
	p.t.Helper()
	for range 200000 {
		part, st := p.Read(to)
		if st == model.Failed {
			p.t.Fatalf("%s reads: %v", to, p.ends[to].Err())
		}
		if got += part; len(got) >= n {
			return got
		}
		p.Move(to)
		p.Move(to.Peer())
	}
	p.t.Fatalf("%s got %d bytes; want %d", to, len(got), n)
	return ""
}
