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
		w.poll(e, a.Arg != 0)
	case script.Spurious, script.Write, script.Pause, script.Resume, script.KeyUpdate,
		script.Shut, script.Close, script.Squeeze, script.Ease, script.Split, script.Thread:
		e.inside.act(a)
	case script.Renegotiate:
		w.expectRefusal(e)
		e.inside.act(a)
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
		w.attack(e, a)
	}
}

// attack lets the engine of an end attack. Its link is as good as broken by a
// fault: from then on completion is not owed, and by this end nothing is.
func (w *World) attack(e *endpoint, a script.Action) {
	w.taint(e)
	e.acct.Hostile = true
	e.moves++
	if attack.Attack(a.Arg).Forges() {
		e.peer().deceived = true
	}
	e.inside.act(a)
}

// expectRefusal taints the link of an end that begins a renegotiation which its
// peer refuses, if that is fatal to the asker's library, as it is to OpenSSL. The
// asker brings the end of the link on itself: no pump has failed.
func (w *World) expectRefusal(e *endpoint) {
	refuses := e.peer().traits.Renegotiation == model.RenegRefuse
	if w.cfg.Version == model.TLS12 && refuses && !e.traits.RefusalIsWarning {
		w.taint(e)
	}
}

// tick advances the clock. A timer that runs out during the workload may give up on
// bytes that are only slow. What it breaks is the clock's fault and not the pump's, so
// the link is tainted. The same goes for a world that quiesces with lasting pauses.
//
// Story 55: while a world quiesced it was always the pump's fault. Two ends waited for
// each other, each in the middle of a flight that did not fit the link, and no pump
// could help it. One of them closed and gave up in the end, and the data that its reset
// destroyed were put down to the other one's pump.
func (w *World) tick(n uint64) {
	w.now += n
	defer w.programTicks()
	for i := range w.ends[:w.n] {
		e := &w.ends[i]
		if e.timer != 0 && e.timer <= w.now && (!w.quiescing || w.cfg.LastingPause || w.jammed(e)) {
			w.taint(e)
			if e.stranger != nil { // a timer of the program, which may be about any link
				w.tainted = [script.MaxLinks]bool{true, true}
			}
		}
	}
}

// programTicks tells a program that time has passed. Nothing of it goes on before a wait of it
// returns.
func (w *World) programTicks() {
	if p := w.parts.Program; p != nil {
		p.Tick()
		w.programRan()
	}
}

// jammed says whether the engines at both ends of e's link block each other.
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

// deliver makes bytes in flight visible to an end. With the first of them, or without any, a
// connection arrives at a program.
//
// Story 116: nginx answered and closed, as it was asked to, and a KeyUpdate came to the closed
// socket. The reset that TCP answers with overtook the answer, and nginx was blamed for the loss.
// A network keeps the order: what a program has sent before it closed arrives first, its FIN too.
func (w *World) deliver(e *endpoint, n int) {
	if s := e.stranger; s != nil && !s.arrived {
		s.arrived = true
		e.open = s.choices()
	}
	if refused := e.in.deliver(n); refused && !e.out.reset && e.stranger == nil {
		e.out.sever()
	}
}

// poll gives the end's pump a turn.
func (w *World) poll(e *endpoint, alone bool) {
	ev := e.ready()
	e.consume(ev)
	e.turn(ev, alone)
	if e.acct.Suspect() {
		w.judge(e, oracle.AtTurn)
	}
}

// hurry lets the peer of an end go on while the end receives: the peer is another
// process. Without it time would stand still in a turn, and a pump that reads until
// there is no more could never be seen to starve the others of its thread (libevent
// 2aa036fa, bugs.txt D26).
func (w *World) hurry(e *endpoint) {
	p := e.peer()
	w.arrive(p)
	if p.ready() != 0 && !w.over {
		turn := w.turn
		w.turn = p.id // who is to blame for a panic
		w.poll(p, false)
		p.open = p.inside.choices()
		w.turn = turn
	}
	w.arrive(e)
}

// arrive makes all that is in flight toward an end visible to it.
func (w *World) arrive(e *endpoint) {
	if e.in.deliverable(w.now) {
		w.deliver(e, e.in.portion(script.All))
	}
}
