package story

import (
	"fmt"
	"strings"

	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/sim"
	"github.com/wantwrite/wantwrite/sim/script"
)

// A verdict on a program says first what was seen: what our end lacks, and the calls of the
// program's last turn. What that lets one conclude is marked as inferred. A decision is named
// only if no other fits.

// An inference is a conclusion from the calls of a program.
type inference struct {
	mistake
	// missing is the wakeup, or the call, that would have moved what is owed.
	missing string
	// seen: the program's library was watched, and shows it.
	seen bool
}

// lacks is an inference from calls about something that is missing.
func lacks(m mistake, missing string) inference { return inference{mistake: m, missing: missing} }

const (
	// inferred begins what is concluded, and lacking what has not come.
	inferred = "inferred from the calls: "
	lacking  = "lacking: "
)

// mark begins what is said: it was concluded, or seen.
func (i *inference) mark() string { return said(claim{i.seen, seen}, claim{true, inferred}) }

// isProgram says whether the end to blame is a program's.
func (e *evidence) isProgram() bool { return e.program != nil }

// blameProgram makes a program the culprit. What lies inside of it can't be seen, so no byte is
// followed.
func (e *evidence) blameProgram() {
	e.guilt = culprit{end: e.seen, owed: e.v.Obligation, bytes: e.v.Bytes}
	e.program = e.watched(e.seen)
}

// leftProgram finds the turn after which nothing the program waits for moves what is owed, and the
// step in which it came, if that was later.
func (e *evidence) leftProgram() (lost, came int, unseen bool) {
	c := e.program
	if !e.rests() {
		return 0, 0, false
	}
	if lost = c.turn; c.tried != nil {
		lost = c.tried.Step
	}
	if r := &e.view(e.last, e.end).Account.Quiescence; r.Unread > 0 || r.UnreadEnd {
		if at := e.arrived(); at > c.turn {
			lost, came = c.turn, at
		}
	}
	return lost, came, lost == 0 && e.trace.Gap.At > 0
}

// arrived is the last step that brought something to the program's end.
func (e *evidence) arrived() (step int) {
	for i := range e.trace.Events {
		ev := &e.trace.Events[i]
		if !ev.IsAction() || ev.Action.On != e.end || ev.Step == 0 || ev.Step > e.last {
			continue
		}
		before, after := e.view(ev.Step-1, e.end), e.view(ev.Step, e.end)
		if len(ev.Data) > 0 || after.FinSeen != before.FinSeen || after.ResetSeen != before.ResetSeen {
			step = ev.Step
		}
	}
	return step
}

// infer concludes from the calls what the program has done wrong.
func (e *evidence) infer() inference {
	switch p := e.v.Property; {
	case e.rests():
		return e.inferStall()
	case p == oracle.BusyLoop:
		return e.inferSpin()
	case p == oracle.Corruption:
		return e.inferCorruption()
	case p == oracle.DataLoss || p == oracle.Truncation || p == oracle.SpuriousFailure:
		return e.inferEnd()
	}
	return inference{} // a crash or a leak says all that is known
}

// inferStall concludes why nothing moves any more.
func (e *evidence) inferStall() inference {
	c, v := e.program, e.view(e.last, e.end)
	r := &v.Account.Quiescence
	reads, writes := r.Mask&model.Readable != 0, r.Mask&model.Writable != 0
	switch unread := r.Unread > 0 || r.UnreadEnd; {
	case r.HalfAlert && e.v.Obligation > oracle.Delivery:
		return e.confirmed(lacks(mistake{how: "OpenSSL does not tell the program of an alert that does not fit (loses-alerts), so " +
			"this is its library's doing, and not the program's"}, "none that the program could arm: its library has the rest"), sealsAlert)
	case e.v.Obligation.Handshake() && c.isAlert(e.cfg.Version):
		return e.confirmed(lacks(mistake{how: e.droppedAlert()}, "none that the program could arm: the alert is gone"), sealsAlert)
	case e.v.Property == oracle.Deadlock:
		return lacks(mistake{decision: readWhileBlocked, how: "it waits for " + c.interest(r.Mask) +
			" while both directions are full"}, "read interest"+c.event(model.Readable))
	case c.tried != nil && !writes:
		return e.inferBlocked()
	case c.tried != nil && c.edge:
		return lacks(mistake{decision: edgeTrigger, how: "its socket has room, the edge of that was " +
			"reported, and it has not tried again what did not fit"}, "a send before it waits: the edge was reported")
	case unread && !reads:
		return lacks(mistake{how: fmt.Sprintf("what its socket has to read, %s, is announced to nobody: it "+
			"waits for %s", unreadText(r), c.interest(r.Mask))}, "read interest"+c.event(model.Readable))
	case unread && c.edge:
		return lacks(mistake{decision: edgeTrigger, how: fmt.Sprintf("the edge of what its socket has to "+
			"read, %s, was reported, and its turn ended before would-block", unreadText(r))},
			"a read before it waits: the edge was reported")
	case unread:
		return lacks(mistake{how: "it waits for read, and does not read " + unreadText(r)}, "the read itself")
	}
	return e.inferInside()
}

// owesAnswer says whether what is owed is an answer of a dialogue. What only programs owe stands behind
// what pumps owe: answers, and closes that were said.
func (e *evidence) owesAnswer() bool {
	return e.v.Obligation > oracle.Delivery && !e.v.Obligation.Handshake() && e.view(e.last, e.end.Peer()).Account.Owed != ""
}

// unreadText says what a socket has to read.
func unreadText(r *oracle.Quiescence) string {
	end := said(claim{r.UnreadEnd && r.Unread > 0, " and the end of the stream"}, claim{r.UnreadEnd, "the end of the stream"})
	return said(claim{r.Unread > 0, fmt.Sprint(r.Unread, " bytes")}) + end
}

// droppedAlert says that the library has lost an alert.
func (e *evidence) droppedAlert() string {
	return fmt.Sprintf("what the socket did not take at step %d has the size of an alert, %d bytes; OpenSSL drops "+
		"an alert that does not fit (loses-alerts), so this is its library's doing, and not the program's",
		e.program.tried.Step, e.program.tried.Offered)
}

// inferBlocked concludes from a send that was cut short, and a wait without write interest.
func (e *evidence) inferBlocked() inference {
	c := e.program
	mask := e.view(e.last, e.end).Account.Quiescence.Mask
	out := c.event(model.Writable)
	missing := "write interest" + out
	waits := fmt.Sprintf("the program waits for %s: %s is missing", c.interest(mask),
		said(claim{out != "", c.events + "OUT"}, claim{true, "write interest"}))
	if i, ok := e.seesBlocked(waits, missing); ok {
		return i
	}
	if e.v.Obligation.Handshake() {
		began := said(claim{e.toldAt(c.tried.Step)&model.Readable != 0, "the turn began with a read event, and "})
		return lacks(mistake{decision: readWantsWrite, how: "its library wanted to write " +
			"(SSL_ERROR_WANT_WRITE) at a read or handshake call, for " + began +
			"the handshake is not done; " + waits}, missing)
	}
	return lacks(mistake{decision: armWrite, how: "its socket did not take all that it had to send " +
		"(SSL_ERROR_WANT_WRITE, if its library sent it); " + waits}, missing)
}

// toldAt is what the program's wait reported of the link in a step.
func (e *evidence) toldAt(step int) (told model.Events) {
	for i := range e.trace.Events {
		if ev := &e.trace.Events[i]; ev.IsAction() && ev.Step == step && ev.Action.On == e.end {
			told = ev.Ready
		}
	}
	return told
}

// inferInside concludes where what is owed may be, when the program has read everything and no
// send of it was cut short.
func (e *evidence) inferInside() inference {
	c := e.program
	if i, ok := e.seesInside(); ok && e.liesInside() {
		return i
	}
	shaken := e.view(e.last, e.end.Peer()).Account.Quiescence.Shaken
	const closes = "its own close"
	switch o := e.v.Obligation; {
	case o == oracle.SocketEnd && c.metEnd():
		return lacks(mistake{decision: localClose, how: "it has read the end of the stream, and has not closed " +
			"its socket"}, closes)
	case o == oracle.SocketEnd, o > oracle.Delivery && !o.Handshake() && !e.owesAnswer():
		return lacks(mistake{decision: localClose, how: "it has nothing more to read and nothing that did not fit, " +
			"and has not closed its socket"}, closes)
	case c.turn == 0:
		return lacks(mistake{how: "it has never looked at the connection"}, "an accept")
	case !c.dry() && e.owesAnswer():
		read := said(claim{e.lastRead() != "", "; " + e.lastRead()})
		return lacks(mistake{decision: moreToRead, how: "it has read all bytes, and its last recv gave some: it " +
			"did not ask until would-block. So what it has read may lie in its library (SSL_pending), which no " +
			"event announces" + read}, "a read of its library before it waits (SSL_pending)")
	case !c.dry():
		return lacks(mistake{how: "it has read all bytes, and did not ask until would-block. What it has read may " +
			"lie in its library, which no event announces"}, "a call of its library before it waits")
	case o.Handshake() && !c.sent():
		d, flush := flushAfterHandshake, "a handshake call"
		if shaken {
			d, flush = flushAfterRead, "a read"
		}
		return lacks(mistake{decision: d, how: "it has read all bytes until would-block, and tried to send nothing. " +
			"A library answers a handshake message in the call that reads it, so the answer may lie in the " +
			"library's output (a memory BIO), which no event announces"}, "a drain after "+flush+", or write interest")
	}
	return lacks(mistake{how: "it has read all bytes until would-block, and no send of it was cut short. What " +
		"is owed lies in the program or in its library, or was never made: the calls do not tell"},
		"not known: the calls do not tell where it waits")
}

// sent says whether the program has sent something in the turn.
func (c *conduct) sent() bool {
	for _, ev := range c.calls {
		if ev.Call == "send" {
			return true
		}
	}
	return false
}

// inferSpin concludes what wakes the program again and again.
func (e *evidence) inferSpin() inference {
	c, v := e.program, e.view(e.v.Step, e.end)
	r := &v.Account.Quiescence
	switch mask := r.Mask & v.Ready; {
	case mask&model.Writable != 0:
		return inference{mistake: mistake{decision: disarmWrite, how: "it waits for write" + c.event(model.Writable) +
			", its socket has room, and it sends nothing"}}
	case mask&model.Readable != 0 && r.Unread == 0 && c.metEnd():
		return inference{mistake: mistake{decision: kindsOfEnd, how: "it goes on waiting for read" +
			c.event(model.Readable) + ", and the end of the stream, which it has read, keeps its socket ready"}}
	case mask&model.Readable != 0 && r.Unread > 0 && c.tried != nil && r.Mask&model.Writable == 0:
		return inference{mistake: mistake{decision: readWantsWrite, how: fmt.Sprintf("its library wants to write before it "+
			"reads on (SSL_ERROR_WANT_WRITE), and it waits for %s, where %d unread bytes wake it again and again",
			c.interest(r.Mask), r.Unread)}}
	case mask&model.Readable != 0:
		return inference{mistake: mistake{how: fmt.Sprintf("it waits for read%s, and does not read what is there: %s",
			c.event(model.Readable), said(claim{unreadText(r) != "", unreadText(r)}, claim{true, "nothing"}))}}
	}
	return inference{}
}

// inferCorruption concludes from a send that was cut short that what followed it was wrong.
func (e *evidence) inferCorruption() inference {
	if e.program.cut == 0 {
		return inference{}
	}
	return inference{mistake: mistake{decision: retryIdentity, when: e.program.cut, how: fmt.Sprintf("at step %d the "+
		"socket did not take all of a send, and what came after that is not what had to come next", e.program.cut)}}
}

// inferEnd concludes from the turn in which a program has ended a link too early, or in the wrong way.
func (e *evidence) inferEnd() inference {
	c := e.program
	if c.ended == nil {
		return inference{}
	}
	m := mistake{when: c.ended.Step}
	shaken := e.view(max(0, m.when-1), e.end.Peer()).Account.Quiescence.InitDone
	switch unread := e.unreadAt(c.closed); {
	case e.v.Property == oracle.Truncation && c.isAlert(e.cfg.Version):
		m.decision, m.how = localClose, fmt.Sprintf("it closed though its close_notify, by its size of %d bytes, had not "+
			"left: SSL_shutdown is to be called again once there is room", c.left)
	case c.tried != nil && e.v.Property == oracle.SpuriousFailure && !shaken:
		m.decision, m.how = readWantsWrite, "a send of the handshake that did not fit was taken for a failure"
	case c.tried != nil && e.v.Property == oracle.DataLoss:
		m.decision, m.how = shortWrite, "it closed though "+c.rest()+" had not left"
	case c.tried != nil && e.v.Property == oracle.Truncation:
		m.decision, m.how = localClose, "it closed though "+c.rest()+" had not left, so "+
			"close_notify could not leave either"
	case unread > 0:
		m.decision, m.how = localClose, fmt.Sprintf("it closed its socket with %d bytes unread, so that the system "+
			"sent a reset, which destroys what is on its way (RFC 2525, section 2.17)", unread)
	case c.dry() && e.actionAt(m.when).Action.Verb == script.Spurious:
		m.how = "a wait reported what was not there, recv said would-block, and it took that for an end or a failure"
	case e.v.Property == oracle.Truncation:
		m.decision, m.how = localClose, "it ended its direction, and had sent no close_notify"
	default:
		m.how = "it ended its direction at that step, and neither a failed call nor a full socket had been before"
		if e.program.cut > 0 {
			m.how = fmt.Sprintf("it ended its direction at that step; at step %d a send had not fit", e.program.cut)
		}
	}
	return inference{mistake: m}
}

// actionAt is the action of a step.
func (e *evidence) actionAt(step int) *sim.Event {
	for i := range e.trace.Events {
		if ev := &e.trace.Events[i]; ev.IsAction() && ev.Step == step {
			return ev
		}
	}
	return &sim.Event{}
}

// unreadAt is how many bytes the socket had to read when the program made a call, a close; 0 if it
// has made none.
func (e *evidence) unreadAt(call *sim.Event) int {
	if call == nil {
		return 0
	}
	n := e.view(max(0, call.Step-1), e.end).Account.Quiescence.Unread
	for i := range e.trace.Events {
		if ev := &e.trace.Events[i]; ev.Step == call.Step && ev.End == e.end && ev.Call == "recv" {
			n -= ev.N
		}
	}
	return max(0, n)
}

// judgeProgram is the verdict on a program.
func (e *evidence) judgeProgram(v Verdict) Verdict {
	i := e.infer()
	if i.decision > 0 {
		v.Decision = decisionOf(i.decision)
	}
	v.Paragraphs = []string{v.Property + ": " + why(&e.v.Finding) + "."}
	if e.rests() {
		v.Owed, v.Wakeup = e.v.Obligation.What(), i.missing
		debt := append([]string{e.owing()}, e.lacking()...)
		for j := range debt {
			debt[j] = upper(debt[j]) + "."
		}
		v.Paragraphs = append(v.Paragraphs, strings.Join(debt, " "), upper(e.lastTurn())+".",
			upper(e.idleness())+". "+e.standing(e.end.Peer()))
	} else {
		v.Paragraphs = append(v.Paragraphs, e.offence(), upper(e.lastTurn())+".")
	}
	v.Paragraphs = append(v.Paragraphs, e.concludeProgram(&v, &i))
	return v
}

// owing says in a clause what the program owes.
func (e *evidence) owing() string {
	bytes := said(claim{e.v.Bytes > 0, fmt.Sprintf(": %d bytes", e.v.Bytes)})
	detail := said(claim{e.v.Detail != "", ": " + e.v.Detail})
	return fmt.Sprintf("at step %d, at the %s", e.v.Step, e.is(e.end, e.v.Obligation.What()+bytes+detail))
}

// lastTurn says in a clause what the program did in its last turn at the link.
func (e *evidence) lastTurn() string {
	c := e.program
	if c.turn == 0 {
		return "it has made no call on the connection"
	}
	told := said(claim{c.told != 0, fmt.Sprintf(" its wait reported %s, and", c.told)})
	return fmt.Sprintf("in step %d, its last turn at the link,%s it made these calls: %s", c.turn, told, c.doings())
}

// idleness says in a clause what can still happen, and what the program waits for.
func (e *evidence) idleness() string {
	v := e.view(e.last, e.end)
	r := &v.Account.Quiescence
	timer := said(claim{v.Timer > 0, fmt.Sprintf(" (its next timer runs out at tick %d)", v.Timer)})
	room := said(claim{r.Room > 0, fmt.Sprintf("has room for %d bytes", r.Room)}, claim{true, "is full"})
	unread := said(claim{unreadText(r) != "", unreadText(r) + " to read"}, claim{true, "nothing to read"})
	return fmt.Sprintf("nothing can happen any more but that time passes%s: the program waits for %s, and its "+
		"socket %s and %s", timer, e.program.interest(r.Mask), room, unread)
}

// concludeProgram is the last paragraph of a verdict on a program.
func (e *evidence) concludeProgram(v *Verdict, i *inference) string {
	var b strings.Builder
	if e.rests() {
		fmt.Fprintf(&b, "Missing: %s. %s ", i.missing, e.whenLostBy())
	}
	switch {
	case i.how == "":
		b.WriteString("The calls do not tell more.")
	default:
		at := said(claim{!e.rests(), fmt.Sprintf("at step %d ", i.at(e.v.Step))})
		fmt.Fprintf(&b, "%s%s%s.", upper(i.mark()), at, i.how)
	}
	d := v.Decision
	if d.Number == 0 {
		return b.String() + " No decision of a pump is named, for the calls do not tell which it is."
	}
	fmt.Fprintf(&b, " This is decision %d of a pump, %s (%s). The rule: %s. Known from: %s.", d.Number, d.Name,
		d.Choices, d.Rule, strings.Join(d.Known, ", "))
	return b.String()
}

// whenLostBy says after which turn the program waits in vain.
func (e *evidence) whenLostBy() string {
	switch g := &e.trace.Gap; {
	case e.unseen:
		return fmt.Sprintf("It was lost in one of the steps %d to %d, which are left out here.", g.From, g.To)
	case e.lost == 0:
		return "No turn is known that lost it."
	case e.came > 0:
		return fmt.Sprintf("It was lost at step %d. What waits came at step %d.", e.lost, e.came)
	}
	return fmt.Sprintf("It was lost at step %d.", e.lost)
}

// programLines are what a script of a program tells.
func (e *evidence) programLines() {
	i := e.infer()
	if e.rests() {
		e.say("%s", e.owing())
		if lacks := e.lacking(); len(lacks) > 0 {
			e.say("%s%s", lacking, strings.Join(lacks, "; "))
		}
	} else {
		e.say("at step %d, at the %s", e.v.Step, e.is(e.seen, strings.Join(e.clauses(), "; ")))
	}
	e.say("%s", e.lastTurn())
	if e.rests() {
		e.say("%s", e.idleness())
	}
	if i.how != "" {
		at := said(claim{!e.rests() && i.when > 0, fmt.Sprintf("at step %d ", i.when)})
		e.say("%s%s%s", i.mark(), at, i.how)
	}
	if e.rests() {
		e.say("missing: %s", i.missing)
	}
}
