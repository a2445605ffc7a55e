package oracle

import (
	"github.com/wantwrite/wantwrite/model"
)

// An Account is one end's page of the ledger: what has passed each seam of
// its pump, as seen from outside. A pump need not cooperate: its queues are
// the differences. All counts are bytes since the run began.
type Account struct {
	Accepted  uint64 // plaintext: app to pump
	Written   uint64 // plaintext: pump to engine
	Drained   uint64 // ciphertext: engine to pump
	Sent      uint64 // ciphertext: into the socket
	Received  uint64 // ciphertext: out of the socket
	Fed       uint64 // ciphertext: pump to engine
	Decrypted uint64 // plaintext: engine to pump
	Delivered uint64 // plaintext: pump to app

	// Attached: the engine calls the socket, the pump holds no ciphertext.
	Attached bool
	// Frames: the pump hands over whole messages, and may keep a part of one
	// until the rest has come.
	Frames bool
	// Backlog is what the app has to write and the pump has not taken.
	Backlog uint64
	// Refused: the pump took less than it was offered and has not asked since.
	Backpressure bool
	// Paused: the app does not want data now.
	Paused bool
	// Closing and HalfClosing: the app has asked for it.
	Closing, HalfClosing bool
	// Told and Why: the app was told that nothing more will come.
	Told bool
	Why  model.Cause
	// Hostile: the engine has attacked the peer's: see Attacker. It owes nothing.
	Hostile bool
	// Ended: FIN has left behind close_notify, and nothing was left to send. What the
	// engine makes after that is not owed: nothing may follow (RFC 8446, section 6.1).
	Ended bool
	// Gone: the pump gave its socket back.
	Gone bool
	// Broken: a socket call has said reset. What is drained after that has
	// nowhere to go, and is not held.
	Broken bool
	// Idle is how many turns in a row changed nothing and left the pump ready.
	Idle int
	// Overworked: a turn took in more than it may, however much there was.
	Overworked bool
	// Mismatch is what is wrong with the plaintext that was delivered last.
	Mismatch Mismatch
	// Misuse is the pump's offence against a contract, or its panic.
	Misuse string
	// Limits are what the pump was given.
	Limits model.Limits
	// Rest is filled when nothing can happen any more.
	Quiescence Quiescence
}

// A Mismatch is how delivered plaintext differs from what was written.
type Mismatch uint8

const (
	// NoMismatch: it is what was written, in order.
	NoMismatch Mismatch = iota
	// Gap: bytes were left out, and then it goes on.
	Gap
	// Garbled: it is something else, or comes twice.
	Garbled
	// WhilePaused: the app had asked for a pause.
	WhilePaused
)

// A Rest is what can be seen of an end when nothing can happen any more.
type Quiescence struct {
	Unread    int          // bytes in the socket's receive buffer
	UnreadEnd bool         // FIN or reset is there and the pump has not met it
	MetEnd    bool         // the pump has met it
	Room      int          // bytes that Send would take
	Mask      model.Events // interest
	Spins     bool         // it is called again anyway: it woke itself
	Output    int          // ciphertext that Drain would give
	Sealed    int          // ciphertext behind it that only another engine call moves
	Inside    int          // decrypted bytes inside the engine
	Buffered  int          // ciphertext fed and not decrypted, part of a record included
	InitDone  bool         // no handshake is under way
	Shaken    bool         // the first one was done
	Deferred  bool         // a KeyUpdate answer waits for the next write
	Shut      model.ShutState
	Failed    bool // the engine has failed
	Stuck     bool // its last read wanted to write: it takes no input before it could
	Broken    bool // the socket was reset: nothing can leave any more
}

// queue is the plaintext that the pump holds for the engine.
func (a *Account) Queue() uint64 { return a.Accepted - min(a.Accepted, a.Written) }

// pipeOut is the ciphertext that it holds for the socket.
//
// Story 53: a pump that sends the same bytes twice has sent more than it had. That
// was less than nothing, and a buffer that had no bound; what it did to the peer came
// second.
func (a *Account) PipeOut() uint64 {
	if a.Attached {
		return 0
	}
	return a.Drained - min(a.Drained, a.Sent)
}

// pipeIn is the ciphertext that it holds for the engine.
func (a *Account) PipeIn() uint64 {
	if a.Attached {
		return 0
	}
	return a.Received - a.Fed
}

// held is the decrypted data that it holds for the app.
func (a *Account) Held() uint64 { return a.Decrypted - a.Delivered }

// leftBehind is what had come before an end of the socket, and is not with the app
// that is told of it, in bytes. An engine that fails is done with what has come.
func (a *Account) leftBehind() uint64 {
	r := &a.Quiescence
	if a.Why != model.Truncated && a.Why != model.Broken || r.Failed {
		return 0
	}
	return uint64(r.Unread) + uint64(r.Inside) + a.PipeIn()
}

// Overworks enters how much, in bytes, a turn gave to the engine or took from it
// while the peer sent on: so much that others of the thread starve (MB-51498; libevent
// 2aa036fa).
func (a *Account) Overworks(n uint64) {
	l := &a.Limits
	a.Overworked = n > uint64(2*model.MaxRounds*max(l.Pipe, l.Chunk))
}

// Suspect says whether the properties that are judged after every step and
// turn deserve a look. It is the fast path of a run: if it is false they hold.
func (a *Account) Suspect() bool {
	return a.Idle >= MaxIdle || a.Misuse != "" || a.Overworked || a.Queue() > uint64(a.Limits.Queue) ||
		a.PipeOut() > uint64(a.Limits.Pipe) || a.PipeIn() > uint64(a.Limits.Pipe) ||
		a.Held() > uint64(a.Limits.Queue)
}

// outgoing is all that wants to leave through the socket.
func (a *Account) outgoing() bool {
	r := &a.Quiescence
	return r.Output > 0 || r.Sealed > 0 || a.PipeOut() > 0 || a.Queue() > 0
}

// incoming is all that has come through the socket, or wants to, and is not
// with the app.
func (a *Account) incoming() bool {
	r := &a.Quiescence
	return r.Unread > 0 || a.PipeIn() > 0 || r.Buffered > 0 || r.Inside > 0 || a.Held() > 0
}

// A Ledger is the accounts of a world and what its properties need to know of
// the rest.
type Ledger struct {
	// Ends are the accounts: client and server of link 0, then of link 1.
	Ends []Account
	// Tainted says of each link that a fault has destroyed something: then
	// completion is not owed, tidiness is.
	Tainted []bool
	Version model.Version
	// AwaitUpdate: a requested KeyUpdate is waited for.
	AwaitUpdate bool
	// IgnoreReneg: a renegotiation may stay unanswered for ever.
	IgnoreReneg bool
}

// peer is the account of the other end of e's link.
func (l *Ledger) peer(e int) *Account { return &l.Ends[e^1] }

// tainted says whether e's link is.
func (l *Ledger) tainted(e int) bool { return l.Tainted[e/2] }

// An Obligation is something that an end owes, and where it waits.
type Obligation uint8

const (
	// NoObligation: nothing is owed.
	NoObligation Obligation = iota
	// EngineOutput: ciphertext waits in the engine's output buffer.
	EngineOutput
	// SealedOutput: the rest of a record or flight waits behind a full buffer.
	SealedOutput
	// PumpPipe: ciphertext waits in the pump, for the socket.
	PumpPipe
	// PumpQueue: accepted plaintext waits in the pump, for the engine.
	PumpQueue
	// SocketInput: received bytes, or the end of the stream, wait unread.
	SocketInput
	// PumpInput: ciphertext waits in the pump, for the engine.
	PumpInput
	// EngineInput: ciphertext or plaintext waits inside the engine.
	EngineInput
	// HeldData: decrypted data waits in the pump, for the app.
	HeldData
	// UpdateAnswer: a requested KeyUpdate has not been answered.
	UpdateAnswer
	// CloseNotify: the app has closed, or half-closed, and it has not left.
	CloseNotify
	// HandshakeDone: a handshake was begun and does not end.
	HandshakeDone
	// AppTurn: the app has more to write and is not asked for it.
	AppTurn
	// AppEnd: the link has ended and the app is not told.
	AppEnd
	// SocketEnd: the app has closed, only the peer is waited for, and the socket is
	// not given back.
	SocketEnd
	// Delivery: accepted plaintext is nowhere any more.
	Delivery

	numObligations
)

// obligationText says what waits where, and which wakeup would move it.
var obligationText = [numObligations]struct{ word, what, wakeup string }{
	NoObligation: {"nothing", "nothing", "none"},
	EngineOutput: {"engine-output", "ciphertext waits in the engine's output buffer",
		"write interest, or a drain after the call that produced it"},
	SealedOutput: {"sealed-output", "a sealed record waits inside the engine for room",
		"write interest, and the engine call made again"},
	PumpPipe:    {"pump-pipe", "ciphertext waits in the pump for the socket", "write interest"},
	PumpQueue:   {"pump-queue", "accepted plaintext waits in the pump", "write interest"},
	SocketInput: {"socket-input", "received bytes wait unread in the socket", "read interest"},
	PumpInput: {"pump-input", "received ciphertext waits in the pump for the engine",
		"a wake by hand: the socket has nothing to report"},
	EngineInput: {"engine-input", "received data waits inside the engine",
		"a wake by hand: the socket has nothing to report"},
	HeldData: {"held-data", "decrypted data waits in the pump for the app",
		"the pump's own call of the app"},
	UpdateAnswer: {"update-answer", "the answer to a KeyUpdate waits for the next write",
		"a write of zero bytes"},
	CloseNotify:   {"close-notify", "the app has closed and its close has not left", "write interest"},
	HandshakeDone: {"handshake", "a handshake was begun and nobody carries it on", "read interest"},
	AppTurn: {"app-turn", "the app has more to write and is never asked",
		"the call of Writable"},
	AppEnd: {"app-end", "the link has ended and the app is not told", "read interest"},
	SocketEnd: {"socket-end", "the app has closed and the socket is not given back",
		"a timer: the peer may never read, or never close"},
	Delivery: {"delivery", "accepted plaintext is nowhere any more", "none: it is lost"},
}

// String is the obligation's word.
func (o Obligation) String() string {
	if o < numObligations {
		return obligationText[o].word
	}
	return "Obligation(?)"
}

// What says in a clause what waits and where.
func (o Obligation) What() string { return obligationText[o%numObligations].what }

// Wakeup says which wakeup would have moved it.
func (o Obligation) Wakeup() string { return obligationText[o%numObligations].wakeup }

// owedOut is what end e has to send and does not: with write interest armed
// it would only be waiting for the peer, without it nobody will ever send.
//
// Story 45: crypto/tls answers a KeyUpdate that comes after its own close_notify. The
// pump had sent FIN, as it should, and was blamed for what lay in the engine.
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

// discards says whether e has closed after its peer with a record waiting for room:
// in TLS 1.2 that is discarded, and close_notify behind it (RFC 5246, section 7.2.1).
func (l *Ledger) discards(e int) bool {
	a := &l.Ends[e]
	const both = model.SentClose | model.ReceivedClose
	return l.Version == model.TLS12 && a.Quiescence.Shut&both == both && a.Queue() > 0
}

// mayStay says whether what the engine holds sealed need not leave: an alert that is
// cut short by FIN, which says enough; and a record behind a handshake that only a
// peer could carry on which keeps to nothing.
func (l *Ledger) mayStay(e int) bool {
	a := &l.Ends[e]
	return a.Quiescence.Failed && (a.Told || a.Closing) || l.tainted(e) && !a.Quiescence.InitDone && a.Queue() > 0
}

// mayWrite says whether what e's app writes is still wanted: not after the
// peer has closed for good, nor, in TLS 1.2, after its close_notify.
func (l *Ledger) mayWrite(e int) bool {
	a, p := &l.Ends[e], l.peer(e)
	dead := a.Quiescence.Failed || a.Told && (a.Why != model.Clean || l.Version == model.TLS12)
	return !l.tainted(e) && !p.Closing && !p.Gone && !dead
}

// blocked: the engine wants to write before it reads on, the socket is full,
// and the pump waits for room. There is nothing that it could do.
func (a *Account) blocked() bool {
	r := &a.Quiescence
	flight := !r.InitDone && r.Sealed > 0 // so would be the next read
	return (r.Stuck || flight) && r.Room == 0 && r.awaitsRoom()
}

// awaitsRoom says whether the pump will be called when there is room.
func (r *Quiescence) awaitsRoom() bool { return r.Mask&model.Writable != 0 || r.Spins }

// Jammed: both engines are blocked, each in the middle of a flight that does
// not fit the link. That is the library's deadlock (openssl 7967, bugzoo F16),
// and no pump can undo it.
func (l *Ledger) Jammed(e int) bool { return l.Ends[e].blocked() && l.peer(e).blocked() }

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

// rests says whether what e owes beyond moving bytes has to wait until an app ends
// its pause. The first handshake has not: it is no app's (bugzoo B14).
func (l *Ledger) waits(e int) bool {
	a, p := &l.Ends[e], l.peer(e)
	paused := a.Paused || p.Paused && !p.Gone
	return paused && (a.Quiescence.Shaken || a.Quiescence.awaitsRoom())
}

// owedClose is a close that has not left although it could: at AtWait, when only
// time can pass (bugzoo C12, "stall till timeout").
func (l *Ledger) owedClose(e int) (Obligation, uint64) {
	a := &l.Ends[e]
	r := &a.Quiescence
	able := r.InitDone && !r.Failed && !r.Broken && !r.awaitsRoom() && !l.tainted(e)
	if !a.Gone && a.Closing && able && r.Shut&model.SentClose == 0 {
		return CloseNotify, 0
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
