package check

import (
	"github.com/wantwrite/wantwrite/sim"
	"github.com/wantwrite/wantwrite/sim/script"
)

// doTurn is what a turn does in a state: it is remembered, or it is run.
func (w *worker) doTurn(st *state, e script.End, act int) *deed {
	own, peer := &st.end[e], &st.end[e^1]
	way := w.wayOf(peer.flight)
	k := turn{end: own.end, received: own.received, transit: own.transit,
		shared: w.sharedOf(st.common), room: anyRoom, fin: way.Fin, reset: way.Reset,
		peer: uint8(w.stores[ends].entry(peer.end).meta >> 16), on: e, act: uint8(act)}
	if d := w.turns.find(&k); d != nil && int(d.used) < way.Room {
		return d
	}
	k.room = uint32(way.Room)
	if d := w.turns.find(&k); d != nil {
		return d
	}
	d := w.runTurn(st, e, act, way)
	if d.used < anyRoom {
		k.room = anyRoom
	}
	return w.turns.keep(&k, d)
}

// runTurn puts what the end can see into the world, and does the turn. The end's way
// out is empty but has the same room, so that what lies there afterwards is what the
// turn sent. The same is done with the plaintext on its way out.
func (w *worker) runTurn(st *state, e script.End, act int, way sim.Way) (d deed) {
	own, peer := &st.end[e], &st.end[e^1]
	w.load(ends, e^1, peer.end)
	w.load(ends, e, own.end)
	w.load(received, e, own.received)
	w.load(transits, e, own.transit)
	w.load(transits, e^1, w.none)
	w.loadShared(w.sharedOf(st.common))
	w.world.SetWay(e, way)
	w.world.Settle()
	w.loaded[flights][e^1] = 0
	a := w.acts[e][act]
	d.used = anyRoom
	if !w.world.Can(a) {
		d.fate = disabled
		if way.Room > 0 {
			d.used = 0
		}
		return d
	}
	public := w.world.PublicOf(e)
	w.loaded[ends][e], w.loaded[received][e], w.loaded[shareds][0] = 0, 0, 0
	w.loaded[transits] = [2]uint32{}
	if d.fate = w.fateOf(w.world.Try(a)); d.fate != goesOn {
		w.forget()
		return d
	}
	after := w.world.Way(e)
	d.end, d.received = w.save(ends, e), w.save(received, e)
	d.transit, d.shared = w.save(transits, e), w.saveShared()
	if d.accepted = w.save(transits, e^1); d.accepted == w.none {
		d.accepted = 0
	}
	w.saveSent(e, way, after, &d)
	d.private = public == w.world.PublicOf(e) && d.shared == w.sharedOf(st.common) &&
		after.Fin == way.Fin && after.Reset == way.Reset && d.end != own.end
	return d
}

// saveSent saves what a turn sent. If room was left, and nothing was taken back, the
// turn does the same with any room that is larger than what it used.
func (w *worker) saveSent(e script.End, before, after sim.Way, d *deed) {
	if n := before.Room - after.Room; after.Room > 0 && after.Reset == before.Reset {
		d.used = uint32(max(0, n))
		if n <= 0 && after.Fin == before.Fin {
			return
		}
	}
	if before == after {
		return
	}
	w.buf = w.world.SaveSent(e, w.buf[:0])
	d.sent = w.stores[sents].intern(w.buf, nil)
}

func (w *worker) fateOf(more bool) fate {
	switch {
	case more:
		return goesOn
	case w.world.Found():
		return violated
	}
	return ended
}

// behind is a flight with something more sent.
func (w *worker) behind(e script.End, flight, sent uint32) uint32 {
	k := pair{flight, sent}
	if known := w.onTheWay.find(&k); known != nil {
		return *known
	}
	w.load(flights, e, flight)
	w.world.Settle()
	w.world.Send(e^1, w.stores[sents].entry(sent).text)
	return *w.onTheWay.keep(&k, w.save(flights, e))
}

// joined is a transit with something more accepted.
func (w *worker) joined(transit, accepted uint32) uint32 {
	if transit == w.none {
		return accepted
	}
	k := pair{transit, accepted}
	if known := w.accepted.find(&k); known != nil {
		return *known
	}
	var text []byte
	for _, id := range [...]uint32{transit, accepted} {
		w.snap.Read(w.stores[transits].entry(id).text)
		text = append(text, w.snap.Held(nil)...)
	}
	w.snap.Write(w.buf[:0])
	w.snap.Held(text)
	w.buf = w.snap.Data()
	return *w.accepted.keep(&k, w.stores[transits].intern(w.buf, nil))
}

// afterTurn is the state after a turn.
func (w *worker) afterTurn(st *state, e script.End, a script.Action, d *deed) (next state) {
	next = *st
	own, peer := &next.end[e], &next.end[e^1]
	own.end, own.received, own.transit = d.end, d.received, d.transit
	if d.sent != 0 {
		peer.flight = w.behind(e^1, peer.flight, d.sent)
	}
	if d.accepted != 0 {
		peer.transit = w.joined(peer.transit, d.accepted)
	}
	next.common = w.spend(st.common, a, d.shared)
	return next
}

// doDeliver is what can become of a delivery to an end.
func (w *worker) doDeliver(h *half, e script.End) *arrival {
	k := pair{h.flight, h.received}
	if known := w.arrivals.find(&k); known != nil {
		return known
	}
	var r arrival
	for i, size := range w.bounds.Deliver {
		a := script.Action{Verb: script.Deliver, On: e, Arg: size}
		w.load(flights, e, h.flight)
		w.load(received, e, h.received)
		w.world.SetWay(e, sim.Way{Room: 1})
		w.loaded[flights][e^1] = 0
		w.world.Settle()
		if !w.world.Can(a) {
			break
		}
		w.loaded[flights][e], w.loaded[received][e] = 0, 0
		w.world.Try(a)
		r.refused = r.refused || w.world.Way(e).Reset
		r.add(i, w.save(flights, e), w.save(received, e))
	}
	return w.arrivals.keep(&k, r)
}

// add notes an outcome, unless an earlier size had it too.
func (r *arrival) add(act int, flight, received uint32) {
	for i := range r.n {
		if r.flight[i] == flight && r.receive[i] == received {
			return
		}
	}
	r.act[r.n], r.flight[r.n], r.receive[r.n] = uint8(act), flight, received
	r.n++
}

// resetWay is what a closed socket answers with.
func (w *worker) resetWay() uint32 {
	reset := true
	w.snap.Write(w.buf[:0])
	w.snap.Flags(new(bool), &reset)
	w.snap.Held(nil)
	w.buf = w.snap.Data()
	return w.stores[sents].intern(w.buf, nil)
}

// afterDeliver is the state after the nth outcome of a delivery.
func (w *worker) afterDeliver(st *state, e script.End, r *arrival, n int) (next state) {
	next = *st
	next.end[e].flight, next.end[e].received = r.flight[n], r.receive[n]
	if r.refused {
		peer := &next.end[e^1]
		peer.flight = w.behind(e^1, peer.flight, w.resetWay())
	}
	return next
}

// doWhole does an action in the whole world of a state.
func (w *worker) doWhole(st *state, a script.Action) (next state, f fate) {
	w.loadAll(st)
	if !w.world.Can(a) || !w.world.Enabled().Has(a.Verb, a.On) {
		return next, disabled
	}
	w.forget()
	if f = w.fateOf(w.world.Try(a)); f != goesOn {
		return next, f
	}
	for e := range script.End(2) {
		next.end[e] = w.saveEnd(e)
	}
	next.common = w.commonAfter(st.common, a, w.saveShared())
	if a.Verb == script.Tick {
		w.forget() // moments are kept as what is left of them
	}
	return next, goesOn
}

// commonAfter is spend for any action: deliveries are free as well.
func (w *worker) commonAfter(common uint32, a script.Action, shared uint32) uint32 {
	if a.Verb == script.Deliver {
		a.Verb = script.Poll
	}
	return w.spend(common, a, shared)
}

// quiesces says whether the world quiesces from the state without a violation. The
// world does and judges it as at the end of any run.
func (w *worker) quiesces(st *state) bool {
	w.loadAll(st)
	defer w.forget()
	_ = w.world.TryOwn() && w.world.TryQuiesce()
	return !w.world.Found()
}

// holds says whether the author's own safety properties hold in the state. They look at the
// whole world, which is not there in most actions.
func (w *worker) holds(at word) bool {
	st := w.state(at)
	w.loadAll(&st)
	return w.world.TryOwn()
}
