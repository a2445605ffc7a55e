package pumps

import "github.com/wantwrite/wantwrite/model"

// A nested is a pump that acts inside the app's callbacks, as uSockets does: a write, a pause or
// a close within a callback is a turn within the turn. The engine has the socket.
//
// So the pump must look again, after each callback, at whatever it looked at before: the socket
// may be gone (bugs J1 and J5). And what the app is looking at must stay: a turn within Data
// hands nothing over, because the buffer is lent to the app (bugs J4 and J7).
type nested struct {
	body
	inside bool // the app is in a callback
	onLoan int  // bytes of the buffer that it is looking at
}

// nestedSpec is the spec of the pump whose turns nest.
func nestedSpec() model.Spec {
	return model.Spec{Name: "nested", New: built(newNested),
		About:        "turns within turns, from inside the app's callbacks, as in uSockets",
		Restrictions: model.Restrictions{NoPair: true}}
}

func newNested() *nested { return &nested{} }

// renew implements shape.
func (p *nested) renew(env model.Env) {
	p.inside, p.onLoan = false, 0
	p.body.restart(env, p)
}

// Ready implements Pump.
func (p *nested) Ready(ev model.Events) {
	if ev&model.Readable != 0 || p.env.Trigger != model.Edge {
		p.due = true
	}
	p.body.Ready(ev)
}

// round implements shape.
func (p *nested) round() bool {
	if !p.giveEarly() && p.hungry() && p.onLoan == 0 {
		p.onData()
	}
	if p.gone {
		return false
	}
	if p.resting() {
		p.shake()
	}
	p.onWritable()
	moved := !p.gone && p.leave(p.owes)
	moved = p.throwAway() || moved
	return moved || p.hungry() && p.onLoan == 0
}

// onData reads until the engine wants something, and hands the data over.
func (p *nested) onData() {
	p.due = false
	p.carryOn()
	left := p.enough()
	for p.reads() {
		n, st := p.read(p.scratch[:p.env.Limits.Chunk])
		if st != model.OK {
			p.readEnded(st)
			return
		}
		p.hand(n)
		if left -= n; p.resting() || left <= 0 {
			p.due = true
			return
		}
	}
}

// reads says whether another Read may follow. Each callback may have changed that.
func (p *nested) reads() bool {
	return p.decide(atLookAgain, !p.gone && !p.over && !p.dead && !p.discards())
}

// hand hands data over. What the app asks for meanwhile is done at once.
func (p *nested) hand(n int) {
	if !p.decide(atDeliver, !p.closing) {
		return
	}
	p.busy, p.inside, p.onLoan = false, true, n
	p.env.App.Data(p.scratch[:n])
	p.busy, p.inside, p.onLoan = true, false, 0
}

// onWritable writes, and asks the app for more.
func (p *nested) onWritable() {
	for more := true; more && p.decide(atLookAgain, !p.gone) && p.mayWriteHere() && p.spend(); {
		p.busy, p.inside = false, true
		more = p.ask()
		p.busy, p.inside = true, false
	}
}

// mayWriteHere says whether a write may come between the reads.
//
// Story 56: a HelloRequest came, and half a record after it. The read that took the other half
// gave data. The app answered from inside Data, and its write began the handshake, which met more
// data. As after a write that has waited, a read of nothing goes first: it leaves the buffer
// alone.
func (p *nested) mayWriteHere() bool {
	return p.onLoan == 0 || p.queue.len() == 0 || !p.mayWrite() || p.mayGoOn()
}

// throwAway reads what nobody wants any more, but not into a buffer that is lent.
func (p *nested) throwAway() bool {
	return !p.gone && p.onLoan == 0 && p.discards() && !p.eof && !p.broken && p.discard()
}

// owes says whether a call waits for room in the socket.
func (p *nested) owes() bool { return p.stuck() && !p.finished && !p.broken }

// wakeups implements shape.
func (p *nested) wakeups() model.Events {
	input := !p.eof && !p.broken && (p.discards() || p.listens())
	return interests(input, p.owes())
}
