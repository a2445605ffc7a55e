package sim

import (
	"math/bits"

	"github.com/wantwrite/wantwrite/sim/script"
)

// POS samples partial orders. Each event draws a priority when it becomes enabled; the
// first one happens, and the events that race with it draw again (Yuan, Yang and Gu,
// "Partial Order Aware Concurrency Sampling", CAV 2018). Two events race if they touch
// the same end, or the same direction of a link. A priority is drawn as a waiting time,
// so that the odds of the plan hold: a verb of twice the weight comes twice as early.
type POS struct {
	odds
	wait  [numBits]uint64 // the shortest happens
	drawn uint64          // the events that have a waiting time
}

// Restart implements Searcher.
func (p *POS) Restart(plan *Plan, seed uint64) {
	p.restart(plan, seed)
	p.drawn = 0
}

// Next implements Scheduler.
func (p *POS) Next(w *World) (script.Action, bool) {
	events := p.choices(w)
	if events == 0 {
		return script.Action{}, false
	}
	for m := events &^ p.drawn; m != 0; m &= m - 1 {
		i := bits.TrailingZeros64(m) & (numBits - 1)
		p.wait[i] = p.waiting(i)
	}
	first := earliest(events, &p.wait)
	p.drawn = events &^ races[first]
	return p.act(first), true
}

// earliest is the event whose time comes first. Of equal ones it is the lowest bit.
func earliest(events uint64, at *[numBits]uint64) (first int) {
	first = bits.TrailingZeros64(events) & (numBits - 1)
	for m := events & (events - 1); m != 0; m &= m - 1 {
		if i := bits.TrailingZeros64(m) & (numBits - 1); at[i] < at[first] {
			first = i
		}
	}
	return first
}

// waiting draws how long an event waits: exponentially, with its weight as the rate.
// -log2(u) is taken from the place of u's first bit and, along a straight line, from the
// bits behind it. That is off by less than a tenth.
func (o *odds) waiting(bit int) uint64 {
	u := o.rand.Uint64() | 1
	zeros := bits.LeadingZeros64(u)
	mantissa := u << zeros << 1 >> 48
	return (uint64(zeros+1)<<16 - mantissa) << 16 / uint64(max(1, o.weights[bit&(numBits-1)]))
}

// races says which events race with an event: the same one when it comes again, all at
// its end, and those at the other end that move the same bytes. The clock races with all.
var races = func() (with [numBits]uint64) {
	for i := range numBits {
		v, e := enabledAt(i)
		at := func(e script.End, verbs uint16) uint64 { return uint64(verbs) << (16 * e) }
		switch {
		case v == script.Tick:
			with[i] = ^uint64(0)
		case turns>>v&1 != 0: // it sends: the network toward the peer
			with[i] = at(e, 1<<16-1) | at(e.Peer(), fromNetwork)
		default: // it makes room: whoever sends there
			with[i] = at(e, 1<<16-1) | at(e.Peer(), 1<<script.Poll)
		}
	}
	return with
}()
