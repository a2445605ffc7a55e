package check

import (
	"bytes"
	"encoding/binary"
	"sync"
)

// The kinds of pieces, each in a store of its own. The first five are sim.Piece. The
// other two are what a turn adds to a stream and to a transit.
const (
	ends = iota
	received
	flights
	transits
	commons
	sents
	shareds

	numStores
)

const (
	arenaLen   = 1 << 16 // of the pieces' bytes, a block
	entryBits  = 10
	entryLen   = 1 << entryBits
	maxEntries = 1 << 24
)

// A store keeps the pieces of one kind, each once, under numbers from 1.
type store struct {
	lock    sync.Mutex
	index   []uint32
	entries [maxEntries >> entryBits]*[entryLen]entry
	n       uint32
	blocks  [][]byte
	memory  uint64
}

// An entry is a piece: its bytes, their digest, and what is often needed of it.
type entry struct {
	text []byte
	hash uint64
	meta uint64
}

// entry is the piece with a number that was given out. Others may add at the same
// time.
func (s *store) entry(id uint32) *entry { return &s.entries[id>>entryBits][id&(entryLen-1)] }

// intern finds a piece, or adds a copy of it with its meta.
func (s *store) intern(text []byte, meta func() uint64) uint32 {
	h := digest(text)
	s.lock.Lock()
	defer s.lock.Unlock()
	if int(s.n)*4 >= len(s.index)*3 {
		s.grow()
	}
	mask := uint64(len(s.index) - 1)
	at := h & mask
	for ; s.index[at] != 0; at = (at + 1) & mask {
		if e := s.entry(s.index[at]); e.hash == h && bytes.Equal(e.text, text) {
			return s.index[at]
		}
	}
	s.n++
	s.index[at] = s.n
	chunk := &s.entries[s.n>>entryBits]
	if *chunk == nil {
		*chunk = new([entryLen]entry)
		s.memory += entryLen * 40
	}
	e := s.entry(s.n)
	*e = entry{text: s.keep(text), hash: h}
	if meta != nil {
		e.meta = meta()
	}
	return s.n
}

// grow doubles the index.
func (s *store) grow() {
	s.memory += uint64(len(s.index)) * 4
	if len(s.index) == 0 {
		s.memory += 64 * 4
	}
	s.index = make([]uint32, max(64, 2*len(s.index)))
	mask := uint64(len(s.index) - 1)
	for id := uint32(1); id <= s.n; id++ {
		at := s.entry(id).hash & mask
		for s.index[at] != 0 {
			at = (at + 1) & mask
		}
		s.index[at] = id
	}
}

// keep copies bytes into the arena.
func (s *store) keep(text []byte) []byte {
	last := len(s.blocks) - 1
	if last < 0 || cap(s.blocks[last])-len(s.blocks[last]) < len(text) {
		size := max(arenaLen, len(text))
		s.blocks = append(s.blocks, make([]byte, 0, size))
		s.memory += uint64(size)
		last++
	}
	block := &s.blocks[last]
	from := len(*block)
	*block = append(*block, text...)
	return (*block)[from:len(*block):len(*block)]
}

func le64(p []byte) uint64 { return binary.LittleEndian.Uint64(p) }
