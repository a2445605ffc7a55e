package pumps

import "github.com/wantwrite/wantwrite/model"

// A completion is a pump of submitted operations, as on io_uring. At most one recv and one send
// are under way. Each has a buffer that is the kernel's until the operation completes. Nothing is
// tried before that: the pump learns what is ready from what has completed. A send may be short;
// its rest is the next send.
//
// Here an operation completes in the first turn in which the socket can do it. The loop learns of
// an operation by interest, which each completion gives up.
type completion struct {
	body
	rx, tx operation
}

// An operation is a recv or a send, and its buffer.
type operation struct {
	buf       span
	submitted bool
}

// completionSpec is the spec of the pump of operations that complete.
func completionSpec() model.Spec {
	return model.Spec{Name: "completion", New: built(newCompletion),
		About:        "one recv and one send that are submitted and complete, as on io_uring",
		Restrictions: model.Restrictions{NoAttached: true}}
}

func newCompletion() *completion { return &completion{} }

// renew implements shape.
func (p *completion) renew(env model.Env) {
	p.rx.buf.restart(env.Limits.Pipe)
	p.tx.buf.restart(env.Limits.Pipe)
	p.rx.submitted, p.tx.submitted = false, false
	p.body.restart(env, p)
	p.mask = 0 // nothing is submitted yet
	env.Loop.Interest(0)
	env.Loop.Wake()
}

// Ready implements Pump: it completes what can be done.
func (p *completion) Ready(ev model.Events) {
	if p.env.Trigger == model.OneShot && ev&(model.Readable|model.Writable) != 0 {
		p.mask = 0
	}
	if ev&model.Readable != 0 && p.rx.submitted {
		p.completeRecv()
	}
	if ev&model.Writable != 0 && p.tx.submitted {
		p.completeSend()
	}
	p.body.Ready(ev)
}

// completeRecv ends the recv, unless it would block.
func (p *completion) completeRecv() {
	n, st := p.env.Socket.Recv(p.rx.buf.space())
	if st == model.WouldBlock {
		return
	}
	p.complete(&p.rx, model.Readable)
	p.rx.buf.grew(n)
	p.ended(st)
}

// completeSend ends the send, unless it would block.
func (p *completion) completeSend() {
	n, st := p.env.Socket.Send(p.tx.buf.bytes())
	if st == model.WouldBlock {
		return
	}
	p.complete(&p.tx, model.Writable)
	p.tx.buf.take(p.amount(atSent, n))
	if st == model.Reset {
		p.mute, p.due = true, true // what had come before is still read: story 48
		p.tx.buf.clear()
	}
}

// complete gives an operation's buffer and its interest back. The next operation arms interest
// again, and so sees an edge too.
func (p *completion) complete(op *operation, ev model.Events) {
	op.submitted = false
	if p.mask &^= ev; !p.gone {
		p.env.Loop.Interest(p.mask)
	}
}

// round implements shape. Operations are submitted at its end, because each of the other steps
// may have something for them.
func (p *completion) round() bool {
	moved := p.feed()
	if !p.giveEarly() {
		p.take()
	}
	p.give()
	moved = p.leave(p.owes) || moved
	p.submitRecv()
	return p.submitSend() || moved || p.hungry() || p.mayFeed()
}

// feed moves what a recv has brought to the engine, or throws it away.
func (p *completion) feed() bool {
	if p.rx.submitted || p.rx.buf.len() == 0 {
		return false
	}
	if p.discards() {
		p.rx.buf.clear()
		return true
	}
	if !p.decide(atFeedOn, true) {
		return false
	}
	n := p.env.Engine.Feed(p.rx.buf.bytes())
	p.rx.buf.take(n)
	p.due = p.due || n > 0
	return n > 0
}

// mayFeed says whether more of it would fit now.
func (p *completion) mayFeed() bool {
	room := p.discards() || p.env.Engine.InputRoom() > 0
	return p.rx.buf.len() > 0 && !p.rx.submitted && p.decide(atFeedOn, room)
}

// submitRecv submits a recv, once all that had come is fed.
func (p *completion) submitRecv() {
	if p.rx.buf.len() == 0 && !p.eof && !p.broken {
		p.rx.submitted = true
	}
}

// submitSend submits a send of what the engine has, or of the rest of a short one. It says
// whether the engine has room again.
func (p *completion) submitSend() bool {
	if p.silent() {
		n := p.env.Engine.Drain(p.scratch)
		if n > 0 {
			p.retryStuck()
		}
		return n > 0
	}
	if !p.decide(atBufferFree, !p.tx.submitted) {
		return false
	}
	n := 0
	if p.tx.buf.len() == 0 && p.mayFlush() {
		n = p.env.Engine.Drain(p.tx.buf.space())
		p.tx.buf.grew(n)
	}
	p.tx.submitted = p.tx.buf.len() > 0
	if n > 0 {
		p.retryStuck()
	}
	return n > 0
}

// owes says whether output is under way, or waits for the send before it.
func (p *completion) owes() bool {
	if p.silent() {
		return false
	}
	return p.tx.buf.len() > 0 || p.mayFlush() && p.env.Engine.OutputPending() > 0
}

// wakeups implements shape: the operations that are under way.
func (p *completion) wakeups() model.Events {
	return interests(p.rx.submitted && !p.broken, p.tx.submitted && !p.mute)
}
