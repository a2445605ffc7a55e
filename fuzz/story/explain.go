package story

import (
	"fmt"
	"slices"
	"strings"

	"github.com/wantwrite/wantwrite/fuzz/run"
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/sim/script"
)

// Explain tells a replayed violation in a few sentences: what the engine processed, what
// waits where, and which wakeup is missing. It needs the trace.
func Explain(s *script.Script, out *run.Outcome) []string {
	if !out.Result.Found {
		return nil
	}
	e := newEvidence(s, out)
	e.say("%s: %s", e.v.Violated(), why(&e.v.Finding))
	e.lapses()
	if e.isProgram() && e.v.Name == "" {
		e.programLines()
		return e.lines
	}
	e.origin()
	e.verdict()
	e.sources()
	return e.lines
}

// Retell is Explain for a script that already has a story. Lines that its author wrote
// stay, after the new ones.
func Retell(s *script.Script, out *run.Outcome) []string {
	story := Explain(s, out)
	for _, line := range s.Story {
		if !generated(line, out) && !slices.Contains(story, line) {
			story = append(story, line)
		}
	}
	return story
}

// generated says whether Explain or a hunt wrote a line of a story.
func generated(line string, out *run.Outcome) bool {
	for _, p := range oracle.Properties() {
		if line == p.Name+": "+p.Why {
			return true
		}
	}
	if v := &out.Result.Violation; v.Name != "" && line == v.Name+": "+v.Why {
		return true
	}
	for _, begin := range [...]string{"at step ", "seen at step ", "broken at step ", unsureText,
		"nothing can happen ", "the loop goes on calling ", "something is in flight", "missing: ",
		"confirmed on ", "in step ", "it has made no call on the connection", inferred, seen, lacking} {
		if strings.HasPrefix(line, begin) {
			return true
		}
	}
	if sourced(line) {
		return true
	}
	if engine, _, only := strings.Cut(line, " only: "); only && !strings.Contains(engine, " ") {
		return true // a Confirmation's
	}
	found, told := out.Result.Violation.Finding, oracle.Finding{Detail: line}
	return found.Detail != "" && found.Gist() == told.Gist()
}

// why is what users see of a violation: a clause of its property.
func why(f *oracle.Finding) string {
	p, ok := oracle.PropertyNamed(f.Violated())
	if !ok {
		return f.Why
	}
	return p.Why
}

func (e *evidence) say(format string, args ...any) {
	e.lines = append(e.lines, fmt.Sprintf(format, args...))
}

// pumpOf names the pump of an end, or the program that stands there.
func pumpOf(c *script.Config, end script.End) string {
	if model.Role(end&1) == c.Under {
		return strings.TrimSpace(c.Subject() + " " + c.ProgramVersion)
	}
	return c.Peer
}

// lapses says where a library failed by itself. What was lost with that link is not the
// story's subject.
func (e *evidence) lapses() {
	for _, ev := range e.trace.Events {
		if ev.Err != nil {
			e.say("at step %d, at the %s: %s", ev.Step, ev.End, ev)
		}
	}
}

// origin finds what produced the waiting output: the last message that the end's engine
// sent, and what it processed in the same turn.
func (e *evidence) origin() {
	if o := e.v.Obligation; o != oracle.EngineOutput && o != oracle.SealedOutput &&
		o != oracle.PumpPipe {
		return
	}
	at, absorbed, produced := e.lastAnswer()
	if len(produced) == 0 {
		return
	}
	e.say("at step %d the %s's engine%s produced %s", at, e.end, taken(absorbed),
		strings.Join(produced, ", "))
}

// lastAnswer is the last step in which the end's engine produced messages, and what it
// had processed before in that step. If the trace has a gap, it is 0 unless that was later.
func (e *evidence) lastAnswer() (at int, absorbed, produced []string) {
	step := 0
	var before []string
	for _, ev := range e.trace.Recent() {
		if !ev.IsNote() || ev.End != e.end {
			continue
		}
		if ev.Step != step {
			step, before = ev.Step, nil
		}
		text := fmt.Sprintf("%s (%d bytes)", ev.Note.Message, ev.Note.Bytes)
		switch {
		case !ev.Note.Sent:
			before = append(before, text)
		case at != step:
			at, absorbed, produced = step, before, []string{text}
		default:
			produced = append(produced, text)
		}
	}
	return at, absorbed, produced
}

// verdict says what is wrong, where it was seen, and who did it.
func (e *evidence) verdict() {
	v, at, where := e.v, "at step", e.end
	if !e.rests() {
		v.Finding = e.saw
		if where = e.seen; e.end != e.seen {
			at = "seen at step"
		}
	}
	clauses := e.details()
	if v.Obligation != oracle.NoObligation {
		bytes := said(claim{v.Bytes > 0, fmt.Sprintf(": %d bytes", v.Bytes)})
		clauses = slices.Insert(clauses, 0, e.what()+bytes)
	}
	for i, clause := range clauses {
		if i == 0 {
			clause = fmt.Sprintf("%s %d, at the %s", at, v.Step, e.is(where, clause))
		}
		e.say("%s", clause)
	}
	switch {
	case e.rests():
		e.say("%s: %s", e.prospect(), e.waiting())
		e.say("missing: %s", e.wakeup())
	case e.guilt.unsure:
		e.say("%s", unsureText)
	case e.end != e.seen:
		c := e.cause()
		e.say("broken at step %d, by the %s", c.at(v.Step), e.is(e.end, c.how))
	}
}

// details are clauses about what was seen, besides what is owed.
func (e *evidence) details() (clauses []string) {
	if e.saw.Detail != "" {
		clauses = append(clauses, e.saw.Detail)
	}
	timer := e.view(e.v.Step, e.seen).Timer
	if e.saw.Property == oracle.Stall && !e.rests() && timer > 0 {
		clauses = append(clauses, fmt.Sprintf("its timer will move that, at tick %d", timer))
	}
	return clauses
}

// unsureText is said if nobody is blamed.
const unsureText = "the bytes do not tell which end broke it"

// is says something of an end and its pump.
func (e *evidence) is(end script.End, what string) string {
	return fmt.Sprintf("%s: %s", e.inside(end), what)
}

// inside names an end and its pump or program.
func (e *evidence) inside(end script.End) string {
	kind := said(claim{e.cfg.Foreign(end), "program"}, claim{true, "pump"})
	return fmt.Sprintf("%s (%s %s)", end, kind, e.pumpOf(end))
}

// waiting says in a clause what the end waits with.
func (e *evidence) waiting() string {
	r := &e.view(e.last, e.end).Account.Quiescence
	quiet := e.view(e.last, e.end).InFlight+e.view(e.last, e.end.Peer()).InFlight == 0
	return fmt.Sprintf("interest is %s, the socket %s, %s", r.Mask,
		said(claim{r.Room > 0, "has room"}, claim{true, "is full"}),
		said(claim{quiet, "nothing is in flight"}, claim{true, "what is in flight has no room"}))
}
