package story

import (
	"fmt"
	"strings"

	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/sim/script"
)

// judge puts the verdict together.
func (e *evidence) judge() Verdict {
	if !e.found {
		clean := "no violation"
		if p := e.property; p != "" && p != oracle.NoProperty.String() {
			clean += " of " + p
		}
		return Verdict{Paragraphs: []string{clean}}
	}
	v := Verdict{Property: e.v.Violated(), End: e.end.String(), Pump: e.pumpOf(e.end),
		Seen: e.seen.String(), Unsure: e.guilt.unsure, Step: e.v.Step, Lost: e.lost, Came: e.came,
		Unseen: e.unseen}
	if e.v.Name != "" {
		v.Places = e.places(mistake{})
		return e.judgeOwn(v)
	}
	if e.isProgram() {
		return e.judgeProgram(v)
	}
	c := e.cause()
	v.Places = e.places(c)
	v.Decision = decisionOf(c.decision)
	v.Paragraphs = append(v.Paragraphs, v.Property+": "+why(&e.v.Finding)+".")
	if o := e.v.Obligation; o != oracle.NoObligation {
		v.Owed, v.Wakeup = e.what(), e.wakeup()
	}
	if e.rests() {
		v.Paragraphs = append(v.Paragraphs, e.debt(), e.quiet())
	} else {
		v.Paragraphs = append(v.Paragraphs, e.offence())
	}
	v.Paragraphs = append(v.Paragraphs, e.conclusion(&v, c))
	return v
}

// judgeOwn is the verdict on a property of the pump's author. What is to blame only the author
// knows.
func (e *evidence) judgeOwn(v Verdict) Verdict {
	v.Paragraphs = []string{v.Property + ": " + why(&e.v.Finding) + ".", e.offence(),
		"This is a property of the pump's author, so no decision is named."}
	return v
}

// rests says whether the verdict is about quiescence: something is owed, and nothing moves it.
func (e *evidence) rests() bool {
	return (e.v.Property == oracle.Stall || e.v.Property == oracle.Deadlock) &&
		e.v.Obligation != oracle.NoObligation
}

// what says in a clause what is owed. What has come and is lost may lie anywhere.
func (e *evidence) what() string {
	o := e.v.Obligation
	if !e.rests() {
		o = e.saw.Obligation
	}
	return said(
		claim{e.v.Property == oracle.DataLoss && o == oracle.SocketInput,
			"received data has not been given to the app"},
		claim{true, o.What()})
}

// wakeup says which wakeup is missing. What is armed already does not count.
func (e *evidence) wakeup() string {
	o, r := e.v.Obligation, &e.view(e.last, e.end).Account.Quiescence
	asked := o.Wakeup()
	reads := asked == oracle.SocketInput.Wakeup() && r.Mask&model.Readable != 0
	writes := asked == oracle.PumpPipe.Wakeup() && r.Mask&model.Writable != 0
	return said(
		claim{o == oracle.AppEnd && (r.MetEnd || r.Failed), "the pump's own call of Closed"},
		claim{reads && o == oracle.HandshakeDone, "the engine call made again: no input comes before it"},
		claim{reads && e.triggered(), "a look at the socket before it waits: its edge was reported"},
		claim{reads, "the read itself: read interest is armed"},
		claim{writes, "the write itself: write interest is armed"},
		claim{true, asked})
}

// who names an end and its pump.
func (e *evidence) who(end script.End) string {
	return "the " + e.inside(end)
}

// debt says what is owed, to whom, and where it waits.
func (e *evidence) debt() string {
	o := e.v.Obligation
	amount := "something"
	if e.v.Bytes > 0 {
		amount = fmt.Sprint(e.v.Bytes, " bytes")
	}
	to := "its peer, the " + e.end.Peer().String()
	if oracle.SocketInput <= o && o <= oracle.HeldData || o >= oracle.AppTurn {
		to = "its app"
	}
	text := fmt.Sprintf("%s owes %s to %s: %s.", upper(e.who(e.end)), amount, to, o.What())
	if e.made > 0 {
		_, absorbed, produced := e.lastAnswer()
		text += fmt.Sprintf(" At step %d its engine%s produced %s.", e.made, taken(absorbed),
			strings.Join(produced, ", "))
	}
	if e.v.Property == oracle.Deadlock {
		text += " So does the other end: " + e.v.Detail + "."
	}
	return text
}

func taken(absorbed []string) string {
	if len(absorbed) == 0 {
		return ""
	}
	return " absorbed " + strings.Join(absorbed, ", ") + " and"
}

// quiet says what can still happen, and what both ends wait for.
func (e *evidence) quiet() string {
	why := said(claim{!e.deliverable(), ", for nothing is in flight that could be delivered"})
	return fmt.Sprintf("%s%s. %s %s", upper(e.prospect()), why, e.standing(e.end),
		e.standing(e.end.Peer()))
}

// prospect says in a clause what can still happen after the last step.
func (e *evidence) prospect() string {
	var busy, timed []string
	next := uint64(0)
	for end := range script.End(e.ends()) {
		switch v := e.view(e.last, end); {
		case v.Account.Gone:
		case v.Ready != 0:
			busy = append(busy, fmt.Sprintf("the %s with %s", end, v.Ready))
		case v.Timer > 0 && (next == 0 || v.Timer <= next):
			if v.Timer < next {
				timed = nil
			}
			next = v.Timer
			timed = append(timed, end.String())
		}
	}
	return said(
		claim{len(busy) > 0, fmt.Sprintf("the loop goes on calling %s, and nothing moves any more",
			strings.Join(busy, " and "))},
		claim{e.deliverable(), "something is in flight, and is not delivered"},
		claim{len(timed) > 0, fmt.Sprintf("nothing can happen before tick %d, when the timer of "+
			"the %s runs out", next, strings.Join(timed, " and the "))},
		claim{true, "nothing can happen any more"})
}

// ends is how many ends there are.
func (e *evidence) ends() int {
	if e.last < 0 {
		return 0
	}
	return len(e.trace.View(e.last))
}

// deliverable says whether something is in flight after the last step, to a socket that has room
// for it.
func (e *evidence) deliverable() bool {
	for end := range script.End(e.ends()) {
		v := e.view(e.last, end)
		fits := v.Account.Quiescence.Unread < e.cfg.Sizes.Window
		switch {
		case v.Account.Gone: // what comes to a closed socket comes to nobody
		case v.Reset && !v.ResetSeen, !v.Reset && v.InFlight > 0 && fits,
			!v.Reset && v.InFlight == 0 && v.Fin && !v.FinSeen:
			return true
		}
	}
	return false
}

// standing says what an end waits for.
func (e *evidence) standing(end script.End) string {
	v := e.view(e.last, end)
	r := &v.Account.Quiescence
	if v.Account.Gone {
		return fmt.Sprintf("The %s has closed its socket.", end)
	}
	room := said(claim{r.Room > 0, fmt.Sprint("has room for ", r.Room, " bytes")}, claim{true, "is full"})
	state := said(claim{v.State != "", fmt.Sprintf(", its engine is in state %s", v.State)})
	waits := said(claim{v.Ready == 0, "waits with"}, claim{true, "has"})
	return fmt.Sprintf("The %s %s interest %s; its socket %s and has %d bytes to read%s.",
		end, waits, r.Mask, room, r.Unread, state)
}

// A mistake is what the pump did wrong, in terms of its decisions.
type mistake struct {
	decision int
	// how says in a clause what the pump did. when is the step, 0 for the violation's.
	how  string
	when int
}

// conclusion is the last paragraph.
func (e *evidence) conclusion(v *Verdict, c mistake) string {
	d := v.Decision
	var b strings.Builder
	switch {
	case e.rests():
		fmt.Fprintf(&b, "Lost wakeup: %s. %s", v.Wakeup, e.whenLost(c))
	case e.guilt.unsure:
		fmt.Fprintf(&b, "Broken rule: %s. It was seen at step %d at the %s; the bytes do not tell "+
			"which end broke it.", d.Rule, e.v.Step, e.seen)
	default:
		fmt.Fprintf(&b, "Broken rule: %s. %s broke it at step %d%s: %s.", d.Rule, v.Pump,
			c.at(e.v.Step), e.elsewhere(), c.how)
	}
	fmt.Fprintf(&b, " This is decision %d of a pump, %s (%s).", d.Number, d.Name, d.Choices)
	if e.rests() {
		fmt.Fprintf(&b, " The rule: %s.", d.Rule)
	}
	fmt.Fprintf(&b, " Known from: %s.", strings.Join(d.Known, ", "))
	return b.String()
}

// at is the step of the mistake. found is that of the violation.
func (m *mistake) at(found int) int {
	if m.when > 0 {
		return m.when
	}
	return found
}

// elsewhere names the end to blame, if the violation was not seen there.
func (e *evidence) elsewhere() string {
	return said(claim{e.end != e.seen, fmt.Sprintf(", at the %s", e.end)})
}

// whenLost says at which step the wakeup was lost, and how.
func (e *evidence) whenLost(c mistake) string {
	switch g := &e.trace.Gap; {
	case e.unseen:
		return fmt.Sprintf("It was lost in one of the steps %d to %d, which are left out here.", g.From,
			g.To)
	case e.lost == 0:
		return fmt.Sprintf("No turn is known that lost it: interest is %s.",
			e.view(e.last, e.end).Account.Quiescence.Mask)
	case e.came > 0:
		return fmt.Sprintf("It was lost at step %d: %s. What waits came at step %d.", e.lost, c.how,
			e.came)
	}
	return fmt.Sprintf("It was lost at step %d: %s.", e.lost, c.how)
}

func upper(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// Brief is the verdict in one line.
func (v *Verdict) Brief() string {
	who := fmt.Sprintf("%s at the %s", v.Pump, v.End)
	if v.Property != "" && v.Decision.Number == 0 && v.Wakeup == "" {
		return fmt.Sprintf("%s, step %d: %s does not hold", who, v.Step, v.Property)
	}
	switch {
	case v.Property == "":
		return v.Paragraphs[len(v.Paragraphs)-1]
	case v.Wakeup == "" || v.Property != oracle.Stall.String() && v.Property != oracle.Deadlock.String():
		if v.Unsure {
			who = fmt.Sprintf("seen at the %s", v.Seen)
		}
		return fmt.Sprintf("%s, step %d: broken is the rule that %s", who, v.Step, v.Decision.Rule)
	case v.Unseen:
		return fmt.Sprintf("%s: %s, and the wakeup was lost in a step that is left out: %s", who, v.Owed,
			v.Wakeup)
	case v.Lost == 0:
		return fmt.Sprintf("%s: %s, and there is no wakeup: %s", who, v.Owed, v.Wakeup)
	}
	return fmt.Sprintf("%s: %s, and the wakeup was lost at step %d: %s", who, v.Owed, v.Lost, v.Wakeup)
}
