package sim

import (
	"math/bits"

	"github.com/wantwrite/wantwrite/sim/script"
)

// A Plan is what a random workload may do: how often, how much, how large. It is drawn
// from the schedule's seed.
type Plan struct {
	// Steps is the length of the workload in actions.
	Steps int
	// Weights are the odds of each verb, by the role of the end; 0 forbids it.
	Weights [2][script.NumVerbs]uint16
	// Budget is how often each verb may happen, by role; 0 means without limit.
	Budget [2][script.NumVerbs]uint16
	// Portions are the odds of byte, part, record and all for Deliver.
	Portions [4]uint16
	// Programs says of each role whether a program stands at its ends: other verbs have
	// weights there. Most is the largest send buffer that Squeeze leaves, in bytes.
	Programs [2]bool
	Most     int
	// Body and Answer are the largest bodies of messages and answers, bytes.
	Body, Answer int
	// Updates is how many KeyUpdates one action sends at most; 0 and 1 are one.
	Updates int
	// Mutations are the arguments that Mutate takes in turn, and Attacks those of Attack.
	Mutations, Attacks []script.Action
}

// numBits is how many events there can be: an event is a verb at an end, bit
// 16*end+slot of the enabled set.
const numBits = 16 * 2 * script.MaxLinks

// odds are a plan as it is carried out: what it still allows, how likely each event is,
// and the draws of the arguments. Every searcher is built on it.
type odds struct {
	plan    Plan
	rand    Rand
	weights [numBits]uint16
	allowed uint64 // the bits whose weight is not 0
	left    [16 * 2]uint16
	portion [64]uint8 // Deliver's portions, in their odds
	mutated int
	hit     int // attacks so far
}

// restart makes the odds new, for a plan and a seed.
func (o *odds) restart(p *Plan, seed uint64) {
	*o = odds{plan: *p, rand: Rand(seed)}
	for end := range 2 * script.MaxLinks {
		for v := range script.NumVerbs {
			if a := (script.Action{Verb: v}); !a.Fits(p.Programs[end&1]) {
				continue
			}
			at := int(slot(v))
			o.weights[16*end+at] = p.Weights[end&1][v]
			o.left[16*(end&1)+at] = p.Budget[end&1][v]
			if p.Weights[end&1][v] > 0 {
				o.allowed |= 1 << (16*end + at)
			}
		}
	}
	o.deal(p.Portions)
}

// choices are the enabled events that the plan allows. There are none when the workload
// is over.
func (o *odds) choices(w *World) uint64 {
	if len(w.actions) >= o.plan.Steps {
		return 0
	}
	return uint64(w.enabled) & o.allowed
}

// draw draws one of the events by their weights. There must be one.
func (o *odds) draw(events uint64) (bit int) {
	return o.pick(events, o.rand.Below(o.weigh(events)))
}

// weigh sums the weights of the events.
func (o *odds) weigh(events uint64) (total uint64) {
	for m := events; m != 0; m &= m - 1 {
		total += uint64(o.weights[bits.TrailingZeros64(m)&63])
	}
	return total
}

// act makes an action of an event, and takes it from the plan's budget.
func (o *odds) act(bit int) script.Action {
	o.spend(bit)
	v, e := (*sides)(&o.plan.Programs).event(bit)
	return o.arguments(v, e)
}

// deal fills the table of portions, so that a draw is a single look at it. Odds are
// rounded to 64ths, but none that is not 0 becomes 0.
func (o *odds) deal(odds [4]uint16) {
	total := 0
	for _, n := range odds {
		total += int(n)
	}
	for i := range o.portion {
		o.portion[i] = script.All
	}
	at := 0
	for portion, n := range odds[:script.All] {
		share := 0
		if n > 0 {
			share = max(1, len(o.portion)*int(n)/total)
		}
		for ; share > 0 && at < len(o.portion)-1; share-- {
			o.portion[at] = uint8(portion)
			at++
		}
	}
	if total > 0 && odds[script.All] == 0 && at > 0 {
		for ; at < len(o.portion); at++ {
			o.portion[at] = o.portion[0]
		}
	}
}

// pick is the enabled bit whose share of the weights contains at.
func (o *odds) pick(enabled, at uint64) int {
	for {
		i := bits.TrailingZeros64(enabled) & 63
		weight := uint64(o.weights[i])
		if at < weight {
			return i
		}
		at -= weight
		enabled &= enabled - 1
	}
}

// spend takes one from the budget of a verb; at 0 it is forbidden.
func (o *odds) spend(bit int) {
	left := &o.left[bit&31]
	if *left == 0 {
		return
	}
	if *left--; *left == 0 {
		o.allowed &^= 1<<(bit&31) | 1<<(bit&31+32)
	}
}

// arguments draws the arguments of a verb.
func (o *odds) arguments(v script.Verb, e script.End) script.Action {
	a := script.Action{Verb: v, On: e}
	switch v {
	case script.Deliver:
		a.Arg = uint32(o.portion[o.rand.Uint64()>>58])
	case script.Write:
		a.Arg, a.Arg2 = o.drawSize(o.plan.Body), o.drawSize(o.plan.Answer)
	case script.KeyUpdate:
		a.Arg = uint32(o.rand.Below(2))
		if o.plan.Updates > 1 {
			a.Arg2 = o.drawSize(o.plan.Updates)
		}
	case script.Spurious:
		a.Arg = 1 + uint32(o.rand.Below(3))
	case script.Window:
		a.Arg = 1 + uint32(o.rand.Below(8))
	case script.Tick:
		a.On, a.Arg = 0, 1+uint32(o.rand.Below(8)) // time is everybody's
	case script.Mutate:
		if len(o.plan.Mutations) > 0 {
			m := o.plan.Mutations[o.mutated%len(o.plan.Mutations)]
			a.Arg, a.Arg2 = m.Arg, m.Arg2
			o.mutated++
		}
	case script.Poll:
		if o.plan.Programs[e&1] {
			a.Arg = uint32(o.rand.Below(aloneIn) / (aloneIn - 1))
		}
	case script.Squeeze:
		a.Arg = 1 + o.drawSize(max(o.plan.Most, 1)-1)
	case script.Split:
		a.Arg = 1 + uint32(o.rand.Below(mostPieces))
	case script.Thread:
		a.Arg = uint32(o.rand.Below(mostThreads))
	case script.Attack:
		if len(o.plan.Attacks) > 0 {
			m := o.plan.Attacks[o.hit%len(o.plan.Attacks)]
			a.Arg, a.Arg2 = m.Arg, m.Arg2
			o.hit++
		}
	}
	return a
}

const (
	// aloneIn: one wait in so many reports one link only.
	aloneIn = 4
	// mostPieces and mostThreads are as many as a workload tells apart.
	mostPieces, mostThreads = 8, 16
)

// drawSize draws a size up to most, each power of two as likely as the next.
func (o *odds) drawSize(most int) uint32 {
	if most <= 0 {
		return 0
	}
	top := int(o.rand.Below(uint64(bits.Len(uint(most))) + 1))
	limit := min(uint64(most), 1<<top)
	return uint32(o.rand.Below(limit + 1))
}
