package sim

import (
	"bytes"

	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/oracle"
)

// A plaintext is what an app has written and its peer's app has not been given
// yet. What lies between head and taken is on its way.
//
//	head ──accepted by the pump──▶ taken ──backlog──▶ tail
type plaintext struct {
	buf               []byte
	head, taken, tail int
	offered           bool   // the pump is being offered the backlog
	lent              bool   // what it is being offered lies in spare
	spare             []byte // another buf, see grow
}

// clear empties it and keeps its memory.
func (t *plaintext) clear() { *t = plaintext{buf: t.buf, spare: t.spare} }

// backlog is what the pump has not taken, in bytes.
func (t *plaintext) backlog() int { return t.tail - t.taken }

// drop throws the backlog away.
func (t *plaintext) drop() { t.tail = t.taken }

// add appends bytes to the backlog.
func (t *plaintext) add(p []byte) {
	if len(p) == 0 {
		return
	}
	t.grow(len(p))
	t.tail += copy(t.buf[t.tail:], p)
}

// grow makes room for n more bytes.
//
// Story 91: an answer joined the backlog in the middle of a Write, and what the
// pump was being offered moved down. The pump took other bytes and was blamed for a
// corruption. Now what is being offered stays where it is.
func (t *plaintext) grow(n int) {
	if t.head == t.tail {
		t.head, t.taken, t.tail = 0, 0, 0
	}
	if t.tail+n <= len(t.buf) {
		return
	}
	kept := t.buf[t.head:t.tail]
	if t.offered && !t.lent {
		t.buf, t.spare, t.lent = t.spare, t.buf, true
	}
	if len(kept)+n > len(t.buf) {
		t.buf = make([]byte, max(1<<12, 2*(len(kept)+n)))
	}
	copy(t.buf, kept)
	t.taken, t.tail, t.head = t.taken-t.head, len(kept), 0
}

// deliver compares what the peer's app is given with what was accepted, and
// takes it out. paused says that the peer's app had asked for a pause.
func (t *plaintext) deliver(p []byte, paused bool) oracle.Mismatch {
	sent := t.buf[t.head:t.taken]
	switch {
	case paused:
		t.head += min(len(p), len(sent))
		return oracle.WhilePaused
	case len(p) <= len(sent) && bytes.Equal(p, sent[:len(p)]):
		t.head += len(p)
		return oracle.NoMismatch
	case repeated(p, t.buf[:t.taken], t.head):
		return oracle.Garbled
	case skipped(p, sent):
		return oracle.Gap
	}
	return oracle.Garbled
}

// repeated says whether p begins with bytes that were delivered before.
func repeated(p, all []byte, head int) bool {
	for at := head - 1; at >= 0; at-- {
		if n := min(len(p), len(all)-at); bytes.Equal(p[:n], all[at:at+n]) {
			return true
		}
	}
	return false
}

// skipped says whether p is found further on in what was sent: then what is
// before it was lost. Short pieces are found anywhere and prove nothing.
func skipped(p, sent []byte) bool {
	return len(p) >= 8 && bytes.Contains(sent, p)
}

// snapshotTransit lists what is on its way.
func (t *plaintext) snapshotTransit(s *model.Snapshot) {
	transit := s.Held(t.buf[t.head:t.taken])
	if s.Reading() {
		t.refill(transit, t.buf[t.taken:t.tail])
	}
}

// refill puts what is on its way, and the backlog behind it, into the buffer.
func (t *plaintext) refill(transit, backlog []byte) {
	t.spare = append(append(t.spare[:0], transit...), backlog...)
	t.head, t.taken, t.tail = 0, len(transit), len(t.spare)
	t.buf, t.spare = t.spare[:cap(t.spare)], t.buf
}
