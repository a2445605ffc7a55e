package check

import "github.com/wantwrite/wantwrite/sim/script"

// A tally is what a worker has found in a batch.
type tally struct {
	Fresh       uint64 // states
	Transitions uint64
	Quiesced    uint64 `json:"Healed"` // states from which the world was quiesced
	Worst       *suspect
}

// A suspect is where a watched property does not hold: after an action in a state,
// or when the world quiesces from the state.
type suspect struct {
	In       word
	Key      uint64
	Quiesces bool `json:"Heal"`
	Action   script.Action
	Rank     int // of the action
}

// before says whether s is reported rather than o.
func (s *suspect) before(o *suspect) bool {
	switch {
	case o == nil:
		return true
	case s.Quiesces != o.Quiesces:
		return s.Quiesces // it is an action shorter
	case s.Key != o.Key:
		return s.Key < o.Key
	}
	return s.Rank < o.Rank
}

func (w *worker) suspect(s *suspect) {
	s.Key = w.key(s.In)
	if s.before(w.Worst) {
		w.Worst = s
	}
}

// A step is a transition.
type step struct {
	at      word
	action  script.Action
	rank    int // counts the actions of a state
	fate    fate
	next    word
	class   classes
	private bool
	quiet   bool // a turn that moved no byte between the two ends
}

// steps does all that can happen in a state, of the classes of todo, each action in
// its order. It calls visit with each that is enabled.
func (w *worker) steps(at word, todo classes, visit func(*step)) {
	st := w.state(at)
	s := step{at: at}
	if w.plain {
		w.plainSteps(&st, &s, visit)
		return
	}
	for e := range script.End(2) {
		if s.class = turnsOf(e); todo&s.class != 0 {
			w.turnSteps(&st, e, &s, visit)
		}
	}
	for e := range script.End(2) {
		if s.class = deliveriesTo(e); todo&s.class != 0 {
			w.deliverySteps(&st, e, &s, visit)
		}
	}
	if s.class = wholes; todo&wholes != 0 {
		w.wholeSteps(&st, &s, visit)
	}
}

// may says whether an end's action is within the bounds, and whether its app can do
// it.
func (w *worker) may(st *state, a script.Action) bool {
	if a.Verb == script.Poll {
		return true
	}
	if turns>>a.Verb&1 != 0 && w.open(st.end[a.On].end)>>a.Verb&1 == 0 {
		return false
	}
	return a.Verb == script.Resume || w.left(st.common, a.Verb, a.On) > 0
}

func (w *worker) turnSteps(st *state, e script.End, s *step, visit func(*step)) {
	for i, a := range w.acts[e] {
		s.rank++
		if whole(a) == 1 {
			break
		}
		if !w.may(st, a) {
			continue
		}
		d := *w.doTurn(st, e, i)
		if d.fate == disabled {
			continue
		}
		s.action, s.fate, s.private = a, d.fate, d.private
		if d.fate == goesOn {
			next := w.afterTurn(st, e, a, &d)
			s.next, s.quiet = w.wordBehind(s.at, st, &next), quiet(st, &next, e)
		}
		visit(s)
	}
}

// quiet says whether a turn of an end moved no byte between the two.
func quiet(st, next *state, e script.End) bool {
	own, peer, after, beyond := &st.end[e], &st.end[e^1], &next.end[e], &next.end[e^1]
	return own.received == after.received && own.transit == after.transit &&
		peer.flight == beyond.flight && peer.transit == beyond.transit
}

func (w *worker) deliverySteps(st *state, e script.End, s *step, visit func(*step)) {
	r := *w.doDeliver(&st.end[e], e)
	s.fate, s.private, s.quiet = goesOn, !r.refused, false
	for n := range r.n {
		s.rank++
		s.action = script.Action{Verb: script.Deliver, On: e, Arg: w.bounds.Deliver[r.act[n]]}
		next := w.afterDeliver(st, e, &r, n)
		s.next = w.wordBehind(s.at, st, &next)
		visit(s)
	}
}

func (w *worker) wholeSteps(st *state, s *step, visit func(*step)) {
	for e := range script.End(2) {
		for _, a := range w.acts[e] {
			if whole(a) == 1 && w.may(st, a) {
				w.wholeStep(st, a, s, visit)
			}
		}
	}
}

func (w *worker) wholeStep(st *state, a script.Action, s *step, visit func(*step)) {
	s.rank++
	next, f := w.doWhole(st, a)
	if f == disabled {
		return
	}
	s.action, s.fate, s.private = a, f, false
	s.quiet = a.Verb == script.Poll && quiet(st, &next, a.On)
	if f == goesOn {
		s.next = w.wordBehind(s.at, st, &next)
	}
	visit(s)
}

// plainSteps does every action in the whole world, without caches.
func (w *worker) plainSteps(st *state, s *step, visit func(*step)) {
	for e := range script.End(2) {
		s.class = turnsOf(e)
		for _, a := range w.acts[e] {
			if w.may(st, a) {
				w.wholeStep(st, a, s, visit)
			}
		}
		s.class = deliveriesTo(e)
		seen := map[word]bool{}
		for _, size := range w.bounds.Deliver {
			w.wholeStep(st, script.Action{Verb: script.Deliver, On: e, Arg: size}, s, func(s *step) {
				if !seen[s.next] {
					seen[s.next] = true
					visit(s)
				}
			})
		}
	}
}

// expand does what can be done in a state, and judges the state if it is quiescent.
// States from number old on belong to the next level.
func (w *worker) expand(id, old uint32) {
	at := w.states.get(id)
	if w.own && !w.holds(at) {
		w.suspect(&suspect{In: at, Quiesces: true})
		return
	}
	asleep := w.asleep(id)
	moves := false
	tame := clientTurns // what may sleep after the other end's turns
	w.steps(at, every&^asleep, func(s *step) {
		w.Transitions++
		moves = moves || network(s.action) && (s.fate != goesOn || s.next != at)
		switch {
		case s.fate == violated:
			w.suspect(&suspect{In: at, Action: s.action, Rank: s.rank})
			return
		case s.fate == ended:
			return
		}
		if s.class == clientTurns && !s.private {
			tame = nothing
		}
		w.reach(s, w.sleepBehind(s, tame), old)
	})
	if w.shutAnywhere(at) || !moves && !w.awaits(at, asleep) {
		w.judge(at)
	}
}

// judge lets the world quiesce from a state.
func (w *worker) judge(at word) {
	w.Quiesced++
	st := w.state(at)
	if !w.quiesces(&st) {
		w.suspect(&suspect{In: at, Quiesces: true})
	}
}

// network says whether an action is the network's or the loop's, which always come in
// the end: a state in which none of them leads elsewhere is quiescent.
func network(a script.Action) bool { return a.Verb == script.Deliver || a.Verb == script.Poll }

// sleepBehind is what sleeps after a step: what commutes with it, and was done in its
// place here or on the way here.
func (w *worker) sleepBehind(s *step, tame classes) classes {
	switch {
	case w.unreduced || !s.private:
		return nothing
	case s.class == serverTurns:
		return clientTurns & tame
	case s.class == serverDeliveries:
		return clientDeliveries
	}
	return nothing
}

// reach enters the state after a step. Asleep there is what sleeps on every way of
// this length. That is sound: on a shortest way to any later state nothing that is
// needed sleeps, and longer ways can be skipped.
func (w *worker) reach(s *step, sleep classes, old uint32) {
	id, fresh := w.states.intern(s.next, &w.statePool)
	if fresh {
		w.Fresh++
	}
	if id >= old {
		w.wake(id, sleep)
		return
	}
	w.suspectCycle(s)
}

// suspectCycle looks at a turn that moved nothing and leads to a known state. It may
// be in a cycle without progress. In such a cycle no byte moves, for none comes back
// to where it was, and at least one step leads no further from the first state. From
// there the world is quiesced, which does not end if there is no way out.
func (w *worker) suspectCycle(s *step) {
	if s.quiet && network(s.action) && s.next != s.at {
		w.judge(s.next)
	}
}

// shutAnywhere says whether a window is closed. Only time and quiescing open it.
func (w *worker) shutAnywhere(at word) bool {
	st := w.state(at)
	return w.shut(st.end[0].flight) || w.shut(st.end[1].flight)
}

// awaits says whether some of what sleeps is the network's or the loop's.
func (w *worker) awaits(at word, sleeping classes) (some bool) {
	if sleeping != nothing {
		w.steps(at, sleeping, func(s *step) { some = some || network(s.action) })
	}
	return some
}
