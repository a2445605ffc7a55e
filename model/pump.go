package model

import (
	"fmt"
	"strings"
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

// A Socket is one end of a link: a non-blocking TCP socket.
type Socket interface {
	// Recv moves at most len(p) > 0 bytes into p.
	Recv(p []byte) (n int, s IOStatus)
	// Send takes at most len(p) > 0 bytes of p.
	Send(p []byte) (n int, s IOStatus)
	// CloseWrite sends FIN after what was sent (shutdown(2) with SHUT_WR).
	CloseWrite()
	// Close gives the socket back. With received data unread the peer gets a
	// reset, and what it had not received yet is lost, as in TCP (RFC 2525,
	// section 2.17). No other call may follow.
	Close()
}

// Events is a set of readiness events, or an interest mask.
type Events uint8

const (
	// Readable: Recv would not answer would-block.
	Readable Events = 1 << iota
	// Writable: Send would not answer would-block.
	Writable
	// Woken: the pump asked for it with Wake.
	Woken
	// Expired: its timer ran out.
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
	// Level: as long as it lasts (poll(2), libevent's default).
	Level Trigger = iota
	// Edge: once, until the socket has said would-block (EPOLLET). Adding an
	// event to the interest mask reports it again if it is there.
	Edge
	// OneShot: like Level, but the interest is gone once an event was
	// reported (EPOLLONESHOT).
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

// A Loop is an event loop as one pump sees it: its own registration.
type Loop interface {
	// Interest replaces the mask; only Readable and Writable count.
	Interest(mask Events)
	// Wake makes the pump ready by hand, once (event_active(3)).
	Wake()
	// Timer makes it ready after that many ticks of virtual time, once; 0
	// disarms it. A pump has one timer.
	Timer(ticks int)
	// Spin says that the pump would go round again at once, without returning
	// to its loop. Here it has to return; it is called again before any
	// other pump of its thread.
	Spin()
}

// A Cause is why an app is told that nothing more will come.
type Cause uint8

const (
	// Clean: the peer's close_notify. In TLS 1.3 the app may write on.
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

// An App owns a pump: it takes and gives plaintext. It may call the pump's
// Write, PauseRead, CloseWrite and Close from inside these methods.
type App interface {
	// Data hands over decrypted bytes, in order. p is valid during the call.
	Data(p []byte)
	// Writable asks for plaintext: after a Write that took less than it was
	// given, the pump says here that it can take more. It must not do so from
	// inside that Write: the app does not wait yet.
	Writable()
	// Closed is told once, after the last Data, that nothing more will come.
	Closed(why Cause)
}

// A Pump moves bytes between one socket and one engine for one app, driven by
// readiness. It is single-threaded, as its loop is.
type Pump interface {
	// Ready is called by the loop; spurious calls are legal.
	Ready(ev Events)
	// Write takes at most len(p) bytes and answers how many; they are the
	// pump's duty from then on. After a short count the app waits for
	// Writable.
	Write(p []byte) int
	// PauseRead stops, or starts again, the calls of Data.
	PauseRead(paused bool)
	// CloseWrite ends the outgoing direction: what was taken is sent, then
	// close_notify, then FIN. Reading goes on.
	CloseWrite()
	// Close ends the link: what was taken is sent, then close_notify; then the
	// socket is closed, in such a way that the peer can read all of it.
	Close()
}

// An Initiator is a pump whose app can start a handshake or KeyUpdate, or as a
// TLS 1.3 server ask for the client's certificate. Most servers' pumps are not.
type Initiator interface {
	Renegotiate()
	KeyUpdate(requested bool)
	Authenticate()
}

// MaxRounds bounds the work of a turn, so that one link does not starve the
// others (MB-51498; libevent 2aa036fa). In a round no more is decrypted than the
// larger one of Limits.Pipe and Limits.Chunk, and a piece.
const MaxRounds = 64

// A Restarter is a pump that can be used for another link, so that a hunt
// need not allocate one for each. It must then be as New would make it.
type Restarter interface {
	Restart(Env)
}

// Limits are the sizes that a pump has to keep to, in bytes.
type Limits struct {
	// Pipe: ciphertext held in each direction, between socket and engine.
	Pipe int
	// Queue: plaintext taken from the app and not yet given to the engine.
	Queue int
	// Chunk: the most plaintext to offer to, or to ask of, the engine in one
	// call.
	Chunk int
	// Early: how much early data, in bytes, a client may send; at a server
	// anything but 0 says that early data is read, and not rejected.
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
	// NoLocalClose: its app never calls Close before the peer has closed.
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

// A Spec is a pump as hunts, tests and scripts know it.
type Spec struct {
	// Name is the word of --pump and of the scripts' header.
	Name string
	// About is one sentence for people.
	About string
	// Restrictions are what it can't be used for.
	Restrictions Restrictions
	// Configure, if not nil, sets what the pump's owner sets on its engines:
	// write modes, renegotiation policy.
	Configure func(*EngineConfig)
	// New makes a pump and arms its first interest.
	New func(Env) Pump
}

// An Inspector is an engine that can tell how much it holds back for want of
// room: ciphertext beyond OutputPending, of a sealed record, a flight or an
// alert. With the attached transport there is no other way to see it.
type Inspector interface {
	// Unsent is that count in bytes.
	Unsent() int
}
