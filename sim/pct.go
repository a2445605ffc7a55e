package sim

import "github.com/wantwrite/wantwrite/sim/script"

// MaxDepth is the greatest depth of PCT, and the most delays of Delay.
const MaxDepth = 16

// PCT gives sources random priorities. At a few random steps, the change points, it
// lowers the priority of the source that would act next (Burckhardt, Kothari, Musuvathi
// and Nagarakatte, "A Randomized Scheduler with Probabilistic Guarantees of Finding
// Bugs", ASPLOS 2010).
//
// A bug has depth d if d orderings between events of different sources are enough for
// it. A workload of k steps of n sources finds it with a chance of at least
// 1/(n·k^(d-1)).
type PCT struct {
	odds
	// Depth is d, 1 to MaxDepth: there are Depth-1 change points. 0 means that it is
	// drawn, from 2 to 5.
	Depth int

	rank    [numSources]uint8 // the highest acts
	changes [MaxDepth - 1]int // the steps, from 0, before which a rank is lowered
	depth   int
}

// Restart implements Searcher.
func (p *PCT) Restart(plan *Plan, seed uint64) {
	p.restart(plan, seed)
	p.bound()
	if p.depth = min(p.Depth, MaxDepth); p.depth <= 0 {
		p.depth = p.rand.Between(2, 5)
	}
	for i := range p.rank { // a random order (Fisher and Yates), above all lowered ranks
		j := p.rand.Between(0, i)
		p.rank[i] = p.rank[j]
		p.rank[j] = uint8(p.depth + i)
	}
	for i := range p.depth - 1 {
		p.changes[i] = int(p.rand.Below(uint64(max(1, plan.Steps))))
	}
}

// Next implements Scheduler.
func (p *PCT) Next(w *World) (script.Action, bool) {
	events := p.busy(w)
	if events == 0 {
		return script.Action{}, false
	}
	first := p.first(events)
	for i, step := range p.changes[:p.depth-1] {
		if step == len(w.actions) {
			p.rank[first] = uint8(p.depth - 2 - i)
			first = p.first(events)
		}
	}
	return p.act(p.draw(events & eventsOf[first])), true
}

// first is the source with the highest rank among those that have an event.
func (p *PCT) first(events uint64) source {
	best, found := source(0), false
	for s := range numSources {
		if events&eventsOf[s] != 0 && (!found || p.rank[s] > p.rank[best]) {
			best, found = s, true
		}
	}
	return best
}
