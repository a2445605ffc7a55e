package sim

import (
	"github.com/wantwrite/wantwrite/sim/script"
)

// A Searcher is a strategy that makes storms of plans: what search is done
// with. One Searcher makes storm after storm.
type Searcher interface {
	Scheduler
	// Restart makes it new, for a plan and a seed. In the same world the same
	// two make the same storm.
	Restart(p *Plan, seed uint64)
}

// Random is the strategy that draws each action by the weights of its plan: a
// random walk.
type Random struct{ odds }

// Restart implements Searcher.
func (r *Random) Restart(p *Plan, seed uint64) { r.restart(p, seed) }

// Next implements Scheduler.
func (r *Random) Next(w *World) (script.Action, bool) {
	events := r.choices(w)
	if events == 0 {
		return script.Action{}, false
	}
	return r.act(r.draw(events)), true
}
