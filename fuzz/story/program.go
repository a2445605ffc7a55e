package story

import (
	"fmt"
	"strings"

	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/sim"
	"github.com/wantwrite/wantwrite/sim/script"
)

// The story of a real program is told from its calls: what they moved, where they stopped, and what
// it waits for. Which decision it got wrong only its source says.

// program says whether a real program is under test. It is to blame: our end keeps to the rules.
func (e *evidence) program() bool { return e.cfg.Program != "" }

// accuseProgram makes the end where the violation was seen the one to blame, and finds its last turn.
func (e *evidence) accuseProgram() {
	e.guilt = culprit{end: e.seen, owed: e.v.Obligation, bytes: e.v.Bytes}
	e.end = e.seen
	for _, ev := range e.trace.Recent() {
		if ev.IsAction() && ev.End == e.end && (ev.Action.Verb == script.Poll || ev.Action.Verb == script.Spurious) &&
			ev.Step <= e.v.Step {
			e.lost = ev.Step
		}
	}
}

// explainProgram tells a violation of a program in a few sentences.
func (e *evidence) explainProgram() {
	f := &e.saw
	text := f.Detail
	if f.Obligation != oracle.NoObligation {
		text = f.Obligation.What()
		if f.Bytes > 0 {
			text += fmt.Sprintf(": %d bytes", f.Bytes)
		}
	}
	e.say("at step %d, at the %s", e.v.Step, e.is(e.end, text))
	if f.Detail != "" && f.Detail != text {
		e.say("%s", f.Detail)
	}
	if calls := e.lastTurn(); calls != "" {
		e.say("%s%d: %s", lastTurnAt, e.lost, calls)
	}
	if e.rests() {
		e.say("%s: %s", e.prospect(), e.waiting())
		e.say("missing: %s", e.missing())
	}
}

// lastTurnAt begins the line of a story that lists the program's last calls.
const lastTurnAt = "its last turn was step "

// mostCalls is how many calls of a turn are listed: the last ones say where it stopped.
const mostCalls = 6

// lastTurn lists the last calls of the program's last turn.
func (e *evidence) lastTurn() string {
	var words []string
	for _, ev := range e.callsIn(e.lost) {
		words = append(words, programCall(ev))
	}
	if n := len(words); n > mostCalls {
		words = append([]string{"..."}, words[n-mostCalls:]...)
	}
	return strings.Join(words, ", ")
}

// programCall is a call of a program in a few words.
func programCall(ev *sim.Event) string {
	if ev.Text != "" {
		return ev.Call + " " + ev.Text
	}
	return callText(ev)
}

// missing says which wakeup would have moved what is owed, as far as the calls tell.
func (e *evidence) missing() string {
	r := &e.view(e.last, e.end).Account.Quiescence
	full, step := e.metFull()
	return said(
		claim{full && r.Mask&model.Writable == 0, fmt.Sprintf("write interest: at step %d its send found the "+
			"socket full, and it waits with interest %s", step, r.Mask)},
		claim{e.v.Obligation == oracle.SocketInput && r.Mask&model.Readable == 0,
			fmt.Sprintf("read interest: it waits with interest %s", r.Mask)},
		claim{e.v.Obligation == oracle.SocketInput, "the read itself: read interest is armed, and its wait " +
			"has reported what came"},
		claim{true, e.v.Obligation.Wakeup()})
}

// metFull says whether the program's last send found no room, and in which step.
func (e *evidence) metFull() (full bool, step int) {
	for _, ev := range e.trace.Recent() {
		if ev.End == e.end && ev.Call == "send" {
			full, step = model.IOStatus(ev.Status) == model.WouldBlock, ev.Step
		}
	}
	return full, step
}

// judgeProgram is the verdict on a program.
func (e *evidence) judgeProgram(v Verdict) Verdict {
	v.Paragraphs = []string{v.Property + ": " + why(&e.v.Finding) + "."}
	if o := e.v.Obligation; o != oracle.NoObligation {
		v.Owed, v.Wakeup = o.What(), e.missing()
	}
	v.Paragraphs = append(v.Paragraphs, e.offence())
	if calls := e.lastTurn(); calls != "" {
		v.Paragraphs = append(v.Paragraphs, fmt.Sprintf("Its last turn was step %d: %s.", e.lost, calls))
	}
	if !e.rests() {
		return v
	}
	v.Paragraphs = append(v.Paragraphs, e.quiet(), fmt.Sprintf("Lost wakeup: %s.", v.Wakeup))
	return v
}
