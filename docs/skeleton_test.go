package docs

import "github.com/wantwrite/wantwrite/model"

// Spec names the pump, says what it can't do, and sets its engine's write modes.
func Spec() model.Spec {
	return model.Spec{Name: "mypump", New: New, About: "my server's pump",
		Restrictions: model.Restrictions{NoEdge: true, NoOneShot: true, NoAttached: true,
			NoPause: true, NoHalfClose: true, NoLocalClose: true},
		Configure: func(c *model.EngineConfig) { c.PartialWrite, c.MovingBuffer = true, true }}
}

type pump struct {
	model.Env
	in []byte // ciphertext; add your buffers, queues and flags
}

// New makes a pump for one link and arms its first interest.
func New(env model.Env) model.Pump {
	env.Loop.Interest(model.Readable | model.Writable)
	return &pump{Env: env, in: make([]byte, env.Limits.Pipe)}
}

// Ready is your event handler: move what can be moved, then arm what is missing.
func (p *pump) Ready(model.Events) {
	if room := min(len(p.in), p.Engine.InputRoom()); room > 0 {
		n, _ := p.Socket.Recv(p.in[:room])
		p.Engine.Feed(p.in[:n])
	}
	p.Engine.ClearErrors()
	plain := make([]byte, p.Limits.Chunk)
	switch n, s := p.Engine.Read(plain); s {
	case model.OK:
		p.App.Data(plain[:n])
	case model.Closed:
		p.App.Closed(model.Clean)
	}
	p.Loop.Interest(model.Readable) // and the answer that Read has made?
}

func (p *pump) Write(b []byte) int { n, _ := p.Engine.Write(b); return n }
func (p *pump) PauseRead(bool)     {}
func (p *pump) CloseWrite()        {}
func (p *pump) Close()             { p.Engine.Shutdown() }
