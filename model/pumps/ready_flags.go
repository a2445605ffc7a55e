package pumps

import "github.com/wantwrite/wantwrite/model"

// A readyFlags is a pump as nginx and haproxy have it. The engine calls the socket itself, and
// the pump remembers of each direction whether it is ready. A loop that reports edges sets the
// flags. Would-block clears them, and the engine's wants are would-block; nothing else may. A
// read that wants to write lends its handler to the write event.
type readyFlags struct {
	body
	readReady  bool         // as far as anybody knows a recv would not block
	writeReady bool         // nor a send
	lent       bool         // the write event goes on with a read that wants to write
	last       model.Status // Closed or Failed, to be told behind the data; OK: neither
	shaken     bool         // the first handshake is done
}

// readyFlagsSpec is the spec of the pump on ready flags.
func readyFlagsSpec() model.Spec {
	return model.Spec{Name: "ready-flags", New: built(newReadyFlags),
		About:        "ready flags over an engine that has the socket, as in nginx and haproxy",
		Restrictions: model.Restrictions{NoOneShot: true, NoPair: true, NoHalfClose: true}}
}

func newReadyFlags() *readyFlags { return &readyFlags{} }

// renew implements shape. This pump reads no early data: a server rejects it.
func (p *readyFlags) renew(env model.Env) {
	p.readReady, p.writeReady, p.lent = false, true, false
	p.last, p.shaken = model.OK, false
	p.body.restart(env, p)
	p.early.open = false
}

// Ready implements Pump.
func (p *readyFlags) Ready(ev model.Events) {
	p.readReady = p.readReady || ev&model.Readable != 0
	p.writeReady = p.writeReady || ev&model.Writable != 0
	p.body.Ready(ev)
}

// round implements shape.
func (p *readyFlags) round() bool {
	moved := p.throwAway()
	if p.due || p.writeReady && p.lent {
		p.due, p.lent, p.readReady = false, false, true
	}
	switch {
	case p.dead:
	case !p.shaken:
		p.shakeHands()
	case p.resting():
		p.shake()
		p.block()
	default:
		p.onRead()
	}
	if p.writeReady && p.decide(atGiveBack, true) {
		p.onWrite()
	}
	moved = p.leave(p.owes) || moved
	p.block()
	return moved || p.due && p.mayRead()
}

// throwAway reads what nobody wants any more.
func (p *readyFlags) throwAway() bool {
	return p.discards() && !p.eof && !p.broken && p.discard()
}

// block clears the write flag after calls of the chassis that wanted to write. A read that wants
// to write is made again when there is room.
func (p *readyFlags) block() {
	stuck := p.stuckR || p.stuckW || p.stuckS
	if stuck && p.decide(atClearReady, true) {
		p.writeReady = false
		p.lent = p.lent || p.stuckR
	}
}

// shakeHands drives the first handshake. When it is done both directions are ready, whatever it
// has made of the flags: what came with its last flight is in the engine and raises no event
// (nginx 15769c391).
func (p *readyFlags) shakeHands() {
	if p.over || !p.readReady || p.lent || p.decide(atStaleWant, false) {
		return
	}
	st := p.engine().Handshake()
	p.react(st)
	if st != model.OK {
		p.readEnded(st)
		return
	}
	p.shaken = true
	p.due = p.decide(atSetReady, true)
	p.readReady, p.writeReady = p.due, true
}

// react sets the flags by the answer of a call.
func (p *readyFlags) react(st model.Status) {
	switch st {
	case model.WantRead:
		p.readReady = false
	case model.WantWrite:
		// With no handshake under way the socket was empty, and only an answer waits to be
		// written. The pump must read on: two ends that do not block each other (bug G3).
		p.writeReady, p.lent = !p.decide(atClearReady, true), true
		p.readReady = !p.up()
	case model.Closed, model.Failed:
		p.last = st
	}
}

// recvEnded handles a recv that gave no data.
//
// Story 77: the peer's close was kept until the data before it was delivered, and judged when it
// was told. By then a write had begun an answer to a KeyUpdate, and that was taken for a
// handshake.
func (p *readyFlags) recvEnded(st model.Status) {
	if st == model.Closed {
		p.tell(model.Clean)
		return
	}
	p.readEnded(st)
}

// mayRead says whether a Read may find something.
func (p *readyFlags) mayRead() bool {
	return !p.over && !p.dead && !p.resting() && (!p.lent || p.up())
}

// onRead is the handler of the read event.
func (p *readyFlags) onRead() {
	if p.writeReady {
		p.carryOn()
	}
	left := p.enough()
	for p.readReady && p.mayRead() {
		if left -= p.env.Limits.Chunk; left < 0 {
			p.yield() // others have their turn
			return
		}
		n, st := p.recv(p.scratch[:p.env.Limits.Chunk])
		if st != model.OK {
			p.recvEnded(st)
			return
		}
		if p.decide(atDeliver, !p.closing) {
			p.env.App.Data(p.scratch[:n])
		}
		p.readReady = p.readReady && p.amount(atReadOn, n) > 0
	}
}

// recv fills the buffer as far as it can. An end that comes after data is kept, and is the answer
// of the next call.
func (p *readyFlags) recv(buf []byte) (n int, st model.Status) {
	if p.last != model.OK {
		return 0, p.last
	}
	for n < len(buf) {
		m, st := p.read(buf[n:])
		n += m
		if st == model.OK {
			continue
		}
		if st == model.Closed && !p.up() {
			st = model.Failed // a handshake that the peer has given up
		}
		p.react(st)
		if p.decide(atKeepEnd, n > 0) {
			break
		}
		return 0, st
	}
	return n, model.OK
}

// onWrite is the handler of the write event.
func (p *readyFlags) onWrite() {
	p.give()
	p.block()
}

// owes says whether something waits for room in the socket.
func (p *readyFlags) owes() bool { return !p.writeReady && !p.finished && !p.broken }

// wakeups implements shape. For edges it is enough to be registered. A level loop would go on
// reporting a direction whose flag is set already.
func (p *readyFlags) wakeups() model.Events {
	if p.env.Trigger == model.Edge {
		return model.Readable | model.Writable
	}
	return interests(p.wantsInput(), p.owes())
}

// wantsInput says whether input would be taken.
func (p *readyFlags) wantsInput() bool {
	switch {
	case p.eof || p.broken:
		return false
	case p.discards():
		return true
	}
	return !p.over && !p.readReady && (!p.paused || !p.shaken)
}
