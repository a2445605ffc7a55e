package pumps

import "github.com/wantwrite/wantwrite/model"

// A filter is a TLS layer between two buffers, as libevent's bufferevent_openssl is over another
// bufferevent. The buffer below has the socket and keeps ciphertext. The buffer above is the
// app's, and has an input of its own:
//
//	socket ─▶ in ──Feed─▶ engine ─Read─▶ input ─▶ app.Data
//	socket ◀─ out ◀Drain─ engine ◀Write─ queue ◀─ Write
//
// Reading and writing are two loops. Each of them first carries on what the other one waits for:
// a read that is blocked on a write, or a write that is blocked on a read.
//
// The app's callbacks are deferred. They run at the start of the next turn, when no call is under
// way (libevent 4e62cd16, da529335).
type filter struct {
	piped
	input    span // decrypted, for the app
	deferred bool // callbacks are to run
	// writeBlockedOnRead: the queue waits for a handshake, which only reads carry on. Its
	// opposite is stuckR of the chassis.
	writeBlockedOnRead bool
}

// filterSpec is the spec of the filter.
func filterSpec() model.Spec {
	return model.Spec{Name: "filter", New: built(newFilter),
		About: "a filter between two buffers, with deferred callbacks, as in libevent",
		Restrictions: model.Restrictions{NoEdge: true, NoOneShot: true, NoAttached: true,
			NoHalfClose: true},
		Configure: func(cfg *model.EngineConfig) {
			cfg.PartialWrite, cfg.MovingBuffer = true, true
		}}
}

func newFilter() *filter { return &filter{} }

// renew implements shape.
func (p *filter) renew(env model.Env) {
	p.input.restart(max(env.Limits.Queue, env.Limits.Chunk))
	p.deferred, p.writeBlockedOnRead = false, false
	p.piped.restart(env, p)
}

// Ready implements Pump.
func (p *filter) Ready(ev model.Events) {
	if ev&model.Woken != 0 {
		p.callbacks()
	}
	p.piped.Ready(ev)
}

// PauseRead implements Pump. What lies in the app's input has no other wakeup (bug D4).
func (p *filter) PauseRead(paused bool) {
	if p.decide(atRecheckOnResume, !paused) && p.input.len() > 0 {
		p.postpone()
	}
	p.body.PauseRead(paused)
}

// postpone lets the callbacks run in the next turn.
func (p *filter) postpone() {
	if p.deferred {
		return
	}
	if p.deferred = true; p.decide(atPostpone, true) {
		p.env.Loop.Wake()
	}
}

// callbacks runs the callbacks. What the app asks for in them is noted, and done by the turn.
func (p *filter) callbacks() {
	if p.gone || !p.deferred {
		return
	}
	p.deferred, p.busy = false, true
	p.deliver()
	if p.roomy() {
		p.ask()
	}
	p.busy = false
}

// roomy says whether the app can be asked for more.
func (p *filter) roomy() bool {
	return p.refused && p.retry == 0 && p.queue.len() < p.queue.limit && p.mayTake()
}

// deliver is the app's read callback.
func (p *filter) deliver() {
	if p.input.len() == 0 || !p.decide(atDeliver, !p.resting()) {
		return
	}
	if !p.closing && !p.told {
		p.env.App.Data(p.input.bytes())
	}
	p.input.clear()
	p.due = true // there is room again
}

// round implements shape.
func (p *filter) round() bool {
	moved := p.receive()
	moved = p.feed() || moved
	if !p.giveEarly() {
		p.considerReading()
	}
	p.considerWriting()
	moved = p.leave(p.owes) || moved
	moved = p.drain() || moved
	moved = p.send() || moved
	return moved || p.mayFeed()
}

// considerReading reads until the engine wants something or the app's input is full. A write that
// was blocked on a read may be tried again afterwards.
func (p *filter) considerReading() {
	switch {
	case p.resting():
		p.shake()
	case p.due:
		p.due = false
		p.carryOn()
		left := p.enough()
		for !p.over && !p.dead && p.doRead() {
			if left -= p.env.Limits.Chunk; left <= 0 {
				p.due = true
				break
			}
		}
	}
	if p.writeBlockedOnRead && p.up() {
		p.writeBlockedOnRead = false
	}
}

// doRead reads once. It says whether another read may follow.
func (p *filter) doRead() bool {
	room := p.input.limit - p.input.len()
	if room == 0 {
		return false // the callback makes some
	}
	n, st := p.read(p.scratch[:min(room, p.env.Limits.Chunk)])
	if st == model.OK {
		p.input.put(p.scratch[:n], false)
		p.postpone()
		return true
	}
	if st == model.Closed || st == model.Failed || p.eof || p.broken {
		p.deliver() // the end comes behind the data
	}
	p.readEnded(st)
	return false
}

// considerWriting writes until the engine wants something or the queue is empty. In a handshake a
// write has to wait: it would meet data that only a read can give (bug K2).
func (p *filter) considerWriting() {
	if !p.up() {
		p.writeBlockedOnRead = p.writeBlockedOnRead || p.queue.len() > 0
		return
	}
	if !p.writeBlockedOnRead {
		p.spend()
	}
	if p.roomy() {
		p.postpone()
	}
}
