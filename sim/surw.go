package sim

import (
	"math/bits"

	"github.com/wantwrite/wantwrite/sim/script"
)

// SURW is a selectively uniform random walk: all orders in which the interesting events
// of the sources can come are about equally likely (Zhao, Wolff, Mathur and Roychoudhury,
// "Selectively Uniform Concurrency Testing", ASPLOS 2025). It draws the source whose
// interesting event comes next, each with a chance of how many it has left, and holds the
// other sources' interesting events back until then. Other events are drawn as by Random.
// A trial counts the interesting events beforehand.
//
// An event is interesting if it can change the state of TLS. Which classes of them count
// is drawn for each workload.
type SURW struct {
	odds
	count [numSources]int // interesting events that are still expected
	class interest
	next  source // whose interesting event is to come
	trial trial
}

// interest is a set of classes of events.
type interest uint8

const (
	shaking  interest = 1 << iota // whatever happens while an end shakes hands
	starting                      // what an app begins
	ending                        // closes and faults
	turning                       // polls

	everyInterest = 1<<iota - 1
)

// startingVerbs and endingVerbs are those of the two classes.
const (
	startingVerbs = 1<<script.Write | 1<<script.Renegotiate | 1<<script.KeyUpdate |
		1<<script.Pause | 1<<script.Resume
	endingVerbs = 1<<script.Shut | 1<<script.Close | 1<<script.Reset | 1<<script.Fin |
		1<<script.Mutate | 1<<script.Attack
)

// Restart implements Searcher.
func (s *SURW) Restart(plan *Plan, seed uint64) {
	s.restart(plan, seed)
	s.bound()
	s.class = interest(1 + s.rand.Below(everyInterest))
	s.count = [numSources]int{}
	s.trial.of = s
	s.trial.Restart(plan, seed+1)
	s.trial.left = s.odds.left
	s.next = numSources
}

// Trial implements Trier.
func (s *SURW) Trial() Scheduler { return &s.trial }

// A trial is a random walk that counts interesting events.
type trial struct {
	Random
	of *SURW
}

// Next implements Scheduler.
func (t *trial) Next(w *World) (script.Action, bool) {
	events := t.choices(w)
	if events == 0 {
		return script.Action{}, false
	}
	bit := t.draw(events)
	if t.of.interesting(w)>>bit&1 != 0 {
		t.of.count[sourceOf[bit]]++
	}
	return t.act(bit), true
}

// interesting are the events of the workload's classes.
func (s *SURW) interesting(w *World) (events uint64) {
	for i := range w.ends[:w.n] {
		e := &w.ends[i]
		var verbs uint64
		if s.class&starting != 0 {
			verbs |= startingVerbs
		}
		if s.class&ending != 0 {
			verbs |= endingVerbs
		}
		if s.class&turning != 0 {
			verbs |= 1 << script.Poll
		}
		if s.class&shaking != 0 && !e.initDone {
			verbs |= 1<<script.Poll | 1<<script.Deliver | 1<<script.Spurious
		}
		events |= verbs << (16 * i)
	}
	return events
}

// Next implements Scheduler.
func (s *SURW) Next(w *World) (script.Action, bool) {
	events := s.choices(w)
	if events == 0 {
		return script.Action{}, false
	}
	special := s.interesting(w)
	if s.next == numSources || events&eventsOf[s.next] == 0 {
		s.next = s.choose(events)
	}
	may := events & (eventsOf[s.next] | ^special)
	bit := s.draw(may)
	if special>>bit&1 != 0 {
		s.count[s.next] = max(0, s.count[s.next]-1)
		s.next = numSources
	}
	return s.act(bit), true
}

// expects is the weight of a source: how many interesting events it has left. A source
// that has none left keeps a small weight, for it may do more than was counted.
func (s *SURW) expects(of source) uint64 { return uint64(s.count[of])<<4 + 1 }

// choose draws a source that has an event, by the weights of the sources.
func (s *SURW) choose(events uint64) source {
	var total uint64
	for m := events; m != 0; {
		of := sourceOf[bits.TrailingZeros64(m)]
		total += s.expects(of)
		m &^= eventsOf[of]
	}
	at := s.rand.Below(total)
	for m := events; ; {
		of := sourceOf[bits.TrailingZeros64(m)]
		share := s.expects(of)
		if at < share {
			return of
		}
		at -= share
		m &^= eventsOf[of]
	}
}
