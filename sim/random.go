package sim

import "github.com/wantwrite/wantwrite/sim/script"

// Random draws each action by the weights of its plan: a random walk.
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
