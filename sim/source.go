package sim

import (
	"math/bits"

	"github.com/wantwrite/wantwrite/sim/script"
)

// A source is something that acts in an order of its own. It stands for a thread, for
// the schedulers of this package were made for threads. Each end has four sources, and
// all ends share the clock:
//
//	loop   calls the end's pump: poll
//	app    writes, pauses, renegotiates, closes
//	wire   the direction of the network toward the end: deliver
//	fault  spurious readiness, closed windows, resets, damage
type source uint8

const (
	loopSource source = iota
	appSource
	wireSource
	faultSource
	perEnd

	clockSource = perEnd * 2 * script.MaxLinks
	numSources  = clockSource + 1
)

// kindOf says which of an end's sources a verb belongs to.
var kindOf = [script.NumVerbs]source{
	script.Poll:    loopSource,
	script.Deliver: wireSource,

	script.Write: appSource, script.Pause: appSource, script.Resume: appSource,
	script.Renegotiate: appSource, script.KeyUpdate: appSource,
	script.Shut: appSource, script.Close: appSource,

	script.Spurious: faultSource, script.Window: faultSource, script.Reset: faultSource,
	script.Fin: faultSource, script.Mutate: faultSource, script.Attack: faultSource,
}

// sourceOf says which source an event belongs to, and eventsOf which events a source has.
var sourceOf, eventsOf = func() (of [numBits]source, events [numSources]uint64) {
	for i := range numBits {
		v, e := enabledAt(i)
		switch {
		case v >= script.NumVerbs:
			continue
		case v == script.Tick:
			of[i] = clockSource
		default:
			of[i] = perEnd*source(e) + kindOf[v]
		}
		events[of[i]] |= 1 << i
	}
	return of, events
}()

// rushes is the most ticks, or closed windows, of a workload whose plan sets no bound.
//
// Story 37: the clock had the highest priority of a schedule, and never ran out of work.
// All 600 steps of the workload were ticks.
const rushes = 24

// bound gives the clock and the windows a budget if the plan gives none.
func (o *odds) bound() {
	for role := range 2 {
		for _, v := range [...]script.Verb{script.Window, script.Tick} {
			if left := &o.left[16*role+int(v)]; *left == 0 {
				*left = 1 + uint16(o.rand.Below(rushes))
			}
		}
	}
}

// idle are the polls of pumps whose last turn changed nothing. A pump that spins must
// give way, or the others never get a turn (Burckhardt 2010, section 3: yields lower a
// priority).
func (w *World) idle() (events uint64) {
	for i := range w.ends[:w.n] {
		if w.ends[i].acct.Idle > 0 {
			events |= 1 << (16*i + int(script.Poll))
		}
	}
	return events
}

// busy are the choices without the idle polls, unless nothing else is left.
func (o *odds) busy(w *World) uint64 {
	events := o.choices(w)
	if rest := events &^ w.idle(); rest != 0 {
		return rest
	}
	return events
}

// each calls f with each of the events.
func each(events uint64, f func(bit int)) {
	for ; events != 0; events &= events - 1 {
		f(bits.TrailingZeros64(events) & (numBits - 1))
	}
}
