// Package example is somebody's own pump: a small one for a poll(2) loop and a
// BIO pair, whose app never closes first. It stands for the code that a user
// of wantwrite has; its test file is all that the user writes for wantwrite.
package example

import "github.com/wantwrite/wantwrite/model"

// Spec names the pump, says what it is not made for, and sets the write modes
// that it relies on: its queue moves between the tries of a write.
func Spec() model.Spec {
	return model.Spec{Name: "example", New: New, About: "a small pump for poll and a BIO pair",
		Restrictions: model.Restrictions{NoEdge: true, NoOneShot: true, NoAttached: true,
			NoHalfClose: true, NoLocalClose: true, NoPause: true},
		Configure: func(c *model.EngineConfig) { c.PartialWrite, c.MovingBuffer = true, true }}
}

// A Pump is one connection.
type Pump struct {
	env     model.Env
	buf     []byte
	out     []byte // ciphertext that the socket did not take
	queue   []byte // plaintext that the engine did not take
	refused bool   // the app waits for Writable
	told    bool   // the app knows of the end
	dead    bool   // and it was not a clean one: nothing more is written
	ended   bool   // the socket gives no more
	broken  bool   // because of a reset
	mute    bool   // and takes no more
	closing bool   // the app has closed
	shut    bool   // close_notify is with the engine
	gone    bool
	busy    bool // in a turn: calls of the app only leave a note
}

// New makes a Pump.
func New(env model.Env) model.Pump {
	p := &Pump{env: env, buf: make([]byte, max(env.Limits.Pipe, env.Limits.Chunk))}
	env.Loop.Interest(model.Readable | model.Writable)
	return p
}

// Snapshot implements model.Snapshotter: it lists what the pump knows between
// two turns, so that an exhaustive check can save it and put it back.
func (p *Pump) Snapshot(s *model.Snapshot) {
	s.Bytes(&p.out)
	s.Bytes(&p.queue)
	s.Flags(&p.refused, &p.told, &p.dead, &p.ended, &p.broken, &p.mute, &p.closing, &p.shut,
		&p.gone)
}

// maxRounds bounds a turn: a peer may send as fast as it is read, and others of
// the thread wait.
const maxRounds = 64

// Ready implements model.Pump: it goes round until nothing moves, or others have
// their turn.
func (p *Pump) Ready(ev model.Events) {
	if p.busy || p.gone {
		return
	}
	if ev&model.Expired != 0 { // the peer does not even read
		p.gone = true
		p.env.Socket.Close()
		return
	}
	p.busy = true
	rounds := 0
	for p.send() || p.recv() || p.read() || p.write() || p.shutdown() {
		if rounds++; rounds == maxRounds {
			p.env.Loop.Wake()
			break
		}
	}
	p.busy = false
	if p.finish(); !p.gone {
		p.arm()
	}
}

// arm asks for input while it can be taken, and for room exactly while output
// is pending.
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

// pending says whether ciphertext waits for the socket.
func (p *Pump) pending() bool {
	return !p.broken && (len(p.out) > 0 && !p.mute || p.env.Engine.OutputPending() > 0)
}

// Write implements model.Pump.
func (p *Pump) Write(b []byte) int {
	n := min(len(b), p.env.Limits.Queue-len(p.queue))
	p.queue = append(p.queue, b[:n]...)
	p.refused = false // Writable must not come from inside Write
	p.Ready(0)
	p.refused = n < len(b)
	if p.refused && len(p.queue) < p.env.Limits.Queue {
		p.env.Loop.Wake()
	}
	return n
}

// PauseRead implements model.Pump. This one can't.
func (p *Pump) PauseRead(bool) {}

// CloseWrite implements model.Pump. This one can't.
func (p *Pump) CloseWrite() {}

// Close implements model.Pump.
func (p *Pump) Close() {
	p.closing = true
	p.env.Loop.Timer(p.env.Limits.CloseTicks)
	p.Ready(0)
}

// send moves ciphertext to the socket. The engine is asked after every call of
// it, not only after writes: a read may have answered something (MB-53428).
func (p *Pump) send() bool {
	if !p.pending() {
		return false
	}
	if len(p.out) == 0 {
		n := p.env.Engine.Drain(p.buf[:p.env.Limits.Pipe])
		p.out = append(p.out[:0], p.buf[:n]...)
	}
	if p.mute {
		p.out = p.out[:0] // nobody gets it, but a read may wait for the room
		return true
	}
	n, st := p.env.Socket.Send(p.out)
	p.out = p.out[n:]
	p.mute = st == model.Reset // what has come is still read
	return n > 0 || p.mute
}

// recv moves ciphertext to the engine; after the end it is thrown away.
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
	p.broken = p.broken || st == model.Reset
	p.mute = p.mute || p.broken
	return n > 0
}

// read moves plaintext to the app. A read that wants to write has not seen the
// end, even if the socket has: it goes on when its answer is out.
func (p *Pump) read() bool {
	if p.told {
		return p.carryOn()
	}
	p.env.Engine.ClearErrors()
	n, st := p.env.Engine.Read(p.buf[:p.env.Limits.Chunk])
	switch {
	case st == model.OK:
		p.env.App.Data(p.buf[:n])
		return true
	case st == model.Closed && p.env.Engine.InitFinished():
		p.tell(model.Clean)
	case st == model.Closed || st == model.Failed: // closed in a handshake: given up
		p.tell(model.Fault)
	case p.broken:
		p.tell(model.Broken)
	case p.ended && st == model.WantRead:
		p.tell(model.Truncated)
	}
	return false
}

// carryOn moves the rest of an answer to a KeyUpdate that did not fit. Until it
// is out the engine takes no plaintext, and there is no Read any more to do it.
func (p *Pump) carryOn() bool {
	if p.dead || p.env.Engine.InitFinished() {
		return false
	}
	p.env.Engine.ClearErrors()
	return p.env.Engine.Handshake() == model.OK
}

// write moves plaintext to the engine. A retry begins with the same bytes, and
// a write of nothing sends the answer to a KeyUpdate that was put off.
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

// mayWrite says whether the engine would take plaintext.
func (p *Pump) mayWrite() bool { return !p.dead && !p.mute && p.env.Engine.InitFinished() }

// shutdown hands close_notify to the engine, behind all that the app has
// written and an answer that did not fit. After an end that was not clean it tries once: a record that waits
// for room would be in the way for ever.
func (p *Pump) shutdown() bool {
	open := !p.dead && !p.mute
	if !p.closing || p.shut || open && (len(p.queue) > 0 || !p.env.Engine.InitFinished()) {
		return false
	}
	p.env.Engine.ClearErrors()
	p.shut = p.env.Engine.Shutdown() != model.WantWrite || p.dead || p.mute
	return p.shut
}

// tell tells the app of the end.
func (p *Pump) tell(why model.Cause) {
	p.told, p.dead = true, why != model.Clean
	p.env.App.Closed(why)
}

// finish closes the socket once all is sent, or nothing more ever can be: an
// app that still has bytes to write would wait for ever.
func (p *Pump) finish() {
	if p.shut && !p.pending() || p.told && p.mute {
		p.gone = true
		p.env.Socket.Close()
	}
}
