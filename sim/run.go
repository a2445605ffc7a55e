package sim

import (
	"fmt"

	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/sim/script"
)

// maxHeal is how many actions of a heal may give no app a byte: a world that is
// still busy then never rests.
//
// Story 40: the bound was one for the whole heal. A simple pump that sends three
// bytes a turn, and has a hundred thousand records to send, was taken for one that
// spins.
const maxQuiesce = 1 << 20

// maxIdle is how many rounds of a heal, or timers, in a row may move nothing:
// then pumps that still want to be called only spin.
const maxIdle = 16

// A Scheduler picks the next action of a storm among those that are enabled.
type Scheduler interface {
	// Next is the next action; ok is false when the storm is over.
	Next(w *World) (a script.Action, ok bool)
}

// Run lets the strategy make the storm, then heals, and gives the verdict. A
// panic of the pump is a finding; one of the strategy goes on up.
//
// Story 39: rapid ends a test whose draws are used up with a panic, out of the
// strategy. Taken for the pump's, it made a crash out of whatever rapid was
// shrinking, with an empty script.
func (w *World) Run(s Scheduler) (r Result) {
	choosing := false
	defer func() {
		if choosing {
			return
		}
		if fault := recover(); fault != nil {
			w.crashed(fault)
			r = w.result()
		}
	}()
	for !w.over {
		choosing = true
		a, ok := s.Next(w)
		choosing = false
		if !ok {
			break
		}
		w.actions = append(w.actions, a)
		w.step(a)
	}
	w.workload = w.steps
	w.quiesce()
	return w.result()
}

// crashed turns a panic into a finding: the pump is to blame, whose turn it is.
func (w *World) crashed(fault any) {
	f := oracle.Finding{Property: oracle.Crash, Detail: fmt.Sprint("panic: ", fault)}
	f.End = int(w.turn)
	if over, ok := fault.(endless); ok {
		f = oracle.Finding{Property: oracle.BusyLoop, End: int(over.end),
			Detail: fmt.Sprintf("a turn made %d calls and did not return", maxCalls)}
	}
	for i := range w.ends {
		w.ends[i].inside.crash()
	}
	w.find(f)
}

// heal lets everything arrive and everybody read, without faults or new work,
// until nothing can happen any more; then the ledger is judged.
func (w *World) quiesce() {
	w.quiescing = true
	w.calm()
	idle := 0
	start, given := w.steps, w.given()
	for !w.over && idle < maxIdle {
		if now := w.given(); now != given {
			start, given = w.steps, now
		}
		if w.steps-start > maxQuiesce {
			w.restless()
			return
		}
		before := w.movement()
		if !w.sweep() && !w.wait() {
			break
		}
		if idle++; w.movement() != before {
			idle = 0
		}
	}
	w.seeQuiescence()
}

// calm opens windows and ends pauses.
func (w *World) calm() {
	for i := range w.ends[:w.n] {
		e := &w.ends[i]
		e.in.shutUntil = 0
		if e.acct.Paused && !e.acct.Gone && !w.over && !w.cfg.LastingPause {
			w.step(script.Action{Verb: script.Resume, On: e.id})
		}
	}
	w.refreshAll()
}

// sweep delivers all to each end and polls each that is ready. It reports
// whether there was anything to do.
//
// Story 43: an attacker that takes no input is ready for ever. The heal took its
// turns for work, lost patience after 16 rounds, and never came to the timer that
// its victim waited for.
func (w *World) sweep() (any bool) {
	for i := range w.ends[:w.n] {
		id := script.End(i)
		if w.enabled.Has(script.Deliver, id) && !w.over {
			w.step(script.Action{Verb: script.Deliver, On: id, Arg: script.All})
			any = true
		}
		if w.enabled.Has(script.Poll, id) && !w.over {
			w.step(script.Action{Verb: script.Poll, On: id})
			a := &w.accounts[i]
			any = any || !a.Hostile || a.Idle == 0
		}
	}
	return any
}

// wait lets time pass when nothing else can happen. What is owed by then waits
// for no peer.
func (w *World) wait() bool {
	next := w.nextTimer()
	if next == 0 {
		return false
	}
	for i := range w.ends[:w.n] {
		w.ends[i].seeQuiescence()
	}
	w.judgeLinks(oracle.AtWait)
	if !w.over {
		w.step(script.Action{Verb: script.Tick, Arg: uint32(next - w.now)})
	}
	return true
}

// nextTimer is the tick at which the next timer runs out, 0 if there is none.
func (w *World) nextTimer() (next uint64) {
	for i := range w.ends[:w.n] {
		e := &w.ends[i]
		if e.timer > w.now && !e.acct.Gone && (next == 0 || e.timer < next) {
			next = e.timer
		}
	}
	return next
}

// movement sums the moves of all ends.
func (w *World) movement() uint64 {
	var sum uint64
	for i := range w.ends[:w.n] {
		sum += w.ends[i].moves
	}
	return sum
}

// given sums the plaintext that all apps were given.
func (w *World) given() uint64 {
	var sum uint64
	for i := range w.ends[:w.n] {
		sum += w.ends[i].acct.Delivered
	}
	return sum
}

// rest judges the ledger, the end under test first.
func (w *World) seeQuiescence() {
	if w.over {
		return
	}
	for i := range w.ends[:w.n] {
		w.ends[i].seeQuiescence()
		w.foldQuiescence(&w.ends[i].acct.Quiescence)
	}
	w.judgeLinks(oracle.AtQuiescence)
}

// judgeLinks judges each link, from its end under test.
func (w *World) judgeLinks(m oracle.Moment) {
	for link := range w.cfg.Links {
		w.judge(&w.ends[2*link+int(w.cfg.Under)], m)
	}
}

// foldRest mixes what lies in an end's buffers into the chain: what was never
// drained has passed no seam, and would not show in it otherwise.
func (w *World) foldQuiescence(r *oracle.Quiescence) {
	for _, n := range [...]int{r.Unread, r.Output, r.Sealed, r.Inside, r.Buffered} {
		w.chain = fold(w.chain, uint64(n))
	}
}

// restless is the verdict on a world that does not come to rest.
func (w *World) restless() {
	w.find(oracle.Finding{Property: oracle.BusyLoop, End: int(w.cfg.Under),
		Detail: fmt.Sprintf("after %d actions that gave no app a byte it still does not rest", maxQuiesce)})
}
