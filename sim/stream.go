package sim

import (
	"github.com/wantwrite/wantwrite/model/wire"
	"github.com/wantwrite/wantwrite/sim/script"
)

// streamSize is the storage of a stream; a power of two. What is in flight
// and what is received lie in it together.
const streamSize = 4 * script.MaxOnLink

// A stream is one direction of a link: bytes in flight, and bytes in the receiver's
// buffer.
//
//	head ──received──▶ seen ──in flight──▶ tail
type stream struct {
	buf              []byte
	head, seen, tail uint64 // offsets since the run began
	flight, window   int    // capacities in bytes
	recordEnd        uint64 // where the record that is arriving ends
	recordStart      uint64 // and where it began
	shutUntil        uint64 // the receive window is closed before this tick

	fin, finSeen     bool // the sender ended it; the receiver can know
	reset, resetSeen bool // it is broken; the receiver can know
	deaf             bool // the receiver's socket is closed
	wire             uint64
	spare            []byte // for snapshots
}

// restart makes the stream new with the given capacities.
func (s *stream) restart(flight, window int) {
	buf := s.buf
	if buf == nil {
		buf = make([]byte, streamSize)
	}
	*s = stream{buf: buf, flight: flight, window: window, wire: hashSeed, spare: s.spare}
}

// room is how much the sender may add.
func (s *stream) room() int { return max(0, s.flight-int(s.tail-s.seen)) }

// unread is how much the receiver may take.
func (s *stream) unread() int { return int(s.seen - s.head) }

// inFlight is how much is on its way.
func (s *stream) inFlight() int { return int(s.tail - s.seen) }

// put appends bytes. The caller has checked that there is room.
func (s *stream) put(p []byte) {
	at := s.tail & (streamSize - 1)
	n := copy(s.buf[at:], p)
	copy(s.buf, p[n:])
	s.tail += uint64(len(p))
}

// send takes what fits of p.
func (s *stream) send(p []byte) int {
	n := min(len(p), s.room())
	s.put(p[:n])
	s.wire = foldBytes(s.wire, p[:n])
	return n
}

// copyOut copies from offset off without taking.
func (s *stream) copyOut(p []byte, off uint64) {
	at := off & (streamSize - 1)
	n := copy(p, s.buf[at:])
	copy(p[n:], s.buf)
}

// recv takes at most len(p) received bytes.
func (s *stream) recv(p []byte) int {
	n := min(len(p), s.unread())
	s.copyOut(p[:n], s.head)
	s.head += uint64(n)
	return n
}

// deliverable says whether Deliver would change anything.
func (s *stream) deliverable(now uint64) bool {
	switch {
	case s.reset:
		return !s.resetSeen
	case s.tail > s.seen:
		return s.deaf || s.window > s.unread() && now >= s.shutUntil
	}
	return s.fin && !s.finSeen
}

// portion is how many bytes in flight the argument of Deliver means.
func (s *stream) portion(arg uint32) int {
	all := s.inFlight()
	switch arg {
	case script.OneByte:
		return min(all, 1)
	case script.Part:
		return min(all, max(1, (s.record()+1)/2))
	case script.Record:
		return min(all, max(1, s.record()))
	case script.All:
		return all
	}
	return min(all, int(arg-script.Bytes))
}

// record is how many bytes of the record that is arriving are not yet seen;
// all there are if even its header is not in flight.
func (s *stream) record() int {
	for s.recordEnd <= s.seen && s.frame() {
	}
	if s.recordEnd <= s.seen {
		return s.inFlight()
	}
	return int(min(s.recordEnd, s.tail) - s.seen)
}

// mutable says whether the next byte to arrive is the first of a record, and its header
// is in flight.
func (s *stream) mutable() bool {
	if s.inFlight() < wire.HeaderLen {
		return false
	}
	for s.recordEnd < s.seen && s.frame() {
	}
	return s.recordEnd == s.seen
}

// frame moves recordEnd behind the next record, if its whole header is there, and reports
// whether it was. It waits for the rest of a header, so that the framing stays in step
// with a sender that has room for a few bytes only.
func (s *stream) frame() bool {
	n := s.recordAt(s.recordEnd)
	if n > 0 {
		s.recordStart = s.recordEnd
		s.recordEnd += uint64(n)
	}
	return n > 0
}

// recordAt is the whole length of the record that starts at off, 0 if its
// header has not been sent.
func (s *stream) recordAt(off uint64) int {
	if s.tail-off < wire.HeaderLen {
		return 0
	}
	var head [wire.HeaderLen]byte
	s.copyOut(head[:], off)
	return wire.RecordSize(head[:])
}

// deliver makes up to n bytes in flight visible, then the end of the stream. It reports
// whether bytes have reached a closed socket, which TCP answers with a reset.
func (s *stream) deliver(n int) (refused bool) {
	if s.reset {
		s.resetSeen = true
		return false
	}
	if s.deaf {
		refused = n > 0
		s.head, s.seen = s.seen+uint64(n), s.seen+uint64(n)
	} else {
		s.seen += uint64(min(n, s.window-s.unread()))
	}
	if s.fin && s.seen == s.tail {
		s.finSeen = true
	}
	return refused
}

// sever breaks the stream: what is in flight is lost.
func (s *stream) sever() {
	s.tail = s.seen
	s.recordEnd = s.seen
	s.reset = true
}
