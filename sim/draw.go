package sim

import (
	"github.com/wantwrite/wantwrite/model/attack"
	"github.com/wantwrite/wantwrite/sim/script"
)

// Draw is the scheduler that lets another generator choose, such as rapid or a fuzzer.
type Draw struct {
	// Below draws a number from 0 to n-1. label says what for.
	Below func(n int, label string) int
	// Plan bounds the workload.
	Plan *Plan
}

// Next implements Scheduler.
func (d *Draw) Next(w *World) (script.Action, bool) {
	if len(w.actions) >= d.Plan.Steps {
		return script.Action{}, false
	}
	options, n := d.options(w, uint64(w.enabled))
	if n == 0 || d.Below(64, "stop") == 63 {
		return script.Action{}, false
	}
	v, e := w.sides.event(options[d.Below(n, "action")])
	return d.arguments(v, e), true
}

// Of is an action of a verb, for drivers that draw the verb themselves. ok is false if
// the verb is not enabled, or the plan does not allow it.
func (d *Draw) Of(w *World, v script.Verb) (a script.Action, ok bool) {
	if len(w.actions) >= d.Plan.Steps {
		return a, false
	}
	var events uint64
	for e := range 2 * script.MaxLinks {
		if a := (script.Action{Verb: v, On: script.End(e)}); w.sides.fits(a) {
			events |= 1 << (16*e + int(slot(v)))
		}
	}
	options, n := d.options(w, events&uint64(w.enabled))
	if n == 0 {
		return a, false
	}
	_, e := enabledAt(options[d.Below(n, "end")])
	return d.arguments(v, e), true
}

// Any says whether anything is enabled that the plan allows.
func (d *Draw) Any(w *World) bool {
	_, n := d.options(w, uint64(w.enabled))
	return n > 0
}

// options are the events that the plan allows, and how many there are.
func (d *Draw) options(w *World, events uint64) (options [numBits]int, n int) {
	each(events, func(bit int) {
		if v, e := w.sides.event(bit); d.allowed(w, v, e) {
			options[n] = bit
			n++
		}
	})
	return options, n
}

// allowed says whether the plan has the verb, and its budget is not spent.
func (d *Draw) allowed(w *World, v script.Verb, e script.End) bool {
	role := e & 1
	if d.Plan.Weights[role][v] == 0 {
		return false
	}
	budget := int(d.Plan.Budget[role][v])
	if budget == 0 {
		return true
	}
	for _, a := range w.actions {
		if a.Verb == v && a.On&1 == role {
			budget--
		}
	}
	return budget > 0
}

// arguments draws the arguments of a verb.
func (d *Draw) arguments(v script.Verb, e script.End) script.Action {
	a := script.Action{Verb: v, On: e}
	draw := func(n int, label string) uint32 { return uint32(d.Below(n, label)) }
	switch v {
	case script.Deliver:
		a.Arg = script.All - draw(4, "portion")
	case script.Write:
		a.Arg, a.Arg2 = draw(d.Plan.Body+1, "body"), draw(d.Plan.Answer+1, "answer")
	case script.KeyUpdate:
		if a.Arg = draw(2, "requested"); d.Plan.Updates > 1 {
			a.Arg2 = draw(d.Plan.Updates+1, "key updates")
		}
	case script.Spurious:
		a.Arg = 1 + draw(3, "events")
	case script.Window:
		a.Arg = 1 + draw(8, "ticks")
	case script.Tick:
		a.On, a.Arg = 0, 1+draw(8, "ticks") // time is everybody's
	case script.Mutate:
		a.Arg, a.Arg2 = draw(int(script.NumMutations), "mutation"), draw(1<<16, "parameter")
	case script.Poll:
		if d.Plan.Programs[e&1] {
			a.Arg = draw(aloneIn, "alone") / (aloneIn - 1)
		}
	case script.Squeeze:
		a.Arg = 1 + draw(max(d.Plan.Most, 1), "send buffer")
	case script.Split:
		a.Arg = 1 + draw(mostPieces, "pieces")
	case script.Thread:
		a.Arg = draw(mostThreads, "thread")
	case script.Attack:
		a.Arg = draw(int(attack.Count), "attack")
		if attack.Attack(a.Arg).Argument() != "" {
			a.Arg2 = draw(attack.Max+1, "argument")
		}
	}
	return a
}
