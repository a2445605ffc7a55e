package sim

// Scripted is the strategy that does the actions of a script.
type Scripted struct {
	Actions []Action
	// Loose skips actions that are not enabled, and counts them; otherwise
	// the storm ends there and Stuck is set.
	Loose   bool
	Skipped int
	// Stuck is the index of the action that was not enabled, -1 if none.
	Stuck int
	at    int
}

// NewScripted makes the strategy of a list of actions.
func NewScripted(actions []Action, loose bool) *Scripted {
	return &Scripted{Actions: actions, Loose: loose, Stuck: -1}
}

// Restart makes the strategy new, for another list.
func (s *Scripted) Restart(actions []Action, loose bool) {
	*s = Scripted{Actions: actions, Loose: loose, Stuck: -1}
}

// Next implements Strategy.
func (s *Scripted) Next(w *World) (Action, bool) {
	for s.at < len(s.Actions) {
		a := s.Actions[s.at]
		s.at++
		if w.Can(a) {
			return a, true
		}
		if !s.Loose {
			s.Stuck = s.at - 1
			return Action{}, false
		}
		s.Skipped++
	}
	return Action{}, false
}

// Can says whether an action is enabled. A tick always is.
func (w *World) Can(a Action) bool {
	if int(a.On) >= w.n || a.Verb >= NumVerbs {
		return false
	}
	return a.Verb == Tick || w.enabled.Has(a.Verb, a.On)
}
