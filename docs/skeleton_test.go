package docs

import "github.com/wantwrite/wantwrite/model"

func Spec() model.Spec { // its name, what it can't do, its engine's write modes
	return model.Spec{Name: "mypump", New: New, About: "my server's pump",
		Restrictions: model.Restrictions{NoAttached: true, NoPause: true, NoHalfClose: true},
		Configure:    func(c *model.EngineConfig) { c.PartialWrite, c.MovingBuffer = true, true }}
}

type pump struct{ model.Env } // add your buffers, queues and flags

func New(env model.Env) model.Pump {
	env.Loop.Interest(model.Readable | model.Writable)
	return &pump{env}
}

// Ready is your event handler: move what can be moved, then arm what is missing.
func (p *pump) Ready(model.Events) {
	buf := make([]byte, max(p.Limits.Pipe, p.Limits.Chunk))
	if room := min(p.Limits.Pipe, p.Engine.InputRoom()); room > 0 {
		n, _ := p.Socket.Recv(buf[:room])
		p.Engine.Feed(buf[:n])
	}
	p.Engine.ClearErrors()
	if n, s := p.Engine.Read(buf[:p.Limits.Chunk]); s == model.OK {
		p.App.Data(buf[:n])
	}
	p.Loop.Interest(model.Readable) // and the answer that Read has made?
}

func (p *pump) Write(b []byte) int { n, _ := p.Engine.Write(b); return n }
func (p *pump) PauseRead(bool)     {}
func (p *pump) CloseWrite()        {}
func (p *pump) Close()             { p.Engine.Shutdown() }
