package model

// Reference is the correct pump: hunts must find nothing in it. It works with
// both transports, all triggers and at both ends.
//
// A turn goes round until nothing more can move: input to the engine, plaintext to the
// app, plaintext from the app, the steps of a close, output to the socket.
// Then it arms read interest while it can take input, and write interest
// exactly while output is pending.
//
// Where pumps have decided wrongly it asks decide or amount, with the right
// answer: see Decision.
type Reference struct {
	env   Env
	flaws []mistake // none in the reference
	slip  slip

	pipe    span   // ciphertext on its way to the socket
	queue   span   // plaintext on its way to the engine
	scratch []byte // one read

	busy     bool // in a turn: calls of the app only leave a note
	paused   bool
	refused  bool // the app was refused bytes and waits for Writable
	half     bool // CloseWrite was asked for
	closing  bool // Close was asked for
	told     bool // the app knows of the end
	over     bool // the engine's incoming direction has ended
	cut      bool // and not in good order: nobody is left to write to
	eof      bool // the socket has said EOF
	broken   bool // the socket has said reset
	dead     bool // the engine has failed
	shut     bool // close_notify is with the engine's output
	finished bool // FIN is sent
	gone     bool // the socket is given back

	dry     bool // the socket had less than was asked for
	due     bool // a Read may have something to say
	stuckR  bool // Read wants to write
	stuckW  bool // Write wants to write
	stuckS  bool // Shutdown wants to write
	drained bool // the engine has no output: no call since it had none
	wrote   bool // the last output came from the app's side
	retry   int  // length of the Write that has to be repeated
	early   early
	mask    Events
	lingers bool
	rounds  int // of a turn, at most
}

// maxRounds bounds the work of a turn, so that one link does not starve the
// others (MB-51498; libevent 2aa036fa).
const maxRounds = 64

// NewReference makes the reference pump.
func NewReference(env Env) Pump {
	p := &Reference{}
	p.Restart(env)
	return p
}

// Restart implements Restarter.
func (p *Reference) Restart(env Env) {
	*p = Reference{env: env, flaws: p.flaws, pipe: p.pipe, queue: p.queue, scratch: p.scratch}
	l := env.Limits
	p.pipe.restart(l.Pipe)
	p.queue.restart(l.Queue)
	p.scratch = resize(p.scratch, max(l.Pipe, l.Chunk)) // as long as a new pump's: story 29
	p.due, p.rounds = true, p.amount(atRoundsOfTurn, maxRounds)
	p.did(atRestart)
	p.early = early{open: l.Early > 0 && env.Version == TLS13}
	p.mask = Readable | Writable
	env.Loop.Interest(p.mask)
}

// Ready implements Pump.
func (p *Reference) Ready(ev Events) {
	if ev&Readable != 0 || p.env.Trigger != Edge {
		p.dry = false
	}
	if ev&Expired != 0 {
		p.expire()
	}
	p.turn()
}

// Write implements Pump.
func (p *Reference) Write(b []byte) int {
	p.refused = false // Writable must not come from inside Write
	n := 0
	for p.mayTake() {
		took := p.queue.put(b[n:], p.retry > 0 || p.early.retry > 0)
		n += took
		p.turn()
		// The turn may have made room where there was none. To refuse now, with
		// nothing under way, would be a promise that nobody keeps.
		full := p.queue.len() == p.queue.limit || p.retry > 0 || p.early.retry > 0
		if n == len(b) || took == 0 && full {
			break
		}
	}
	p.refused = p.decide(atNoteRefusal, n < len(b))
	return n
}

// mayTake says whether plaintext of the app still has a way out.
func (p *Reference) mayTake() bool {
	open := !p.half && !p.closing && !p.gone && !p.dead && !p.broken
	return p.decide(atTakePlaintext, open)
}

// PauseRead implements Pump.
func (p *Reference) PauseRead(paused bool) {
	p.paused = p.decide(atRest, paused)
	p.due = p.decide(atRecheckOnResume, true)
	p.turn()
}

// CloseWrite implements Pump.
func (p *Reference) CloseWrite() {
	p.half = true
	p.turn()
}

// Close implements Pump.
func (p *Reference) Close() {
	p.closing = true
	p.due = true
	p.did(atCallClose)
	p.turn()
}

// Renegotiate implements Initiator.
func (p *Reference) Renegotiate() {
	if !p.established() {
		return
	}
	p.note(p.engine().Renegotiate())
	p.due, p.wrote = true, true
	p.turn()
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
func (p *Reference) established() bool {
	return !p.gone && !p.dead && !p.shut && !p.half && !p.closing && !p.over &&
		p.up()
}

// note takes down that a call has to be carried on when there is room.
func (p *Reference) note(s Status) {
	if s == WantWrite {
		p.stuckR = true
	}
}

// turn goes round until nothing more can move, then arms.
func (p *Reference) turn() {
	if p.busy || p.gone {
		return
	}
	p.busy = true
	if p.env.Transport == Attached {
		p.retryStuck()
	}
	rounds := 0
	for p.round() && !p.gone {
		if rounds++; rounds == p.rounds {
			p.yield()
			break
		}
	}
	p.busy = false
	p.arm()
}

// yield gives the other links a turn; what is left must not wait for the
// socket, which may have nothing to report (bugzoo D2).
func (p *Reference) yield() {
	if p.decide(atWakeAfterYield, true) {
		p.env.Loop.Wake()
	}
}

// round moves what can be moved, once, and says whether another round could
// move more. The output comes last: each of the others may have made some.
func (p *Reference) round() bool {
	again := p.fill()
	if !p.giveEarly() {
		p.take()
	}
	p.give()
	if p.leave() {
		again = true
	}
	if p.flush() {
		again = true
	}
	return again || p.hungry()
}

// arm asks for the wakeups that are needed, and for no others: one more is a
// busy loop, one less is a stall.
func (p *Reference) arm() {
	if p.gone {
		return
	}
	var mask Events
	if p.wantsInput() {
		mask = Readable
	}
	if p.owes() {
		mask |= Writable
	}
	if p.flaws != nil {
		mask = p.misarm(mask)
	}
	if mask != p.mask || p.env.Trigger == OneShot {
		p.mask = mask
		p.env.Loop.Interest(mask)
	}
}

// wantsInput says whether input would be taken.
func (p *Reference) wantsInput() bool {
	switch {
	case p.eof || p.broken:
		return false
	case p.discards():
		return true
	case p.env.Transport == Attached:
		// A handshake that wants to write takes no input until it could: with
		// read interest armed the loop would call for nothing (bugzoo C1 to
		// C4). Outside of one only an alert or a KeyUpdate waits, and not to
		// read meanwhile is how two ends block each other (bugzoo G3).
		return !p.paused && !p.over && (!p.stuckR || p.up()) && !p.early.stuck
	}
	// With less in the socket than there was room for, there is room now.
	return p.dry || p.env.Engine.InputRoom() > 0
}

// owes says whether output waits for room in the socket.
func (p *Reference) owes() bool {
	if p.finished || p.broken {
		return false
	}
	if p.env.Transport == Attached {
		return p.stuckR || p.stuckW || p.stuckS || p.early.stuck
	}
	if p.pipe.len() > 0 {
		return true
	}
	return !p.drained && p.mayFlush() && p.env.Engine.OutputPending() > 0
}

// engine is the engine for a call that may write: its thread's error queue is
// empty (bugzoo, section H), and its output has to be looked at afterwards.
func (p *Reference) engine() Engine {
	p.drained = false
	p.env.Engine.ClearErrors()
	return p.env.Engine
}

// mayFlush says whether output may leave now. It always may, whichever call has
// produced it: that it did not is MB-53428.
func (p *Reference) mayFlush() bool { return p.decide(atFlush, true) }

// discards says whether input is only read to be thrown away: our side is
// closed, and closing the socket with data unread would send a reset that
// destroys what the peer has not read yet (RFC 2525, 2.17; bugzoo F9 to F12).
func (p *Reference) discards() bool { return p.dead || p.closing && p.shut }

// tell tells the app of the end, once.
func (p *Reference) tell(why Cause) {
	p.over = true
	p.cut = p.cut || why == Broken || why == Fault || !p.up()
	if p.decide(atTellEnd, !p.told && !p.closing) {
		p.told = true
		p.env.App.Closed(why)
	}
}
