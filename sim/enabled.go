package sim

import (
	"math/bits"

	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/sim/script"
)

// Enabled is the set of what can happen next: bit 16*end+slot of the verb.
type Enabled uint64

// Has says whether the verb is enabled at the end. The verb must be one of an end of its
// kind: see script.Action.Fits.
func (s Enabled) Has(v script.Verb, e script.End) bool { return s>>(16*uint(e)+slot(v))&1 != 0 }

// slot is a verb's bit among the 16 of an end. What only a program's end can do has the bits
// of what only our apps can do.
func slot(v script.Verb) uint {
	if v.Foreign() {
		v -= script.Squeeze - script.Write
	}
	return uint(v)
}

// A sides says of each role whether a program stands at its ends.
type sides [2]bool

// event is the verb and end with bit number i.
func (s *sides) event(i int) (script.Verb, script.End) {
	v, e := enabledAt(i)
	const shared = script.NumVerbs - script.Squeeze
	if s[e&1] && v >= script.Write && v < script.Write+shared {
		v += script.Squeeze - script.Write
	}
	return v, e
}

// fits says whether an action can be done at an end of its kind.
func (s *sides) fits(a script.Action) bool { return a.Fits(s[a.On&1]) }

// Len is how many there are.
func (s Enabled) Len() int { return bits.OnesCount64(uint64(s)) }

// enabledAt is the verb and end with bit number i, as at an end with a pump.
func enabledAt(i int) (script.Verb, script.End) { return script.Verb(i & 15), script.End(i >> 4) }

// Enabled is what can happen next.
func (w *World) Enabled() Enabled { return w.enabled }

// refresh brings the enabled set up to date after an action.
func (w *World) refresh(a script.Action) {
	e := &w.ends[a.On]
	if turns>>a.Verb&1 != 0 {
		e.open = e.inside.choices()
	}
	if a.Verb == script.Tick || w.wide {
		w.refreshAll() // the clock, or the holder of a thread, may have changed for all
		return
	}
	p := e.peer()
	other := uint16(w.enabled >> (16 * p.id))
	switch {
	case turns>>a.Verb&1 != 0: // the peer can only see what was sent
		other = other&^fromNetwork | p.networkChoices(w.now)
	case a.Verb == script.Deliver && !e.out.reset: // the peer has only got room to send
		other = other&^(1<<script.Poll) | p.pollable()
	default:
		other = w.choices(p)
	}
	w.enabled = Enabled(w.choices(e))<<(16*e.id) | Enabled(other)<<(16*p.id)
}

// turns are the verbs that call a pump, a program or an app, or change what can be done.
const turns = 1<<script.Poll | 1<<script.Write | 1<<script.Pause | 1<<script.Resume |
	1<<script.Renegotiate | 1<<script.KeyUpdate | 1<<script.Shut | 1<<script.Close |
	1<<script.Spurious | 1<<script.Attack | ofKernels

// ofKernels are the verbs of a program's end alone.
const ofKernels = 1<<script.Squeeze | 1<<script.Ease | 1<<script.Split | 1<<script.Thread

// fromNetwork are the verbs that networkChoices decides.
const fromNetwork = 1<<script.Deliver | 1<<script.Reset | 1<<script.Fin |
	1<<script.Window | 1<<script.Mutate

func (w *World) refreshAll() {
	w.enabled = 0
	for i := range w.ends[:w.n] {
		w.enabled |= Enabled(w.choices(&w.ends[i])) << (16 * i)
	}
}

// choices are the verbs that are enabled at an end.
func (w *World) choices(e *endpoint) uint16 {
	m := e.networkChoices(w.now) | e.pollable()
	if e.acct.Gone && e.stranger == nil {
		return m
	}
	if e.timer != 0 || e.in.shutUntil > w.now {
		m |= 1 << script.Tick
	}
	m |= e.open
	if w.cfg.StrictReneg && e.stranger == nil && !e.heardAll() {
		m &^= 1 << script.Renegotiate
	}
	return m
}

// heardAll says whether an end may begin a renegotiation that no data may cross. That is
// a client whose server has received all requests and sent all answers. What has arrived
// at the client need not have been delivered.
func (e *endpoint) heardAll() bool {
	p := e.peer()
	a, b := e.acct, p.acct
	asked := a.Backlog == 0 && a.Accepted == b.Delivered
	said := b.Backlog == 0 && b.Accepted == b.Written && b.PipeOut() == 0 &&
		p.inside.output() == 0 && e.in.inFlight() == 0
	return e.id&1 == 0 && !a.Paused && asked && said
}

// pollable is Poll if the loop has something to tell the end's pump.
func (e *endpoint) pollable() uint16 {
	if e.host.trigger == model.Edge && e.wouldBlock != 0 {
		e.noteEdges()
	}
	if e.ready() != 0 {
		return 1 << script.Poll
	}
	return 0
}

// networkChoices are what can happen to the bytes toward the end.
func (e *endpoint) networkChoices(now uint64) uint16 {
	in := e.in
	if e.stranger != nil && !e.stranger.arrived {
		return 1 << script.Deliver // a connection, with what is in flight
	}
	if in.fin || in.reset || in.deaf || in.shutUntil > now {
		return in.oddChoices(now)
	}
	m := uint16(1<<script.Reset | 1<<script.Fin | 1<<script.Window)
	if in.tail == in.seen {
		return m
	}
	if in.window > in.unread() {
		m |= 1 << script.Deliver
	}
	if in.mutable() {
		m |= 1 << script.Mutate
	}
	return m
}

// oddChoices are the choices of a stream that has ended, is broken or has stopped.
func (s *stream) oddChoices(now uint64) uint16 {
	var m uint16
	if s.deliverable(now) {
		m = 1 << script.Deliver
	}
	if s.reset || s.finSeen {
		return m
	}
	m |= 1<<script.Reset | 1<<script.Fin
	if !s.deaf && s.shutUntil <= now {
		m |= 1 << script.Window
	}
	if s.mutable() {
		m |= 1 << script.Mutate
	}
	return m
}
