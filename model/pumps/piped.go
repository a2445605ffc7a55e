package pumps

import "github.com/wantwrite/wantwrite/model"

// A piped is a body over a BIO pair that keeps ciphertext in a buffer for each direction.
// Received bytes that do not fit into the engine wait there, and the end of the socket waits
// behind them.
type piped struct {
	body
	in, out span
	end     model.IOStatus // what the socket has said of the end
	dry     bool           // it had less than was asked for
}

// restart makes the buffers and the body new.
func (p *piped) restart(env model.Env, shape shape) {
	p.in.restart(env.Limits.Pipe)
	p.out.restart(env.Limits.Pipe)
	p.end, p.dry = model.IOOK, false
	p.body.restart(env, shape)
}

// receive moves input from the socket to its buffer, or throws it away.
func (p *piped) receive() bool {
	room := p.in.limit - p.in.len()
	switch {
	case !p.wantsInput() || p.dry && !p.discards() || !p.decide(atTakeInput, true):
		return false
	case p.discards():
		p.in.clear()
		return p.discard()
	}
	n, st := p.env.Socket.Recv(p.scratch[:room])
	p.dry = n < room
	p.in.put(p.scratch[:n], false)
	if n == 0 && st != model.WouldBlock {
		p.end = st
	}
	return n > 0 || p.end != model.IOOK
}

// wantsInput says whether input would be taken.
func (p *piped) wantsInput() bool {
	open := p.end == model.IOOK && !p.eof && !p.broken
	return open && (p.discards() || p.in.len() < p.in.limit)
}

// feed moves input from the buffer to the engine. Once the buffer is empty it handles the end of
// the socket.
func (p *piped) feed() bool {
	n := 0
	if p.in.len() > 0 && p.decide(atFeedOn, true) {
		n = p.env.Engine.Feed(p.in.bytes())
		p.in.take(n)
		p.due = p.due || n > 0
	}
	ends := p.end != model.IOOK && !p.eof && !p.broken &&
		p.decide(atKeepEnd, p.in.len() == 0 || p.discards())
	if ends {
		p.ended(p.end)
	}
	return n > 0 || ends
}

// mayFeed says whether more of the buffer would fit now.
func (p *piped) mayFeed() bool {
	return p.in.len() > 0 && p.decide(atFeedOn, p.env.Engine.InputRoom() > 0)
}

// drain moves output from the engine to its buffer, as far as there is room.
func (p *piped) drain() bool {
	if p.silent() {
		p.out.clear()
	}
	room := p.out.limit - p.out.len()
	if room == 0 || !p.mayFlush() {
		return false
	}
	n := p.env.Engine.Drain(p.scratch[:room])
	if n == 0 {
		return false
	}
	if !p.silent() {
		p.out.put(p.scratch[:n], false)
	}
	p.retryStuck()
	return true
}

// send moves output from the buffer to the socket.
func (p *piped) send() bool {
	if p.out.len() == 0 || p.silent() {
		return false
	}
	n, st := p.env.Socket.Send(p.out.bytes())
	p.out.take(n)
	if st == model.Reset {
		p.mute, p.due, p.dry = true, true, false // what has come is still read: story 48
		p.out.clear()
	}
	return st != model.WouldBlock
}

// owes says whether output waits for room in the socket.
func (p *piped) owes() bool {
	if p.silent() {
		return false
	}
	return p.out.len() > 0 || p.mayFlush() && p.env.Engine.OutputPending() > 0
}

// wakeups are read interest while there is room for input, and write interest exactly while
// output waits.
func (p *piped) wakeups() model.Events {
	return interests(p.wantsInput(), p.owes())
}

// Ready implements Pump.
func (p *piped) Ready(ev model.Events) {
	if ev&model.Readable != 0 || p.env.Trigger != model.Edge {
		p.dry = false
	}
	p.body.Ready(ev)
}
