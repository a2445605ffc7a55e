package tls

import (
	"bytes"
	"testing"

	"github.com/wantwrite/wantwrite/model"
)

// A wire is a socket in memory: what it holds, and how much more it takes.
type tape struct {
	in, out *Ring
	gone    bool // the link was reset
	ended   bool // the peer has sent FIN
}

func (w *tape) Recv(p []byte) (int, model.IOStatus) {
	n := w.in.Read(p)
	switch {
	case n > 0:
		return n, model.IOOK
	case w.gone:
		return 0, model.Reset
	case w.ended:
		return 0, model.EOF
	}
	return 0, model.WouldBlock
}

func (w *tape) Send(p []byte) (int, model.IOStatus) {
	if w.gone {
		return 0, model.Reset
	}
	if n := w.out.Write(p); n > 0 {
		return n, model.IOOK
	}
	return 0, model.WouldBlock
}

func (w *tape) CloseWrite() {}
func (w *tape) Close()      {}

// attached is a pair whose engines call the wires themselves.
func attached(t testing.TB, v model.Version, capacity int) (*pairOf, [2]*tape) {
	var up, down Ring
	up.Reset(capacity)
	down.Reset(capacity)
	wires := [2]*tape{{in: &down, out: &up}, {in: &up, out: &down}}
	p := &pairOf{t: t}
	for r := range p.ends {
		cfg := config(v)
		cfg.Transport, cfg.Socket, cfg.ServerChain = model.Attached, wires[r], 1000
		cfg.Role, cfg.Errors, cfg.Tickets = model.Role(r), &p.queues[r], 2
		p.ends[r] = NewTLS(&cfg)
	}
	return p, wires
}

// upAttached shakes hands with calls alone.
func (p *pairOf) upAttached() {
	p.t.Helper()
	for range 100000 {
		a, b := p.ends[0].Handshake(), p.ends[1].Handshake()
		if a == model.OK {
			p.absorb(model.Client)
		}
		if a == model.Failed || b == model.Failed {
			p.t.Fatalf("client %v, server %v", p.ends[0].Err(), p.ends[1].Err())
		}
		if a == model.OK && b == model.OK {
			return
		}
	}
	p.t.Fatal("the handshake does not end")
}

// With the attached transport the calls move the bytes, and want-write is real
// from every call.
func TestAttachedTransport(t *testing.T) {
	for _, v := range []model.Version{model.TLS12, model.TLS13} {
		for _, capacity := range []int{1, 2, 5, 30, 64, 1000, 50000} {
			p, _ := attached(t, v, capacity)
			p.upAttached()
			data := bytes.Repeat([]byte("0123456789"), 30)
			if got := p.send(model.Client, data); !bytes.Equal(got, data) {
				t.Fatalf("capacity %d: got %q", capacity, got)
			}
			if p.ends[0].OutputPending() != 0 || p.ends[0].InputRoom() != 0 ||
				p.ends[0].Drain(data) != 0 || p.ends[0].Feed(data) != 0 {
				t.Fatal("an attached engine has no buffers to feed or drain")
			}
		}
	}
}

// An answer that the socket has no room for makes the read say want-write;
// Unsent is the only place to see it.
func TestAttachedReadWantsWrite(t *testing.T) {
	p, wires := attached(t, model.TLS12, 50000)
	p.upAttached()
	p.want("renegotiate", p.ends[model.Client].Renegotiate(), model.WantRead)
	var full Ring
	full.Reset(10)
	was := wires[model.Server].out
	wires[model.Server].out = &full
	p.read(model.Server, model.WantWrite)
	if p.ends[model.Server].Unsent() == 0 {
		t.Fatal("the rest of the flight is nowhere")
	}
	buf := make([]byte, 10)
	was.Write(buf[:full.Read(buf)])
	wires[model.Server].out = was
	p.read(model.Server, model.WantRead)
	p.upAttached()
}

// The end of the socket in the middle of a link is a failure of the engine,
// with an error of its own; so is a reset.
func TestAttachedSocketEnds(t *testing.T) {
	p, wires := attached(t, model.TLS12, 50000)
	p.upAttached()
	p.write(model.Server, []byte("before the end"), model.OK)
	wires[model.Client].ended = true
	p.read(model.Client, model.OK)
	p.read(model.Client, model.Failed)
	if err := p.ends[model.Client].Err(); err != model.ErrEOF {
		t.Fatalf("got %v", err)
	}
	p, wires = attached(t, model.TLS13, 50000)
	p.upAttached()
	wires[model.Client].gone = true
	p.write(model.Client, []byte("x"), model.Failed)
	if err := p.ends[model.Client].Err(); err != model.ErrReset {
		t.Fatalf("got %v", err)
	}
	p.read(model.Client, model.Failed)
}
