package model

import (
	"fmt"
	"strings"

	"github.com/wantwrite/wantwrite/model/own"
)

// An IOStatus is what a socket call answers.
type IOStatus uint8

const (
	// IOOK: n > 0 bytes were moved.
	IOOK IOStatus = iota
	// WouldBlock: none could be moved now (EAGAIN).
	WouldBlock
	// EOF: the peer sent FIN and all before it was read.
	EOF
	// Reset: the link is gone (ECONNRESET, EPIPE).
	Reset

	numIOStatuses
)

var ioText = [numIOStatuses]string{"ok", "would-block", "eof", "reset"}

// String names the status as traces do.
func (s IOStatus) String() string {
	if s < numIOStatuses {
		return ioText[s]
	}
	return fmt.Sprintf("IOStatus(%d)", uint8(s))
}

// A Socket is one end of a link, a non-blocking TCP socket.
type Socket interface {
	// Recv moves at most len(p) > 0 bytes into p.
	Recv(p []byte) (n int, s IOStatus)
	// Send takes at most len(p) > 0 bytes of p.
	Send(p []byte) (n int, s IOStatus)
	// CloseWrite sends FIN after what was sent (shutdown(2) with SHUT_WR).
	CloseWrite()
	// Close closes the socket; no call may follow. If received data is unread the peer
	// gets a reset, and what it has not received yet is lost, as in TCP (RFC 2525,
	// section 2.17).
	Close()
}

// Events is a set of readiness events, or an interest mask.
type Events uint8

const (
	// Readable: Recv would not answer would-block.
	Readable Events = 1 << iota
	// Writable: Send would not answer would-block.
	Writable
	// Woken: the pump called Wake.
	Woken
	// Expired: the pump's timer ran out.
	Expired
)

var eventText = [...]string{"read", "write", "woken", "expired"}

// String lists the events, joined by "+"; the empty set is "none".
func (e Events) String() string {
	var words []string
	for i, w := range eventText {
		if e&(1<<i) != 0 {
			words = append(words, w)
		}
	}
	if len(words) == 0 {
		return "none"
	}
	return strings.Join(words, "+")
}

// A Trigger is how a loop reports readiness.
type Trigger uint8

const (
	// Level: as long as the socket is ready (poll(2), libevent's default).
	Level Trigger = iota
	// Edge: once, and again only after the socket has answered would-block (EPOLLET).
	// Adding an event to the interest mask reports it again if the socket is ready.
	Edge
	// OneShot: like Level, but an event that is reported leaves the interest mask
	// empty (EPOLLONESHOT).
	OneShot

	numTriggers
)

var triggerText = [numTriggers]string{"level", "edge", "oneshot"}

// String names the trigger as scripts do.
func (t Trigger) String() string {
	if t < numTriggers {
		return triggerText[t]
	}
	return fmt.Sprintf("Trigger(%d)", uint8(t))
}

// A Loop is one pump's registration with its event loop.
type Loop interface {
	// Interest replaces the interest mask. Only Readable and Writable count.
	Interest(mask Events)
	// Wake makes the loop call the pump once more (event_active(3)).
	Wake()
	// Timer makes the loop call the pump after that many ticks of virtual time, once.
	// 0 disarms it. A pump has one timer.
	Timer(ticks int)
	// Spin says that the real pump would loop here, without returning to its event
	// loop. In the world it must return; it is called again before any other pump of
	// its thread.
	Spin()
}

// A Cause is why no more data will come.
type Cause uint8

const (
	// Clean: the peer sent close_notify. In TLS 1.3 the app may still write.
	Clean Cause = iota
	// Truncated: the socket ended without close_notify (RFC 8446, 6.1).
	Truncated
	// Broken: the socket was reset.
	Broken
	// Fault: the engine failed.
	Fault
	// TimedOut: the pump gave up waiting.
	TimedOut

	numCauses
)

var causeText = [numCauses]string{"clean", "truncated", "broken", "fault", "timed-out"}

// String names the cause as traces do.
func (c Cause) String() string {
	if c < numCauses {
		return causeText[c]
	}
	return fmt.Sprintf("Cause(%d)", uint8(c))
}

// An App owns a pump. It takes plaintext and gives plaintext. It may call the pump's
// Write, PauseRead, CloseWrite and Close from inside these methods.
type App interface {
	// Data hands over decrypted bytes, in order. p is valid during the call.
	Data(p []byte)
	// Writable says that the pump takes plaintext again, after a Write that took less
	// than it was given. The pump must not call it from inside that Write, because the
	// app is not waiting yet.
	Writable()
	// Closed is called once, after the last Data: no more will come.
	Closed(why Cause)
}

// A Pump moves bytes between one socket and one engine for one app, driven by
// readiness. It is single-threaded, as its loop is.
type Pump interface {
	// Ready is called by the loop; spurious calls are legal.
	Ready(ev Events)
	// Write takes at most len(p) bytes and answers how many. The pump must deliver what
	// it took. After a short count the app waits for Writable.
	Write(p []byte) int
	// PauseRead stops the calls of Data, or starts them again.
	PauseRead(paused bool)
	// CloseWrite ends the outgoing direction: the pump sends what it took, then
	// close_notify, then FIN. Reading goes on.
	CloseWrite()
	// Close ends the link: the pump sends what it took, then close_notify, and closes
	// the socket so that the peer can read all of it.
	Close()
}

// An Initiator is a pump whose app can start a renegotiation or a KeyUpdate, or ask a
// TLS 1.3 client for its certificate. Most servers' pumps can't.
type Initiator interface {
	Renegotiate()
	KeyUpdate(requested bool)
	Authenticate()
}

// MaxRounds bounds the work of one turn, so that one link does not starve the others
// (MB-51498; libevent 2aa036fa). A round decrypts at most one piece more than the
// larger of Limits.Pipe and Limits.Chunk.
const MaxRounds = 64

// Limits are the sizes that a pump must keep to, in bytes.
type Limits struct {
	// Pipe: ciphertext held in each direction, between socket and engine.
	Pipe int
	// Queue: plaintext taken from the app and not yet given to the engine.
	Queue int
	// Chunk: the most plaintext in one Read or Write of the engine.
	Chunk int
	// Early: how much early data a client may send. A server reads early data if it is
	// not 0, and rejects it otherwise.
	Early int
	// CloseTicks: how long a close waits for the peer, in virtual ticks.
	CloseTicks int
}

// An Env is what a pump works with.
type Env struct {
	Role      Role
	Version   Version
	Transport Transport
	Trigger   Trigger
	Engine    Engine
	Socket    Socket
	Loop      Loop
	App       App
	Limits    Limits
	// Last, if not nil, gives the pump that the same New made for the link before,
	// or nil. That link is gone. New may make this pump new and return it, so that
	// a hunt need not allocate one for each link; New may always ignore it. One
	// that wraps another pump gets its own wrapper here.
	Last func() Pump
}

// Restrictions say what a pump can't do, so that nobody asks it to. The zero value
// has none.
type Restrictions struct {
	// NoClient: it can't be a client's pump.
	NoClient bool
	// NoEdge and NoOneShot: it is written for other triggers.
	NoEdge, NoOneShot bool
	// NoPair and NoAttached: it is written for the other transport.
	NoPair, NoAttached bool
	// NoPause: PauseRead does nothing.
	NoPause bool
	// NoHalfClose: CloseWrite must not be called.
	NoHalfClose bool
	// NoLocalClose: its app calls Close only after it was told of the end (App.Closed), whatever
	// the cause: the peer's close, a reset, a failure. It never ends a link that is open.
	NoLocalClose bool
	// FramesOnly: it parses the 24-byte header itself and hands over whole
	// messages, so its app can't write before one has come.
	FramesOnly bool
	// NoTLS13: it was written before TLS 1.3.
	NoTLS13 bool
}

// Any says whether the pump has one of these restrictions.
func (r Restrictions) Any(of Restrictions) bool {
	return r.NoClient && of.NoClient || r.NoEdge && of.NoEdge || r.NoOneShot && of.NoOneShot ||
		r.NoPair && of.NoPair || r.NoAttached && of.NoAttached || r.NoPause && of.NoPause ||
		r.NoHalfClose && of.NoHalfClose || r.NoLocalClose && of.NoLocalClose ||
		r.FramesOnly && of.FramesOnly || r.NoTLS13 && of.NoTLS13
}

// A Spec describes a pump to hunts, tests and scripts.
type Spec struct {
	// Name is the word of --pump and of the script's header.
	Name string
	// About is one sentence for people.
	About string
	// Restrictions are what it can't be used for.
	Restrictions Restrictions
	// Configure, if not nil, sets what the pump needs of its engine: write modes, the
	// renegotiation policy.
	Configure func(*EngineConfig)
	// New makes a pump and arms its first interest.
	New func(Env) Pump

	// Properties, Scenarios and Dialogue are the author's own: what must hold besides the
	// workbench's properties, what to hunt in besides its scenarios, and what the apps speak.
	// Who wraps the pump and starts from its Spec takes them along.
	Properties []own.Property
	Scenarios  []own.Scenario
	Dialogue   *own.Dialogue
}

// An Inspector is an engine that says how much sealed output it holds back for lack
// of room, beyond OutputPending. With the attached transport there is no other way to
// see it.
type Inspector interface {
	// Unsent is that count in bytes.
	Unsent() int
}
