package check

import (
	"sync/atomic"

	"github.com/wantwrite/wantwrite/sim/script"
)

// A space is what is known of one world: its pieces, and the states that were reached,
// in the order of their distance from the first.
type space struct {
	config           script.Config
	bounds           Bounds
	acts             [2][]script.Action
	unreduced, plain bool // see Search

	stores [numStores]store
	halves table[half]
	states table[word]
	awake  []*[chunkLen / 16]uint32 // two bits a state, see classes
	levels []uint32                 // the first number of each level
}

// A state is what a word stands for.
type state struct {
	end    [2]half
	common uint32
}

// state decodes a word.
func (s *space) state(w word) (st state) {
	st.end = [2]half{s.halves.get(w.client()), s.halves.get(w.server())}
	st.common, st.end[0].common = st.end[0].common, 0
	return st
}

// key is the state's content as a number that does not depend on the order in which
// states were reached: of several counterexamples the lowest is reported.
func (s *space) key(w word) uint64 {
	st := s.state(w)
	h := s.stores[commons].entry(st.common).hash
	for _, e := range st.end {
		for kind, id := range [...]uint32{e.end, e.received, e.flight, e.transit} {
			h = mix(h ^ s.stores[kind].entry(id).hash)
		}
	}
	return h
}

// reserve makes room for that many more states.
func (s *space) reserve(more uint64, workers int) {
	s.states.reserve(more, workers)
	s.halves.reserve(2*more, workers)
	for len(s.awake) < len(s.states.chunks) {
		s.awake = append(s.awake, new([chunkLen / 16]uint32))
	}
}

// bytes is the memory that all this takes, caches apart.
func (s *space) bytes() uint64 {
	n := s.states.bytes(8) + s.halves.bytes(20) + uint64(len(s.awake))*chunkLen/4
	for i := range s.stores {
		n += s.stores[i].memory
	}
	return n
}

// full says whether a store has no room for what the next batch may add.
func (s *space) full(more uint64) bool {
	for i := range s.stores {
		if uint64(s.stores[i].n)+more > maxEntries {
			return true
		}
	}
	return uint64(s.states.next.Load())+more > 1<<32-1<<20
}

// The classes of actions. Turns of the two ends commute unless one can see what the
// other changes; so do deliveries to the two. Only one order of two that commute is
// explored: in the state after the second, the first sleeps (Godefroid 1996, sleep
// sets). Each state keeps its sleeping classes. What sleeps on every shortest way to
// a state is not done there. All states are still reached, each at its distance; what
// is saved is transitions.
type classes uint8

const (
	clientTurns classes = 1 << iota
	clientDeliveries
	serverTurns
	serverDeliveries
	wholes // faults and time, which commute with nothing

	every   = clientTurns | clientDeliveries | serverTurns | serverDeliveries | wholes
	sleepy  = clientTurns | clientDeliveries // those that can be asleep
	nothing = classes(0)
)

// turnsOf and deliveriesTo are an end's classes.
func turnsOf(e script.End) classes      { return clientTurns << (2 * e) }
func deliveriesTo(e script.End) classes { return clientDeliveries << (2 * e) }

// asleep is what sleeps in a state.
func (s *space) asleep(id uint32) classes {
	bits := atomic.LoadUint32(&s.awake[id>>chunkBits][id&(chunkLen-1)/16])
	return ^classes(bits>>(id%16*2)) & sleepy
}

// wake takes all but the given classes out of a state's sleep.
func (s *space) wake(id uint32, sleep classes) {
	bits := uint32(^sleep&sleepy) << (id % 16 * 2)
	if bits != 0 {
		atomic.OrUint32(&s.awake[id>>chunkBits][id&(chunkLen-1)/16], bits)
	}
}
