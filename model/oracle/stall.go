package oracle

import "github.com/wantwrite/wantwrite/model"

// The liveness properties. A stall is: an end owes something, and no wakeup that is
// armed, no timer and nothing under way will ever move it.

// checkStall looks for what is owed, in an order in which one lack causes the next:
// first output, for what an end does not send its peer can't receive; then input; then
// everything else. At AtWait a timer may still run: a close may wait for the peer then,
// but not for its own pump.
func checkStall(l *Ledger, e int, m Moment) (Finding, bool) {
	if deadlocked(l, e) || l.Jammed(e) {
		return Finding{}, false
	}
	stages := [...]func(*Ledger, int) (Obligation, uint64){
		(*Ledger).owedOut, (*Ledger).owedIn, (*Ledger).owedEnd,
	}
	if m == AtWait {
		stages[2] = (*Ledger).owedClose
	}
	for _, owed := range stages {
		for _, end := range [...]int{e, e ^ 1} {
			if o, n := owed(l, end); o != NoObligation {
				return Finding{End: end, Obligation: o, Bytes: n}, true
			}
		}
	}
	return Finding{}, false
}

// Owed says what end e owes of the same kind as like, and how much in bytes. The kinds
// are output, input and everything else. Output for which write interest is armed is
// under way, and not owed.
func (l *Ledger) Owed(e int, like Obligation) (Obligation, uint64) {
	if l.foreign(e) {
		if l.Ends[e].Foreign {
			return l.owedByProgram(e)
		}
		return NoObligation, 0
	}
	switch {
	case like == NoObligation || like == Delivery:
		return NoObligation, 0
	case like <= PumpQueue:
		return l.owedOut(e)
	case like <= HeldData:
		return l.owedIn(e)
	}
	return l.owedEnd(e)
}

// owedOut is what end e has to send and will not. With write interest armed it only
// waits for the peer.
//
// Story 45: crypto/tls answers a KeyUpdate that comes after its own close_notify. The
// pump had rightly sent FIN, and was blamed for what lay in the engine.
func (l *Ledger) owedOut(e int) (Obligation, uint64) {
	a := &l.Ends[e]
	r := &a.Quiescence
	if a.Gone || a.Hostile || a.Ended || r.Broken || r.awaitsRoom() || l.discards(e) {
		return NoObligation, 0
	}
	switch {
	case a.PipeOut() > 0:
		return PumpPipe, a.PipeOut()
	case r.Output > 0:
		return EngineOutput, uint64(r.Output)
	case r.Sealed > 0 && !l.mayStay(e):
		return SealedOutput, uint64(r.Sealed)
	case a.Queue() > 0 && r.InitDone && l.mayWrite(e):
		return PumpQueue, a.Queue()
	}
	return NoObligation, 0
}

// mayStay says whether what the engine holds sealed need not leave. That is an alert
// which FIN cuts short, for FIN says enough; and a record behind a handshake on a
// tainted link, which only the peer could carry on.
func (l *Ledger) mayStay(e int) bool {
	a := &l.Ends[e]
	return a.Quiescence.Failed && (a.Told || a.Closing) ||
		l.tainted(e) && !a.Quiescence.InitDone && a.Queue() > 0
}

// mayWrite says whether what e's app writes is still wanted: not after the peer has
// closed for good, and in TLS 1.2 not after the peer's close_notify either.
func (l *Ledger) mayWrite(e int) bool {
	a, p := &l.Ends[e], l.peer(e)
	dead := a.Quiescence.Failed || a.Told && (a.Why != model.Clean || l.Version == model.TLS12)
	return !l.tainted(e) && !p.Closing && !p.Gone && !dead
}

// owedIn is what end e has received and does not take.
func (l *Ledger) owedIn(e int) (Obligation, uint64) {
	a := &l.Ends[e]
	r := &a.Quiescence
	if a.Gone || a.Hostile || a.Closing || a.Told || a.Paused || a.blocked() {
		return NoObligation, 0
	}
	switch {
	case a.Held() > 0 && !(a.Frames && (l.tainted(e) || l.peer(e).Queue() > 0)):
		return HeldData, a.Held()
	case r.Inside > 0:
		return EngineInput, uint64(r.Inside)
	case a.PipeIn() > 0 && !r.Failed:
		return PumpInput, a.PipeIn()
	case r.Unread > 0 || r.UnreadEnd:
		return SocketInput, uint64(r.Unread)
	case r.Buffered > 0 && !r.Failed && !l.tainted(e) && r.Shut&model.ReceivedClose == 0:
		return EngineInput, uint64(r.Buffered)
	}
	return NoObligation, 0
}

// owedEnd is what e owes beyond moving bytes.
func (l *Ledger) owedEnd(e int) (Obligation, uint64) {
	a, p := &l.Ends[e], l.peer(e)
	r := &a.Quiescence
	whole := !l.tainted(e) && !a.Closing && !p.Closing && !a.Told
	switch {
	case a.Gone || a.Hostile:
		return NoObligation, 0
	case a.Closing && (r.awaitsRoom() || r.Shut&model.SentClose != 0 && !a.outgoing()):
		return SocketEnd, 0
	case a.Closing:
		return CloseNotify, 0
	case l.waits(e):
		return NoObligation, 0
	case (r.Failed || p.Gone || r.MetEnd) && !a.Told && !a.Paused:
		return AppEnd, 0
	case a.HalfClosing && !l.tainted(e) && !a.Told && r.Shut&model.SentClose == 0:
		return CloseNotify, 0
	case r.Deferred && l.AwaitUpdate && whole:
		return UpdateAnswer, 0
	case whole && !r.InitDone && !l.IgnoreReneg:
		return HandshakeDone, 0
	case a.Backlog > 0 && a.Backpressure && r.InitDone && l.mayWrite(e):
		return AppTurn, a.Backlog
	}
	return NoObligation, 0
}

// waits says whether what e owes beyond moving bytes has to wait until an app ends its
// pause. The first handshake does not wait: no app can pause it (bugs.txt B14).
func (l *Ledger) waits(e int) bool {
	a, p := &l.Ends[e], l.peer(e)
	paused := a.Paused || p.Paused && !p.Gone
	return paused && (a.Quiescence.Shaken || a.Quiescence.awaitsRoom())
}

// owedClose is a close that has not left although it could. It is asked for at AtWait,
// when only time can pass (bugs.txt C12, "stall till timeout").
func (l *Ledger) owedClose(e int) (Obligation, uint64) {
	a := &l.Ends[e]
	r := &a.Quiescence
	able := r.InitDone && !r.Failed && !r.Broken && !r.awaitsRoom() && !l.tainted(e)
	if !a.Gone && a.Closing && able && r.Shut&model.SentClose == 0 {
		return CloseNotify, 0
	}
	return NoObligation, 0
}

// Jammed says whether both engines of e's link are blocked, each in the middle of a
// flight that does not fit the link. It is the library's deadlock (openssl 7967,
// bugs.txt F16), and no pump can undo it.
func (l *Ledger) Jammed(e int) bool { return l.Ends[e].blocked() && l.peer(e).blocked() }

// deadlocked says whether both ends have something to send, no room for it, and input
// that they do not read. Against a peer that reads nothing on purpose an end can do
// nothing, so that is no deadlock.
func deadlocked(l *Ledger, e int) bool {
	if l.Jammed(e) || l.peer(e).Hostile {
		return false
	}
	for _, end := range [...]int{e, e ^ 1} {
		a := &l.Ends[end]
		if a.Gone || a.Paused || !a.outgoing() || a.Quiescence.Room > 0 || a.Quiescence.Unread == 0 {
			return false
		}
	}
	return true
}

func checkDeadlock(l *Ledger, e int, _ Moment) (Finding, bool) {
	if !deadlocked(l, e) {
		return Finding{}, false
	}
	return Finding{End: e, Obligation: SocketInput, Bytes: uint64(l.Ends[e].Quiescence.Unread),
		Detail: "both directions are full and neither end reads"}, true
}

func checkBusyLoop(l *Ledger, e int, _ Moment) (Finding, bool) {
	if l.Ends[e].Overworked {
		return Finding{End: e,
			Detail: "one turn takes in more than a turn may, and others of the thread starve"}, true
	}
	if l.Ends[e].Idle < maxIdle {
		return Finding{}, false
	}
	return Finding{End: e,
		Detail: "turn after turn the pump is ready, and nothing changes"}, true
}
