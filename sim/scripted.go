package sim

import "github.com/wantwrite/wantwrite/sim/script"

// Scripted is the scheduler that does the actions of a script.
type Scripted struct {
	Actions []script.Action
	// Loose skips actions that are not enabled; Skipped counts them. Otherwise the
	// workload ends at the first of them, and Stuck is set.
	Loose   bool
	Skipped int
	// Stuck is the index of the action that was not enabled, -1 if none.
	Stuck int
	at    int
}

// newScripted makes a scheduler of a list of actions.
func newScripted(actions []script.Action, loose bool) *Scripted {
	return &Scripted{Actions: actions, Loose: loose, Stuck: -1}
}

// Restart makes it new, for another list.
func (s *Scripted) Restart(actions []script.Action, loose bool) {
	*s = Scripted{Actions: actions, Loose: loose, Stuck: -1}
}

// Next implements Scheduler.
func (s *Scripted) Next(w *World) (script.Action, bool) {
	for s.at < len(s.Actions) {
		a := s.Actions[s.at]
		s.at++
		if w.Can(a) {
			return a, true
		}
		if !s.Loose {
			s.Stuck = s.at - 1
			return script.Action{}, false
		}
		s.Skipped++
	}
	return script.Action{}, false
}

// Can says whether an action is enabled. A tick always is.
func (w *World) Can(a script.Action) bool {
	if int(a.On) >= w.n || a.Verb >= script.NumVerbs || !w.sides.fits(a) {
		return false
	}
	return a.Verb == script.Tick || w.enabled.Has(a.Verb, a.On)
}
