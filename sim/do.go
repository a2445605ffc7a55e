package sim

import (
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/attack"
	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/sim/script"
)

// do carries an action out. It must be enabled.
func (w *World) do(a script.Action) {
	e := &w.ends[a.On]
	switch a.Verb {
	case script.Deliver:
		w.deliver(e, e.in.portion(a.Arg))
	case script.Poll:
		w.poll(e)
	case script.Spurious:
		ev := model.Events(a.Arg) & (model.Readable | model.Writable)
		w.initiate(e, func() { e.pump.Ready(ev) })
	case script.Write:
		w.initiate(e, func() { e.app.begin(int(a.Arg), a.Arg2) })
	case script.Pause, script.Resume:
		w.initiate(e, func() { e.pause(a.Verb == script.Pause) })
	case script.Renegotiate:
		w.renegotiate(e)
	case script.KeyUpdate:
		w.initiate(e, func() { e.starter.KeyUpdate(a.Arg == 1) })
	case script.Shut, script.Close:
		w.initiate(e, func() { e.app.leave(a.Verb == script.Close) })
	case script.Window:
		e.in.shutUntil = w.now + uint64(a.Arg)
	case script.Reset:
		w.taint(e)
		e.in.sever()
		e.out.sever()
	case script.Fin:
		w.taint(e)
		e.in.tail, e.in.fin = e.in.seen, true
	case script.Mutate:
		w.taint(e)
		w.mutate(e.in, script.Mutation(a.Arg), a.Arg2)
	case script.Tick:
		w.tick(uint64(a.Arg))
	case script.Attack:
		w.attack(e, attack.Attack(a.Arg), int(a.Arg2))
	}
}

// attack lets an end's engine attack. Its link is as good as broken by a fault:
// completion is not owed from then on, and by this end nothing.
//
// Story 42: the end's pump had no reason to look at its engine, whose output lay
// there until something else came by. An end of a pause makes it look.
func (w *World) attack(e *endpoint, a attack.Attack, n int) {
	w.taint(e)
	e.acct.Hostile = true
	e.moves++
	if p := e.peer(); a.Forges() {
		p.app.deceived = true
	}
	w.initiate(e, func() {
		e.engine.(attack.Attacker).Attack(a, n)
		e.pause(false)
	})
}

// renegotiate is the app's decision to begin a handshake, or in TLS 1.3 to ask
// for the client's certificate.
func (w *World) renegotiate(e *endpoint) {
	if w.cfg.Version == model.TLS13 {
		w.initiate(e, func() { e.starter.Authenticate() })
		return
	}
	w.expectRefusal(e)
	w.initiate(e, func() { e.starter.Renegotiate() })
}

// expectRefusal: a renegotiation that the peer refuses ends the link if the
// asker's library takes a refusal for fatal, as OpenSSL does. That is the
// asker's own doing and no failure of a pump.
func (w *World) expectRefusal(e *endpoint) {
	refuses := e.peer().cfg.Traits.Renegotiation == model.RenegRefuse
	if refuses && !e.cfg.Traits.RefusalIsWarning {
		w.taint(e)
	}
}

// tick advances the clock. A timer that runs out in a storm gives up on bytes
// that may only be slow: what it breaks is the clock's doing, not the pump's.
// So it is in a heal that ends no pause.
//
// Story 55: in a heal it was always the pump's. Two ends, each in the middle of a
// flight that did not fit the link, waited for each other, as no pump could help; one
// of them closed, gave up in the end, and what its reset took from the other was put
// down to that one's pump.
func (w *World) tick(n uint64) {
	w.now += n
	for i := range w.ends[:w.n] {
		e := &w.ends[i]
		if e.timer != 0 && e.timer <= w.now && (!w.quiescing || w.cfg.LastingPause || w.jammed(e)) {
			w.taint(e)
		}
	}
}

// jammed says whether the engines at both ends of e's link are in each other's way.
func (w *World) jammed(e *endpoint) bool {
	if e.acct.Gone || e.peer().acct.Gone {
		return false
	}
	e.seeQuiescence()
	e.peer().seeQuiescence()
	return w.ledger.Jammed(int(e.id))
}

// taint notes that a fault has destroyed something on the end's link.
func (w *World) taint(e *endpoint) { w.tainted[e.id/2] = true }

// deliver makes bytes in flight visible to an end.
func (w *World) deliver(e *endpoint, n int) {
	if refused := e.in.deliver(n); refused && !e.out.reset {
		e.out.sever()
	}
}

// poll gives the end's pump a turn.
func (w *World) poll(e *endpoint) {
	ev := e.ready()
	e.consume(ev)
	e.turn(ev)
	if e.acct.Suspect() {
		w.judge(e, oracle.AtTurn)
	}
}

// initiate lets the app call its pump, or anything else that the loop has not
// announced, as a turn of its own.
func (w *World) initiate(e *endpoint, call func()) {
	e.calls = 0
	call()
	e.app.afterTurn()
}

// begin is the app's decision to write a message.
func (a *app) begin(body int, answer uint32) {
	op := byte(opGet)
	switch {
	case a.e.id&1 == 1:
		op, answer = opMutation, 0
	case a.e.w.cfg.Stream && !a.opened:
		op, answer = opOpenStream, 0
		a.opened = true
	}
	a.write(op, body, answer)
	a.offer()
}

// leave is the app's decision to close, or to half-close.
func (a *app) leave(whole bool) {
	if whole {
		a.finish = true
	} else {
		a.half = true
	}
	a.close()
}

// pause is the app's decision to stop reading, or to go on.
func (e *endpoint) pause(on bool) {
	e.acct.Paused = on
	e.pump.PauseRead(on)
}
