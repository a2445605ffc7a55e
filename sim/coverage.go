package sim

import (
	"slices"

	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/sim/script"
)

// A feature is something that a run can reach, as a number. There are three kinds:
//
//	situations  what the pump under test met: its role, the phase of its link, the
//	            call, the answer, and whether output was pending
//	pairs       who wrote and who read: bytes on the wire, or the engine's output
//	states      what the link looks like after a turn, roughly, as a hash
const (
	firstPair  = 1 << 13
	firstState = 1 << 16
	// numFeatures bounds the numbers. States are hashed into what the other kinds leave,
	// so two of them may share a number.
	numFeatures = 1 << 20
)

// features is a set of features.
type features [numFeatures / 64]uint64

// Has says whether the set has feature i.
func (f *features) Has(i uint32) bool { return f[i>>6%uint32(len(f))]>>(i&63)&1 != 0 }

// Add adds feature i.
func (f *features) Add(i uint32) { f[i>>6%uint32(len(f))] |= 1 << (i & 63) }

// A Cover notes what the runs of a world reach. It changes nothing: the hash of a run is
// the same with it as without.
type Cover struct {
	// Atlas is what earlier schedules have reached. A Cover only reads it, so several can
	// share one while nobody adds to it.
	Atlas *Atlas

	seen     features // of this run, without those that two schedules had reached
	fresh    []uint32
	lastNew  int
	tested   oracle.PropertySet
	writer   [2 * script.MaxLinks]uint8 // who wrote last toward the end
	producer [2 * script.MaxLinks]uint8 // what made the output that waits at the end
	output   [2 * script.MaxLinks]int   // how much that was
	looks    [2 * script.MaxLinks]uint32
	moves    [2 * script.MaxLinks]uint64 // the ends' after their last turns
}

// A Sighting is what a run has reached.
type Sighting struct {
	// Fresh are the features that fewer than two of the atlas's schedules had reached.
	Fresh []uint32
	// Around is how many actions of the workload were done when the run reached the last
	// feature that is new to the atlas; 0 if it reached none.
	Around int
	// Tested are the properties that the run put to the test.
	Tested oracle.PropertySet
}

// SetCover makes the runs after the next Reset tell c what they reach. nil ends that.
func (w *World) SetCover(c *Cover) { w.cover = c }

// restart forgets the last run.
func (c *Cover) restart() {
	for _, i := range c.fresh {
		c.seen[i>>6%uint32(len(c.seen))] = 0
	}
	c.fresh, c.lastNew, c.tested = c.fresh[:0], 0, 0
	c.writer, c.producer, c.output = [4]uint8{}, [4]uint8{}, [4]int{}
	c.looks, c.moves = [4]uint32{}, [4]uint64{}
}

// Sighting is what the last run has reached.
func (c *Cover) Sighting() Sighting {
	return Sighting{slices.Clone(c.fresh), c.lastNew, c.tested}
}

// mark notes a feature.
func (c *Cover) mark(w *World, i uint32) {
	if c.Atlas.twice.Has(i) || c.seen.Has(i) {
		return
	}
	c.seen.Add(i)
	c.fresh = append(c.fresh, i)
	if !c.Atlas.once.Has(i) {
		c.lastNew = len(w.actions)
	}
}

// call notes a call of a pump, and its answer.
func (c *Cover) call(e *endpoint, op, n int, status uint8) {
	w := e.w
	if op == opSend && n > 0 {
		c.writer[e.id.Peer()] = w.doer(e)
	}
	if op == opData {
		c.tested = c.tested.With(oracle.Corruption)
	}
	if !w.under(e) {
		return
	}
	pending := 0
	switch op {
	case opHandshake, opRead, opWrite, opShutdown, opRenegotiate, opKeyUpdate, opAuthenticate,
		opWriteEarly, opReadEarly:
		pending = c.produced(e, op)
	case opDrain:
		c.drained(e, n)
		return
	case opRecv:
		if n > 0 {
			c.mark(w, firstPair+uint32(c.writer[e.id])<<8+uint32(w.doer(e)))
		}
	case opSend, opTold:
	default:
		return
	}
	c.mark(w, situationNumber(model.Role(e.id&1), e.phase(), op, status, pending))
}

// produced notes what an engine call left to drain. It is 1 if there is anything, and 0
// if not.
func (c *Cover) produced(e *endpoint, op int) (pending int) {
	out := e.inside.output()
	if out > c.output[e.id] {
		c.producer[e.id] = uint8(op) | uint8(e.phase())<<5
	}
	c.output[e.id] = out
	return min(out, 1)
}

// drained notes who drains output that was left.
func (c *Cover) drained(e *endpoint, n int) {
	if n > 0 {
		c.mark(e.w, firstPair+1<<15+uint32(c.producer[e.id])<<4+uint32(slot(e.w.verb())))
		c.output[e.id] -= n
	}
}

// verb is the verb of the action at hand. While the world quiesces it is Poll.
func (w *World) verb() script.Verb {
	if w.quiescing || len(w.actions) == 0 {
		return script.Poll
	}
	return w.actions[len(w.actions)-1].Verb
}

// doer says who acts at an end: in which phase, because of what.
func (w *World) doer(e *endpoint) uint8 { return uint8(slot(w.verb())) | uint8(e.phase())<<4 }

// state notes what the link looks like after a turn of a pump, and which properties that
// puts to the test.
func (c *Cover) state(w *World, a script.Action) {
	if turns>>a.Verb&1 == 0 {
		return
	}
	e := &w.ends[a.On]
	p := e.peer()
	look := &c.looks
	look[e.id], look[p.id] = c.outline(e), look[p.id]&^seesNetwork|p.surroundings()
	x, y := look[e.id], look[p.id]
	if a.On&1 != 0 {
		x, y = y, x
	}
	kind := uint64(w.cfg.Version) | uint64(w.cfg.Transport)<<1 | uint64(w.cfg.Under)<<2
	h := fold(fold(kind, uint64(x)), uint64(y))
	c.mark(w, firstState+uint32(h%(numFeatures-firstState)))
	c.tested |= tested(x|y, x&y)
	if a := e.acct; a.Accepted > a.Written+uint64(a.Limits.Queue) { // it should have refused
		c.tested = c.tested.With(oracle.UnboundedBuffer)
	}
	if e.moves == c.moves[e.id] {
		c.tested = c.tested.With(oracle.BusyLoop)
	}
	c.moves[e.id] = e.moves
}

// The bits of an outline.
const (
	seesOutput = 1 << (3 + iota) // after the phase
	seesPipeOut
	seesPipeIn
	seesQueue
	seesHeld
	seesRefusal
	seesPause
	seesUnread
	seesFull
	seesFlight
	seesEnd
	seesTimer
	seesWoken
	seesGone
	seesIdle
	seesMask // two bits
)

// seesNetwork are the bits that the other end's turns, and the network, change.
const seesNetwork = seesUnread | seesFull | seesFlight | seesEnd

// outline is an end, seen roughly.
func (c *Cover) outline(e *endpoint) uint32 {
	a := e.acct
	return uint32(e.phase()) | uint32(e.mask)*seesMask | e.surroundings() |
		when(c.output[e.id] > 0, seesOutput) | when(a.Drained > a.Sent, seesPipeOut) |
		when(a.Received > a.Fed, seesPipeIn) | when(a.Accepted > a.Written, seesQueue) |
		when(a.Decrypted > a.Delivered, seesHeld) | when(a.Backpressure, seesRefusal) |
		when(a.Paused, seesPause) | when(e.timer != 0, seesTimer) | when(e.woken, seesWoken) |
		when(a.Gone, seesGone) | when(a.Idle > 0, seesIdle)
}

// surroundings are the bits of seesNetwork.
func (e *endpoint) surroundings() uint32 {
	return when(e.in.seen > e.in.head, seesUnread) | when(e.out.room() == 0, seesFull) |
		when(e.in.tail > e.in.seen, seesFlight) | when(e.in.finSeen || e.in.resetSeen, seesEnd)
}

// when is the bit if it is so, and 0 if not.
func when(so bool, bit uint32) uint32 {
	if so {
		return bit
	}
	return 0
}

// tested are the properties that a state puts to the test. either and both are the bits
// that one end, or both ends, show.
func tested(either, both uint32) oracle.PropertySet {
	set := oracle.PropertySet(1 << oracle.Crash)
	if either&(seesRefusal|seesPause) != 0 {
		set = set.With(oracle.UnboundedBuffer)
	}
	if both&seesFull != 0 {
		set = set.With(oracle.Deadlock)
	}
	return set
}

// judged notes which properties a moment puts to the test.
func (c *Cover) judged(w *World, e *endpoint, m oracle.Moment) {
	a, p := e.acct, e.peer().acct
	clean := !w.tainted[e.id/2]
	switch m {
	case oracle.AtFin:
		if clean && (a.Closing || a.HalfClosing) {
			c.tested = c.tested.With(oracle.Truncation)
		}
	case oracle.AtClosed:
		if clean && !a.Closing {
			c.tested = c.tested.With(oracle.SpuriousFailure)
		}
		if clean && (p.Closing || p.HalfClosing) {
			c.tested = c.tested.With(oracle.Truncation)
		}
	case oracle.AtQuiescence:
		if a.Sent+p.Sent > 0 {
			c.tested = c.tested.With(oracle.Stall)
		}
		if clean && a.Accepted+p.Accepted > 0 {
			c.tested = c.tested.With(oracle.DataLoss)
		}
	}
}
