package pumps

import "github.com/wantwrite/wantwrite/model"

// A chassis is the part that the sound pumps share: the reference, and those of other shapes. It
// remembers what the app has asked for, what the engine and the socket have said of the end, the
// plaintext that waits for the engine, and the call that has to be repeated. How ciphertext and
// wakeups get around is up to each shape.
//
// Wherever real pumps have decided wrongly it asks decide or amount, and passes the right answer
// along: see Point.
type chassis struct {
	env   model.Env
	flaws planted // nil in a correct pump
	slip  slip

	queue   span   // plaintext on its way to the engine
	scratch []byte // one read

	paused   bool
	refused  bool // the app was refused bytes and waits for Writable
	half     bool // CloseWrite was asked for
	closing  bool // Close was asked for
	told     bool // the app knows of the end
	over     bool // the engine's incoming direction has ended
	cut      bool // and not in good order: nobody is left to write to
	eof      bool // the socket has said EOF
	broken   bool // a Recv has said reset: all that had come before it is read
	mute     bool // a Recv or a Send has: nothing can leave any more
	dead     bool // the engine has failed
	shut     bool // close_notify is with the engine's output
	finished bool // FIN is sent
	gone     bool // the socket is given back

	due     bool // a Read may have something to say
	stuckR  bool // Read wants to write
	stuckW  bool // Write wants to write
	stuckS  bool // Shutdown wants to write
	drained bool // the engine has no output: no call since it had none
	wrote   bool // the last output came from the app's side
	retry   int  // length of the Write that has to be repeated
	wary    bool // the next Write might begin a handshake: see mayGoOn
	early   early
	mask    model.Events
	lingers bool // the timer of a close is armed
	stirred bool // something has left since then
}

// restart makes the chassis new for another link. The memory and the mistakes stay.
func (p *chassis) restart(env model.Env) {
	*p = chassis{env: env, flaws: p.flaws, queue: p.queue, scratch: p.scratch}
	l := env.Limits
	p.queue.restart(l.Queue)
	p.scratch = resized(p.scratch, max(l.Pipe, l.Chunk)) // as long as a new pump's: story 29
	p.due = true
	p.early = early{open: l.Early > 0 && env.Version == model.TLS13}
}

func (p *chassis) base() *chassis { return p }

// What the engine and the app allow now.

// up says whether no handshake is under way.
func (p *chassis) up() bool { return p.env.Engine.InitFinished() }

// engine is the engine, for a call that may write. It empties the error queue first: otherwise an
// error of another connection of the thread is reported as this call's (bugs.txt, H1 to H11). And
// it notes that there may be output afterwards.
func (p *chassis) engine() model.Engine {
	p.drained = false
	p.env.Engine.ClearErrors()
	return p.env.Engine
}

// note remembers a call that wants to write. It is made again when there is room.
func (p *chassis) note(s model.Status) {
	if s == model.WantWrite {
		p.stuckR = true
	}
}

// established says whether the app may begin something new: a handshake or a KeyUpdate.
func (p *chassis) established() bool {
	return !p.gone && !p.dead && !p.shut && !p.half && !p.closing && !p.over &&
		p.up()
}

// resting says whether the app has paused, and wants no data.
func (p *chassis) resting() bool { return p.paused && !p.closing }

// hungry says whether a Read is due and may be made now.
func (p *chassis) hungry() bool { return p.due && !p.resting() && !p.early.stuck }

// stuck says whether a call waits for room in the engine's output.
func (p *chassis) stuck() bool { return p.stuckR || p.stuckW || p.stuckS || p.early.stuck }

// mayListen says whether an attached engine may read the socket. While the app has paused it may
// only for a handshake, and only with no data in front of that.
//
// Story 50: a pause kept the handshake waiting too, for as long as it lasted (netty 5039, bug
// B14).
func (p *chassis) mayListen() bool {
	return !p.paused || !p.up() && !p.early.open && p.env.Engine.Pending() == 0
}

// listens says whether an attached engine would read the socket. A handshake that wants to write
// does not read until it has written, and read interest would make the loop call for nothing
// (bugs C1 to C4). Outside of a handshake only an alert or a KeyUpdate waits to be written. Then
// the pump must read on: two ends that do not would block each other (bug G3).
func (p *chassis) listens() bool {
	return p.mayListen() && !p.over && (!p.stuckR || p.up()) && !p.early.stuck
}

// mayFlush says whether output may leave now. It always may, whichever call has made it. A pump
// that sent only what a write had made was MB-53428.
func (p *chassis) mayFlush() bool { return p.decide(atFlush, true) }

// discards says whether input is read only to be thrown away. That is so when our side is closed:
// a socket that is closed with input unread sends a reset, and the reset destroys what the peer
// has not read yet (RFC 2525, section 2.17; bugs F9 to F12). And it is so when the peer's side is
// closed: what comes after its close_notify means nothing (RFC 8446, section 6.1).
//
// Story 74: input after the peer's close stayed in the socket until our close_notify had left. It
// never left. The link was full in both directions, and the peer, in the middle of its answer to
// a CertificateRequest, had to write before it could read.
func (p *chassis) discards() bool { return p.dead || p.over || p.closing && p.shut }

// silent says whether output is thrown away, because nothing can leave any more.
//
// Story 72: after our FIN, output stayed in the engine. The peer went on sending and asked for
// KeyUpdates. The answers filled the engine's output, and Read waited for room in it that nobody
// made, with the peer's data still unread.
func (p *chassis) silent() bool { return p.mute || p.finished }

// Reading: from the socket to the engine, and from the engine to the app.

// discard reads input and throws it away. It says whether there may be more to do.
func (p *chassis) discard() bool {
	p.due = p.due && !p.dead && !p.shut // otherwise see carryOn
	n, st := p.env.Socket.Recv(p.scratch)
	p.ended(st)
	return n > 0 || p.eof || p.broken
}

// ended remembers what a Recv has said of the end of the socket.
func (p *chassis) ended(st model.IOStatus) {
	switch model.IOStatus(p.amount(atSocketEnds, int(st))) {
	case model.EOF:
		p.eof, p.due = true, true
	case model.Reset:
		p.broken, p.mute, p.due = true, true, true
	}
}

// take moves plaintext from the engine to the app. The same calls of Read let the engine absorb
// whatever else has come, and answer it.
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
		// Story 47: it read until the engine had no more. A peer that sends as fast as it is read
		// never lets that happen, and the other connections of the thread starved.
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

// enough is how much plaintext a round takes, in bytes. The last piece may exceed it.
func (p *chassis) enough() int { return max(p.env.Limits.Pipe, p.env.Limits.Chunk) }

// carryOn finishes a KeyUpdate, or a request for a certificate, that did not fit into the
// engine's output, after the peer has closed: no Read does it then.
//
// Story 28: nobody did it. An answer to a KeyUpdate fitted by half, the peer closed, and what the
// app had written behind the answer waited for ever.
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

// shake carries a handshake on while the app has paused. The peer waits for the answer, whatever
// our app does.
func (p *chassis) shake() {
	if !p.decide(atShake, true) || p.over || p.dead || p.stuckR || p.up() || p.early.open {
		return
	}
	// Read nothing, because data may come in a renegotiation. To any other call data is fatal
	// (ssl3_read_bytes in OpenSSL; bug K3).
	switch _, st := p.engine().Read(nil); {
	case st == model.Failed, st == model.Closed && !p.up():
		p.failed()
	case st == model.WantWrite:
		p.stuckR = true
	case st == model.WantRead && p.early.sent > 0:
		p.concludeEarly()
	}
}

// readEnded handles a Read that gave no data. Only now does the end of the socket count, because
// what came before it is delivered (the second half of MB-53428, bug F1).
//
// Story 75: a Read that wanted to write counted as one without more data. Data lay behind the
// KeyUpdate that it wanted to answer first. When nothing can leave any more, the answer is thrown
// away, and then Read gives the data.
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

// failed handles an engine that is dead. Its alert still has to leave.
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

// tell tells the app of the end, once.
func (p *chassis) tell(why model.Cause) {
	p.over = true
	p.cut = p.cut || why == model.Broken || why == model.Fault || !p.up()
	if p.decide(atTellEnd, !p.told && !p.closing) {
		p.told = true
		p.env.App.Closed(why)
	}
}

// Writing: from the app to the engine.

// mayTake says whether plaintext of the app can still leave.
func (p *chassis) mayTake() bool {
	open := !p.half && !p.closing && !p.gone && !p.dead && !p.mute
	return p.decide(atTakePlaintext, open)
}

// give moves plaintext from the app to the engine, and lets the engine send the answer that it
// keeps for the next write.
func (p *chassis) give() {
	if p.queue.len() == 0 && !p.refused && p.env.Version == model.TLS12 {
		return // only in TLS 1.3 is anything put off
	}
	for p.spend() && p.ask() {
	}
}

// spend moves the queue to the engine. It says whether all of it went.
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

// mayWrite says whether the engine takes plaintext now.
func (p *chassis) mayWrite() bool {
	return !p.dead && !p.shut && !p.stuckW && !p.mute && p.decide(atWriteNow, p.up())
}

// writeOne offers one piece to the engine, and says whether another may follow. A retry offers
// the same bytes at the same address, because the engine has sealed them already (bugs E1 to
// E11).
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
		// It may be a renegotiation that wants to write. This call has begun it, because an
		// earlier write was in its way. Only reads carry it on.
		p.retry, p.stuckW = len(piece), true
		p.stuckR = p.stuckR || !p.up()
	case model.WantRead:
		p.retry, p.due = len(piece), true
	case model.Failed:
		p.failed()
	}
	return false
}

// mayGoOn says whether another Write may follow one that has waited for room.
//
// Story 33: a HelloRequest was read while a Write waited, and the next Write began the handshake.
// It met data of the peer that was on its way, and every call but a Read fails at that, in
// OpenSSL too. So a read of nothing goes first. It is made twice, because with half a record read
// the first one only takes in the other half.
//
// Story 76: the other half had not come. Of five bytes four were there, so no read could begin
// the handshake. The Write after the fifth byte did, and met data. So the read goes in front of
// each Write until no record is half read.
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

// ask lets the app write again, if it was refused before.
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

// retryStuck lets the calls that wanted to write be made again. The engine has room now; an
// attached engine can only try.
//
// Story 51: Shutdown was tried again after the reads, one of which had sent the close_notify
// meanwhile. A second Shutdown waits for the peer's close_notify, and fails at data.
func (p *chassis) retryStuck() {
	p.due = p.due || p.stuckR
	again := p.stuckS && p.retry == 0 // behind a Write its second call is fatal
	p.stuckR, p.stuckS, p.early.stuck = false, false, false
	p.stuckW = p.stuckW && !p.decide(atRetryWrite, true)
	if again {
		p.notify()
	}
}

// Early data.

// An early is how far the pump has come with early data.
type early struct {
	open  bool // a client may send some, a server may have some to read
	sent  int  // bytes at the front of the queue that were sent; they stay
	retry int  // length of the WriteEarly that has to be repeated
	stuck bool // WriteEarly wants to write
}

// giveEarly sends what the app has written before the first turn as early data. It says whether
// that is still under way. Nothing may be read meanwhile (bug K9). The bytes stay in the queue,
// because the server may reject them.
func (p *chassis) giveEarly() (busy bool) {
	if !p.early.open || p.env.Role == model.Server {
		return false
	}
	for most := min(p.queue.len(), p.env.Limits.Early); p.early.sent < most && p.mayEarly(); {
		piece := p.queue.bytes()[p.early.sent:most]
		piece = piece[:min(len(piece), p.env.Limits.Chunk)]
		if p.early.retry > 0 {
			piece = piece[:p.early.retry]
		}
		n, st := p.engine().WriteEarly(piece)
		p.wrote = true
		switch st {
		case model.OK:
			p.early.sent, p.early.retry = p.early.sent+n, 0
		case model.WantWrite:
			p.early.retry, p.early.stuck = len(piece), true
		default:
			p.failed()
		}
	}
	p.early.open = p.early.stuck && !p.mute
	return p.decide(atEarlyFirst, p.early.open)
}

// mayEarly says whether the engine takes more of it.
func (p *chassis) mayEarly() bool { return !p.early.stuck && !p.dead && !p.mute }

// concludeEarly ends the early data as soon as the server has answered. No Read does that, and
// there may be nothing to write (bug K11).
func (p *chassis) concludeEarly() {
	if !p.decide(atConcludeEarly, true) {
		return
	}
	st := p.engine().Handshake()
	p.note(st)
	if st == model.Failed {
		p.failed()
	}
}

// settleEarly drops from the queue what the server has accepted. What it has rejected is sent
// again after the handshake.
func (p *chassis) settleEarly() {
	if p.early.sent == 0 || !p.up() {
		return
	}
	if p.env.Engine.EarlyData() == model.EarlyAccepted {
		p.queue.take(p.early.sent)
	}
	p.early.sent = 0
}

// read is a Read; at a server it is a ReadEarly first, until the early data ends.
func (p *chassis) read(into []byte) (int, model.Status) {
	if p.early.open && p.env.Role == model.Server && !p.up() {
		if n, st := p.engine().ReadEarly(into); st != model.OK || n > 0 {
			return n, st
		}
	}
	p.early.open = false
	return p.engine().Read(into)
}

// Closing.

// leave takes the steps of a close, each when the one before is done: send what was accepted,
// send close_notify, send FIN, wait for the end of the peer, close the socket. owes says whether
// output waits for room.
func (p *chassis) leave(owes func() bool) bool {
	if p.mute && (p.closing || p.told) {
		return p.release() // nothing can leave any more
	}
	if !p.half && !p.closing {
		return false
	}
	p.linger()
	switch {
	case !p.shut && p.hungry() && p.env.Engine.ShutState()&model.SentClose != 0:
		return false // it would meet the data
	case !p.shut:
		return p.notify()
	case !p.finished:
		return p.finish(owes())
	case p.closing && p.decide(atPeerIsDone, p.eof):
		return p.release()
	}
	return false
}

// notify hands close_notify to the engine, after all that was accepted.
func (p *chassis) notify() bool {
	if p.dead {
		p.shut = true
		return true
	}
	if !p.decide(atAllIsWritten, p.queue.len() == 0) && !p.pointless() || p.stuckS {
		return false
	}
	if !p.up() {
		// Shutdown during a handshake does nothing but leave an error behind (bug F22). If the
		// handshake never ends, the timer ends the close.
		p.shut = p.cut
		return p.cut
	}
	if !p.decide(atSendCloseNotify, true) {
		p.shut = true
		return true
	}
	st := model.Status(p.amount(atShutdownAnswer, int(p.engine().Shutdown())))
	p.wrote = true
	if st == model.WantWrite {
		p.stuckS = true
		return false
	}
	p.shut = true
	return true
}

// pointless says whether nobody will read what is queued, because the peer has closed. In TLS 1.2
// its close_notify ends both directions. In TLS 1.3 it may still read.
func (p *chassis) pointless() bool {
	return p.cut || p.over && p.decide(atPeerReadsNoMore, p.env.Version == model.TLS12)
}

// finish sends FIN once the output is gone.
func (p *chassis) finish(owes bool) bool {
	if owes {
		return false
	}
	p.finished = true
	p.lingers = false // the wait for the peer's end is one of its own
	p.env.Socket.CloseWrite()
	return true
}

// linger arms the timer that bounds a close.
//
// Story 49: it was armed when close_notify and FIN had left. With a peer that does not read they
// never leave, and the close never ended (golang 31224, bug F7).
func (p *chassis) linger() {
	wait := p.closing && !p.lingers && !p.gone && p.env.Limits.CloseTicks > 0
	if p.decide(atBoundClose, wait) {
		p.lingers, p.stirred = true, false
		p.env.Loop.Timer(p.env.Limits.CloseTicks)
	}
}

// expire gives the peer up, unless it still reads.
func (p *chassis) expire() {
	p.lingers = false
	if p.closing && !p.gone && !p.stirred {
		p.release()
	}
}

// release closes the socket.
func (p *chassis) release() bool {
	p.gone = true
	if p.lingers {
		p.env.Loop.Timer(0)
	}
	p.env.Socket.Close()
	p.did(atRelease)
	return true
}
