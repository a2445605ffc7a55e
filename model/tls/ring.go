package tls

import (
	"math/bits"

	"github.com/wantwrite/wantwrite/model"
)

// A Ring is a byte queue of fixed capacity, like one direction of a BIO pair
// (BIO_s_bio(3)). The zero value has no room; Reset gives it some.
type Ring struct {
	buf        []byte // a power of two long
	head, tail uint   // bytes taken and put since Reset
	limit      int
}

// Reset empties the ring and sets its capacity in bytes; a negative one is 0. It allocates
// only if the storage of earlier capacities does not suffice.
func (r *Ring) Reset(capacity int) {
	if capacity < 0 {
		capacity = 0
	}
	r.head, r.tail, r.limit = 0, 0, capacity
	if len(r.buf) < capacity {
		r.buf = make([]byte, 1<<bits.Len(uint(capacity-1)))
	}
}

// Len is how many bytes are in the ring.
func (r *Ring) Len() int { return int(r.tail - r.head) }

// Room is how many more bytes it takes.
func (r *Ring) Room() int { return r.limit - r.Len() }

// Write puts in what fits of p and says how many bytes that was.
func (r *Ring) Write(p []byte) int {
	n := min(len(p), r.Room())
	if n == 0 {
		return 0
	}
	at := r.tail & uint(len(r.buf)-1)
	if k := copy(r.buf[at:], p[:n]); k < n {
		copy(r.buf, p[k:n])
	}
	r.tail += uint(n)
	return n
}

// Read takes at most len(p) bytes out into p and says how many.
func (r *Ring) Read(p []byte) int {
	n := r.Peek(p)
	r.head += uint(n)
	return n
}

// Peek is Read without taking the bytes out.
func (r *Ring) Peek(p []byte) int {
	n := min(len(p), r.Len())
	if n == 0 {
		return 0
	}
	at := r.head & uint(len(r.buf)-1)
	if k := copy(p[:n], r.buf[at:]); k < n {
		copy(p[k:n], r.buf)
	}
	return n
}

// Discard takes at most n bytes out and says how many there were.
func (r *Ring) Discard(n int) int {
	n = max(0, min(n, r.Len()))
	r.head += uint(n)
	return n
}

// Snapshot lists the ring's content. Where it lies makes no difference.
func (r *Ring) Snapshot(s *model.Snapshot) {
	if !s.Reading() {
		r.Peek(s.Grow(r.Len()))
		return
	}
	held := s.Held(nil)
	r.head, r.tail = 0, 0
	if r.Write(held) < len(held) {
		s.Refuse()
	}
}
