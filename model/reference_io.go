package model

// flush moves output into the socket until it is gone or the socket is full.
func (p *Reference) flush() (moved bool) {
	if p.env.Transport == Attached {
		return false // the engine's calls have done it
	}
	for !p.broken && !p.finished {
		if p.pipe.len() == 0 && !p.drain() {
			return moved
		}
		n, st := p.env.Socket.Send(p.pipe.bytes())
		switch st {
		case Reset:
			p.broken, p.due = true, true
			p.pipe.clear()
			return true
		case WouldBlock:
			return moved
		}
		p.pipe.take(n)
		moved = true
		if p.pipe.len() > 0 {
			return moved // a short send: the socket is full
		}
	}
	return moved
}

// drain moves output from the engine into the pipe. Room in the engine means
// that a call that wanted to write can be made again.
func (p *Reference) drain() bool {
	if !p.mayFlush() {
		return false
	}
	n := p.env.Engine.Drain(p.pipe.space())
	if n == 0 {
		p.wrote = false
		return false
	}
	p.pipe.grew(n)
	p.retryStuck()
	return true
}

// retryStuck lets attached calls that wanted to write be made again. There is
// no telling whether the socket has room but to try.
func (p *Reference) retryStuck() {
	p.due = p.due || p.stuckR
	p.stuckR, p.stuckW, p.stuckS = false, false, false
}

// fill moves input from the socket into the engine, or to nowhere.
func (p *Reference) fill() bool {
	if p.eof || p.broken || p.dry && !p.discards() {
		return false
	}
	if p.flaw == FlawNoReadBlocked && p.owes() {
		return false
	}
	if p.discards() {
		return p.discard()
	}
	if p.env.Transport == Attached {
		return p.listen()
	}
	room := min(p.env.Engine.InputRoom(), len(p.scratch))
	if room == 0 {
		return false
	}
	n, st := p.env.Socket.Recv(p.scratch[:room])
	p.dry = n < room
	p.ended(st)
	if n > 0 {
		p.env.Engine.Feed(p.scratch[:n])
		p.due = true
		if p.flaw == FlawEOFFirst {
			p.dry = false
			p.fill() // the end may be met before a byte is decrypted
		}
	}
	return n > 0 || p.eof || p.broken
}

// listen notes that the attached engine may find something in the socket.
func (p *Reference) listen() bool {
	p.due = true
	p.dry = true
	return false
}

// discard reads and throws away.
func (p *Reference) discard() bool {
	n, st := p.env.Socket.Recv(p.scratch)
	p.ended(st)
	return n > 0 || p.eof || p.broken
}

// ended takes down what a Recv said of the end.
func (p *Reference) ended(st IOStatus) {
	switch st {
	case EOF:
		p.eof, p.due = true, true
		if p.flaw == FlawEOFFirst && p.env.Engine.InitFinished() {
			p.tell(Clean)
		}
	case Reset:
		p.broken, p.due = true, true
	}
}

// take moves plaintext to the app, and lets the engine absorb and answer
// whatever else has come.
func (p *Reference) take() (moved bool) {
	if !p.due || p.over || p.dead {
		return false
	}
	if p.paused && !p.closing {
		return p.shake()
	}
	p.due = false
	for !p.over && !p.dead {
		p.env.Engine.ClearErrors()
		n, st := p.env.Engine.Read(p.scratch[:p.env.Limits.Chunk])
		if st != OK {
			return p.readEnded(st) || moved
		}
		moved = true
		if !p.closing {
			p.env.App.Data(p.scratch[:n])
		}
		if p.paused && !p.closing {
			p.due = true
			return moved
		}
	}
	return moved
}

// shake carries a handshake on although the app has paused: the answer is the
// peer's, not the app's.
func (p *Reference) shake() bool {
	if p.env.Engine.InitFinished() || p.stuckR {
		return false
	}
	p.env.Engine.ClearErrors()
	switch st := p.env.Engine.Handshake(); st {
	case Failed:
		return p.failed()
	case WantWrite:
		p.stuckR = true
	}
	return false
}

// readEnded says what becomes of a Read that gave no data. The end of the
// socket counts only now: what had come before it is delivered (MB-53428's
// second half, bugzoo F1).
func (p *Reference) readEnded(st Status) bool {
	switch st {
	case WantWrite:
		if p.flaw == FlawWantWriteFatal && !p.env.Engine.InitFinished() {
			return p.failed()
		}
		if p.broken {
			p.tell(Broken)
			return true
		}
		p.stuckR = true
		if p.env.Transport == Attached || p.env.Engine.OutputPending() > 0 {
			return false
		}
		p.due = true
		return true
	case Closed:
		if !p.env.Engine.InitFinished() {
			return p.failed() // a handshake that the peer has given up
		}
		p.tell(Clean)
		return true
	case Failed:
		return p.failed()
	}
	switch {
	case p.eof:
		p.tell(Truncated)
	case p.broken:
		p.tell(Broken)
	default:
		return false
	}
	return true
}

// failed: the engine is dead. Its alert still wants to leave.
func (p *Reference) failed() bool {
	p.dead = true
	p.queue.clear()
	p.retry = 0
	p.wrote = true
	switch err := p.env.Engine.Err(); {
	case err == ErrEOF:
		p.eof = true
		p.tell(Truncated)
	case err == ErrReset:
		p.broken = true
		p.tell(Broken)
	default:
		p.tell(Fault)
	}
	return true
}

// give moves plaintext from the app to the engine, and lets the engine send
// what it has put off until the next write.
func (p *Reference) give() (moved bool) {
	if p.dead || p.shut || p.stuckW || p.broken || !p.env.Engine.InitFinished() {
		return false
	}
	for p.queue.len() > 0 {
		if !p.writeOne() {
			return moved
		}
		moved = true
	}
	if p.retry == 0 && !p.stuckW && p.env.Engine.Deferred() {
		p.env.Engine.ClearErrors()
		_, st := p.env.Engine.Write(nil)
		p.note(st)
		p.wrote = true
		return true
	}
	return p.ask() || moved
}

// writeOne offers one piece. A retry repeats the same bytes from the same
// place: the engine has sealed them already (bugzoo E1 to E11).
func (p *Reference) writeOne() bool {
	piece := p.queue.bytes()
	piece = piece[:min(len(piece), p.env.Limits.Chunk)]
	if p.retry > 0 {
		piece = piece[:p.retry]
	}
	p.env.Engine.ClearErrors()
	n, st := p.env.Engine.Write(piece)
	p.wrote = true
	switch st {
	case OK:
		p.retry = 0
		if p.flaw == FlawOffByOne && n > 1 && n < len(piece) {
			n--
		}
		p.queue.take(n)
		return true
	case WantWrite:
		// It may be a renegotiation that wants to write, begun by this call
		// because an earlier write was in its way. Only reads carry it on.
		p.retry, p.stuckW = len(piece), true
		p.stuckR = p.stuckR || !p.env.Engine.InitFinished()
	case WantRead:
		p.retry, p.due = len(piece), true
	case Failed:
		return p.failed()
	}
	return false
}

// ask lets the app go on that was refused before.
func (p *Reference) ask() bool {
	if !p.refused || p.half || p.closing || p.queue.len() == p.queue.limit {
		return false
	}
	p.refused = false
	p.env.App.Writable()
	return true
}
