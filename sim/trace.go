package sim

import (
	"fmt"
	"strings"

	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/foreign"
	"github.com/wantwrite/wantwrite/sim/script"
)

// An Event is a line of a trace. It is one of four: a call (Call is set), a
// message of an engine (Note.Message is set), the failure of an engine's library
// (Err is set), or an action of the world, which the others follow from.
type Event struct {
	Step int // from 1
	End  script.End
	Now  uint64 // virtual time, in ticks

	// Action is what the world did.
	Action script.Action
	// Ready is what the pump was told, if the action is Poll.
	Ready model.Events
	// Quiesce: the action came after the workload.
	Quiesce bool

	// Call is the word of a pump's call, such as "recv": see the table ops.
	Call string
	// N is the call's count in bytes or ticks, or its mask.
	N int
	// Text is what a program's call was about, such as "add server read+write, edge". It is
	// empty for other calls, and for those that move bytes.
	Text string
	// Offered is how many bytes a program's send had; N of them were taken. It is 0 for a
	// pump's.
	Offered int
	// Status is the call's answer: a model.IOStatus, Status or Cause.
	Status uint8
	// Why is the engine's error, of a call that failed.
	Why string
	// Places is where the pump's source makes the call: frames, innermost first. It is
	// empty if nobody asked: see World.Locate.
	Places []string
	// Breaks: the violation was seen behind this event.
	Breaks bool
	// Wrong says in a clause what is wrong with the bytes that the pump passed on in the
	// call, the first time that they were not those that it had got next. It is empty if
	// nothing is. The calls are write, send, feed and app: data.
	Wrong string

	// Inside is what was seen of a call of a program's TLS library, if the event is one: Call is its
	// name then, and N what it has returned. See foreign.Seam.
	Inside *foreign.Insight

	// Note is a message that an engine sent or absorbed.
	Note model.Note
	// Err is what an engine said whose library failed by itself, in the call that
	// follows (model.ErrLibrary).
	Err error

	// Data is what a send put on the link, or what a Deliver made visible.
	Data []byte

	op uint8 // the number of Call
}

// IsAction says whether the event is an action of the world.
func (ev Event) IsAction() bool { return ev.Call == "" && ev.Err == nil && !ev.IsNote() }

// IsNote says whether the event is a message of an engine.
func (ev Event) IsNote() bool { return ev.Note.Message != "" }

// A Trace is what happened in a run, for stories and pictures. It costs allocations. The
// hash of a run is the same with it as without.
type Trace struct {
	// Events are in order. Of a very long run the middle is left out: see Gap.
	Events []Event
	// Views are what each end looked like after each step; Views[0] is before the first
	// step. A step in which a pump panicked has none. If there is a gap, View finds them.
	Views [][]View
	Gap   Gap
	// Secrets are the lines of the key log (EngineConfig.KeyLog), in order.
	Secrets []string
	// Unseen says why the TLS library of a program was not watched, or not wholly; "" if nobody asked,
	// or nothing is missing.
	Unseen string

	size int    // of events and views, in bytes
	most int    // it may be; 0 is mostTrace
	at   int    // the event of the action that is being done; -1 if it is in the gap
	from uint64 // what its end had seen of its stream before
	ways [2 * script.MaxLinks]passages
}

// SetTrace makes the runs after the next Reset write to t. nil ends that.
func (w *World) SetTrace(t *Trace) { w.trace = t }

func (t *Trace) begin(w *World, a script.Action) {
	if len(t.Views) == 0 {
		t.look(w)
	}
	t.from = w.ends[a.On].in.seen
	ev := Event{Step: w.steps, End: a.On, Action: a, Now: w.now,
		Quiesce: w.steps > len(w.actions)}
	if a.Verb == script.Poll {
		ev.Ready = w.ends[a.On].ready()
	}
	t.add(ev)
	t.at = len(t.Events) - 1
}

// endAt cuts off what came after a step, and marks the event behind which a violation was seen.
// Of a trace with a gap nothing is cut off.
func (t *Trace) endAt(step, event int) {
	if t.Gap.At > 0 || step >= len(t.Views) {
		return
	}
	t.Views = t.Views[:step+1]
	for len(t.Events) > 0 && t.Events[len(t.Events)-1].Step > step {
		t.Events = t.Events[:len(t.Events)-1]
	}
	if event > 0 && event <= len(t.Events) {
		t.Events[event-1].Breaks = true
	}
}

// end ends a step.
func (t *Trace) end(w *World) {
	t.brought(w.ends[w.turn].in)
	t.look(w)
}

// traceCall writes an observed call to the trace.
func (e *endpoint) traceCall(x uint64) {
	t, op := e.w.trace, uint8(x)
	ev := Event{Step: e.w.steps, End: e.id, Call: ops[op].word, op: op, N: int(x >> 24),
		Status: uint8(x >> 8), Now: e.w.now}
	if st, ok := ev.EngineCall(); ok && st == model.Failed {
		if err := e.inside.detail().err; err != nil {
			ev.Why = err.Error()
		}
	}
	if e.w.locate != nil {
		ev.Places = e.w.locate(false)
	}
	t.add(ev)
}

func (t *Trace) note(e *endpoint, n model.Note) {
	t.add(Event{Step: e.w.steps, End: e.id, Note: n, Now: e.w.now})
}

func (t *Trace) lapse(e *endpoint, err error) {
	t.add(Event{Step: e.w.steps, End: e.id, Err: err, Now: e.w.now})
}

// String is the event as a line of text, without indentation.
func (ev Event) String() string {
	switch {
	case ev.IsNote():
		way := "absorbs"
		if ev.Note.Sent {
			way = "produces"
		}
		return fmt.Sprintf("engine %s %s (%d bytes)", way, ev.Note.Message, ev.Note.Bytes)
	case ev.Err != nil:
		return fmt.Sprintf("engine fails: %v", ev.Err)
	case ev.Inside != nil:
		return ev.Inside.String()
	case ev.op == opProgram:
		return strings.TrimSpace(fmt.Sprintf("%s %s", ev.Call, ev.Text)) + fmt.Sprintf(": %d", ev.N)
	case ev.Call != "":
		return answerText(int(ev.op), ev.N, ev.Status)
	case ev.Action.Verb == script.Poll:
		return ev.Action.String() + " [" + ev.Ready.String() + "]"
	}
	return ev.Action.String()
}

// Idle says whether the event is a call that moved nothing, which a short
// story leaves out.
func (ev Event) Idle() bool {
	switch ev.op {
	case opFeed, opDrain:
		return ev.N == 0
	case opRecv, opSend:
		return model.IOStatus(ev.Status) == model.WouldBlock
	}
	return false
}

// EngineCall says whether the event is a call that the engine answered with a
// status, and which.
func (ev Event) EngineCall() (st model.Status, ok bool) {
	return model.Status(ev.Status), engineCalls>>ev.op&1 != 0
}

// Answer is what an engine answered to its pump, or what the pump told its app, without
// any size. Two libraries should agree on it. ok is false for events of another kind.
func (ev Event) Answer() (text string, ok bool) {
	if ev.Err != nil {
		return "library failed by itself", true
	}
	if st, ok := ev.EngineCall(); ok {
		return fmt.Sprintf("%s says %s", ev.Call, st), true
	}
	if ev.op == opTold {
		return fmt.Sprintf("pump says %s", model.Cause(ev.Status)), true
	}
	return "", false
}
