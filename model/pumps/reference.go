package pumps

import (
	"github.com/wantwrite/wantwrite/model"
)

// Reference is the correct pump: hunts must find nothing in it. It works with
// both transports, all triggers and at both ends.
//
// A turn goes round until nothing more can move: input to the engine, plaintext to the
// app, plaintext from the app, the steps of a close, output to the socket.
// Then it arms read interest while it can take input, and write interest
// exactly while output is pending.
type Reference struct {
	body
	pipe span // ciphertext on its way to the socket
	dry  bool // the socket had less than was asked for
	wish bool // the app would like to renegotiate
}

// NewReference makes the reference pump.
func NewReference(env model.Env) model.Pump { return built(newReference)(env) }

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

// renegotiate begins the renegotiation that the app would like.
//
// Story 46: it began at once, with the peer's data still in the socket. A library
// that takes no data between its ClientHello and the ServerHello, as crypto/tls,
// then fails over what it had time enough to read (bugzoo K6). A server's
// HelloRequest only asks.
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

// KeyUpdate implements Initiator. A record that waits for room comes first:
// until it is gone the engine takes none (OpenSSL 16077, bugzoo E13).
func (p *Reference) KeyUpdate(requested bool) {
	free := p.retry == 0 && !p.stuckR
	if !p.established() || !p.decide(atBeginUpdate, free) {
		return
	}
	p.note(p.engine().KeyUpdate(requested))
	p.wrote = true
	p.turn()
}

// Authenticate implements Initiator. A record that waits for room comes first,
// and so does an answer that is owed: see Engine.Authenticate.
func (p *Reference) Authenticate() {
	if !p.established() || p.retry > 0 || p.stuckR || p.env.Engine.Deferred() {
		return
	}
	p.note(p.engine().Authenticate())
	p.wrote = true
	p.turn()
}

// established says whether the app may begin something new.
func (p *chassis) established() bool {
	return !p.gone && !p.dead && !p.shut && !p.half && !p.closing && !p.over &&
		p.up()
}

// note takes down that a call has to be carried on when there is room.
func (p *chassis) note(s model.Status) {
	if s == model.WantWrite {
		p.stuckR = true
	}
}

// round moves what can be moved, once, and says whether another round could
// move more. The output comes last: each of the others may have made some.
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

// wakeups are read interest while input would be taken, and write interest
// exactly while output waits.
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
	// With less in the socket than there was room for, there is room now.
	return p.dry || p.env.Engine.InputRoom() > 0
}

// listens says whether an attached engine would take input. A handshake that wants
// to write takes none until it could: with read interest armed the loop would call
// for nothing (bugzoo C1 to C4). Outside of one only an alert or a KeyUpdate waits,
// and not to read meanwhile is how two ends block each other (bugzoo G3).
func (p *chassis) listens() bool {
	return p.mayListen() && !p.over && (!p.stuckR || p.up()) && !p.early.stuck
}

// mayListen says whether an attached engine may take input: while the app has
// paused only a handshake's, as far as no data is in front of it.
//
// Story 50: a pause kept the handshake waiting too, for as long as it lasted
// (netty 5039, bugzoo B14).
func (p *chassis) mayListen() bool {
	return !p.paused || !p.up() && !p.early.open && p.env.Engine.Pending() == 0
}

// stuck says whether a call waits for room.
func (p *chassis) stuck() bool { return p.stuckR || p.stuckW || p.stuckS || p.early.stuck }

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

// engine is the engine for a call that may write: its thread's error queue is
// empty (bugzoo, section H), and its output has to be looked at afterwards.
func (p *chassis) engine() model.Engine {
	p.drained = false
	p.env.Engine.ClearErrors()
	return p.env.Engine
}

// mayFlush says whether output may leave now. It always may, whichever call has
// produced it: that it did not is MB-53428.
func (p *chassis) mayFlush() bool { return p.decide(atFlush, true) }

// discards says whether input is only read to be thrown away: our side is
// closed, and closing the socket with data unread would send a reset that
// destroys what the peer has not read yet (RFC 2525, 2.17; bugzoo F9 to F12). Or the
// peer's side is: what comes behind its close_notify means nothing (RFC 8446, 6.1).
//
// Story 74: that was left in the socket until our close_notify had gone. It did not
// go: the link was full in both directions, and a peer in the middle of its answer to
// a CertificateRequest had to write before it could read.
func (p *chassis) discards() bool { return p.dead || p.over || p.closing && p.shut }

// tell tells the app of the end, once.
func (p *chassis) tell(why model.Cause) {
	p.over = true
	p.cut = p.cut || why == model.Broken || why == model.Fault || !p.up()
	if p.decide(atTellEnd, !p.told && !p.closing) {
		p.told = true
		p.env.App.Closed(why)
	}
}
