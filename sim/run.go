package sim

import (
	"fmt"
	"regexp"

	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/sim/script"
)

// maxQuiesce is how many actions may pass while a world quiesces without giving an app
// a byte. A world that is still busy then never becomes quiescent.
//
// Story 40: the bound was one for all actions. A simple pump that sends three bytes a
// turn, and had a hundred thousand records to send, was taken for one that spins.
const maxQuiesce = 1 << 20

// mostRounds is the same for a program, whose turns take a thousand times as long.
const mostRounds = 1 << 16

// maxQuiesce is the bound of the world.
func (w *World) maxQuiesce() int {
	if w.parts.Program != nil {
		return mostRounds
	}
	return maxQuiesce
}

// maxIdle is how many rounds, or timers, in a row may move nothing while a world
// quiesces. Pumps that still want to be called after that only spin.
const maxIdle = 16

// Run lets the scheduler make the workload, then lets the world quiesce, and returns the
// result. A panic of the pump is a finding. A panic of the scheduler goes on up.
//
// Story 39: rapid panics, out of the scheduler, to end a test whose draws are used up.
// The panic was put down to the pump, so that whatever rapid was shrinking became a
// crash with an empty script.
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
	w.accuse()
	return w.result()
}

// crashed turns a panic into a finding. The pump whose turn it is is to blame.
func (w *World) crashed(fault any) {
	if w.locate != nil && !w.over {
		w.panicked = w.locate(true)
	}
	f := oracle.Finding{Property: oracle.Crash, Detail: "panic: " + steady(fmt.Sprint(fault))}
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

// address is a number that is likely to be one: it differs from run to run.
var address = regexp.MustCompile(`0x[0-9a-f]{6,}`)

// steady is what a panic said, as it is in each run.
//
// Story 120: a pump panicked with a pointer. The finding had the address, so each run of
// one script was another finding, and nothing that was shorter failed for the same cause.
func steady(text string) string { return address.ReplaceAllString(text, "0x…") }

// quiesce lets everything arrive and everybody read, without faults or new work, until
// nothing can happen any more. Then it judges the ledger.
func (w *World) quiesce() {
	w.quiescing = true
	w.calm()
	idle := 0
	start, given := w.steps, w.given()
	for !w.over && idle < maxIdle {
		if now := w.given(); now != given {
			start, given = w.steps, now
		}
		if w.steps-start > w.maxQuiesce() {
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
	w.judgeQuiescence()
}

// stuff lets a program take in all that it will while its peer does not read.
//
// Story 182: the last record of a burst ended in the middle of a program's buffer, and the rest of it
// was forgotten. That needs answers that have no room until all has come. But who had paused read again
// before.
func (w *World) stuff() {
	for i := range w.ends[:w.n] {
		e := &w.ends[i]
		for moved := true; moved && e.acct.Paused && e.peer().stranger != nil && !w.over; {
			before := w.movement()
			w.sweep()
			moved = w.movement() != before
		}
	}
}

// calm opens windows, gives send buffers their size back, and ends pauses.
func (w *World) calm() {
	for i := range w.ends[:w.n] {
		e := &w.ends[i]
		e.in.shutUntil = 0
		if ease := (script.Action{Verb: script.Ease, On: e.id}); e.stranger != nil && w.Can(ease) && !w.over {
			w.step(ease)
		}
	}
	w.refreshAll()
	w.stuff()
	for i := range w.ends[:w.n] {
		if e := &w.ends[i]; e.acct.Paused && !e.acct.Gone && !w.over && !w.cfg.LastingPause {
			w.step(script.Action{Verb: script.Resume, On: e.id})
		}
	}
	w.refreshAll()
}

// sweep delivers all to each end and polls each that is ready. It reports
// whether there was anything to do.
//
// Story 43: an attacker that takes no input is ready for ever. Its turns counted as
// work, so the run ended after 16 rounds, before the timer that its victim waited for.
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

// wait lets time pass when nothing else can happen. What is owed at that moment does
// not wait for the peer, so it is judged.
func (w *World) wait() bool {
	next := w.nextTimer()
	if next == 0 {
		return false
	}
	for i := range w.ends[:w.n] {
		w.ends[i].seeQuiescence()
	}
	w.judgeLinks(oracle.AtWait)
	if w.ledger.Late = true; !w.over {
		w.step(script.Action{Verb: script.Tick, Arg: uint32(next - w.now)})
	}
	return true
}

// nextTimer is the tick at which the next timer runs out, 0 if there is none.
func (w *World) nextTimer() (next uint64) {
	for i := range w.ends[:w.n] {
		e := &w.ends[i]
		if e.timer > w.now && (!e.acct.Gone || e.stranger != nil) && (next == 0 || e.timer < next) {
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

// judgeQuiescence judges the ledger, the end under test first.
func (w *World) judgeQuiescence() {
	if w.over {
		return
	}
	for i := range w.ends[:w.n] {
		w.ends[i].seeQuiescence()
		w.foldQuiescence(&w.ends[i].acct.Quiescence)
	}
	w.judgeLinks(oracle.AtQuiescence)
	if len(w.parts.Properties) > 0 {
		w.judgeOwn(true)
	}
}

// judgeLinks judges each link, from its end under test.
func (w *World) judgeLinks(m oracle.Moment) {
	if w.quiet {
		w.note()
		return
	}
	for link := range w.cfg.Links {
		w.judge(&w.ends[2*link+int(w.cfg.Under)], m)
	}
}

// foldQuiescence mixes what lies in an end's buffers into the chain. Bytes that were
// never drained have passed no seam, and would not show in it otherwise.
func (w *World) foldQuiescence(r *oracle.Quiescence) {
	for _, n := range [...]int{r.Unread, r.Output, r.Sealed, r.Inside, r.Buffered} {
		w.chain = fold(w.chain, uint64(n))
	}
}

// restless is the verdict on a world that does not become quiescent.
func (w *World) restless() {
	w.find(oracle.Finding{Property: oracle.BusyLoop, End: int(w.cfg.Under),
		Detail: fmt.Sprintf("after %d actions that gave no app a byte it still does not rest", w.maxQuiesce())})
}

// Do does an action, for drivers that pick actions themselves and need no Scheduler.
// They end the run with End; between Reset and End nothing else may run the world. more
// is false if the action was not enabled, or if it has ended the run.
func (w *World) Do(a script.Action) (more bool) {
	if w.over || !w.Can(a) {
		return false
	}
	w.actions = append(w.actions, a)
	return w.Try(a) && w.TryOwn()
}

// End lets the world quiesce and returns the result of what was done with Do.
func (w *World) End() Result { return w.Run(nothing{}) }

// nothing is the scheduler of a workload that has been done already.
type nothing struct{}

// Next implements Scheduler.
func (nothing) Next(*World) (script.Action, bool) { return script.Action{}, false }
