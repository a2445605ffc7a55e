package check

import (
	"slices"

	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/model/own"
	"github.com/wantwrite/wantwrite/sim"
	"github.com/wantwrite/wantwrite/sim/script"
)

// A worker does actions. It has a world of its own, into which it puts the pieces
// that an action needs, and caches of what actions did.
type worker struct {
	*space
	world  *sim.World
	own    bool                 // the pump's author has safety properties
	loaded [numStores][2]uint32 // which pieces lie in the world; 0 is none
	none   uint32               // the number of the transit that is empty

	turns    cache[turn, deed]
	arrivals cache[pair, arrival]
	onTheWay cache[pair, uint32] // by a flight and what was sent in addition
	accepted cache[pair, uint32] // by a transit and what was accepted in addition
	spending cache[pair, uint32] // by what is shared and what was spent of it

	buf       []byte
	snap      model.Snapshot
	statePool pool
	halfPool  pool

	fault error
	tally
}

// newWorker makes a worker whose world is in its first state.
func newWorker(s *space, parts sim.Parts, watch oracle.PropertySet) (*worker, error) {
	w := &worker{space: s, world: sim.NewWorld(), own: slices.ContainsFunc(parts.Properties,
		func(p own.Property) bool { return !p.Liveness })}
	if err := w.world.Reset(&s.config, &parts, watch); err != nil {
		return nil, err
	}
	if err := w.world.Snapshots(); err != nil {
		return nil, err
	}
	w.turns.hash, w.arrivals.hash = (*turn).hash, (*pair).hash
	w.onTheWay.hash, w.accepted.hash, w.spending.hash = (*pair).hash, (*pair).hash, (*pair).hash
	w.resize(0)
	var empty []byte
	w.snap.Write(w.buf[:0])
	w.snap.Held(empty)
	w.none = w.stores[transits].intern(w.snap.Data(), nil)
	return w, nil
}

// A cache has one line for cacheShare states, but at least leastLines and at most
// mostLines.
const (
	cacheShare = 8
	leastLines = 1 << 10
	mostLines  = 1 << 17
)

// resize fits the caches to the number of states.
func (w *worker) resize(states uint64) {
	n := int(min(mostLines, max(leastLines, states/cacheShare)))
	w.turns.resize(n)
	w.arrivals.resize(n / 2)
	w.onTheWay.resize(n / 2)
	w.accepted.resize(n / 8)
	w.spending.resize(n / 8)
}

// cacheBytes is the memory of a worker's caches.
func (w *worker) cacheBytes() uint64 {
	return w.turns.bytes() + w.arrivals.bytes() + w.onTheWay.bytes() + w.accepted.bytes() +
		w.spending.bytes()
}

// first saves the state that the world was reset to.
func (w *worker) first() word {
	var st state
	for e := range script.End(2) {
		st.end[e] = w.saveEnd(e)
	}
	budget := make([]byte, 0, 64)
	for role := range w.bounds.Budget {
		budget = append(budget, w.bounds.Budget[role][:]...)
	}
	st.common = w.commonOf(budget, w.saveShared())
	return w.wordOf(&st)
}

// wordOf finds the word of a state, and adds its halves if they are new.
func (w *worker) wordOf(st *state) word {
	return w.wordBehind(0, &state{}, st)
}

// wordBehind is wordOf for the state after another one: what has not changed is not
// looked up.
func (w *worker) wordBehind(at word, st, next *state) word {
	client, server := at.client(), at.server()
	if next.end[0] != st.end[0] || next.common != st.common {
		half := next.end[0]
		half.common = next.common
		client, _ = w.halves.intern(half, &w.halfPool)
	}
	if next.end[1] != st.end[1] {
		server, _ = w.halves.intern(next.end[1], &w.halfPool)
	}
	return wordOf(client, server)
}

// load puts a piece into the world, unless it is there.
//
// Story 34: an edge-triggered end remembers which edges have come. One was used again
// for another state, in which they had not come, and the search reached impossible
// states. So such an end is always loaded.
//
// Story 35: half a header that has arrived belongs to what was received and to what is
// in flight. Loaded for one state, it stayed on top of what another had received. So
// loading either one forgets the other.
func (w *worker) load(kind int, e script.End, id uint32) {
	if w.loaded[kind][e] == id && (kind != ends || w.config.Trigger != model.Edge) {
		return
	}
	if err := w.world.Load(sim.Piece(kind), e, w.stores[kind].entry(id).text); err != nil {
		panic(err)
	}
	w.loaded[kind][e] = id
	switch kind {
	case received:
		w.loaded[flights][e] = 0
	case flights:
		w.loaded[received][e] = 0
	}
}

func (w *worker) loadShared(id uint32) {
	if w.loaded[shareds][0] != id {
		if err := w.world.Load(sim.SharedPiece, 0, w.stores[shareds].entry(id).text); err != nil {
			panic(err)
		}
		w.loaded[shareds][0] = id
	}
}

// loadAll puts a whole state into the world.
func (w *worker) loadAll(st *state) {
	for e := range script.End(2) {
		h := &st.end[e]
		w.load(ends, e, h.end)
		w.load(received, e, h.received)
		w.load(flights, e, h.flight)
		w.load(transits, e, h.transit)
	}
	w.loadShared(w.sharedOf(st.common))
	w.world.Settle()
}

// forget notes that it is not known which pieces lie in the world.
func (w *worker) forget() { w.loaded = [numStores][2]uint32{} }

// save is the number of a piece as it is in the world now.
func (w *worker) save(kind int, e script.End) uint32 {
	w.buf = w.world.Save(sim.Piece(kind), e, w.buf[:0])
	id := w.stores[kind].intern(w.buf, func() uint64 { return w.meta(kind, e) })
	w.loaded[kind][e] = id
	return id
}

func (w *worker) saveShared() uint32 {
	w.buf = w.world.Save(sim.SharedPiece, 0, w.buf[:0])
	w.loaded[shareds][0] = w.stores[shareds].intern(w.buf, nil)
	return w.loaded[shareds][0]
}

// saveEnd saves an end's half.
func (w *worker) saveEnd(e script.End) half {
	return half{end: w.save(ends, e), received: w.save(received, e),
		flight: w.save(flights, e), transit: w.save(transits, e)}
}

// meta is what is often needed of a piece.
//
//	of an end:    the verbs that its app can do, and what its peer can see
//	of a flight:  how much is in it, its flags, and whether a window is closed
func (w *worker) meta(kind int, e script.End) uint64 {
	switch kind {
	case ends:
		return uint64(w.world.Open(e)) | uint64(w.world.PublicOf(e))<<16
	case flights:
		way := w.world.Way(e.Peer())
		m := uint64(w.config.Sizes.Flight-way.Room) << 3
		for i, flag := range [...]bool{way.Fin, way.Reset, w.world.Shut(e)} {
			if flag {
				m |= 1 << i
			}
		}
		return m
	}
	return 0
}

// wayOf is what an end sees of its way out, which is its peer's flight.
func (w *worker) wayOf(flight uint32) sim.Way {
	m := w.stores[flights].entry(flight).meta
	return sim.Way{Room: max(0, w.config.Sizes.Flight-int(m>>3)), Fin: m&1 != 0, Reset: m&2 != 0}
}

// shut says whether a window is closed.
func (w *worker) shut(flight uint32) bool { return w.stores[flights].entry(flight).meta&4 != 0 }

// open is what an end's app can do.
func (w *worker) open(end uint32) uint16 { return uint16(w.stores[ends].entry(end).meta) }

// What both ends share has two parts: how often each verb may still happen, and the
// world's shared piece, whose number is the meta.

// budgetLen is how many bytes the first part takes.
const budgetLen = 2 * int(verbs)

func (w *worker) commonOf(budget []byte, shared uint32) uint32 {
	text := append(w.buf[:0], budget...)
	text = append(text, w.stores[shareds].entry(shared).text...)
	w.buf = text
	return w.stores[commons].intern(text, func() uint64 { return uint64(shared) })
}

func (w *worker) sharedOf(common uint32) uint32 {
	return uint32(w.stores[commons].entry(common).meta)
}

// left is how often the verb may still happen.
func (w *worker) left(common uint32, v script.Verb, e script.End) uint8 {
	return w.stores[commons].entry(common).text[int(e)*int(verbs)+int(v)]
}

// spend is the common part after an action, given the shared piece after it.
func (w *worker) spend(common uint32, a script.Action, shared uint32) uint32 {
	counted := a.Verb != script.Poll && a.Verb != script.Resume
	if !counted && shared == w.sharedOf(common) {
		return common
	}
	k := pair{common, shared<<8 | uint32(a.On)<<4 | uint32(a.Verb)}
	if known := w.spending.find(&k); known != nil {
		return *known
	}
	budget := append([]byte(nil), w.stores[commons].entry(common).text[:budgetLen]...)
	if counted {
		budget[int(a.On)*int(verbs)+int(a.Verb)]--
	}
	after := w.commonOf(budget, shared)
	w.spending.keep(&k, after)
	return after
}
