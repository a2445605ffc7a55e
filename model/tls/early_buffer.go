package tls

import (
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/wire"
)

// earlyBlock is the size in bytes of the buffer that OpenSSL has in front of the
// output in a handshake (BIO_f_buffer(3)). A ClientHello fits it.
const earlyBlock = 4096

// An earlyBuffer is how a client's output lies in that buffer. In the model it is
// all in pend; here it is known how much of it a WriteEarly has got rid of. What is
// still over when it is blocked makes OpenSSL begin the write again, and count it
// again: see Traits.DiesBlocked.
//
// Story 81: a retry was taken for counted when more waited than the buffer holds.
// But what has left of a block is no room for more until the block is empty, so
// less that waits may be too much for it.
type earlyBuffer struct {
	off  int // bytes of the block that have left
	held int // bytes of it behind those
	over int // bytes of early data that are not in it
	rest int // those that are of the record it has a part of
}

// fits says whether it can be so while so many bytes wait.
func (b *earlyBuffer) fits(unsent int) bool {
	return min(b.off, b.held, b.over, b.rest) >= 0 && b.off+b.held <= earlyBlock &&
		b.rest <= b.over && b.over <= unsent
}

// pushEarly is push for early data, of which the last bytes of pend are new.
func (t *TLS) pushEarly(sealed int) model.Status {
	if !t.cfg.Traits.DiesBlocked {
		return t.push()
	}
	b := &t.buffer
	out := t.pend[len(t.pend)-b.over-sealed:]
	st := t.push()
	b.pass(out, b.held+len(out)-t.unsent())
	return st
}

// pass takes out in, the rest of a record and then whole records, as far as it
// fits when n bytes leave.
func (b *earlyBuffer) pass(out []byte, n int) {
	for len(out) > 0 {
		if b.rest == 0 {
			b.rest = wire.RecordSize(out)
		}
		took := b.write(b.rest, &n)
		if took == 0 {
			break
		}
		b.rest -= took
		out = out[took:]
	}
	if b.over = len(out); b.over == 0 && b.flush(&n) {
		b.off = 0
	}
}

// write takes what it can of a record of which size bytes are left, while n
// leave. A record that is longer than a block leaves without one.
func (b *earlyBuffer) write(size int, n *int) (took int) {
	room := earlyBlock - b.off - b.held
	if size <= room {
		b.held += size
		return size
	}
	if b.held > 0 {
		took, b.held = room, b.held+room
		if !b.flush(n) {
			return took
		}
	}
	b.off = 0
	if size-took < earlyBlock {
		b.held = size - took
		return size
	}
	straight := min(size-took, *n)
	*n -= straight
	return took + straight
}

// flush says whether all that the block holds is among n bytes that leave.
func (b *earlyBuffer) flush(n *int) bool {
	left := min(b.held, *n)
	b.off, b.held, *n = b.off+left, b.held-left, *n-left
	return b.held == 0
}
