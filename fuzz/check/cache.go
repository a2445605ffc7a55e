package check

import (
	"unsafe"

	"github.com/wantwrite/wantwrite/sim/script"
)

// A pump is deterministic: what a turn does follows from the few pieces that it can
// see, and is the same in every state that has them. So each worker remembers what
// turns did. A cache may forget, but is never wrong.

// A turn is all that the turn of an end depends on.
//
// Story 36: a client and a server that have updated the same keys are equal to the
// byte. A turn of one was taken for the other's, whose third action differs, and the
// search reached impossible states. So the key has the end.
type turn struct {
	end, received, transit uint32
	shared                 uint32
	room                   uint32 // bytes; anyRoom if it does not matter how many
	fin, reset             bool   // of the way out
	peer                   uint8  // World.PublicOf
	on                     script.End
	act                    uint8 // index of the action
}

// anyRoom stands for more room than the turn has used.
const anyRoom = 1<<32 - 1

func (k *turn) hash() uint64 {
	x := mix(uint64(k.end)<<32 | uint64(k.received))
	y := uint64(k.transit)<<32 | uint64(k.room)
	z := uint64(k.shared)<<32 | uint64(k.peer)<<8 | uint64(k.act) | uint64(k.on)<<26
	if k.fin {
		z |= 1 << 24
	}
	if k.reset {
		z |= 1 << 25
	}
	return mix(x^y*0x9e3779b97f4a7c15) ^ z*0xd6e8feb86659fd93
}

// A fate is how an action ends.
type fate uint8

const (
	unknown  fate = iota
	disabled      // it can't happen here
	goesOn
	ended // by a violation that is not watched
	violated
)

// A deed is what a turn does.
type deed struct {
	fate                   fate
	private                bool   // nothing changed that the peer's turn could see
	end, received, transit uint32 // as they are afterwards
	sent, accepted, shared uint32 // what it added; 0 is nothing
	used                   uint32 // bytes that it sent
}

// An arrival is what Deliver can do to a flight and to what was received: the
// different outcomes, each with the first argument that has it.
type arrival struct {
	n       int
	refused bool // the socket is closed, and answers with a reset
	act     [maxSizes]uint8
	flight  [maxSizes]uint32
	receive [maxSizes]uint32
}

// maxSizes is how many delivery sizes a search can have.
const maxSizes = 6

// A cache remembers values by a key. A new entry may replace an old one.
type cache[K comparable, V any] struct {
	lines []line[K, V]
	hash  func(*K) uint64
	hits  uint64
	miss  uint64
}

type line[K comparable, V any] struct {
	used  bool
	key   K
	value V
}

// find is the value of a key, nil if it is not known.
func (c *cache[K, V]) find(k *K) *V {
	l := &c.lines[c.hash(k)&uint64(len(c.lines)-1)]
	if !l.used || l.key != *k {
		c.miss++
		return nil
	}
	c.hits++
	return &l.value
}

// keep remembers one.
func (c *cache[K, V]) keep(k *K, v V) *V {
	l := &c.lines[c.hash(k)&uint64(len(c.lines)-1)]
	*l = line[K, V]{true, *k, v}
	return &l.value
}

// resize makes the cache at least n lines long.
func (c *cache[K, V]) resize(n int) {
	size := max(1, len(c.lines))
	for size < n {
		size *= 2
	}
	if size == len(c.lines) {
		return
	}
	old := c.lines
	c.lines = make([]line[K, V], size)
	for i := range old {
		if l := &old[i]; l.used {
			c.keep(&l.key, l.value)
		}
	}
}

// bytes is the memory that the cache takes.
func (c *cache[K, V]) bytes() uint64 {
	var l line[K, V]
	return uint64(len(c.lines)) * uint64(unsafe.Sizeof(l))
}

// A pair is a key of two numbers.
type pair struct{ a, b uint32 }

func (p *pair) hash() uint64 { return mix(uint64(p.a)<<32 | uint64(p.b)) }
