package story

import (
	"fmt"

	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/sim"
	"github.com/wantwrite/wantwrite/sim/script"
)

// steps makes the diagram's steps from the trace. A first step without a number holds
// what the pumps did when they were made. What the trace leaves out is one step.
func (e *evidence) steps() (all []Step) {
	for i, ev := range e.trace.Events {
		if g := &e.trace.Gap; g.At > 0 && i == g.At {
			all = append(all, Step{Number: g.To, Quiesce: ev.Quiesce, Now: ev.Now, Omits: true,
				Text: fmt.Sprintf("%d events of steps %d to %d are left out here", g.Events, g.From, g.To)})
		}
		if ev.IsAction() {
			all = append(all, Step{Number: ev.Step, Action: ev.Action, Text: ev.String(),
				Quiesce: ev.Quiesce, Now: ev.Now})
		}
		if len(all) == 0 {
			all = append(all, Step{Text: said(claim{e.cfg.Program != "", "the program and our pump are made"},
				claim{true, "the pumps are made"})})
		}
		s := &all[len(all)-1]
		if m, ok := e.move(&ev); ok {
			s.Moves = append(s.Moves, m)
		}
		if ev.Wrong != "" {
			s.Moves = append(s.Moves, e.remark(&ev))
		}
	}
	if len(all) == 0 {
		all = append(all, Step{Text: "nothing happened"})
	}
	return all
}

// move draws an event; ok is false if there is nothing to draw.
func (e *evidence) move(ev *sim.Event) (m Move, ok bool) {
	switch {
	case ev.IsAction():
		m, ok = arrival(ev)
	case ev.IsNote():
		m, ok = Move{From: laneEngine, To: laneEngine, Text: noteText(ev), Bytes: ev.Note.Bytes}, true
	default:
		m, ok = e.call(ev), true
	}
	m.End = ev.End
	if ev.End != e.end {
		e.afar(&m, ev)
	}
	return m, ok
}

// remark draws what is wrong with the bytes of a call.
func (e *evidence) remark(ev *sim.Event) Move {
	m := Move{End: ev.End, From: lanePump, To: lanePump, Text: fmt.Sprintf("%s of %d bytes, %s", ev.Call,
		ev.N, ev.Wrong)}
	if ev.End != e.end {
		m.From, m.To = lanePeer, lanePeer
	}
	return m
}

// arrival draws a Deliver that brought bytes.
func arrival(ev *sim.Event) (Move, bool) {
	n := len(ev.Data)
	if ev.Action.Verb != script.Deliver || n == 0 {
		return Move{}, false
	}
	return Move{From: laneLink, To: laneSocket, Text: fmt.Sprint(n, " B"), Bytes: n}, true
}

func noteText(ev *sim.Event) string {
	way := "absorbs"
	if ev.Note.Sent {
		way = "produces"
	}
	return fmt.Sprintf("%s %s (%d bytes)", way, ev.Note.Message, ev.Note.Bytes)
}

// routes are the lanes of calls whose direction does not depend on the answer: from, to,
// and whether an attached engine makes the call itself.
var routes = map[string]struct {
	from, to lane
	socket   bool
}{
	"recv":            {laneSocket, lanePump, true},
	"send":            {lanePump, laneSocket, true},
	"shutdown(write)": {lanePump, laneSocket, false},
	"close":           {lanePump, laneSocket, false},
	"interest":        {lanePump, lanePump, false},
	"wake":            {lanePump, lanePump, false},
	"timer":           {lanePump, lanePump, false},
	"spin":            {lanePump, lanePump, false},
	"feed":            {lanePump, laneEngine, false},
	"drain":           {laneEngine, lanePump, false},
	"app: pump took":  {laneApp, lanePump, false},
	"app: data":       {lanePump, laneApp, false},
	"app: told":       {lanePump, laneApp, false},
}

// call draws a call of a pump.
func (e *evidence) call(ev *sim.Event) Move {
	if e.cfg.Foreign(ev.End) {
		return programMove(ev)
	}
	m := Move{From: lanePump, To: laneEngine, Text: callText(ev), Aside: ev.Idle()}
	if r, ok := routes[ev.Call]; ok {
		m.From, m.To = r.from, r.to
		if r.socket && e.cfg.Transport == model.Attached {
			m.From, m.To = swap(m.From), swap(m.To)
		}
	}
	switch ev.Call {
	case "read", "read early":
		if ev.N > 0 {
			m.From, m.To = laneEngine, lanePump
		}
		m.Bytes = ev.N
	case "recv", "send", "write", "write early", "feed",
		"drain", "app: pump took", "app: data":
		m.Bytes = ev.N
	}
	if ev.Call == "send" {
		m.Aside = false // a full socket is half of most stories
	}
	return m
}

// programMove draws a call of a program. All of it is in the pump's lane: its engine and app can't be
// seen.
func programMove(ev *sim.Event) Move {
	m := Move{From: lanePump, To: lanePump, Text: programText(ev), Aside: ev.Call != "send" && ev.Idle()}
	switch ev.Call {
	case "recv":
		m.From, m.Bytes = laneSocket, ev.N
	case "send":
		m.To, m.Bytes = laneSocket, ev.N
	case "shutdown(write)", "close":
		m.To = laneSocket
		if ev.Text != "" { // the program's close, and not yet the socket's
			m.To, m.Aside = lanePump, true
		}
	}
	return m
}

// swap puts the engine in the pump's place.
func swap(l lane) lane {
	if l == lanePump {
		return laneEngine
	}
	return l
}

// callText is the text on the arrow of a call.
func callText(ev *sim.Event) string {
	word := ev.Call
	if st, ok := ev.EngineCall(); ok {
		if st == model.OK && ev.N > 0 {
			return fmt.Sprintf("%s %d", word, ev.N)
		}
		return fmt.Sprintf("%s: %s", word, st)
	}
	switch ev.Call {
	case "recv", "send":
		if st := model.IOStatus(ev.Status); st != model.IOOK {
			return fmt.Sprintf("%s: %s", word, st)
		}
	case "interest":
		return "interest: " + model.Events(ev.N).String()
	case "shutdown(write)":
		return "FIN"
	case "app: told":
		return "told: " + model.Cause(ev.Status).String()
	case "app: pump took":
		return fmt.Sprintf("write %d", ev.N)
	case "app: data":
		return fmt.Sprintf("data %d", ev.N)
	case "close", "wake", "spin":
		return word
	}
	return fmt.Sprintf("%s %d", word, ev.N)
}

// afar draws what the other end does. Only what it sends, processes and is told matters
// here.
func (e *evidence) afar(m *Move, ev *sim.Event) {
	same := ev.End == e.end.Peer()
	switch {
	case same && ev.Call == "send" && ev.N > 0:
		m.From, m.To, m.Text = lanePeer, laneLink, fmt.Sprint(ev.N, " B")
	case same && ev.IsAction():
		m.From, m.To = laneLink, lanePeer
	case same && (ev.Call == "shutdown(write)" || ev.Call == "close"):
		m.From, m.To = lanePeer, laneLink
	default:
		m.From, m.To = lanePeer, lanePeer
		m.Aside = m.Aside || !same || ev.Call != "" && ev.Call != "app: told"
		if !same {
			m.Text = ev.End.String() + " " + m.Text
		}
	}
}
