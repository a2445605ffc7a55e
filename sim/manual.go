package sim

import (
	"github.com/wantwrite/wantwrite/sim/script"
)

// Do does an enabled action, for drivers that hold the world in their own hands
// instead of giving it a Strategy, and then End: between Reset and End nothing
// else may run it. more is false when there is nothing to go on for: the action
// was not enabled, or what it led to ends the run.
func (w *World) Do(a script.Action) (more bool) {
	if w.over || !w.Can(a) {
		return false
	}
	w.actions = append(w.actions, a)
	return w.Try(a)
}

// End heals and gives the verdict on what was done with Do.
func (w *World) End() Result { return w.Run(nothing{}) }

// nothing is the strategy of a storm that has been.
type nothing struct{}

// Next implements Scheduler.
func (nothing) Next(*World) (script.Action, bool) { return script.Action{}, false }
