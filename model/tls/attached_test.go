package tls

import (
	"strings"
	"testing"

	"github.com/wantwrite/wantwrite/model"
)

// With the attached transport the calls move the bytes, and want-write is real
// from every call.
func TestAttachedTransport(t *testing.T) {
	for _, v := range []model.Version{model.TLS12, model.TLS13} {
		for _, capacity := range []int{1, 2, 5, 30, 64, 1000, 50000} {
			p := attached(t, v, capacity)
			p.Pass(model.Client, strings.Repeat("0123456789", 30))
			data := make([]byte, 10)
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
	p := attached(t, model.TLS12, 50000)
	p.Want("renegotiate", p.ends[model.Client].Renegotiate(), model.WantRead)
	p.To[model.Client].Room = 10
	p.ReadSays(model.Server, model.WantWrite)
	if p.ends[model.Server].Unsent() == 0 {
		t.Fatal("the rest of the flight is nowhere")
	}
	p.To[model.Client].Room = 50000
	p.ReadSays(model.Server, model.WantRead)
	p.Shake()
}

// The end of the socket in the middle of a link is a failure of the engine,
// with an error of its own; so is a reset.
func TestAttachedSocketEnds(t *testing.T) {
	p := attached(t, model.TLS12, 50000)
	p.WriteSays(model.Server, []byte("before the end"), model.OK)
	p.To[model.Client].End = model.EOF
	p.ReadSays(model.Client, model.OK)
	p.ReadSays(model.Client, model.Failed)
	if err := p.ends[model.Client].Err(); err != model.ErrEOF {
		t.Fatalf("got %v", err)
	}
	p = attached(t, model.TLS13, 50000)
	p.To[model.Client].End, p.To[model.Server].End = model.Reset, model.Reset
	p.WriteSays(model.Client, []byte("x"), model.Failed)
	if err := p.ends[model.Client].Err(); err != model.ErrReset {
		t.Fatalf("got %v", err)
	}
	p.ReadSays(model.Client, model.Failed)
}
