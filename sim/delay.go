package sim

import "github.com/wantwrite/wantwrite/sim/script"

// Delay is a deterministic scheduler with a few random delays (Emmi, Qadeer and
// Rakamarić, "Delay-Bounded Scheduling", POPL 2011). It gives each event its share of the
// steps in turn, as the plan's weights say (stride scheduling, Waldspurger 1995). A delay
// puts off the event whose turn it is. What is random is where each event begins, which
// events are delayed, and for how long.
type Delay struct {
	odds
	// Delays is how many there are, up to MaxDepth. 0 means that it is drawn, from 1
	// to 6.
	Delays int

	due     [numBits]uint64 // when an event has its turn; the first happens
	now     uint64
	enabled uint64 // those before the last action
	delays  [MaxDepth]int
	n       int
}

// stride is how far an event of weight 1 moves back when it has happened.
const stride = 1 << 24

// Restart implements Searcher.
func (d *Delay) Restart(plan *Plan, seed uint64) {
	d.restart(plan, seed)
	d.bound()
	if d.n = min(d.Delays, MaxDepth); d.n <= 0 {
		d.n = d.rand.Between(1, 6)
	}
	for i := range d.delays[:d.n] {
		d.delays[i] = int(d.rand.Below(uint64(max(1, plan.Steps))))
	}
	d.now, d.enabled = 0, 0
	each(d.allowed, func(bit int) { d.due[bit] = d.rand.Below(d.stride(bit)) })
}

func (d *Delay) stride(bit int) uint64 { return stride / uint64(d.weights[bit]) }

// Next implements Scheduler.
func (d *Delay) Next(w *World) (script.Action, bool) {
	events := d.busy(w)
	if events == 0 {
		return script.Action{}, false
	}
	each(events&^d.enabled, func(bit int) { // it has saved up no turns
		d.due[bit] = max(d.due[bit], d.now)
	})
	d.enabled = events
	first := earliest(events, &d.due)
	for _, step := range d.delays[:d.n] {
		if step == len(w.actions) {
			d.due[first] = d.now + d.pause(events)
			first = earliest(events, &d.due)
		}
	}
	d.now = max(d.now, d.due[first])
	d.due[first] = d.now + d.stride(first)
	return d.act(first), true
}

// pause draws the length of a delay: about 1 to 256 steps of the others.
func (d *Delay) pause(events uint64) uint64 {
	step := stride / d.weigh(events)
	return step + d.rand.Below(step<<d.rand.Below(9))
}
