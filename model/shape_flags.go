package model

// A readyFlags is a pump as nginx's and haproxy's are: the engine calls the socket
// itself, and the pump remembers of each direction whether it is ready. A loop
// that reports edges sets the flags; would-block, as the engine's want, clears
// them, and nothing else may. What wants the other direction lends its handler to
// that one's event.
type readyFlags struct {
	body
	read, write event
	last        Status // Closed or Failed, to be told behind the data; OK: neither
	shaken      bool   // the first handshake is done
}

// An event is a direction of the socket.
type event struct {
	ready bool // as far as anybody knows it would not block
	lent  bool // its next readiness goes on with what wants the other direction
}

// ReadyFlagsSpec is the pump's on ready flags.
func ReadyFlagsSpec() Spec {
	return Spec{Name: "ready-flags", New: built(newReadyFlags),
		About:   "ready flags over an engine that has the socket, as in nginx and haproxy",
		Support: NoOneShot | NoPair | NoHalfClose}
}

func newReadyFlags() *readyFlags { return &readyFlags{} }

// Restart implements Restarter. Early data is not for it: a server rejects it.
func (p *readyFlags) Restart(env Env) {
	p.read, p.write = event{}, event{ready: true}
	p.last, p.shaken = OK, false
	p.body.restart(env, p)
	p.early.open = false
}

// Ready implements Pump.
func (p *readyFlags) Ready(ev Events) {
	p.read.ready = p.read.ready || ev&Readable != 0
	p.write.ready = p.write.ready || ev&Writable != 0
	p.body.Ready(ev)
}

// round implements shape.
func (p *readyFlags) round() bool {
	moved := p.throwAway()
	if p.due || p.write.ready && p.write.lent {
		p.due, p.write.lent, p.read.ready = false, false, true
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
	if p.write.ready {
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

// block clears the write flag over what the engine has said to chassis' calls. A
// read that wants to write is made again when there is room.
func (p *readyFlags) block() {
	stuck := p.stuckR || p.stuckW || p.stuckS
	if stuck && p.decide(atClearReady, true) {
		p.write.ready = false
		p.write.lent = p.write.lent || p.stuckR
	}
}

// shakeHands drives the first handshake. Both directions are ready when it is
// done, whatever it has made of the flags: what came with its last flight is in
// the engine (nginx 15769c391).
func (p *readyFlags) shakeHands() {
	if p.over || !p.read.ready || p.write.lent || p.decide(atStaleWant, false) {
		return
	}
	st := p.engine().Handshake()
	p.react(st)
	if st != OK {
		p.readEnded(st)
		return
	}
	p.shaken = true
	p.due = p.decide(atSetReady, true)
	p.read.ready, p.write.ready = p.due, true
}

// react sets the flags by what a call has said.
func (p *readyFlags) react(st Status) {
	switch st {
	case WantRead:
		p.read.ready = false
	case WantWrite:
		// With no handshake under way the socket was empty, and only an answer
		// waits: not to read meanwhile is how two ends block each other (G3).
		p.write.ready, p.write.lent = !p.decide(atClearReady, true), true
		p.read.ready = !p.up()
	case Closed, Failed:
		p.last = st
	}
}

// mayRead says whether a Read may find something.
func (p *readyFlags) mayRead() bool {
	return !p.over && !p.dead && !p.resting() && (!p.write.lent || p.up())
}

// onRead is the handler of the read event.
func (p *readyFlags) onRead() {
	if p.write.ready {
		p.carryOn()
	}
	for p.read.ready && p.mayRead() {
		n, st := p.recv(p.scratch[:p.env.Limits.Chunk])
		if st != OK {
			p.readEnded(st)
			return
		}
		if p.decide(atDeliver, !p.closing) {
			p.env.App.Data(p.scratch[:n])
		}
		p.read.ready = p.read.ready && p.amount(atReadOn, n) > 0
	}
}

// recv fills the buffer as far as it can. What ends that comes behind the data: it
// is kept, and is the next call's answer.
func (p *readyFlags) recv(buf []byte) (n int, st Status) {
	if p.last != OK {
		return 0, p.last
	}
	for n < len(buf) {
		m, st := p.chassis.read(buf[n:])
		n += m
		if st == OK {
			continue
		}
		p.react(st)
		if p.decide(atKeepEnd, n > 0) {
			break
		}
		return 0, st
	}
	return n, OK
}

// onWrite is the handler of the write event.
func (p *readyFlags) onWrite() {
	p.give()
	p.block()
}

// owes says whether something waits for room in the socket.
func (p *readyFlags) owes() bool { return !p.write.ready && !p.finished && !p.broken }

// wakeups implements shape. Edges need no more than to be registered; a level
// would go on reporting a flag that is set already.
func (p *readyFlags) wakeups() Events {
	if p.env.Trigger == Edge {
		return Readable | Writable
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
	return !p.over && !p.read.ready && (!p.paused || !p.shaken)
}
