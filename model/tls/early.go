package tls

import (
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/wire"
)

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

// WriteEarly implements Engine. The first call begins the handshake. All of p is
// sealed at once; partial writes do not apply.
//
// After any other call that may read it is refused. OpenSSL lets a client read
// and write early data in turns, and then can't open what the server sends
// (issue 7757, bugzoo K9).
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

// countSent says whether what a client sends early is within the bound. What is offered again counts again if
// OpenSSL's buffer had no room for it.
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

// ReadEarly implements Engine. The call that meets the EndOfEarlyData carries the
// handshake on as far as it goes, and says nothing of how far that is. But after
// a Handshake it reads on like Read, as in OpenSSL, and gives what comes behind
// the handshake: whoever waits for the end looks at InitFinished as well.
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

// pauseEarly notes a call that leaves what has begun as it is; one that comes
// first is the end of it.
func (t *TLS) pauseEarly(pauser model.Role) {
	switch {
	case t.early == earlyNone:
		t.early = earlyOver
	case t.early == earlyFlowing && t.cfg.Role == pauser:
		t.early = earlyPaused
	}
}

// endEarly notes a call that is the end of it at a client, if it has not read of
// the server's flight, or has read all of it.
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

// pausedEarly: a client that has sent early data and made no other call than
// Read since does not answer the server's Finished in a Read. The next Write or
// Handshake does.
//
// Story 30: the wakeup after the end of early data was lost (bugzoo K11).
func (t *TLS) pausedEarly() bool {
	return t.state == pendingEarlyEnd && t.early != earlyOver
}

// EarlyData implements Engine.
func (t *TLS) EarlyData() model.EarlyStatus {
	switch {
	case t.facts&ifOffers == 0:
		return model.EarlyUnsent
	case t.facts&ifTaken == 0:
		return model.EarlyRejected
	}
	return model.EarlyAccepted
}

// earlyLen is what a message has more because of early data.
func (t *TLS) earlyLen(e message) int {
	switch {
	case e == clientHello && t.facts&ifOffers != 0 && !t.retried:
		return earlyExtension
	case e == encryptedExtensions && t.facts&ifTaken != 0:
		return earlyExtension
	case e == newSessionTicket && t.facts&ifEarly != 0:
		return earlyTicketExtension
	}
	return 0
}

// learnEarly learns from the length of a message that it has the early_data
// extension. A server accepts early data if ReadEarly has absorbed the
// ClientHello, and it has no wish for another one.
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

// skips says whether a server may get early data that it has rejected: behind
// the ClientHello, until something opens.
func (t *TLS) skips() bool {
	return t.cfg.Role == model.Server && t.facts&(ifOffers|ifNotTaken) == ifOffers|ifNotTaken &&
		(t.state == waitSecondClientHello || t.state == waitFinished && t.read.seq == 0 && !t.retried)
}

// skip counts n bytes of a record that is thrown away, of which there is a bound.
func (t *TLS) skip(n int) model.Status {
	if t.earlyCount += n; t.earlyCount > t.cfg.EarlyData+earlyOverhead {
		return t.fail(wire.AlertUnexpectedMessage, faultTooEarly)
	}
	return model.OK
}

// skipInClear is skip of a server that has no keys, because it has asked for
// another ClientHello: it takes the record for one in clear, and holds the sealed
// length against the bound of a plain one (ssl3_get_record in OpenSSL 3.0). The
// one that is too much stays, as data that nobody can read.
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
