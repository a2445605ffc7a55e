package check

import (
	"math/bits"
	"sync"
	"sync/atomic"
)

// A record is what a table keeps: a few words that are compared whole.
type record interface {
	comparable
	hash() uint64
}

const (
	// chunkBits: records lie in chunks, so that a table grows without a copy.
	chunkBits = 14
	chunkLen  = 1 << chunkBits
	// roomy: an index of fewer slots is grown in large steps.
	roomy = 1 << 22
	// blockLen is how many numbers a worker takes from a table at a time.
	blockLen = 64
)

// A table keeps records, each once, under numbers from 1 in the order in which they
// came. It uses open addressing with slots of 4 bytes: the number, and in the bits
// above it a part of the hash, which avoids most comparisons with other records. A
// record is compared whole, so no two are ever taken for one. Workers add records at
// the same time; reserve makes room while they wait.
type table[T record] struct {
	index  []uint32
	idBits int // of a slot
	chunks []*[chunkLen]T
	next   atomic.Uint32 // the last number that was taken
	count  atomic.Uint64 // records, which are fewer than numbers
}

// A pool is the numbers that a worker has taken and not used.
type pool struct{ at, end uint32 }

// get is the record with a number; zero if there is none.
func (t *table[T]) get(id uint32) T { return t.chunks[id>>chunkBits][id&(chunkLen-1)] }

// intern finds a record, or adds it.
func (t *table[T]) intern(v T, p *pool) (id uint32, fresh bool) {
	size := uint64(len(t.index))
	at, tag := t.home(v.hash())
	mask := uint32(1)<<t.idBits - 1
	mine := uint32(0)
	for {
		slot := &t.index[at]
		there := atomic.LoadUint32(slot)
		if there == 0 {
			if mine == 0 {
				mine = t.take(p)
				t.chunks[mine>>chunkBits][mine&(chunkLen-1)] = v
			}
			if atomic.CompareAndSwapUint32(slot, 0, tag|mine) {
				p.at++
				t.count.Add(1)
				return mine, true
			}
			there = atomic.LoadUint32(slot)
		}
		if there&^mask == tag && t.get(there&mask) == v {
			if mine != 0 { // another worker was first
				var none T
				t.chunks[mine>>chunkBits][mine&(chunkLen-1)] = none
			}
			return there & mask, false
		}
		if at++; at == size {
			at = 0
		}
	}
}

// home is where the search for a hash begins, and its part in the slot.
func (t *table[T]) home(h uint64) (at uint64, tag uint32) {
	at, low := bits.Mul64(h, uint64(len(t.index)))
	return at, uint32(low>>32) &^ (1<<t.idBits - 1)
}

// take is the number for the worker's next record.
func (t *table[T]) take(p *pool) uint32 {
	if p.at == p.end {
		p.end = t.next.Add(blockLen) + 1
		p.at = p.end - blockLen
	}
	return p.at
}

// reserve makes room for that many more records, while the workers wait.
func (t *table[T]) reserve(more uint64, workers int) {
	slack := uint64(blockLen * (workers + 1))
	last := uint64(t.next.Load()) + more + slack
	for uint64(len(t.chunks))<<chunkBits <= last {
		t.chunks = append(t.chunks, new([chunkLen]T))
	}
	need := t.len() + more
	if need*4 > uint64(len(t.index))*3 || last>>t.idBits != 0 {
		size := uint64(len(t.index))
		if size < roomy {
			size *= 2
		}
		t.rehash(max(need*10/7, size*5/4), workers)
	}
}

// rehash makes a new index of that size, with at least one worker. The old one is dropped
// first, for only the records are needed.
//
// Story 114: a table that was read from a checkpoint was indexed by the workers of a search
// that had just let its workers go, which is to say by none. No state was found again, until
// the table grew and got a new index. A small one did so at once; from some 200,000 states on
// all seemed to be the work of other code.
func (t *table[T]) rehash(size uint64, workers int) {
	t.index = nil
	t.index = make([]uint32, size)
	last := t.next.Load()
	t.idBits = bits.Len64(max(size, uint64(last)+size/4))
	var next atomic.Uint32
	var all sync.WaitGroup
	for range workers {
		all.Go(func() {
			for {
				from := next.Add(chunkLen) - chunkLen
				if from > last {
					return
				}
				t.put(from, min(last, from+chunkLen-1))
			}
		})
	}
	all.Wait()
}

// put enters the numbers from first to last into an index that has none of them.
func (t *table[T]) put(first, last uint32) {
	var none T
	for id := first; id <= last; id++ {
		v := t.get(id)
		if v == none {
			continue
		}
		at, tag := t.home(v.hash())
		for !atomic.CompareAndSwapUint32(&t.index[at], 0, tag|id) {
			if at++; at == uint64(len(t.index)) {
				at = 0
			}
		}
	}
}

// len is how many records there are.
func (t *table[T]) len() uint64 { return t.count.Load() }

// bytes is the memory that the table takes.
func (t *table[T]) bytes(each int) uint64 {
	return uint64(len(t.index))*4 + uint64(len(t.chunks))*chunkLen*uint64(each)
}

// A word is a state of the search: the numbers of its two halves.
type word uint64

func wordOf(client, server uint32) word { return word(client)<<32 | word(server) }

func (w word) client() uint32 { return uint32(w >> 32) }
func (w word) server() uint32 { return uint32(w) }

func (w word) hash() uint64 { return mix(uint64(w)) }

// A half is one end's half of a state: the numbers of its pieces. The client's half
// also has the number of what both share.
type half struct{ end, received, flight, transit, common uint32 }

func (h half) hash() uint64 {
	x := mix(uint64(h.end)<<32 | uint64(h.received))
	x = mix(x ^ (uint64(h.flight)<<32 | uint64(h.transit)))
	return mix(x ^ uint64(h.common))
}

// mix makes a hash of a word, in which every bit depends on every bit (the finalizer
// of MurmurHash3).
func mix(x uint64) uint64 {
	x = (x ^ x>>33) * 0xff51afd7ed558ccd
	x = (x ^ x>>33) * 0xc4ceb9fe1a85ec53
	return x ^ x>>33
}

// digest makes a hash of bytes.
func digest(p []byte) uint64 {
	h := uint64(len(p)) + 0x9e3779b97f4a7c15
	for len(p) >= 8 {
		h = mix(h ^ le64(p))
		p = p[8:]
	}
	var tail uint64
	for i, b := range p {
		tail |= uint64(b) << (8 * i)
	}
	return mix(h ^ tail)
}
