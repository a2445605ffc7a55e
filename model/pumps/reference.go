package pumps

import "github.com/wantwrite/wantwrite/model"

// Reference is the correct pump: hunts must find nothing in it. It works with both transports,
// all triggers and at both ends.
//
// A turn goes round until nothing moves: input to the engine, plaintext to the app, plaintext
// from the app, the steps of a close, output to the socket. Then it arms read interest while it
// can take input, and write interest exactly while output is pending.
//
// A pump of yours may embed a Reference that NewReference makes.
type Reference struct {
	body
	pipe span // ciphertext on its way to the socket
	dry  bool // the socket had less than was asked for
	wish bool // the app would like to renegotiate
}

// ReferenceSpec is the reference pump's.
func ReferenceSpec() model.Spec {
	return model.Spec{Name: "reference", New: built(newReference),
		About: "the correct pump: hunts must find nothing in it"}
}

// NewReference makes the reference pump, for pumps that embed it. It uses what env.Last gives
// again only if that is a *Reference: a wrapper around one is made anew for each link.
func NewReference(env model.Env) *Reference { return built(newReference)(env).(*Reference) }

func newReference() *Reference { return &Reference{} }

// renew implements shape.
func (p *Reference) renew(env model.Env) {
	p.pipe.restart(env.Limits.Pipe)
	p.dry, p.wish = false, false
	p.body.restart(env, p)
}

// Ready implements Pump.
func (p *Reference) Ready(ev model.Events) {
	if ev&model.Readable != 0 || p.env.Trigger != model.Edge {
		p.dry = false
	}
	p.body.Ready(ev)
}

// round moves what can be moved, once. It says whether another round could move more. The output
// comes last, because each of the others may have made some.
func (p *Reference) round() bool {
	again := p.fill()
	if !p.giveEarly() {
		p.take()
	}
	if !again && !p.hungry() {
		p.renegotiate() // all that has come is read
	}
	p.give()
	if p.leave(p.owes) {
		again = true
	}
	if p.flush() {
		again = true
	}
	return again || p.hungry()
}

// wakeups are read interest while input would be taken, and write interest exactly while output
// waits.
func (p *Reference) wakeups() model.Events {
	return interests(p.wantsInput(), p.owes())
}

// wantsInput says whether input would be taken.
func (p *Reference) wantsInput() bool {
	switch {
	case p.eof || p.broken:
		return false
	case p.discards():
		return true
	case p.env.Transport == model.Attached:
		return p.listens()
	}
	// The socket had less than there was room for, so there is room now.
	return p.dry || p.env.Engine.InputRoom() > 0
}

// owes says whether output waits for room in the socket.
func (p *Reference) owes() bool {
	if p.silent() {
		return false
	}
	if p.env.Transport == model.Attached {
		return p.stuck()
	}
	if p.pipe.len() > 0 {
		return true
	}
	return !p.drained && p.mayFlush() && p.env.Engine.OutputPending() > 0
}

// fill moves input from the socket to the engine, or throws it away. It says whether there may be
// more.
func (p *Reference) fill() bool {
	if p.eof || p.broken || p.dry && !p.discards() {
		return false
	}
	if !p.decide(atTakeInput, true) {
		return false
	}
	if p.discards() {
		return p.discard()
	}
	if p.env.Transport == model.Attached {
		return p.listen()
	}
	room := min(p.env.Engine.InputRoom(), len(p.scratch))
	if room == 0 {
		return p.hungry() || p.makesRoom() // a read that follows may make room
	}
	n, st := p.env.Socket.Recv(p.scratch[:room])
	p.dry = n < room
	p.ended(st)
	again := n == room
	if n > 0 {
		p.env.Engine.Feed(p.scratch[:n])
		p.due = true
		again = p.decide(atReceiveOn, again)
	}
	return again || p.eof || p.broken
}

// makesRoom carries a handshake on while the app has paused, and says whether that has made room
// for more input.
//
// Story 52: only the rest of the same turn would have, and the turn was at its end. The edge had
// been reported, and the pause lasted.
func (p *Reference) makesRoom() bool {
	if !p.due || !p.resting() {
		return false
	}
	p.shake()
	return p.dead || p.env.Engine.InputRoom() > 0
}

// listen notes that the attached engine may find something in the socket.
func (p *Reference) listen() bool {
	p.due = true
	p.dry = true
	return false
}

// flush moves output to the socket until it is gone or the socket is full. It says whether
// something else can go on now: a call that wanted to write, the next step of a close, the end.
func (p *Reference) flush() (again bool) {
	if p.env.Transport == model.Attached {
		return false // the engine's calls have done it
	}
	for {
		if p.pipe.len() == 0 {
			stuck := p.stuck()
			if !p.drain() {
				return again
			}
			again = again || stuck
		}
		if p.silent() {
			p.pipe.clear()
			continue
		}
		n, st := p.env.Socket.Send(p.pipe.bytes())
		switch st {
		case model.Reset:
			p.unsendable()
			return true
		case model.WouldBlock:
			return again
		}
		p.pipe.take(n)
		p.stirred = true
		again = again || p.half || p.closing
		if p.pipe.len() > 0 {
			return again // a short send: the socket is full
		}
	}
}

// unsendable handles a Send that has said reset.
//
// Story 48: the socket was then taken for empty. What had come before the reset lay in it unread,
// and the app was told of the end (bugs F18 and F19).
func (p *Reference) unsendable() {
	p.mute, p.due, p.dry = true, true, false
	p.pipe.clear()
	if !p.decide(atReadAfterReset, true) {
		p.broken = true
		p.tell(model.Broken)
	}
}

// drain moves output from the engine to the pipe. That makes room in the engine, and the calls
// that wanted to write can be made again.
func (p *Reference) drain() bool {
	if p.drained || !p.mayFlush() {
		return false
	}
	space := p.pipe.space()
	n := p.env.Engine.Drain(space)
	if p.drained = n < len(space) || p.decide(atDrained, false); p.drained {
		p.wrote = false
	}
	if n == 0 {
		return false
	}
	p.pipe.grew(n)
	p.retryStuck()
	return true
}

// Renegotiate implements Initiator.
func (p *Reference) Renegotiate() {
	p.wish = true
	if p.decide(atReadFirst, p.env.Role == model.Client) {
		p.dry = false
	} else {
		p.renegotiate()
	}
	p.turn()
}

// renegotiate begins the renegotiation that the app has asked for.
//
// Story 46: it began at once, with the peer's data still in the socket. A library that takes no
// data between its ClientHello and the ServerHello, such as crypto/tls, then fails at data that
// it had time to read before (bug K6). A server's HelloRequest only asks, and may go at once.
func (p *Reference) renegotiate() {
	if !p.wish {
		return
	}
	if p.wish = false; !p.established() {
		return
	}
	p.note(p.engine().Renegotiate())
	p.due, p.wrote = true, true
}

// KeyUpdate implements Initiator. A record that waits for room comes first: until it is gone the
// engine takes no KeyUpdate (OpenSSL 16077, bug E13).
func (p *Reference) KeyUpdate(requested bool) {
	free := p.retry == 0 && !p.stuckR
	if !p.established() || !p.decide(atBeginUpdate, free) {
		return
	}
	p.note(p.engine().KeyUpdate(requested))
	p.wrote = true
	p.turn()
}

// Authenticate implements Initiator. A record that waits for room comes first, and so does an
// answer that is owed: see Engine.Authenticate.
func (p *Reference) Authenticate() {
	if !p.established() || p.retry > 0 || p.stuckR || p.env.Engine.Deferred() {
		return
	}
	p.note(p.engine().Authenticate())
	p.wrote = true
	p.turn()
}
