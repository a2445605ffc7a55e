package sim

import (
	"fmt"

	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/sim/script"
)

// An EventKind is a kind of trace event.
type EventKind uint8

const (
	// DidAction: the world did an action; the calls that follow are its
	// consequences.
	DidAction EventKind = iota
	// DidCall: a pump made a call.
	DidCall
	// DidNote: an engine sent or absorbed a message.
	DidNote
	// DidLapse: an engine's library failed by itself in the call that follows
	// (model.ErrLibrary).
	DidLapse
)

// An Event is a line of a trace.
type Event struct {
	Kind    EventKind
	Step    int // from 1
	End     script.End
	Action  script.Action // DidAction
	Ready   model.Events  // DidAction of Poll: what the pump is told
	Quiesce bool          // DidAction: in the heal
	Op      int           // DidCall
	N       int           // DidCall: bytes, ticks or mask
	Status  uint8         // DidCall
	Note    model.Note    // DidNote
	Err     error         // DidLapse: what the engine said
	Now     uint64        // virtual time
	// Data is what a send put on the link, or what a Deliver made visible.
	Data []byte
	// Why is the engine's error, of a call that failed.
	Why string
	// Wrong: the pump gave its engine something else than its app wrote next.
	Wrong bool
}

// A Trace is what happened in a run, for stories and pictures. It costs
// allocations; the run's hash is the same with it as without.
type Trace struct {
	Events []Event
	// Views are of each end after each step, the first before all; a step in
	// which a pump panicked has none.
	Views [][]View
	// Secrets are the lines of the key log (EngineConfig.KeyLog), in order.
	Secrets []string

	at    int    // the event of the action that is being done
	from  uint64 // what its end had seen of its stream before
	wrong [2 * script.MaxLinks]bool
}

// SetTrace makes the runs after the next Reset write to t; nil ends that.
func (w *World) SetTrace(t *Trace) { w.trace = t }

func (t *Trace) begin(w *World, a script.Action) {
	if len(t.Views) == 0 {
		t.look(w)
	}
	t.at, t.from = len(t.Events), w.ends[a.On].in.seen
	ev := Event{Kind: DidAction, Step: w.steps, End: a.On, Action: a, Now: w.now,
		Quiesce: w.steps > len(w.actions)}
	if a.Verb == script.Poll {
		ev.Ready = w.ends[a.On].ready()
	}
	t.Events = append(t.Events, ev)
}

// end ends a step.
func (t *Trace) end(w *World) {
	t.brought(w.ends[w.turn].in)
	t.look(w)
}

// traceCall writes an observed call to the trace.
func (e *endpoint) traceCall(x uint64) {
	t := e.w.trace
	ev := Event{Kind: DidCall, Step: e.w.steps, End: e.id, Op: int(x & 255),
		N: int(x >> 24), Status: uint8(x >> 8), Now: e.w.now}
	if st, ok := ev.EngineCall(); ok && st == model.Failed {
		if err := e.engine.Err(); err != nil {
			ev.Why = err.Error()
		}
	}
	t.Events = append(t.Events, ev)
}

func (t *Trace) note(e *endpoint, n model.Note) {
	t.Events = append(t.Events, Event{Kind: DidNote, Step: e.w.steps, End: e.id, Note: n,
		Now: e.w.now})
}

func (t *Trace) lapse(e *endpoint, err error) {
	t.Events = append(t.Events, Event{Kind: DidLapse, Step: e.w.steps, End: e.id, Err: err,
		Now: e.w.now})
}

var opText = [...]string{
	opRecv: "recv", opSend: "send", opFin: "shutdown(write)", opClose: "close",
	opInterest: "interest", opWake: "wake", opTimer: "timer", opSpin: "spin",
	opHandshake: "handshake", opRead: "read", opWrite: "write", opShutdown: "shutdown",
	opRenegotiate: "renegotiate", opKeyUpdate: "keyupdate", opFeed: "feed", opDrain: "drain",
	opTake: "app: pump took", opData: "app: data", opTold: "app: told",
	opAuthenticate: "authenticate", opWriteEarly: "write early", opReadEarly: "read early",
}

// String is the event as a line of text, without indentation.
func (ev Event) String() string {
	switch ev.Kind {
	case DidAction:
		s := ev.Action.String()
		if ev.Action.Verb == script.Poll {
			s += " [" + ev.Ready.String() + "]"
		}
		return s
	case DidNote:
		way := "absorbs"
		if ev.Note.Sent {
			way = "produces"
		}
		return fmt.Sprintf("engine %s %s (%d bytes)", way, ev.Note.Message, ev.Note.Bytes)
	case DidLapse:
		return fmt.Sprintf("engine fails: %v", ev.Err)
	}
	return ev.callText()
}

func (ev Event) callText() string {
	word := opText[ev.Op]
	switch ev.Op {
	case opRecv, opSend:
		return fmt.Sprintf("%s: %d, %s", word, ev.N, model.IOStatus(ev.Status))
	case opInterest:
		return fmt.Sprintf("%s: %s", word, model.Events(ev.N))
	case opHandshake, opShutdown, opRenegotiate, opKeyUpdate, opAuthenticate:
		return fmt.Sprintf("%s: %s", word, model.Status(ev.Status))
	case opRead, opWrite, opWriteEarly, opReadEarly:
		return fmt.Sprintf("%s: %d, %s", word, ev.N, model.Status(ev.Status))
	case opTold:
		return fmt.Sprintf("%s: %s", word, model.Cause(ev.Status))
	case opFin, opClose, opWake, opSpin:
		return word
	}
	return fmt.Sprintf("%s: %d", word, ev.N)
}

// Idle says whether the event is a call that moved nothing, which a short
// story leaves out.
func (ev Event) Idle() bool {
	if ev.Kind != DidCall {
		return false
	}
	switch ev.Op {
	case opFeed, opDrain:
		return ev.N == 0
	case opRecv, opSend:
		return model.IOStatus(ev.Status) == model.WouldBlock
	}
	return false
}

// Answer is what an engine answered to its pump, or the pump told its app,
// without any size: what two libraries should agree on. ok is false for events
// of another kind.
func (ev Event) Answer() (text string, ok bool) {
	if ev.Kind == DidLapse {
		return "library failed by itself", true
	}
	if ev.Kind != DidCall {
		return "", false
	}
	switch ev.Op {
	case opHandshake, opRead, opWrite, opShutdown, opRenegotiate, opKeyUpdate, opAuthenticate,
		opWriteEarly, opReadEarly:
		return fmt.Sprintf("%s says %s", opText[ev.Op], model.Status(ev.Status)), true
	case opTold:
		return fmt.Sprintf("pump says %s", model.Cause(ev.Status)), true
	}
	return "", false
}
