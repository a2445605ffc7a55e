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
	switch e.v.Property {
	case oracle.Stall, oracle.Deadlock:
		c := e.wakeupCause()
		c.how = e.leaving()
		return c
	case oracle.BusyLoop:
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
	step := e.lost
	if step == 0 {
		step = e.last
	}
	how := ""
	for _, ev := range e.callsIn(step) {
		if st, ok := ev.EngineCall(); ok {
			how = fmt.Sprintf("the last call, %s, said %s, and ", ev.Call, st)
		}
	}
	return fmt.Sprintf("%sthe turn ended with interest %s", how,
		e.view(step, e.end).Account.Quiescence.Mask)
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
	var told model.Events
	for _, ev := range e.trace.Events {
		if ev.IsAction() && ev.Step == e.v.Step {
			told = ev.Ready
		}
	}
	for _, ev := range e.callsIn(e.v.Step) {
		if ev.Call == "spin" {
			return mistake{decision: fairness,
				how: "it goes round in its own loop, where only the peer can change anything"}
		}
	}
	switch {
	case e.view(e.v.Step, e.end).Account.Overworked:
		return mistake{decision: fairness, how: e.v.Detail}
	case told&model.Writable != 0:
		return mistake{decision: disarmWrite,
			how: "write interest is armed, the socket has room, and there is nothing to write"}
	case told&model.Readable != 0:
		return mistake{decision: readWhileBlocked,
			how: "read interest is armed, and what there is to read is not read"}
	case told == 0:
		return mistake{decision: readBound, how: e.v.Detail}
	}
	return mistake{decision: moreToRead, how: "it wakes itself, and there is nothing to do"}
}

// lossCause finds what was looked at too early, by where the lost bytes lie.
func (e *evidence) lossCause() mistake {
	v := e.view(e.v.Step, e.end)
	before := e.view(e.v.Step-1, e.end)
	a, r := &v.Account, &v.Account.Quiescence
	inside, sealed := a.Held()+uint64(r.Inside), a.PipeIn()+uint64(v.Input)
	unread := before.Account.Quiescence.Unread - int(v.Account.Received-before.Account.Received)
	switch {
	case inside > 0:
		return mistake{decision: endBeforeDecrypted, how: fmt.Sprintf(
			"the end was told while %d decrypted bytes had not been delivered", inside)}
	case sealed > 0 || unread > 0:
		return mistake{decision: endBeforeCiphertext, how: fmt.Sprintf("the end counted while %d "+
			"bytes of ciphertext lay undecrypted in engine and pump and %d in the socket",
			sealed, max(unread, 0))}
	case e.v.Obligation == oracle.Delivery && e.v.Bytes > 0:
		return mistake{decision: retryIdentity, how: fmt.Sprint(e.v.Bytes, " accepted bytes are in ",
			"no buffer any more")}
	}
	return mistake{decision: retryIdentity, how: e.v.Detail}
}

// corruptionCause finds who was the first to pass on what its app had not written.
func (e *evidence) corruptionCause() mistake {
	for _, ev := range e.trace.Events {
		if ev.Wrong && ev.End == e.end.Peer() {
			return mistake{decision: retryIdentity, when: ev.Step, by: e.pumpOf(ev.End),
				how: fmt.Sprintf("at the %s it gave its engine %d bytes that are not those its app "+
					"wrote next, and the link carried them faithfully", ev.End, ev.N)}
		}
	}
	return mistake{decision: retryIdentity, how: "it gave its app other bytes than its engine had " +
		"decrypted, or others than these twice"}
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
	v, p := e.view(e.v.Step, e.end), e.view(e.v.Step, e.end.Peer())
	n := v.Account.PipeIn() + uint64(v.Input)
	if n > 0 && p.Account.Quiescence.Shut&model.SentClose != 0 {
		return mistake{decision: endBeforeCiphertext, how: fmt.Sprintf("the socket's end counted "+
			"while %d bytes of ciphertext in front of it, the peer's close_notify at their end, "+
			"lay undecrypted in engine and pump", n)}
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
	text := fmt.Sprintf("At step %d, at %s: ", e.v.Step, e.who(e.end))
	if o := e.v.Obligation; o != oracle.NoObligation {
		text += o.What()
		if e.v.Bytes > 0 {
			text += fmt.Sprintf(", %d bytes", e.v.Bytes)
		}
		if e.v.Detail != "" {
			text += "; "
		}
	}
	return text + e.v.Detail + "."
}
