package story

import (
	"fmt"
	"strings"

	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/model/pumps"
	"github.com/wantwrite/wantwrite/sim"
)

// These are the decisions that a cause may name, by their numbers in pumps.Decisions.
const (
	flushAfterRead      = 1
	flushAfterHandshake = 2
	shortWrite          = 3
	armWrite            = 5
	disarmWrite         = 6
	readWhileBlocked    = 7
	writeWantsRead      = 8
	readWantsWrite      = 9
	retryIdentity       = 11
	readBound           = 13
	moreToRead          = 14
	edgeTrigger         = 15
	feeding             = 16
	readPause           = 18
	endBeforeDecrypted  = 19
	endBeforeCiphertext = 20
	kindsOfEnd          = 22
	localClose          = 23
	errorQueue          = 26
	callbacks           = 27
	postHandshake       = 29
	fairness            = 33
)

// decisionOf finds a decision by its number.
func decisionOf(number int) pumps.Decision { return pumps.Decisions()[number-1] }

// cause finds the decision that the pump got wrong, from what was owed or broken and from what
// happened in the turn.
func (e *evidence) cause() mistake {
	if e.isProgram() {
		return e.infer().mistake
	}
	if e.guilt.how != "" {
		return e.guilt.mistake
	}
	if e.rests() {
		c := e.wakeupCause()
		c.how = e.leaving()
		return c
	}
	switch e.v.Property {
	case oracle.Stall, oracle.Deadlock, oracle.BusyLoop:
		return e.spinCause()
	case oracle.DataLoss:
		return e.lossCause()
	case oracle.Corruption:
		return e.corruptionCause()
	case oracle.Truncation:
		return e.truncationCause()
	case oracle.SpuriousFailure:
		return e.failureCause()
	case oracle.UnboundedBuffer:
		return e.excessCause()
	}
	return e.crashCause()
}

// leaving says how the turn ended in which the wakeup was lost.
func (e *evidence) leaving() string {
	how := ""
	for _, ev := range e.callsIn(e.lost) {
		if st, ok := ev.EngineCall(); ok {
			how = fmt.Sprintf("the last call, %s, said %s, and ", ev.Call, st)
		}
	}
	return fmt.Sprintf("%sthe turn ended with interest %s", how,
		e.view(e.lost, e.end).Account.Quiescence.Mask)
}

// callsIn are the calls of the end in a step.
func (e *evidence) callsIn(step int) (calls []*sim.Event) {
	for i := range e.trace.Events {
		if ev := &e.trace.Events[i]; ev.Call != "" && ev.Step == step && ev.End == e.end {
			calls = append(calls, ev)
		}
	}
	return calls
}

// wakeupCause names the missing wakeup: by what waits, where it waits, and the call that put it
// there.
func (e *evidence) wakeupCause() mistake {
	v := e.view(e.last, e.end)
	if e.v.Property == oracle.Deadlock {
		return mistake{decision: readWhileBlocked}
	}
	switch o := e.v.Obligation; o {
	case oracle.EngineOutput, oracle.PumpPipe, oracle.SealedOutput:
		return mistake{decision: e.outputDecision(o)}
	case oracle.PumpQueue:
		if st, call := e.lastAnswerOf(e.lost); call == "write" && st == model.WantRead {
			return mistake{decision: writeWantsRead}
		}
		return mistake{decision: armWrite}
	case oracle.SocketInput, oracle.AppEnd:
		switch {
		case e.triggered():
			return mistake{decision: edgeTrigger}
		case v.Account.Quiescence.Room == 0:
			return mistake{decision: readWhileBlocked}
		case o == oracle.AppEnd:
			return mistake{decision: kindsOfEnd}
		}
		return mistake{decision: moreToRead}
	}
	return mistake{decision: waitDecisions[e.v.Obligation]}
}

// waitDecisions are the decisions of obligations that need no closer look.
var waitDecisions = map[oracle.Obligation]int{
	oracle.PumpInput:     feeding,
	oracle.EngineInput:   moreToRead,
	oracle.HeldData:      readPause,
	oracle.UpdateAnswer:  postHandshake,
	oracle.CloseNotify:   localClose,
	oracle.SocketEnd:     localClose,
	oracle.HandshakeDone: postHandshake,
	oracle.AppTurn:       shortWrite,
	oracle.Delivery:      retryIdentity,
}

// triggered says whether the loop of the end reports edges.
func (e *evidence) triggered() bool {
	return e.cfg.Trigger == model.Edge && model.Role(e.end&1) == e.cfg.Under
}

// outputDecision is the decision behind output that waits. A pump that met a full socket should
// have armed write interest. A pump that never tried to send should have drained after the call
// that made the output.
func (e *evidence) outputDecision(o oracle.Obligation) int {
	if e.metFullSocket(e.lost) {
		return armWrite
	}
	st, call := e.producer()
	switch {
	case o == oracle.SealedOutput && st == model.WantWrite && call != "write":
		return readWantsWrite
	case call == "read":
		return flushAfterRead
	case call == "handshake":
		return flushAfterHandshake
	case call == "shutdown":
		return localClose
	}
	return armWrite
}

// metFullSocket says whether a send of the step was short.
func (e *evidence) metFullSocket(step int) bool {
	drained := 0
	for _, ev := range e.callsIn(step) {
		switch ev.Call {
		case "drain":
			drained += ev.N
		case "send":
			if ev.N == 0 || ev.N < drained {
				return true
			}
			drained = 0
		}
	}
	return false
}

// producer is the engine call that made the output, and its answer.
func (e *evidence) producer() (st model.Status, call string) {
	produced, recent := false, e.trace.Recent()
	for i := range recent {
		ev := &recent[i]
		if ev.End != e.end || ev.IsAction() {
			continue
		}
		if ev.IsNote() {
			produced = produced || ev.Note.Sent
		} else if s, ok := ev.EngineCall(); ok && produced {
			st, call, produced = s, ev.Call, false
		}
	}
	return st, call
}

// lastAnswerOf is the last answer of the engine in a step.
func (e *evidence) lastAnswerOf(step int) (st model.Status, call string) {
	for _, ev := range e.callsIn(step) {
		if s, ok := ev.EngineCall(); ok {
			st, call = s, ev.Call
		}
	}
	return st, call
}

// spinCause finds what called the pump in the turns that changed nothing.
func (e *evidence) spinCause() mistake {
	v := e.view(e.v.Step, e.end)
	mask := v.Account.Quiescence.Mask & v.Ready
	switch {
	case e.called("spin"):
		return mistake{decision: fairness,
			how: "it goes round in its own loop, where only the peer can change anything"}
	case v.Account.Overworked:
		return mistake{decision: fairness, how: e.v.Detail + e.meanwhile()}
	case mask&model.Writable != 0:
		return mistake{decision: disarmWrite, how: "write interest is armed, " + e.idleOutput()}
	case mask&model.Readable != 0:
		return mistake{decision: readWhileBlocked, how: "read interest is armed, " + e.idleInput()}
	case v.Ready&model.Woken != 0:
		s := e.stockOf(e.end)
		return mistake{decision: moreToRead, how: "it wakes itself, and " + said(
			claim{s.own() == 0, "there is nothing to do"},
			claim{true, fmt.Sprintf("the %d bytes that it has do not move", s.own())})}
	}
	return mistake{decision: readBound, how: e.v.Detail}
}

// called says whether the end made a call in the step of the violation.
func (e *evidence) called(word string) bool {
	for _, ev := range e.callsIn(e.v.Step) {
		if ev.Call == word {
			return true
		}
	}
	return false
}

// meanwhile says in a clause what the peer sent in the step of the violation.
func (e *evidence) meanwhile() string {
	peer := e.end.Peer()
	sent := e.view(e.v.Step, peer).Account.Sent - e.view(e.v.Step-1, peer).Account.Sent
	return said(claim{sent > 0, fmt.Sprintf("; the peer sent %d bytes meanwhile", sent)})
}

// idleOutput says in a clause why write interest calls a pump that writes nothing.
func (e *evidence) idleOutput() string {
	s, r := e.stockOf(e.end), &e.view(e.v.Step, e.end).Account.Quiescence
	return said(
		claim{r.Room == 0, "and a socket whose direction has ended is always ready"},
		claim{s.sent() == 0, "the socket has room, and there is nothing to write"},
		claim{true, fmt.Sprintf("the socket has room, and the %d bytes that wait do not move", s.sent())})
}

// idleInput says in a clause why read interest calls a pump that reads nothing.
func (e *evidence) idleInput() string {
	r := &e.view(e.v.Step, e.end).Account.Quiescence
	return said(
		claim{r.Unread > 0, fmt.Sprintf("and the %d bytes that the socket has are not read", r.Unread)},
		claim{r.UnreadEnd, "and the end of the stream is not read"},
		claim{true, "and the end of the stream, which it has met, keeps the socket ready"})
}

// lossCause finds what was looked at too early, by where the lost bytes lie.
func (e *evidence) lossCause() mistake {
	s := e.stockTo(e.end)
	switch inside := s.decrypted + s.held; {
	case inside > 0:
		return mistake{decision: endBeforeDecrypted, how: fmt.Sprintf(
			"the end was told while %d decrypted bytes had not been delivered", inside)}
	case s.fed > 0 || s.unread > 0:
		return mistake{decision: endBeforeCiphertext, how: fmt.Sprintf("the end counted while %d "+
			"bytes of ciphertext lay undecrypted in engine and pump and %d in the socket",
			s.fed, s.unread)}
	case !e.sawEnd(e.end):
		return mistake{decision: kindsOfEnd, how: "it told its app of an end, and neither a " +
			"close_notify nor the end of the stream had come"}
	}
	return mistake{decision: endBeforeCiphertext, how: e.v.Detail}
}

// corruptionCause: the way of the bytes has named no pump.
func (e *evidence) corruptionCause() mistake {
	return mistake{decision: retryIdentity, how: e.v.Detail}
}

// truncationCause: close_notify was not sent, or was destroyed, or its absence was not noticed.
func (e *evidence) truncationCause() mistake {
	c := mistake{decision: localClose, how: e.v.Detail}
	if strings.Contains(e.v.Detail, "taken for a clean end") {
		c.decision = kindsOfEnd
	}
	return c
}

// failureCause finds what the pump had just been answered when it gave up.
func (e *evidence) failureCause() mistake {
	var call, last *sim.Event // of the engine, and of all
	for _, ev := range e.callsIn(e.v.Step) {
		if ev.Call == "app: told" {
			break
		}
		switch _, ok := ev.EngineCall(); {
		case ok:
			call, last = ev, ev
		case ev.Call == "recv" || ev.Call == "send":
			if st := model.IOStatus(ev.Status); st == model.EOF || st == model.Reset {
				last = ev
			}
		}
	}
	if call == nil || last != call {
		return e.endCause()
	}
	st, _ := call.EngineCall()
	c := mistake{how: fmt.Sprintf("%s had said %s, and that was taken for a failure", call.Call, st)}
	switch {
	case st == model.WantRead && call.Call == "write":
		c.decision = writeWantsRead
	case st == model.WantWrite:
		c.decision = readWantsWrite
	case st == model.Failed:
		c.decision, c.how = errorDecision(call.Why), fmt.Sprintf("%s failed: %s", call.Call, call.Why)
	default:
		return e.endCause()
	}
	return c
}

// errorDecision is the decision behind an error of the engine.
func errorDecision(why string) int {
	switch {
	case strings.Contains(why, "bad length"), strings.Contains(why, "bad write retry"):
		return retryIdentity
	case strings.Contains(why, "stale"), strings.Contains(why, "queue"):
		return errorQueue
	}
	return postHandshake
}

// endCause: the end of the stream was taken for a failure although a close_notify had come, or
// was told as something that it was not.
func (e *evidence) endCause() mistake {
	s, p := e.stockTo(e.end), e.view(e.v.Step, e.end.Peer())
	closes := p.Account.Quiescence.Shut&model.SentClose != 0 && s.sent()+s.flying == 0
	if s.fed > 0 {
		return mistake{decision: endBeforeCiphertext, how: fmt.Sprintf("the socket's end counted "+
			"while %d bytes of ciphertext in front of it%s lay undecrypted in engine and pump", s.fed,
			said(claim{closes, ", the peer's close_notify at their end,"}))}
	}
	return mistake{decision: kindsOfEnd, how: e.v.Detail}
}

// excessCause: the pump holds something that it should not.
func (e *evidence) excessCause() mistake {
	l := e.view(e.v.Step, e.end).Account.Limits
	o := e.v.Obligation
	limit := map[oracle.Obligation]int{oracle.PumpQueue: l.Queue, oracle.HeldData: l.Queue,
		oracle.PumpPipe: l.Pipe, oracle.PumpInput: l.Pipe}[o]
	c := mistake{how: fmt.Sprintf("%s, %d bytes where %d are the limit", o.What(), e.v.Bytes, limit)}
	switch o {
	case oracle.PumpQueue:
		c.decision = shortWrite
	case oracle.PumpPipe:
		c.decision = armWrite
	case oracle.NoObligation:
		c.decision, c.how = readPause, e.v.Detail
	default:
		c.decision = readBound
	}
	return c
}

// crashCause: the pump used something that it had given back, or panicked.
func (e *evidence) crashCause() mistake {
	c := mistake{decision: callbacks, how: e.v.Detail}
	if strings.Contains(e.v.Detail, "socket") {
		c.decision = localClose
	}
	return c
}

// offence says what was seen, of a violation that is not about wakeups.
func (e *evidence) offence() string {
	at := said(claim{e.end == e.seen, "At"}, claim{true, "Seen at"})
	text := fmt.Sprintf("%s step %d, at %s: ", at, e.v.Step, e.who(e.seen))
	return text + strings.Join(e.clauses(), "; ") + "."
}

// clauses are what was seen, and what is owed.
func (e *evidence) clauses() (all []string) {
	if e.saw.Obligation != oracle.NoObligation {
		bytes := said(claim{e.saw.Bytes > 0, fmt.Sprintf(", %d bytes", e.saw.Bytes)})
		all = append(all, e.what()+bytes)
	}
	return append(all, e.details()...)
}
