package tls

import (
	"testing"

	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/wire"
)

// A pairOf is two engines and the wires between them: what a test of the
// engine has instead of pumps.
type pairOf struct {
	t      testing.TB
	ends   [2]*TLS
	chunk  int // most bytes that one move carries
	queues [2]model.ErrorQueue
	notes  [2][]string
	buf    []byte
}

// config is the configuration that tests start from.
func config(v model.Version) model.EngineConfig {
	return model.EngineConfig{Version: v, In: 20000, Out: 20000, Key: 7, MaxRecord: wire.MaxRecordLen,
		PartialWrite: true, MovingBuffer: true}
}

// newPair makes both ends from cfg, but only the server refuses to renegotiate;
// each has its own error queue, as on two
// machines.
func newPair(t testing.TB, cfg model.EngineConfig) *pairOf {
	p := &pairOf{t: t, chunk: 70000, buf: make([]byte, 70000)}
	for r := range p.ends {
		c := cfg
		c.Role, c.Errors = model.Role(r), &p.queues[r]
		if c.Traits.Renegotiation == model.RenegRefuse && c.Role == model.Client {
			c.Traits.Renegotiation = model.RenegAllow // who refuses can't ask
		}
		p.ends[r] = NewTLS(&c)
	}
	return p
}

// policy changes what an end does when it is asked to renegotiate.
func (t *TLS) policy(p model.RenegPolicy) {
	t.cfg.Traits.Renegotiation = p
	t.facts = factsOf(&t.cfg) | t.facts&ifAgain
}

// move carries what fits from one end to the other and says how much.
func (p *pairOf) move(from model.Role) (total int) {
	src, dst := p.ends[from], p.ends[from.Peer()]
	buf := p.buf
	for {
		n := src.Drain(buf[:min(p.chunk, dst.InputRoom())])
		if n == 0 {
			return total
		}
		if dst.Feed(buf[:n]) != n {
			p.t.Fatal("the input buffer took less than its room")
		}
		total += n
		if p.chunk < 64 {
			return total
		}
	}
}

// shake drives both ends until neither is in a handshake.
func (p *pairOf) shake() {
	p.t.Helper()
	for range 200000 {
		for r, e := range p.ends {
			if st := e.Handshake(); st == model.Failed || st == model.Closed {
				p.t.Fatalf("%s: %s: %v", model.Role(r), st, e.Err())
			} else if st == model.OK {
				p.absorb(model.Role(r))
			}
			p.move(model.Role(r))
		}
		if p.ends[0].InitFinished() && p.ends[1].InitFinished() && p.quiet() {
			return
		}
	}
	p.t.Fatalf("the handshake does not end: client %s, server %s",
		p.ends[0].State(), p.ends[1].State())
}

// absorb lets an end read what is not application data: tickets, say.
func (p *pairOf) absorb(r model.Role) {
	p.t.Helper()
	var one [1]byte
	if n, st := p.ends[r].Read(one[:]); n > 0 || st == model.Failed {
		p.t.Fatalf("%s: read gave %d bytes, %s: %v", r, n, st, p.ends[r].Err())
	}
}

// quiet: nothing is in a buffer.
func (p *pairOf) quiet() bool {
	return p.ends[0].OutputPending() == 0 && p.ends[1].OutputPending() == 0
}

// deliver reads at an end until it has n bytes, moving all the while.
func (p *pairOf) deliver(to model.Role, n int) []byte {
	p.t.Helper()
	var got []byte
	buf := make([]byte, 70000)
	for range 200000 {
		k, st := p.ends[to].Read(buf)
		if st == model.Failed {
			p.t.Fatalf("%s reads: %v", to, p.ends[to].Err())
		}
		got = append(got, buf[:k]...)
		if len(got) >= n {
			return got
		}
		p.move(to)
		p.move(to.Peer())
	}
	p.t.Fatalf("%s got %d bytes; want %d", to, len(got), n)
	return nil
}

// send writes all of data at an end while the other end reads it.
func (p *pairOf) send(from model.Role, data []byte) []byte {
	p.t.Helper()
	var got []byte
	buf := make([]byte, 70000)
	done := 0
	for range 400000 {
		if done < len(data) {
			n, st := p.ends[from].Write(data[done:])
			if st == model.Failed {
				p.t.Fatalf("%s writes: %v", from, p.ends[from].Err())
			}
			done += n
		}
		p.move(from)
		k, st := p.ends[from.Peer()].Read(buf)
		if st == model.Failed {
			p.t.Fatalf("%s reads: %v", from.Peer(), p.ends[from.Peer()].Err())
		}
		p.move(from.Peer())
		got = append(got, buf[:k]...)
		if done == len(data) && len(got) == len(data) {
			return got
		}
	}
	p.t.Fatalf("%d of %d bytes written, %d read", done, len(data), len(got))
	return nil
}
