package sim

import "github.com/wantwrite/wantwrite/model"

// A host is one side's process: a loop, a thread and its error queue, shared
// by its ends.
type host struct {
	errors  model.ErrorQueue
	holder  *endpoint // spins, and keeps the thread from the others
	trigger model.Trigger
}

// A registration is an end's model.Loop.
type registration struct{ e *endpoint }

// Interest implements model.Loop. Adding an event reports it again, as
// EPOLL_CTL_MOD does, if it is there, and otherwise as soon as it is.
//
// Story 3: only would-block made it new. A pump that stopped in the middle of its
// reading, let go of read interest and took it up again on an empty socket was
// not told of what came then, and was blamed for it.
func (r registration) Interest(mask model.Events) {
	e := r.e
	mask &= model.Readable | model.Writable
	added := mask &^ e.mask
	e.edges |= e.readiness() & added
	e.quiet |= added &^ e.readiness()
	e.mask = mask
	e.observe(opInterest, int(mask), 0)
}

// Wake implements model.Loop.
func (r registration) Wake() {
	r.e.woken = true
	r.e.observe(opWake, 0, 0)
}

// Timer implements model.Loop.
func (r registration) Timer(ticks int) {
	e := r.e
	e.timer = 0
	if ticks > 0 {
		e.timer = e.w.now + uint64(ticks)
	}
	e.observe(opTimer, ticks, 0)
}

// Spin implements model.Loop.
func (r registration) Spin() {
	e := r.e
	e.woken = true
	e.host.holder = e
	e.observe(opSpin, 0, 0)
}

// ready is what the loop would tell the end's pump now; 0 means that it is
// not called.
func (e *endpoint) ready() model.Events {
	if e.acct.Gone || e.host.holder != nil && e.host.holder != e {
		return 0
	}
	ev := e.mask
	switch {
	case ev == 0:
	case e.host.trigger == model.Edge:
		ev &= e.edges
	default:
		ev &= e.readiness()
	}
	if e.woken || e.timer != 0 {
		ev |= e.wakeups()
	}
	return ev
}

// wakeups are the events that do not come from the socket.
func (e *endpoint) wakeups() (ev model.Events) {
	if e.woken {
		ev = model.Woken
	}
	if e.timer != 0 && e.timer <= e.w.now {
		ev |= model.Expired
	}
	return ev
}

// consume takes from the registration what is about to be reported.
func (e *endpoint) consume(ev model.Events) {
	io := ev & (model.Readable | model.Writable)
	e.edges &^= io
	if e.host.trigger == model.OneShot && io != 0 {
		e.mask = 0
	}
	e.woken = false
	if ev&model.Expired != 0 {
		e.timer = 0
	}
	if e.host.holder == e {
		e.host.holder = nil
	}
}
