package pumps

import (
	"github.com/wantwrite/wantwrite/model"
)

// A body is a chassis that moves in turns, and its app's side. A turn goes round
// until nothing more can move; what the app asks for meanwhile, from inside a
// callback, only leaves a note. What a round does, and which wakeups it needs, is
// the shape's own.
type body struct {
	chassis
	shape shape
	busy  bool // in a turn: calls of the app only leave a note
	most  int  // rounds of a turn
}

// A shape is a pump that is built on a chassis.
type shape interface {
	model.Pump
	// base is the chassis.
	base() *chassis
	// renew makes the pump new, for a link. Its memory and mistakes stay.
	renew(model.Env)
	// round moves what can be moved, once, and says whether another round could
	// move more.
	round() bool
	// wakeups are the events that are needed, and no others: one more is a busy
	// loop, one less is a stall.
	wakeups() model.Events
}

// built gives the New of a shape's Spec, with mistakes or without. It uses the
// last pump again.
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

// lastOf gives the pump of the link before, if it is exactly a P. A wrapper around
// a P is none: its New has to make the wrapper anew, or reuse it knowingly.
func lastOf[P model.Pump](env model.Env) (p P, ok bool) {
	if env.Last == nil {
		return p, false
	}
	p, ok = env.Last().(P)
	return p, ok
}

// makes says whether these are the mistakes of a pump.
func makes[P shape](p P, mistakes []mistakeIn[P]) bool {
	f, wrong := p.base().flaws.(*flawed[P])
	if !wrong || len(mistakes) == 0 {
		return !wrong && len(mistakes) == 0
	}
	return &f.mistakes[0] == &mistakes[0]
}

// restart makes the body new, around its shape, and arms the first interest.
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
		// The turn may have made room where there was none. To refuse now, with
		// nothing under way, would be a promise that nobody keeps.
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

// turn goes round until nothing more can move, then arms.
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

// yield gives the other links a turn; what is left must not wait for the
// socket, which may have nothing to report (bugzoo D2).
func (p *body) yield() {
	if p.decide(atWakeAfterYield, true) {
		p.env.Loop.Wake()
	}
}

// interests is the mask of these.
func interests(input, room bool) (mask model.Events) {
	if input {
		mask = model.Readable
	}
	if room {
		mask |= model.Writable
	}
	return mask
}

// arm asks for the wakeups that are needed, if the loop has others.
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
