package oracle

import "github.com/wantwrite/wantwrite/model"

// An Account is one end's page of the ledger: what has passed each seam of its pump,
// and what its app has decided. All counts are bytes since the run began.
type Account struct {
	Accepted  uint64 // plaintext: app to pump
	Written   uint64 // plaintext: pump to engine
	Drained   uint64 // ciphertext: engine to pump
	Sent      uint64 // ciphertext: into the socket
	Received  uint64 // ciphertext: out of the socket
	Fed       uint64 // ciphertext: pump to engine
	Decrypted uint64 // plaintext: engine to pump
	Delivered uint64 // plaintext: pump to app

	// Attached: the engine calls the socket, and the pump holds no ciphertext.
	Attached bool
	// Frames: the pump delivers whole messages. It may keep a part of one until the
	// rest has come.
	Frames bool
	// Backlog is what the app has to write and the pump has not taken, in bytes.
	Backlog uint64
	// Backpressure: the pump took less than it was offered and has not asked since.
	Backpressure bool
	// Paused: the app does not want data now.
	Paused bool
	// Closing and HalfClosing: the app has asked for it.
	Closing, HalfClosing bool
	// Told: the app was told that nothing more will come. Why is the reason that it
	// was given.
	Told bool
	Why  model.Cause
	// Left: it had closed before it was told.
	Left bool
	// Hostile: the engine has attacked the peer's (attack.Attacker). This end owes
	// nothing from then on.
	Hostile bool
	// Ended: FIN has left behind close_notify, and nothing was left to send. What the
	// engine makes after that is not owed: nothing may follow (RFC 8446, section 6.1).
	Ended bool
	// Gone: the pump has closed its socket.
	Gone bool
	// Broken: a socket call has said reset. What is drained after that has nowhere to
	// go, and the pump does not count as holding it.
	Broken bool
	// Idle is how many turns in a row changed nothing and left the pump ready.
	Idle int
	// Overworked: a single turn took in more than a turn may.
	Overworked bool
	// Mismatch is what is wrong with the plaintext that was delivered last.
	Mismatch Mismatch
	// Misuse is the pump's offence against a contract, or its panic.
	Misuse string
	// Limits are the sizes that the pump has to keep to.
	Limits model.Limits

	// Foreign: a real program stands here. Of the counts only Sent and Received are known, of
	// Quiescence only what is the socket's, and what its app has decided is not known either.
	Foreign bool
	// Destroyed is how many bytes of it were on their way when it closed its socket with data unread,
	// without an alert at their end. AlertLost: there was one.
	Destroyed uint64
	AlertLost bool
	// Taken is how many bytes a program has received since it had room to send.
	Taken uint64
	// The next ones are those of an app whose peer is a program. They are what its speaker
	// makes of the answers. Owed says in a clause what it still waits for, and Wrong what is
	// wrong with what has come; empty is nothing. Answers is how many whole ones have come.
	// Partial: so has a part of another. Ends: the program may close now, for the dialogue
	// says so. Longest is how many bytes the longest message has that it has begun to say.
	Longest       uint64
	Owed, Wrong   string
	Answers       int
	Partial, Ends bool
	// Renegotiations is how many it has begun. What it has sent of the last one lies behind
	// RenegotiatesAt bytes of its ciphertext.
	Renegotiations int
	RenegotiatesAt uint64

	// Quiescence is filled when nothing can happen any more, and in part when the
	// end of a stream is judged.
	Quiescence Quiescence
}

// A Mismatch is how delivered plaintext differs from what was written.
type Mismatch uint8

const (
	// NoMismatch: it is what was written, in order.
	NoMismatch Mismatch = iota
	// Gap: bytes are missing, and later ones follow.
	Gap
	// Garbled: it is something else, or it was delivered before.
	Garbled
	// WhilePaused: the app had asked for a pause.
	WhilePaused
)

// A Quiescence is what can be seen of an end when nothing can happen any more.
type Quiescence struct {
	Unread    int          // bytes in the socket's receive buffer
	UnreadEnd bool         // FIN or reset is there, and the pump has not met it
	MetEnd    bool         // the pump has met it
	Room      int          // bytes that Send would take
	Mask      model.Events // interest
	Spins     bool         // the pump woke itself and will be called anyway
	Output    int          // bytes that Drain would give
	Sealed    int          // ciphertext behind them that only another engine call moves
	Inside    int          // decrypted bytes inside the engine
	Buffered  int          // ciphertext fed and not decrypted, part of a record included
	InitDone  bool         // no handshake is under way
	Shaken    bool         // the first handshake is done
	Deferred  bool         // a KeyUpdate answer waits for the next write
	Shut      model.ShutState
	Failed    bool // the engine has failed
	Stuck     bool // the engine's last read wanted to write: it takes no input before it could
	Broken    bool // the socket was reset: nothing can leave any more
	HalfAlert bool // a program has sent the beginning of an alert, and not its end
}

// maxIdle is how many turns in a row may change nothing and leave a pump
// ready for the next one.
const maxIdle = 4

// IdleTurns is Idle, but no more than makes a busy loop: larger counts make no difference.
func (a *Account) IdleTurns() int { return min(a.Idle, maxIdle) }

// Queue is the plaintext that the pump holds for the engine, in bytes.
func (a *Account) Queue() uint64 { return a.Accepted - min(a.Accepted, a.Written) }

// PipeOut is the ciphertext that the pump holds for the socket, in bytes.
//
// Story 53: a pump that sends the same bytes twice has sent more than it had. The
// difference was negative, which passed for a buffer without bound, and what the bytes
// did to the peer was reported second. Now the pump holds nothing then.
func (a *Account) PipeOut() uint64 {
	if a.Attached {
		return 0
	}
	return a.Drained - min(a.Drained, a.Sent)
}

// PipeIn is the ciphertext that the pump holds for the engine, in bytes.
func (a *Account) PipeIn() uint64 {
	if a.Attached {
		return 0
	}
	return a.Received - a.Fed
}

// Held is the decrypted data that the pump holds for the app, in bytes.
func (a *Account) Held() uint64 { return a.Decrypted - a.Delivered }

// Overworks records how much, in bytes, one turn gave to the engine or took from it
// while the peer sent on. Too much starves the other pumps of the thread (MB-51498;
// libevent 2aa036fa).
func (a *Account) Overworks(n uint64) {
	l := &a.Limits
	a.Overworked = n > uint64(2*model.MaxRounds*max(l.Pipe, l.Chunk))
}

// Suspect says whether one of the properties that are judged after steps and turns
// may be broken. It is the fast path of a run: if it is false, all of them hold.
func (a *Account) Suspect() bool {
	return a.Idle >= maxIdle || a.Misuse != "" || a.Overworked || a.Queue() > uint64(a.Limits.Queue) ||
		a.PipeOut() > uint64(a.Limits.Pipe) || a.PipeIn() > uint64(a.Limits.Pipe) ||
		a.Held() > uint64(a.Limits.Queue)
}

// outgoing says whether anything still wants to leave through the socket.
func (a *Account) outgoing() bool {
	r := &a.Quiescence
	return r.Output > 0 || r.Sealed > 0 || a.PipeOut() > 0 || a.Queue() > 0
}

// incoming says whether anything has come through the socket, or wants to, that the
// app has not been given.
func (a *Account) incoming() bool {
	r := &a.Quiescence
	return r.Unread > 0 || a.PipeIn() > 0 || r.Buffered > 0 || r.Inside > 0 || a.Held() > 0
}

// leftBehind is how much had come before the end of the socket and was not delivered
// when the app was told of the end, in bytes. An engine that has failed takes nothing
// more, so its pump leaves nothing behind.
func (a *Account) leftBehind() uint64 {
	r := &a.Quiescence
	if a.Why != model.Truncated && a.Why != model.Broken || r.Failed {
		return 0
	}
	return uint64(r.Unread) + uint64(r.Inside) + a.PipeIn()
}

// blocked says whether the engine has to write before it can read on, the socket is
// full, and the pump waits for room. Then there is nothing that the pump could do.
func (a *Account) blocked() bool {
	r := &a.Quiescence
	flight := !r.InitDone && r.Sealed > 0 // the next read would have to write
	return (r.Stuck || flight) && r.Room == 0 && r.awaitsRoom()
}

// awaitsRoom says whether the pump will be called when there is room.
func (r *Quiescence) awaitsRoom() bool { return r.Mask&model.Writable != 0 || r.Spins }
