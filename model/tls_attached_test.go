package model

import (
	"bytes"
	"testing"
)

// A wire is a socket in memory: what it holds, and how much more it takes.
type wire struct {
	in, out *Ring
	gone    bool // the link was reset
	ended   bool // the peer has sent FIN
}

func (w *wire) Recv(p []byte) (int, IOStatus) {
	n := w.in.Read(p)
	switch {
	case n > 0:
		return n, IOOK
	case w.gone:
		return 0, Reset
	case w.ended:
		return 0, EOF
	}
	return 0, WouldBlock
}

func (w *wire) Send(p []byte) (int, IOStatus) {
	if w.gone {
		return 0, Reset
	}
	if n := w.out.Write(p); n > 0 {
		return n, IOOK
	}
	return 0, WouldBlock
}

func (w *wire) CloseWrite() {}
func (w *wire) Close()      {}

// attached is a pair whose engines call the wires themselves.
func attached(t testing.TB, v Version, capacity int) (*pairOf, [2]*wire) {
	var up, down Ring
	up.Reset(capacity)
	down.Reset(capacity)
	wires := [2]*wire{{in: &down, out: &up}, {in: &up, out: &down}}
	p := &pairOf{t: t}
	for r := range p.ends {
		cfg := config(v)
		cfg.Transport, cfg.Socket, cfg.ServerChain = Attached, wires[r], 1000
		cfg.Role, cfg.Errors, cfg.Tickets = Role(r), &p.queues[r], 2
		p.ends[r] = NewTLS(&cfg)
	}
	return p, wires
}

// upAttached shakes hands with calls alone.
func (p *pairOf) upAttached() {
	p.t.Helper()
	for range 100000 {
		a, b := p.ends[0].Handshake(), p.ends[1].Handshake()
		if a == OK {
			p.absorb(Client)
		}
		if a == Failed || b == Failed {
			p.t.Fatalf("client %v, server %v", p.ends[0].Err(), p.ends[1].Err())
		}
		if a == OK && b == OK {
			return
		}
	}
	p.t.Fatal("the handshake does not end")
}

// With the attached transport the calls move the bytes, and want-write is real
// from every call.
func TestAttachedTransport(t *testing.T) {
	for _, v := range []Version{TLS12, TLS13} {
		for _, capacity := range []int{1, 2, 5, 30, 64, 1000, 50000} {
			p, _ := attached(t, v, capacity)
			p.upAttached()
			data := bytes.Repeat([]byte("0123456789"), 30)
			if got := p.send(Client, data); !bytes.Equal(got, data) {
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
	p, wires := attached(t, TLS12, 50000)
	p.upAttached()
	p.want("renegotiate", p.ends[Client].Renegotiate(), WantRead)
	var full Ring
	full.Reset(10)
	was := wires[Server].out
	wires[Server].out = &full
	p.read(Server, WantWrite)
	if p.ends[Server].Unsent() == 0 {
		t.Fatal("the rest of the flight is nowhere")
	}
	buf := make([]byte, 10)
	was.Write(buf[:full.Read(buf)])
	wires[Server].out = was
	p.read(Server, WantRead)
	p.upAttached()
}

// The end of the socket in the middle of a link is a failure of the engine,
// with an error of its own; so is a reset.
func TestAttachedSocketEnds(t *testing.T) {
	p, wires := attached(t, TLS12, 50000)
	p.upAttached()
	p.write(Server, []byte("before the end"), OK)
	wires[Client].ended = true
	p.read(Client, OK)
	p.read(Client, Failed)
	if err := p.ends[Client].Err(); err != ErrEOF {
		t.Fatalf("got %v", err)
	}
	p, wires = attached(t, TLS13, 50000)
	p.upAttached()
	wires[Client].gone = true
	p.write(Client, []byte("x"), Failed)
	if err := p.ends[Client].Err(); err != ErrReset {
		t.Fatalf("got %v", err)
	}
	p.read(Client, Failed)
}
