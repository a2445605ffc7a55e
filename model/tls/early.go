package tls

import (
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/wire"
)

// This file is early data (RFC 8446, section 4.2.10): WriteEarly and ReadEarly, when a
// call begins, pauses or ends them, and early data that the server rejects.

// An earlyPhase is how far an end has come with early data.
type earlyPhase uint8

const (
	earlyNone    earlyPhase = iota // nothing was called yet
	earlyFlowing                   // WriteEarly, or ReadEarly
	earlyPaused                    // at a client then Read, at a server Handshake
	earlyOver                      // what was called since ends it
)

// Lengths of the early_data extension in bytes (RFC 8446, section 4.2.10).
const (
	earlyExtension       = 4 // in hellos and EncryptedExtensions
	earlyTicketExtension = 8 // in a NewSessionTicket
	// earlyOverhead is what a server allows for sealing when it throws early data
	// away without opening it (EARLY_DATA_CIPHERTEXT_OVERHEAD in OpenSSL).
	earlyOverhead = 98
)

// typeSkipped stands for the type of a record that is thrown away.
const typeSkipped = 0xff

// WriteEarly implements model.Engine. The first call begins the handshake. All of p is
// sealed at once; PartialWrite does not apply.
//
// After any other call that may read it is refused. OpenSSL lets a client alternate reads
// and early writes, and then can't open what the server sends (OpenSSL issue 7757, K9 in
// bugs.txt).
func (t *TLS) WriteEarly(p []byte) (int, model.Status) {
	switch {
	case !t.enter():
		if t.early == earlyFlowing && !t.countSent(len(p)) {
			t.errors.Push()
		}
		return 0, model.Failed
	case t.facts&ifEarly == 0 || t.cfg.Role == model.Server:
		return 0, t.reject(faultNotEarly)
	case t.early > earlyFlowing:
		return 0, t.refuse(faultNotEarly)
	case t.early == earlyNone:
		t.early = earlyFlowing
		t.facts = t.facts&^ifNoOffer | ifOffers
		t.begin()
	}
	// The ClientHello need not have left: OpenSSL has a buffer for both.
	t.want = model.OK
	switch again := t.earlySeal > 0; {
	case t.countSent(len(p)):
	case again:
		return 0, t.failSilently(faultEarlyAgain)
	default:
		return 0, t.fail(wire.AlertInternalError, faultTooEarly)
	}
	before := len(t.pend)
	if len(p) > t.earlySeal {
		t.sealEarly(p[t.earlySeal:])
	}
	if st := t.pushEarly(len(t.pend) - before); st != model.OK {
		return 0, t.judge(st)
	}
	t.earlySeal = 0
	return len(p), model.OK
}

// countSent says whether the early data of a client is within the bound, with n bytes
// more. What is offered again counts again if OpenSSL's buffer had no room for it.
func (t *TLS) countSent(n int) bool {
	if t.earlySeal > 0 && (t.buffer.over == 0 || !t.cfg.Traits.DiesBlocked) {
		return true
	}
	if t.earlyCount+n > t.cfg.EarlyData {
		return false
	}
	t.earlyCount += n
	return true
}

// sealEarly seals early data.
func (t *TLS) sealEarly(p []byte) {
	t.earlySeal += len(p)
	for len(p) > 0 {
		n := min(len(p), t.cfg.MaxRecord)
		t.seal(wire.TypeApplicationData, p[:n])
		t.note(true, messages[applicationData].word, n)
		p = p[n:]
	}
}

// ReadEarly implements model.Engine. The call that meets the EndOfEarlyData also carries
// the handshake on as far as possible, and does not say how far that is. After a
// Handshake it reads on like Read, as in OpenSSL, and gives data that came behind the
// handshake. To learn that early data has ended, look at InitFinished too.
func (t *TLS) ReadEarly(p []byte) (int, model.Status) {
	alive := t.enter()
	switch {
	case t.cfg.Role == model.Client || t.early == earlyOver || t.cfg.Version == model.TLS12,
		!alive && t.early == earlyNone:
		return 0, t.reject(faultNotEarly)
	case !alive:
		return 0, t.untried(noFault)
	case t.early == earlyNone:
		t.early = earlyFlowing
	}
	if t.state == waitClientHello || t.flight {
		t.errors.Clear() // as the state machine does when it starts
	}
	for t.state == waitClientHello || t.flight {
		if st := t.step(); st != model.OK {
			return 0, t.judge(st)
		}
	}
	if t.facts&ifTaken == 0 {
		t.early = earlyOver
		return 0, model.OK
	}
	if t.early == earlyPaused {
		return t.readEarlyOn(p)
	}
	for t.state == waitEndOfEarlyData && len(t.plain) == 0 {
		if st := t.absorb(); st != model.OK {
			return 0, t.judge(t.pushBehind(st))
		}
	}
	switch {
	case len(t.plain) > 0 && len(p) == 0:
		t.want = model.OK
		return 0, t.untried(faultEarlyWaits)
	case len(t.plain) > 0:
		n := copy(p, t.plain)
		t.plain = t.plain[n:]
		return n, model.OK
	}
	t.early = earlyOver
	t.advance(true)
	return 0, model.OK
}

// readEarlyOn is ReadEarly after a Handshake.
func (t *TLS) readEarlyOn(p []byte) (int, model.Status) {
	flowing := t.state == waitEndOfEarlyData
	n, st := t.readOn(p)
	if flowing && n == 0 && t.state != waitEndOfEarlyData {
		t.early = earlyOver
		return 0, model.OK
	}
	return n, st
}

// step moves the flight on, or absorbs.
func (t *TLS) step() model.Status {
	if t.flight {
		return t.push()
	}
	return t.absorb()
}

// pauseEarly notes a call that pauses early data, if this end is the pauser. As the first
// call it ends it.
func (t *TLS) pauseEarly(pauser model.Role) {
	switch {
	case t.early == earlyNone:
		t.early = earlyOver
	case t.early == earlyFlowing && t.cfg.Role == pauser:
		t.early = earlyPaused
	}
}

// endEarly notes a call that ends early data at a client, if the client has read nothing
// of the server's flight, or all of it.
func (t *TLS) endEarly() {
	if t.cfg.Role == model.Client && (t.state == waitServerHello || t.state == pendingEarlyEnd) {
		t.early = earlyOver
		if t.facts&ifOffers != 0 {
			t.facts &^= ifCompat
		}
		return
	}
	t.pauseEarly(t.cfg.Role)
}

// pausedEarly says whether a client holds back its answer to the server's Finished. A
// client that has sent early data, and has only called Read since, does not answer in a
// Read. The next Write or Handshake does.
//
// Story 30: the wakeup after the end of early data was lost (K11 in bugs.txt).
func (t *TLS) pausedEarly() bool {
	return t.state == pendingEarlyEnd && t.early != earlyOver
}

// learnEarly learns from the length of a message that it has the early_data extension. A
// server accepts early data if ReadEarly has absorbed the ClientHello and no
// HelloRetryRequest is due.
func (t *TLS) learnEarly(e message, n int) {
	if t.facts&ifEarly == 0 || n != t.bodyLen(e, t.cfg.Role.Peer())+earlyExtension {
		return
	}
	switch {
	case e == clientHello && t.facts&ifOffers == 0:
		t.facts = t.facts&^ifNoOffer | ifOffers
		if t.early == earlyFlowing && t.facts&ifNoRetry != 0 {
			t.facts = t.facts&^ifNotTaken | ifTaken
		}
	case e == encryptedExtensions && t.facts&ifOffers != 0 && !t.retried:
		t.facts = t.facts&^ifNotTaken | ifTaken
	}
}

// skips says whether the server may now get early data that it has rejected: behind the
// ClientHello, until a record opens.
func (t *TLS) skips() bool {
	return t.cfg.Role == model.Server && t.facts&(ifOffers|ifNotTaken) == ifOffers|ifNotTaken &&
		(t.state == waitSecondClientHello || t.state == waitFinished && t.read.seq == 0 && !t.retried)
}

// skip counts n bytes of a record that is thrown away, up to a bound.
func (t *TLS) skip(n int) model.Status {
	if t.earlyCount += n; t.earlyCount > t.cfg.EarlyData+earlyOverhead {
		return t.fail(wire.AlertUnexpectedMessage, faultTooEarly)
	}
	return model.OK
}

// skipInClear is skip for a server that has no keys, because it has asked for another
// ClientHello. It takes the record for an unsealed one, and holds the sealed length
// against the bound of an unsealed one (ssl3_get_record in OpenSSL 3.0). A record that
// exceeds the bound on early data stays, as data that nobody can read.
func (t *TLS) skipInClear(content []byte) model.Status {
	if len(content) > wire.MaxRecordLen {
		return t.fail(wire.AlertRecordOverflow, faultEarlyLong)
	}
	st := t.skip(len(content))
	if st != model.OK {
		t.plain = content
	}
	return st
}

// countEarly bounds early data that was accepted.
func (t *TLS) countEarly(n int) model.Status {
	if t.state != waitEndOfEarlyData {
		return model.OK
	}
	if t.earlyCount += n; t.earlyCount > t.cfg.EarlyData {
		return t.fail(wire.AlertUnexpectedMessage, faultTooEarly)
	}
	return model.OK
}

// earlyBlock is the size in bytes of the buffer that OpenSSL has in front of its output
// during a handshake (BIO_f_buffer(3)). A ClientHello fits in it.
const earlyBlock = 4096

// An earlyBuffer is how a client's output lies in that buffer. In the model all of it is
// in pend; here is how much of it a WriteEarly has handed over. If something is over when
// the call blocks, OpenSSL begins the write again, and counts the data again: see
// model.Traits.DiesBlocked.
//
// Story 81: a retry was taken for counted when more waited than the buffer holds. But
// bytes that have left a block make no room until the block is empty, so even less may
// be too much for it.
type earlyBuffer struct {
	off  int // bytes of the block that have left
	held int // bytes of the block behind those
	over int // bytes of early data that are not in the block
	rest int // those of them whose record is partly in the block
}

// fits says whether the buffer can be so while that many bytes are unsent.
func (b *earlyBuffer) fits(unsent int) bool {
	return min(b.off, b.held, b.over, b.rest) >= 0 && b.off+b.held <= earlyBlock &&
		b.rest <= b.over && b.over <= unsent
}

// pushEarly is push for early data, of which the last sealed bytes of pend are new.
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

// pass takes in out, the rest of a record and then whole records, as far as it fits when n
// bytes leave.
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

// write takes what it can of a record of which size bytes are left, while n leave. A record
// longer than a block leaves without one.
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
