package sim

import (
	"fmt"

	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/model/own"
)

// judgeOwn judges the author's own properties at each end that has the pump under test.
// Liveness properties wait for quiescence.
func (w *World) judgeOwn(quiescent bool) {
	for i := range w.ends[:w.n] {
		e := &w.ends[i]
		if w.over || e.acct.Hostile || !w.under(e) && w.parts.Peer != w.parts.Pump {
			continue
		}
		var v own.View
		seen := false // a view is made when a property wants it
		for at := range w.parts.Properties {
			p := &w.parts.Properties[at]
			id := oracle.Own + oracle.PropertyID(at)
			if p.Liveness && !quiescent || !w.watch.Has(id) {
				continue
			}
			if !seen {
				v, seen = e.ownView(quiescent), true
			}
			if what := broken(p, &v); what != "" {
				w.find(oracle.Finding{Property: id, Name: p.Name, Why: p.Why, End: i, Detail: what})
			}
		}
	}
}

// broken asks the author's code. Its panic breaks the property, not the pump.
func broken(p *own.Property, v *own.View) (what string) {
	defer func() {
		if fault := recover(); fault != nil {
			what = fmt.Sprint("its own check panicked: ", fault)
		}
	}()
	return p.Broken(v)
}

// ownView is the world as the end's author sees it.
func (e *endpoint) ownView(quiescent bool) own.View {
	return own.View{Pump: e.program(), Peer: e.peer().program(), Here: e.side(), There: e.peer().side(),
		Quiescent: quiescent, Faulty: e.w.tainted[e.id/2]}
}

// program is the end's pump; nil if there is none that a property could look into.
func (e *endpoint) program() any {
	if g, ok := e.inside.(*goPump); ok {
		return g.pump
	}
	return nil
}

// side is what can be seen of the end from outside.
func (e *endpoint) side() own.Side {
	a := e.acct
	return own.Side{Backlog: int(a.Backlog), Queue: int(a.Queue()),
		Transit: e.plain.taken - e.plain.head, Output: e.inside.output(),
		PipeOut: int(a.PipeOut()), InFlight: e.in.inFlight(), Arrived: e.in.unread(),
		PipeIn: int(a.PipeIn()), Held: int(a.Held()), Backpressure: a.Backpressure, Paused: a.Paused,
		HalfClosing: a.HalfClosing, Closing: a.Closing, Told: a.Told,
		Clean: a.Told && a.Why == model.Clean, Gone: a.Gone, Readable: e.mask&model.Readable != 0,
		Writable: e.mask&model.Writable != 0, Woken: e.woken, Timer: e.timer > e.w.now,
		Owed: e.inside.owed()}
}
