package model

// A span is a bounded queue of bytes in one piece of memory. What it shows
// stays where it is until it is taken, unless put may move it.
type span struct {
	buf        []byte
	head, tail int
	limit      int
}

// restart empties the span and sets its capacity in bytes.
//
// Story 29: it kept all memory of earlier links, and put, which may not move
// what is there, took what fitted that. A run depended on the one before it, and
// a shrunk script did not fail when it was replayed.
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

// space is where new bytes can be written; grew says how many were. The span
// must be empty.
func (s *span) space() []byte { return s.buf[:s.limit] }
func (s *span) grew(n int)    { s.tail = n }

// put appends what fits; with fixed set, what is there is not moved.
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
