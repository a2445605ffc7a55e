package sim

import "github.com/wantwrite/wantwrite/sim/script"

// A Variation is the scheduler of a search that learns. It does an earlier workload again
// with a part of it changed, and goes on at random.
//
//	before ──▶ gap random actions ──▶ after ──▶ random to the end
type Variation struct {
	odds
	edited []script.Action // before, and then after
	gap    int             // random actions still to come after before
	at     int             // in edited
	turnAt int             // where after begins
}

// Restart implements Searcher. With nothing to vary it is a random walk.
func (v *Variation) Restart(plan *Plan, seed uint64) {
	v.restart(plan, seed)
	v.edited, v.gap, v.at, v.turnAt = v.edited[:0], 0, 0, 0
}

// Vary draws a change of a workload and makes the result what comes next. It is called
// after Restart. around is the index of the action that reached something new: changes
// near it are likely to matter.
func (v *Variation) Vary(workload []script.Action, around int) {
	if len(workload) == 0 {
		return
	}
	at := v.place(len(workload), around)
	rest := workload[at:]
	before, after := workload[:at], rest[:0]
	block := rest[:min(len(rest), 1<<v.rand.Below(6))]
	v.edited = append(v.edited[:0], before...)
	switch v.rand.Below(8) {
	case 0, 1, 2: // another end
	case 3: // a part is left out
		after = rest[len(block):]
	case 4, 5: // a part comes later
		later := v.rand.Between(min(len(block)+1, len(rest)), len(rest))
		v.edited = append(v.edited, rest[len(block):later]...)
		v.edited = append(v.edited, block...)
		after = rest[later:]
	case 6: // a part comes twice
		v.edited = append(v.edited, block...)
		after = rest
	case 7: // something comes between
		v.gap = 1 << v.rand.Below(6)
		after = rest
	}
	v.turnAt = len(v.edited)
	v.edited = append(v.edited, after...)
}

// place draws where a workload of n actions is changed: half of the time within 32
// actions of the place that matters, otherwise anywhere.
func (v *Variation) place(n, around int) int {
	const near = 32
	lo, hi := 0, n-1
	if v.rand.OneIn(2) {
		around = min(around, hi)
		lo, hi = max(lo, around-near), min(hi, around+near)
	}
	return v.rand.Between(lo, hi)
}

// Next implements Scheduler.
func (v *Variation) Next(w *World) (script.Action, bool) {
	for v.at < len(v.edited) && len(w.actions) < v.plan.Steps {
		if v.at == v.turnAt && v.gap > 0 {
			v.gap--
			break
		}
		a := v.edited[v.at]
		v.at++
		if v.can(w, a) {
			v.spend(bitOf(a))
			return v.fit(a), true
		}
	}
	events := v.choices(w)
	if events == 0 {
		return script.Action{}, false
	}
	return v.act(v.draw(events)), true
}

// can says whether an action is enabled and the plan allows it.
func (v *Variation) can(w *World, a script.Action) bool {
	return v.allowed>>bitOf(a)&1 != 0 && w.Can(a)
}

// fit keeps an action's sizes within the plan.
//
// Story 38: a workload from another world wrote a message that was larger than this
// world's queue. A pump that takes only whole messages can't help holding more than its
// limit then, and was blamed for it.
func (v *Variation) fit(a script.Action) script.Action {
	if a.Verb == script.Write {
		a.Arg = min(a.Arg, uint32(v.plan.Body))
		a.Arg2 = min(a.Arg2, uint32(v.plan.Answer))
	}
	return a
}

// bitOf is the bit of an action's event.
func bitOf(a script.Action) int { return 16*int(a.On) + int(slot(a.Verb)) }
