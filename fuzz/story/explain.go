package story

import (
	"fmt"
	"slices"
	"strings"

	"github.com/wantwrite/wantwrite/fuzz/run"
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/sim"
	"github.com/wantwrite/wantwrite/sim/script"
)

// Explain tells a replayed violation in a few sentences: what the engine processed, what
// waits where, and which wakeup is missing. It needs the trace.
func Explain(s *script.Script, out *run.Outcome) []string {
	if !out.Result.Found {
		return nil
	}
	v := out.Result.Violation
	t := &teller{script: s, out: out, v: v, end: script.End(v.End)}
	t.say("%s: %s", v.Violated(), why(&v.Finding))
	t.lapses()
	t.origin()
	t.verdict()
	return t.lines
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
	for _, begin := range [...]string{"at step ", "nothing can happen any more: ", "missing: ",
		"confirmed on "} {
		if strings.HasPrefix(line, begin) {
			return true
		}
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

// A teller collects the lines of a story.
type teller struct {
	script *script.Script
	out    *run.Outcome
	v      sim.Violation
	end    script.End
	lines  []string
}

func (t *teller) say(format string, args ...any) {
	t.lines = append(t.lines, fmt.Sprintf(format, args...))
}

// pumpOf names the pump of an end.
func (t *teller) pumpOf(e script.End) string {
	if model.Role(e&1) == t.script.Config.Under {
		return t.script.Config.Pump
	}
	return t.script.Config.Peer
}

// lapses says where a library failed by itself. What was lost with that link is not the
// story's subject.
func (t *teller) lapses() {
	if t.out.Trace == nil {
		return
	}
	for _, ev := range t.out.Trace.Events {
		if ev.Err != nil {
			t.say("at step %d, at the %s: %s", ev.Step, ev.End, ev)
		}
	}
}

// origin finds what produced the waiting output: the last message that the end's engine
// sent, and what it processed in the same turn.
func (t *teller) origin() {
	if o := t.v.Obligation; o != oracle.EngineOutput && o != oracle.SealedOutput &&
		o != oracle.PumpPipe || t.out.Trace == nil {
		return
	}
	at, absorbed, produced := t.lastAnswer()
	if len(produced) == 0 {
		return
	}
	from := ""
	if len(absorbed) > 0 {
		from = " absorbed " + strings.Join(absorbed, ", ") + " and"
	}
	t.say("at step %d the %s's engine%s produced %s", at, t.end, from,
		strings.Join(produced, ", "))
}

// lastAnswer is the last step in which the end's engine produced messages, and what it
// had processed before in that step. If the trace has a gap, it is 0 unless that was later.
func (t *teller) lastAnswer() (at int, absorbed, produced []string) {
	step := 0
	var before []string
	for _, ev := range t.out.Trace.Recent() {
		if !ev.IsNote() || ev.End != t.end {
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

// verdict says what waits, where, and what would have moved it.
func (t *teller) verdict() {
	v := t.v
	if v.Obligation == oracle.NoObligation {
		t.say("at step %d, at the %s (pump %s): %s", v.Step, t.end, t.pumpOf(t.end), v.Detail)
		return
	}
	what := v.Obligation.What()
	if v.Bytes > 0 {
		what = fmt.Sprintf("%s: %d bytes", what, v.Bytes)
	}
	t.say("at step %d, at the %s (pump %s): %s", v.Step, t.end, t.pumpOf(t.end), what)
	if v.Detail != "" {
		t.say("%s", v.Detail)
	}
	if v.Property == oracle.Stall || v.Property == oracle.Deadlock {
		rest := &t.out.Accounts[v.End].Quiescence
		room := "the socket has room"
		if rest.Room == 0 {
			room = "the socket is full"
		}
		t.say("nothing can happen any more: interest is %s, %s, nothing is in flight", rest.Mask,
			room)
		t.say("missing: %s", v.Obligation.Wakeup())
	}
}
