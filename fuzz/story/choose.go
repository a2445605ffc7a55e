package story

import (
	"fmt"
	"strings"

	"github.com/wantwrite/wantwrite/sim/script"
)

// enough is how many steps are always shown: of a short story all, of a long one those
// after the lost wakeup.
const enough = 8

// choose marks the steps that matter: what apps and faults did, the turning points, and
// the steps that led to each of them.
func (e *evidence) choose(s *Story) {
	mark := map[int]string{}
	if e.made > 0 {
		mark[e.made] = "what waits is made here"
	}
	if e.came > 0 {
		mark[e.came] = "what waits comes here"
	}
	if e.lost > 0 {
		mark[e.lost] = "the wakeup is lost here"
	}
	if e.found && !e.rests() {
		e.markOffence(mark)
	}
	for i := range s.Steps {
		st := &s.Steps[i]
		st.Mark = mark[st.Number]
		st.Matters = st.Mark != "" || !e.found || len(s.Steps) <= enough || initiative(st.Action.Verb) &&
			st.Number > 0 || st.Number == e.v.Step || st.Omits
	}
	for i := range s.Steps {
		if s.Steps[i].Mark != "" || s.Steps[i].Number == e.v.Step && e.v.Step > 0 {
			e.lead(s.Steps[:i+1])
		}
	}
	e.aftermath(s)
}

// markOffence marks the step that broke a rule and the step in which that was seen.
func (e *evidence) markOffence(mark map[int]string) {
	if e.v.Obligation.Kept() { // no step of one run shows it
		mark[e.v.Step] = "the run ends here, and is repeated"
		return
	}
	const broken = "the rule is broken here"
	mark[e.v.Step] = broken
	if c := e.cause(); c.when > 0 && c.when != e.v.Step {
		mark[c.when], mark[e.v.Step] = broken, "it is seen here"
	}
}

// initiative says whether the verb belongs to an app or a fault, not to the transport.
func initiative(v script.Verb) bool {
	return v != script.Deliver && v != script.Poll && v != script.Tick
}

// lead marks what caused the last of these steps: the delivery to its end, and the
// other end's turn that sent the bytes.
func (e *evidence) lead(steps []Step) {
	end := steps[len(steps)-1].Action.On
	wanted := script.Deliver
	for i := len(steps) - 2; i >= 0 && !steps[i].Omits; i-- {
		switch s := &steps[i]; {
		case wanted == script.Deliver && s.Action.Verb == script.Deliver && s.Action.On == end:
			s.Matters = true
			wanted = script.Poll
		case wanted == script.Poll && s.sends(end.Peer()):
			s.Matters = true
			return
		}
	}
}

// sends says whether an end sent something in the step.
func (s *Step) sends(end script.End) bool {
	for _, m := range s.Moves {
		if m.End == end && m.Bytes > 0 && (m.To == laneSocket || m.From == lanePeer && m.To == laneLink) {
			return true
		}
	}
	return s.Action.On == end && turns(s.Action.Verb) && len(s.Moves) > 0
}

// aftermath marks the steps after the lost wakeup, if they are few.
func (e *evidence) aftermath(s *Story) {
	if e.lost == 0 || e.last-e.lost > enough {
		return
	}
	for i := range s.Steps {
		if s.Steps[i].Number > e.lost {
			s.Steps[i].Matters = true
		}
	}
}

// gap describes the steps that are left out.
func (s *Story) gap(left []Step) string {
	counts := [script.NumVerbs]int{}
	for _, st := range left {
		counts[st.Action.Verb]++
	}
	var words []string
	for v, n := range counts {
		if n > 0 {
			words = append(words, fmt.Sprintf("%d %s", n, script.Verb(v)))
		}
	}
	first, last := left[0].Number, left[len(left)-1].Number
	text := fmt.Sprintf("steps %d to %d: %s", first, last, strings.Join(words, ", "))
	if first == last {
		text = fmt.Sprintf("step %d: %s", first, left[0].Text)
	}
	var done []string
	for _, end := range [...]script.End{s.End, s.End.Peer()} {
		if n := s.initDone(end, first, last); n > 0 {
			done = append(done, end.String())
		}
	}
	if len(done) > 0 {
		text += "; handshake done at the " + strings.Join(done, " and the ")
	}
	return text
}

// initDone is the step, from first to last, in which an end's handshake finished; 0 if
// there is none.
func (s *Story) initDone(end script.End, first, last int) int {
	for n := max(first, 1); n <= min(last, s.Trace.Last()); n++ {
		if s.view(n, end).Account.Quiescence.InitDone && !s.view(n-1, end).Account.Quiescence.InitDone {
			return n
		}
	}
	return 0
}
