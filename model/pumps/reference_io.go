package pumps

import (
	"github.com/wantwrite/wantwrite/model"
)

// flush moves output into the socket until it is gone or the socket is full.
// It says whether that lets something else go on: a call that wanted to write,
// the next step of a close, the end.
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

// unsendable takes down that a Send has said reset.
//
// Story 48: the socket was then taken for empty. What had come before the reset
// lay in it unread, and the app was told of the end (bugzoo F18, F19).
func (p *Reference) unsendable() {
	p.mute, p.due, p.dry = true, true, false
	p.pipe.clear()
	if !p.decide(atReadAfterReset, true) {
		p.broken = true
		p.tell(model.Broken)
	}
}

// drain moves output from the engine into the pipe. Room in the engine means
// that a call that wanted to write can be made again.
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

// retryStuck lets calls that wanted to write be made again: there is room in the
// engine now, or, attached, there is no telling but to try.
//
// Story 51: Shutdown was tried again behind the reads, one of which had sent the
// close_notify meanwhile. Then it waits for the peer's, and data is fatal to that.
func (p *chassis) retryStuck() {
	p.due = p.due || p.stuckR
	again := p.stuckS && p.retry == 0 // behind a Write its second call is fatal
	p.stuckR, p.stuckS, p.early.stuck = false, false, false
	p.stuckW = p.stuckW && !p.decide(atRetryWrite, true)
	if again {
		p.notify()
	}
}

// fill moves input from the socket into the engine, or to nowhere, and says
// whether there may be more.
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

// makesRoom says whether carrying a handshake on has made room for more of it,
// although the app has paused.
//
// Story 52: only what followed in the same turn would have, and the turn was at its
// end. The edge had been told, and the pause lasted.
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

// discard reads and throws away.
func (p *chassis) discard() bool {
	p.due = p.due && !p.dead && !p.shut // otherwise see carryOn
	n, st := p.env.Socket.Recv(p.scratch)
	p.ended(st)
	return n > 0 || p.eof || p.broken
}

// ended takes down what a Recv said of the end.
func (p *chassis) ended(st model.IOStatus) {
	switch model.IOStatus(p.amount(atSocketEnds, int(st))) {
	case model.EOF:
		p.eof, p.due = true, true
	case model.Reset:
		p.broken, p.mute, p.due = true, true, true
	}
}

// take moves plaintext to the app, and lets the engine absorb and answer
// whatever else has come.
func (p *chassis) take() {
	if !p.due {
		return
	}
	if p.resting() {
		p.shake()
		return
	}
	p.due = false
	p.carryOn()
	if !p.decide(atRead, true) {
		return
	}
	left := p.enough()
	for !p.over && !p.dead {
		n, st := p.read(p.scratch[:p.env.Limits.Chunk])
		if st != model.OK {
			p.readEnded(model.Status(p.amount(atReadAnswer, int(st))))
			return
		}
		if p.decide(atDeliver, !p.closing) {
			p.env.App.Data(p.scratch[:n])
		}
		// Story 47: it read until the engine had no more. With a peer that sends as
		// fast as it is read that is never, and others of the thread starve.
		left -= n
		if p.resting() || left <= 0 && p.decide(atEnoughRead, true) {
			p.due = true
			return
		}
		if p.amount(atReadOn, n) == 0 {
			return
		}
	}
}

// enough is how much plaintext, in bytes, a round takes at most, but for a piece.
func (p *chassis) enough() int { return max(p.env.Limits.Pipe, p.env.Limits.Chunk) }

// carryOn moves a KeyUpdate, or a request for a certificate, that did not fit when
// it was made. The peer has closed since then, so that no Read does it.
//
// Story 28: without it nobody did. The answer to a KeyUpdate half fitted, the
// peer had closed, and what the app had written behind it waited for ever.
func (p *chassis) carryOn() {
	if !p.over || p.cut || p.dead || p.stuckR || p.up() {
		return
	}
	st := p.engine().Handshake()
	p.note(st)
	if st == model.Failed {
		p.failed()
	}
}

// hungry says whether a Read is due that may be made.
func (p *chassis) hungry() bool { return p.due && !p.resting() && !p.early.stuck }

// resting says whether the app wants no data now.
func (p *chassis) resting() bool { return p.paused && !p.closing }

// shake carries a handshake on although the app has paused: the answer is the
// peer's, not the app's.
func (p *chassis) shake() {
	if !p.decide(atShake, true) || p.over || p.dead || p.stuckR || p.up() || p.early.open {
		return
	}
	// A read of nothing, for in a renegotiation data may come: to any other
	// call that is fatal (ssl3_read_bytes in OpenSSL; bugzoo K3).
	switch _, st := p.engine().Read(nil); {
	case st == model.Failed, st == model.Closed && !p.up():
		p.failed()
	case st == model.WantWrite:
		p.stuckR = true
	case st == model.WantRead && p.early.sent > 0:
		p.concludeEarly()
	}
}

// readEnded says what becomes of a Read that gave no data. The end of the
// socket counts only now: what had come before it is delivered (MB-53428's
// second half, bugzoo F1).
//
// Story 75: a Read that wants to write counted as one that has no more. Data lay behind
// the KeyUpdate that it wanted to answer first. Where nothing can leave any more its
// answer is thrown away, and then it gives them.
func (p *chassis) readEnded(st model.Status) {
	switch {
	case st == model.Failed:
		p.failed()
	case st == model.Closed && !p.up():
		p.failed() // a handshake that the peer has given up
	case st == model.Closed:
		p.tell(model.Clean)
	case st == model.WantWrite:
		p.stuckR = true
	case p.broken:
		p.tell(model.Broken)
	case p.eof:
		p.tell(model.Truncated)
	case p.early.sent > 0 && !p.up():
		p.concludeEarly()
	}
}

// up says whether no handshake is under way.
func (p *chassis) up() bool { return p.env.Engine.InitFinished() }

// failed: the engine is dead. Its alert still wants to leave.
func (p *chassis) failed() {
	p.dead = true
	p.queue.clear()
	p.retry, p.early = 0, early{}
	p.wrote = true
	switch err := p.env.Engine.Err(); {
	case err == model.ErrEOF:
		p.eof = true
		p.tell(model.Truncated)
	case err == model.ErrReset:
		p.broken, p.mute = true, true
		p.tell(model.Broken)
	default:
		p.tell(model.Fault)
	}
}

// give moves plaintext from the app to the engine, and lets the engine send
// what it has put off until the next write.
func (p *chassis) give() {
	if p.queue.len() == 0 && !p.refused && p.env.Version == model.TLS12 {
		return // only in TLS 1.3 is anything put off
	}
	for p.spend() && p.ask() {
	}
}

// spend moves the queue to the engine, and says whether all of it went.
func (p *chassis) spend() bool {
	p.settleEarly()
	if !p.mayWrite() {
		return false
	}
	for p.queue.len() > 0 {
		if !p.writeOne() {
			return false
		}
	}
	if p.decide(atAnswerUpdate, p.env.Engine.Deferred()) {
		_, st := p.engine().Write(nil)
		p.note(st)
		p.wrote = true
	}
	return true
}

// mayWrite says whether the engine would take plaintext.
func (p *chassis) mayWrite() bool {
	return !p.dead && !p.shut && !p.stuckW && !p.mute && p.decide(atWriteNow, p.up())
}

// writeOne offers one piece, and says whether it was taken. A retry repeats
// the same bytes from the same place: the engine has sealed them already
// (bugzoo E1 to E11).
func (p *chassis) writeOne() bool {
	if p.wary && p.up() && !p.mayGoOn() {
		return false
	}
	piece := p.queue.bytes()
	piece = piece[:min(len(piece), p.env.Limits.Chunk)]
	if p.retry > 0 {
		piece = piece[:p.amount(atRetryLength, p.retry)]
		if !p.decide(atRetryInPlace, true) {
			piece = p.scratch[:copy(p.scratch, piece)]
		}
	}
	n, st := p.engine().Write(piece)
	p.wrote, p.stirred = true, p.stirred || st == model.OK
	switch model.Status(p.amount(atWriteAnswer, int(st))) {
	case model.OK:
		if n < len(piece) {
			n = p.amount(atPartOfWrite, n)
		}
		blocked := p.retry > 0
		p.retry = 0
		p.queue.take(n)
		return !blocked || p.mayGoOn()
	case model.WantWrite:
		// It may be a renegotiation that wants to write, begun by this call
		// because an earlier write was in its way. Only reads carry it on.
		p.retry, p.stuckW = len(piece), true
		p.stuckR = p.stuckR || !p.up()
	case model.WantRead:
		p.retry, p.due = len(piece), true
	case model.Failed:
		p.failed()
	}
	return false
}

// mayGoOn says whether another Write may follow one that had waited for room.
//
// Story 33: a HelloRequest had been read while the Write waited, and the next
// Write began the handshake. It met data that was on its way to us, and any call
// but a Read fails over that, OpenSSL's too. So a read of nothing goes first; and
// once more, because with half a record read the first only takes the rest of it.
//
// Story 76: the rest of it had not come, and no read could begin the handshake: of five
// bytes four were there. The Write after the fifth did, and met data. So it is done
// again, in front of each Write, until no record is half read.
func (p *chassis) mayGoOn() bool {
	if p.env.Version == model.TLS13 || p.over {
		return true
	}
	_, st := p.engine().Read(nil)
	if st == model.OK {
		_, st = p.engine().Read(nil)
	}
	if st == model.Failed {
		p.failed()
		return false
	}
	p.note(st)
	p.due = p.due || st == model.OK || !p.up()
	p.wary = p.env.Engine.HasPending()
	return p.up()
}

// ask lets the app go on that was refused before.
func (p *chassis) ask() bool {
	if !p.refused || p.half || p.closing {
		return false
	}
	if !p.decide(atAskForMore, p.queue.len() < p.queue.limit) {
		return false
	}
	p.refused = false
	p.env.App.Writable()
	return true
}
