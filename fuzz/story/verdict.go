package story

import (
	"fmt"
	"strings"

	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/sim/script"
)

// judge puts the verdict together.
func (e *evidence) judge() Verdict {
	if !e.found {
		clean := "no violation"
		if p := e.script.Property; p != "" && p != oracle.NoProperty.String() {
			clean += " of " + p
		}
		return Verdict{Paragraphs: []string{clean}}
	}
	v := Verdict{Property: e.v.Violated(), End: e.end.String(), Pump: e.pumpOf(e.end),
		Step: e.v.Step, Lost: e.lost, Came: e.came, Unseen: e.unseen}
	if e.v.Name != "" {
		return e.judgeOwn(v)
	}
	c := e.cause()
	v.Decision = decisionOf(c.decision)
	v.Paragraphs = append(v.Paragraphs, v.Property+": "+why(&e.v.Finding)+".")
	if o := e.v.Obligation; o != oracle.NoObligation {
		v.Owed, v.Wakeup = o.What(), o.Wakeup()
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

// rests says whether the verdict is about quiescence: nothing can happen any more.
func (e *evidence) rests() bool {
	return e.v.Property == oracle.Stall || e.v.Property == oracle.Deadlock
}

// who names an end and its pump.
func (e *evidence) who(end script.End) string {
	return fmt.Sprintf("the %s (pump %s)", end, e.pumpOf(end))
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

// quiet says why nothing can happen any more.
func (e *evidence) quiet() string {
	return fmt.Sprintf("Nothing can happen any more, for nothing is in flight that could be "+
		"delivered. %s %s", e.standing(e.end), e.standing(e.end.Peer()))
}

// standing says what an end waits for.
func (e *evidence) standing(end script.End) string {
	v := e.view(e.last, end)
	r := &v.Account.Quiescence
	if v.Account.Gone {
		return fmt.Sprintf("The %s has closed its socket.", end)
	}
	room := "is full"
	if r.Room > 0 {
		room = fmt.Sprint("has room for ", r.Room, " bytes")
	}
	state := ""
	if v.State != "" {
		state = fmt.Sprintf(", its engine is in state %s", v.State)
	}
	return fmt.Sprintf("The %s waits with interest %s; its socket %s and has %d bytes to read%s.",
		end, r.Mask, room, r.Unread, state)
}

// A mistake is what the pump did wrong, in terms of its decisions.
type mistake struct {
	decision int
	// how says in a clause what the pump did. when is the step, 0 for the violation's.
	how  string
	when int
	// by is the pump that decided, if it is not the one at the violation's end.
	by string
}

// conclusion is the last paragraph.
func (e *evidence) conclusion(v *Verdict, c mistake) string {
	d := v.Decision
	by := v.Pump
	if c.by != "" {
		by = c.by
	}
	var b strings.Builder
	if e.rests() {
		fmt.Fprintf(&b, "Lost wakeup: %s. %s", v.Wakeup, e.whenLost(c))
	} else {
		at := e.v.Step
		if c.when > 0 {
			at = c.when
		}
		fmt.Fprintf(&b, "Broken rule: %s. %s broke it at step %d: %s.", d.Rule, by, at, c.how)
	}
	fmt.Fprintf(&b, " This is decision %d of a pump, %s (%s).", d.Number, d.Name, d.Choices)
	if e.rests() {
		fmt.Fprintf(&b, " The rule: %s.", d.Rule)
	}
	fmt.Fprintf(&b, " Known from: %s.", strings.Join(d.Known, ", "))
	return b.String()
}

// whenLost says at which step the wakeup was lost, and how.
func (e *evidence) whenLost(c mistake) string {
	switch g := &e.trace.Gap; {
	case e.unseen:
		return fmt.Sprintf("It was lost in one of the steps %d to %d, which are left out here.", g.From,
			g.To)
	case e.lost == 0:
		return fmt.Sprintf("It was never armed: %s.", c.how)
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
	if v.Property != "" && v.Decision.Number == 0 {
		return fmt.Sprintf("%s, step %d: %s does not hold", who, v.Step, v.Property)
	}
	switch {
	case v.Property == "":
		return v.Paragraphs[len(v.Paragraphs)-1]
	case v.Wakeup == "" || v.Property != oracle.Stall.String() && v.Property != oracle.Deadlock.String():
		return fmt.Sprintf("%s, step %d: broken is the rule that %s", who, v.Step, v.Decision.Rule)
	case v.Unseen:
		return fmt.Sprintf("%s: %s, and the wakeup was lost in a step that is left out: %s", who, v.Owed,
			v.Wakeup)
	case v.Lost == 0:
		return fmt.Sprintf("%s: %s, and no wakeup was ever armed: %s", who, v.Owed, v.Wakeup)
	}
	return fmt.Sprintf("%s: %s, and the wakeup was lost at step %d: %s", who, v.Owed, v.Lost, v.Wakeup)
}
