package pumps

import "github.com/wantwrite/wantwrite/model"

// A body is a chassis that moves in turns, and the calls of its app. A turn goes round until
// nothing moves. What the app asks for meanwhile, from inside a callback, is noted and done by
// the turn that is running. What a round does, and which wakeups it needs, is up to the shape.
type body struct {
	chassis
	shape shape
	busy  bool // in a turn: calls of the app only leave a note
	most  int  // rounds of a turn
}

// A shape is a pump that is built on a body.
type shape interface {
	model.Pump
	// base is the chassis.
	base() *chassis
	// renew makes the pump new for a link. Its memory and its mistakes stay.
	renew(model.Env)
	// round moves what can be moved, once. It says whether another round could move more.
	round() bool
	// wakeups are the events that are needed now, and no others. One more is a busy loop, one
	// less is a stall.
	wakeups() model.Events
}

// built gives the New of a shape's Spec, with mistakes or without. It uses the pump of the link
// before again.
func built[P shape](empty func() P, mistakes ...mistakeIn[P]) func(model.Env) model.Pump {
	return func(env model.Env) model.Pump {
		p, ok := lastOf[P](env)
		if !ok || !makes(p, mistakes) {
			p = empty()
			if len(mistakes) > 0 {
				p.base().flaws = &flawed[P]{p, mistakes}
			}
		}
		p.renew(env)
		return p
	}
}

// lastOf gives the pump of the link before, if it is exactly a P. A wrapper around a P is not:
// the wrapper's New must make that anew, or reuse it knowingly.
func lastOf[P model.Pump](env model.Env) (p P, ok bool) {
	if env.Last == nil {
		return p, false
	}
	p, ok = env.Last().(P)
	return p, ok
}

// makes says whether a pump has these mistakes.
func makes[P shape](p P, mistakes []mistakeIn[P]) bool {
	f, wrong := p.base().flaws.(*flawed[P])
	if !wrong || len(mistakes) == 0 {
		return !wrong && len(mistakes) == 0
	}
	return &f.mistakes[0] == &mistakes[0]
}

// restart makes the body new around its shape, and arms the first interest.
func (p *body) restart(env model.Env, shape shape) {
	p.shape, p.busy = shape, false
	p.chassis.restart(env)
	p.most = p.amount(atRoundsOfTurn, model.MaxRounds)
	p.did(atRestart)
	p.mask = model.Readable | model.Writable
	env.Loop.Interest(p.mask)
}

// Ready implements Pump.
func (p *body) Ready(ev model.Events) {
	if ev&model.Expired != 0 {
		p.expire()
	}
	p.turn()
}

// Write implements Pump.
func (p *body) Write(b []byte) int {
	p.refused = false // Writable must not come from inside Write
	n := 0
	for p.mayTake() {
		took := p.queue.put(b[n:], p.retry > 0 || p.early.retry > 0)
		n += took
		p.turn()
		// The turn may have made room where there was none. To refuse bytes then, with nothing
		// under way, would be to promise a Writable that nobody calls.
		full := p.queue.len() == p.queue.limit || p.retry > 0 || p.early.retry > 0
		if n == len(b) || took == 0 && full {
			break
		}
	}
	p.refused = p.decide(atNoteRefusal, n < len(b))
	return n
}

// PauseRead implements Pump.
func (p *body) PauseRead(paused bool) {
	p.paused = p.decide(atRest, paused)
	p.due = p.decide(atRecheckOnResume, true)
	p.turn()
}

// CloseWrite implements Pump.
func (p *body) CloseWrite() {
	p.half = true
	p.turn()
}

// Close implements Pump.
func (p *body) Close() {
	p.closing = true
	p.due = true
	p.did(atCallClose)
	p.turn()
}

// turn goes round until nothing moves, and then arms.
func (p *body) turn() {
	if p.busy || p.gone {
		return
	}
	p.busy = true
	if p.env.Transport == model.Attached {
		p.retryStuck()
	}
	rounds := 0
	for p.shape.round() && !p.gone {
		if rounds++; rounds == p.most {
			p.yield()
			break
		}
	}
	p.busy = false
	p.arm()
}

// yield leaves the thread to the other links. What is left to do must not wait for the socket,
// which may have nothing to report (bug D2).
func (p *body) yield() {
	if p.decide(atWakeAfterYield, true) {
		p.env.Loop.Wake()
	}
}

// interests is the mask of these events.
func interests(input, room bool) (mask model.Events) {
	if input {
		mask = model.Readable
	}
	if room {
		mask |= model.Writable
	}
	return mask
}

// arm asks for the wakeups that are needed, if the loop does not have them already.
func (p *body) arm() {
	if p.gone {
		return
	}
	mask := p.shape.wakeups()
	if p.flaws != nil {
		mask = p.misarm(mask)
	}
	if mask != p.mask || p.env.Trigger == model.OneShot {
		p.mask = mask
		p.env.Loop.Interest(mask)
	}
}
