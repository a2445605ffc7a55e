// Package example is a complete small pump, as you might write it: a loop of poll(2), a BIO
// pair, and an app that never closes first. Read it before you write your own. Its test
// file, of three short functions, is all that wantwrite needs to test it.
//
// Bytes take two ways through the pump:
//
//	socket ──recv──▶ engine ──read──▶ app.Data
//	socket ◀──send── engine ◀─write── queue ◀── app
//
// A pump of your own implements model.Pump over the calls of model.Engine and model.Socket,
// which are those of OpenSSL and of a non-blocking socket under other names.
package example

import "github.com/wantwrite/wantwrite/model"

// Spec describes the pump to wantwrite. Restrictions keep hunts from asking for what it is not
// made for. Configure sets what the owner of an SSL object sets: this pump needs partial
// writes and moving buffers, because its queue moves between two tries of a write.
func Spec() model.Spec {
	return model.Spec{
		Name:  "example",
		About: "a small pump for poll and a BIO pair",
		New:   New,
		Restrictions: model.Restrictions{NoEdge: true, NoOneShot: true, NoAttached: true,
			NoHalfClose: true, NoLocalClose: true, NoPause: true},
		Configure: func(c *model.EngineConfig) { c.PartialWrite, c.MovingBuffer = true, true },
	}
}

// A Pump is one connection.
type Pump struct {
	env   model.Env
	buf   []byte // holds bytes during one call, and nothing between two
	out   []byte // ciphertext that the socket has not taken yet
	queue []byte // plaintext that the engine has not taken yet

	refused bool // a Write took too little: the app waits for Writable
	closing bool // the app has called Close
	told    bool // the app has been told of the end
	failed  bool // that end was not a clean one: nothing more is written
	ended   bool // the socket gives no more bytes: it has said EOF or reset
	reset   bool // the socket has said reset when it was read
	mute    bool // the socket takes no more bytes
	shut    bool // close_notify is with the engine
	shaken  bool // the first handshake is done
	closed  bool // the socket is closed
	inTurn  bool // Ready is running
}

// New makes a Pump for one link, and arms its first interest. The engine, the socket, the
// loop and the app are the link's.
func New(env model.Env) model.Pump {
	p := &Pump{env: env, buf: make([]byte, max(env.Limits.Pipe, env.Limits.Chunk))}
	env.Loop.Interest(model.Readable | model.Writable)
	return p
}

// Snapshot implements model.Snapshotter. It lists all that the pump remembers between two
// turns, so that fuzz.Exhaust can save a state and return to it. A pump that is not
// explored exhaustively needs no Snapshot.
func (p *Pump) Snapshot(s *model.Snapshot) {
	s.Bytes(&p.out)
	s.Bytes(&p.queue)
	s.Flags(&p.refused, &p.told, &p.failed, &p.ended, &p.reset, &p.mute, &p.closing, &p.shut,
		&p.closed, &p.shaken)
}

// maxRounds bounds a turn. A peer may send as fast as the pump reads, and the other
// connections of the thread want their turn too.
const maxRounds = 64

// Ready implements model.Pump. It tries everything until nothing moves, whatever the loop has
// reported: a read can make output, and a drain can make room for a write.
//
// The app's calls from inside a callback come back here. They find inTurn set, and the
// turn that is running does what they ask for.
func (p *Pump) Ready(ev model.Events) {
	if p.inTurn || p.closed {
		return
	}
	if ev&model.Expired != 0 { // the peer has not let us finish in time
		p.close()
		return
	}
	p.inTurn = true
	rounds := 0
	for p.send() || p.recv() || p.read() || p.write() || p.shutdown() {
		if rounds++; rounds == maxRounds {
			p.env.Loop.Wake() // the socket may have nothing to report of what is left
			break
		}
	}
	p.inTurn = false
	// Close the socket once all is sent, or once the app knows that nothing more can be.
	if p.shut && !p.pending() || p.told && p.mute {
		p.close()
		return
	}
	p.arm()
}

// close gives the socket back. Nothing may touch it afterwards.
func (p *Pump) close() {
	p.closed = true
	p.env.Socket.Close()
}

// arm asks for the wakeups that the pump needs: input while it can take some, and room exactly
// while output is pending. One wakeup less is a stall, one more is a busy loop.
func (p *Pump) arm() {
	var mask model.Events
	if !p.ended && (p.told || p.env.Engine.InputRoom() > 0) {
		mask |= model.Readable
	}
	if p.pending() {
		mask |= model.Writable
	}
	p.env.Loop.Interest(mask)
}

// pending says whether ciphertext waits for the socket, here or inside the engine.
func (p *Pump) pending() bool {
	return !p.reset && (len(p.out) > 0 && !p.mute || p.env.Engine.OutputPending() > 0)
}

// Write implements model.Pump: it takes what the queue has room for.
func (p *Pump) Write(b []byte) int {
	n := min(len(b), p.env.Limits.Queue-len(p.queue))
	p.queue = append(p.queue, b[:n]...)
	p.refused = false // the app does not wait for Writable until Write has returned
	p.Ready(0)
	p.refused = n < len(b)
	if p.refused && len(p.queue) < p.env.Limits.Queue {
		p.env.Loop.Wake() // the turn has made room: call Writable from the next one
	}
	return n
}

// PauseRead implements model.Pump. This pump can't pause: see NoPause in Spec.
func (p *Pump) PauseRead(bool) {}

// CloseWrite implements model.Pump. This pump has no half-close: see NoHalfClose in Spec.
func (p *Pump) CloseWrite() {}

// Close implements model.Pump. The timer bounds the close: the peer may never read what has to
// be sent first.
func (p *Pump) Close() {
	p.closing = true
	p.env.Loop.Timer(p.env.Limits.CloseTicks)
	p.Ready(0)
}

// send moves ciphertext from the engine to the socket. A turn tries it after every call
// of the engine, and not only after writes: a read may have answered the peer, and no
// return value says so. That was the bug of MB-53428.
func (p *Pump) send() bool {
	if !p.pending() {
		return false
	}
	if len(p.out) == 0 {
		n := p.env.Engine.Drain(p.buf[:p.env.Limits.Pipe])
		p.out = append(p.out[:0], p.buf[:n]...)
	}
	if p.mute {
		p.out = p.out[:0] // nobody will get it, but a read may need the room in the engine
		return true
	}
	n, st := p.env.Socket.Send(p.out)
	p.out = p.out[n:]
	p.mute = st == model.Reset // what had come before the reset is still read
	return n > 0 || p.mute
}

// recv moves ciphertext from the socket to the engine. Once the app knows of the end, input
// is read and thrown away: a socket that is closed with input unread sends a reset, which
// destroys what the peer has not read yet.
func (p *Pump) recv() bool {
	room := len(p.buf)
	if !p.told {
		room = min(room, p.env.Engine.InputRoom())
	}
	if p.ended || room == 0 {
		return false
	}
	n, st := p.env.Socket.Recv(p.buf[:room])
	if !p.told {
		p.env.Engine.Feed(p.buf[:n])
	}
	p.ended = st == model.EOF || st == model.Reset
	p.reset = p.reset || st == model.Reset
	p.mute = p.mute || p.reset
	return n > 0
}

// Story 162: a server closed in good order while its client began a renegotiation, and the client's app
// was told of a failure, as if it were the first handshake that had ended. Either party may close at any
// time (RFC 5246, section 7.2.1), and OpenSSL says SSL_ERROR_ZERO_RETURN then.
//
// read moves plaintext from the engine to the app. The end of the socket counts only when the
// engine has no more data, and says WantRead. If it says WantWrite it has: data may lie
// behind a message that it has to answer first.
//
// ClearErrors comes before every call that may fail. Without it an error that another
// connection of the thread has left in OpenSSL's queue is reported as this call's.
func (p *Pump) read() bool {
	if p.told {
		return p.carryOn()
	}
	p.env.Engine.ClearErrors()
	n, st := p.env.Engine.Read(p.buf[:p.env.Limits.Chunk])
	p.shaken = p.shaken || p.env.Engine.InitFinished()
	switch {
	case st == model.OK:
		p.env.App.Data(p.buf[:n])
		return true
	case st == model.Closed && p.shaken:
		p.tell(model.Clean)
	case st == model.Closed || st == model.Failed: // Closed: the peer gave the handshake up
		p.tell(model.Fault)
	case p.reset:
		p.tell(model.Broken)
	case p.ended && st == model.WantRead:
		p.tell(model.Truncated)
	}
	return false
}

// carryOn finishes an answer to a KeyUpdate that did not fit into the engine's output. The
// engine takes no plaintext until it is out, and after the peer's close no Read moves it.
func (p *Pump) carryOn() bool {
	if p.failed || p.env.Engine.InitFinished() {
		return false
	}
	p.env.Engine.ClearErrors()
	return p.env.Engine.Handshake() == model.OK
}

// write moves plaintext from the queue to the engine. A write that was blocked is repeated
// with the same bytes in front. A write of nothing sends the answer to a KeyUpdate that the
// engine keeps for the next write. When there is room again the app is told.
func (p *Pump) write() bool {
	moved := false
	for p.mayWrite() && (len(p.queue) > 0 || p.env.Engine.Deferred()) {
		p.env.Engine.ClearErrors()
		n, st := p.env.Engine.Write(p.queue[:min(len(p.queue), p.env.Limits.Chunk)])
		if st != model.OK {
			break
		}
		p.queue = append(p.queue[:0], p.queue[n:]...)
		moved = true
	}
	if p.refused && len(p.queue) < p.env.Limits.Queue {
		p.refused = false
		p.env.App.Writable()
		return true
	}
	return moved
}

// mayWrite says whether the engine takes plaintext: not during a handshake.
func (p *Pump) mayWrite() bool { return !p.failed && !p.mute && p.env.Engine.InitFinished() }

// shutdown hands close_notify to the engine, once all that the app has written is there. After
// a failure it tries just once: the engine may never have room again.
func (p *Pump) shutdown() bool {
	open := !p.failed && !p.mute
	if !p.closing || p.shut || open && (len(p.queue) > 0 || !p.env.Engine.InitFinished()) {
		return false
	}
	p.env.Engine.ClearErrors()
	p.shut = p.env.Engine.Shutdown() != model.WantWrite || p.failed || p.mute
	return p.shut
}

// tell tells the app of the end, and why.
func (p *Pump) tell(why model.Cause) {
	p.told, p.failed = true, why != model.Clean
	p.env.App.Closed(why)
}
