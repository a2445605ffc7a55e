package sim

import (
	"github.com/wantwrite/wantwrite/sim/script"
)

// hurry lets the peer of an end go on while the end receives: it is another
// process. Otherwise time would stand still in a turn, and a pump that reads until
// there is no more would never be seen to starve the others of its thread (libevent
// 2aa036fa, bugzoo D26).
func (w *World) hurry(e *endpoint) {
	p := e.peer()
	w.arrive(p)
	if p.ready() != 0 && !w.over {
		turn := w.turn
		w.turn = p.id // who is to blame for a panic
		w.poll(p)
		p.open = w.appChoices(p)
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
