package sim

import (
	"math/bits"
)

// A Plan is what a random storm may do: how often, how much, how large. It is
// drawn from the schedule's seed.
type Plan struct {
	// Steps is the length of the storm in actions.
	Steps int
	// Weights are the odds of each verb, by the role of the end; 0 forbids it.
	Weights [2][NumVerbs]uint16
	// Budget is how often each verb may happen, by role; 0 means without limit.
	Budget [2][NumVerbs]uint16
	// Portions are the odds of byte, part, record and all for Deliver.
	Portions [4]uint16
	// Body and Answer are the largest bodies of messages and answers, bytes.
	Body, Answer int
	// Mutations are those that Mutate takes in turn: verb arguments.
	Mutations []Action
}

// Random is the strategy that draws each action by the weights of its plan.
type Random struct {
	plan    Plan
	rand    Rand
	weights [16 * 2 * MaxLinks]uint16
	allowed uint64 // the bits whose weight is not 0
	left    [16 * 2]uint16
	portion uint64
	mutated int
}

// Restart makes the strategy new, for a plan and a seed.
func (r *Random) Restart(p *Plan, seed uint64) {
	*r = Random{plan: *p, rand: Rand(seed)}
	for end := range 2 * MaxLinks {
		for v := range int(NumVerbs) {
			r.weights[16*end+v] = p.Weights[end&1][v]
			r.left[16*(end&1)+v] = p.Budget[end&1][v]
			if p.Weights[end&1][v] > 0 {
				r.allowed |= 1 << (16*end + v)
			}
		}
	}
	for _, odds := range p.Portions {
		r.portion += uint64(odds)
	}
}

// Next implements Strategy.
func (r *Random) Next(w *World) (Action, bool) {
	if len(w.actions) >= r.plan.Steps {
		return Action{}, false
	}
	var total uint64
	enabled := uint64(w.enabled) & r.allowed
	for m := enabled; m != 0; m &= m - 1 {
		total += uint64(r.weights[bits.TrailingZeros64(m)&63])
	}
	if total == 0 {
		return Action{}, false
	}
	i := r.pick(enabled, r.rand.Below(total))
	r.spend(i)
	v, e := enabledAt(i)
	return r.arguments(v, e), true
}

// pick is the enabled bit in whose share of the weights at lies.
func (r *Random) pick(enabled, at uint64) int {
	for {
		i := bits.TrailingZeros64(enabled) & 63
		weight := uint64(r.weights[i])
		if at < weight {
			return i
		}
		at -= weight
		enabled &= enabled - 1
	}
}

// spend takes one from the budget of a verb; at 0 it is forbidden.
func (r *Random) spend(bit int) {
	left := &r.left[bit&31]
	if *left == 0 {
		return
	}
	if *left--; *left == 0 {
		r.allowed &^= 1<<(bit&31) | 1<<(bit&31+32)
	}
}

// arguments draws the arguments of a verb.
func (r *Random) arguments(v Verb, e End) Action {
	a := Action{Verb: v, On: e}
	switch v {
	case Deliver:
		a.Arg = r.drawPortion()
	case Write:
		a.Arg, a.Arg2 = r.drawSize(r.plan.Body), r.drawSize(r.plan.Answer)
	case KeyUpdate:
		a.Arg = uint32(r.rand.Below(2))
	case Spurious:
		a.Arg = 1 + uint32(r.rand.Below(3))
	case Window:
		a.Arg = 1 + uint32(r.rand.Below(8))
	case Tick:
		a.On, a.Arg = 0, 1+uint32(r.rand.Below(8)) // time is everybody's
	case Mutate:
		if len(r.plan.Mutations) > 0 {
			m := r.plan.Mutations[r.mutated%len(r.plan.Mutations)]
			a.Arg, a.Arg2 = m.Arg, m.Arg2
			r.mutated++
		}
	}
	return a
}

func (r *Random) drawPortion() uint32 {
	if r.portion == 0 {
		return All
	}
	pick := r.rand.Below(r.portion)
	for i, odds := range r.plan.Portions {
		if pick < uint64(odds) {
			return uint32(i)
		}
		pick -= uint64(odds)
	}
	return All
}

// drawSize draws a size up to most, each power of two as likely as the next.
func (r *Random) drawSize(most int) uint32 {
	if most <= 0 {
		return 0
	}
	top := int(r.rand.Below(uint64(bits.Len(uint(most))) + 1))
	limit := min(uint64(most), 1<<top)
	return uint32(r.rand.Below(limit + 1))
}
