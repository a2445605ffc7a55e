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
	portion [64]uint8 // Deliver's portions, in their odds
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
	r.deal(p.Portions)
}

// deal fills the table of portions: a draw is one look at it. Odds finer than
// a 64th are rounded, but none that is not 0 is lost.
func (r *Random) deal(odds [4]uint16) {
	total := 0
	for _, n := range odds {
		total += int(n)
	}
	for i := range r.portion {
		r.portion[i] = All
	}
	at := 0
	for portion, n := range odds[:All] {
		share := 0
		if n > 0 {
			share = max(1, len(r.portion)*int(n)/total)
		}
		for ; share > 0 && at < len(r.portion)-1; share-- {
			r.portion[at] = uint8(portion)
			at++
		}
	}
	if total > 0 && odds[All] == 0 && at > 0 {
		for ; at < len(r.portion); at++ {
			r.portion[at] = r.portion[0]
		}
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
		a.Arg = uint32(r.portion[r.rand.Uint64()>>58])
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

// drawSize draws a size up to most, each power of two as likely as the next.
func (r *Random) drawSize(most int) uint32 {
	if most <= 0 {
		return 0
	}
	top := int(r.rand.Below(uint64(bits.Len(uint(most))) + 1))
	limit := min(uint64(most), 1<<top)
	return uint32(r.rand.Below(limit + 1))
}
