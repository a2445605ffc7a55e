package pumps

import (
	"math/bits"

	"github.com/wantwrite/wantwrite/model"
)

// A span is a bounded queue of bytes in one piece of memory. What bytes shows stays where it is
// until it is taken, unless put may move it.
type span struct {
	buf        []byte
	head, tail int
	limit      int
}

// restart empties the span and sets its capacity in bytes.
//
// Story 29: the span kept all the memory of earlier links. put, which may not move what is there,
// then took as much as that memory held. A run depended on the one before it, and a shrunk script
// did not fail when it was replayed.
func (s *span) restart(limit int) {
	if cap(s.buf) < limit {
		s.buf = make([]byte, limit)
	}
	s.buf = s.buf[:limit]
	s.head, s.tail, s.limit = 0, 0, limit
}

func (s *span) len() int      { return s.tail - s.head }
func (s *span) bytes() []byte { return s.buf[s.head:s.tail] }
func (s *span) clear()        { s.head, s.tail = 0, 0 }

// take removes n bytes from the front.
func (s *span) take(n int) {
	if s.head += n; s.head == s.tail {
		s.clear()
	}
}

// space is where new bytes can be written, and grew says how many were. The span must be empty.
func (s *span) space() []byte { return s.buf[:s.limit] }
func (s *span) grew(n int)    { s.tail = n }

// put appends what fits and says how much that was. With fixed set it does not move what is
// there.
func (s *span) put(p []byte, fixed bool) int {
	n := min(len(p), s.limit-s.len())
	if s.tail+n > len(s.buf) && !fixed {
		if s.len()+n > len(s.buf) {
			s.buf = append(make([]byte, 0, 2*s.limit), s.buf...)[:2*s.limit]
		}
		s.tail = copy(s.buf, s.bytes())
		s.head = 0
	}
	n = min(n, len(s.buf)-s.tail)
	copy(s.buf[s.tail:], p[:n])
	s.tail += n
	return n
}

// maxHeld is the most that a buffer grows to when a snapshot is read, in bytes.
const maxHeld = 1 << 24

// Snapshot lists the content, the place and the memory of the span. How much fits behind content
// that must not move depends on all three.
func (q *span) Snapshot(s *model.Snapshot) {
	room, held := len(q.buf), q.bytes()
	s.Int(&q.limit)
	s.Int(&room)
	s.Int(&q.head)
	held = s.Held(held)
	if !s.Reading() {
		return
	}
	if q.head < 0 || q.head > room-len(held) || room > maxHeld {
		q.head = 0
		s.Refuse()
		return
	}
	q.buf = resized(q.buf, room)
	q.tail = q.head + copy(q.buf[q.head:], held)
}

// resized gives a slice of n bytes, with any content.
func resized(b []byte, n int) []byte {
	if cap(b) < n {
		return make([]byte, n, 1<<bits.Len(uint(n)))
	}
	return b[:n]
}
