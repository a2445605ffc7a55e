package tls

import (
	"fmt"

	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/wire"
)

// A failure is why an engine, or one call of it, failed. As an error it is part of the
// engine: valid until the engine is reset or freed.
type failure struct {
	why    faultKind
	local  bool // the call failed, the engine did not
	at     state
	on     message    // faultUnexpected: what came
	alert  wire.Alert // what was sent, or received
	silent bool       // no alert was sent
	proto  *protocol
	facts  cond
	role   model.Role
}

// A faultKind is the reason of a failure. Its text is OpenSSL's where OpenSSL has one.
type faultKind uint8

const (
	noFault faultKind = iota
	faultUnexpected
	faultBadMAC
	faultWrongVersion
	faultTooLong
	faultRecordType
	faultMixed
	faultEmpty
	faultWarnings
	faultBadAlert
	faultBadCCS
	faultLength
	faultExcessive
	faultBoundary
	faultKeyUpdate
	faultDigest
	faultReceived
	faultRefused
	faultEOF
	faultReset
	faultBadLength
	faultBadRetry
	faultDataAfterClose
	faultShutdown
	faultInInit
	faultStillInInit
	faultVersion
	faultWritePending
	faultNoReneg
	faultNoPostAuth
	faultNotEarly
	faultTooEarly
	faultEarlyAgain
	faultEarlyWaits
	faultEarlyLong
	faultAsked
	faultDataInReneg
	faultBlocked
	faultAlertStuck
	faultStale
	faultAttack

	numFaults
)

var faultText = [numFaults]string{
	noFault:             "nothing wrong",
	faultUnexpected:     "unexpected message",
	faultBadMAC:         "got a record that does not open; want one sealed with the current key",
	faultWrongVersion:   "wrong version number in a record; want 3.3",
	faultTooLong:        "got a record longer than the limit; want at most 2^14 bytes of content",
	faultRecordType:     "got a record of an unknown type; want 20 to 23",
	faultMixed:          "got another record in the middle of a handshake message",
	faultEmpty:          "got one empty record too many",
	faultWarnings:       "got five warning alerts in a row",
	faultBadAlert:       "got an alert that is not two bytes long",
	faultBadCCS:         "got a ChangeCipherSpec other than 01",
	faultLength:         "got a message of the wrong length",
	faultExcessive:      "got a message longer than its kind may be",
	faultBoundary:       "got more in the record after a change of keys",
	faultKeyUpdate:      "got a KeyUpdate that is neither 0 nor 1",
	faultDigest:         "got a Finished that does not fit the handshake",
	faultReceived:       "the peer sent a fatal alert",
	faultRefused:        "the peer refuses to renegotiate",
	faultEOF:            "unexpected end of the socket",
	faultReset:          "the socket was reset",
	faultBadLength:      "write retry shorter than what is sealed; want at least the same bytes",
	faultBadRetry:       "bad write retry: other bytes or another call while a write is pending",
	faultDataAfterClose: "got application data after our close_notify",
	faultShutdown:       "protocol is shutdown: our close_notify is sent",
	faultInInit:         "shutdown while in init",
	faultStillInInit:    "still in init",
	faultVersion:        "wrong ssl version for this call",
	faultWritePending:   "a write is pending; want it finished first",
	faultNoReneg:        "no renegotiation: this end refuses it, and can't ask for it",
	faultNotEarly:       "called a function you should not call: it is not the time for early data",
	faultTooEarly:       "too much early data",
	faultEarlyWaits:     "got no bytes to read early data into; want some, for there are data",
	faultEarlyAgain:     "too much early data: what was offered again is counted again",
	faultEarlyLong:      "got a sealed record longer than 2^14 bytes, and took it for one in clear",
	faultNoPostAuth:     "nobody to ask for a certificate; want a TLS 1.3 server and PostAuth",
	faultDataInReneg:    "got application data in a renegotiation; want it read first",
	faultBlocked:        "bad length: an answer is due while a write is pending",
	faultAlertStuck:     "bad write retry: a part of an alert has left, and a write follows",
	faultAsked:          "the last request is not answered yet",
	faultAttack:         "the engine has ended without a word, to attack its peer",
	faultStale:          "stale error in the thread's error queue; want ClearErrors before the call",
}

// Unwrap gives model.ErrLibrary for a failure that no caller could have avoided.
func (f *failure) Unwrap() error {
	switch f.why {
	case faultBlocked, faultAlertStuck, faultEarlyAgain, faultEarlyLong:
		return model.ErrLibrary
	}
	return nil
}

// Error says role, state and reason, and what was wanted if the protocol table knows it.
func (f *failure) Error() string {
	head := fmt.Sprintf("tls: %s in %s", f.role, f.at)
	switch {
	case f.why == faultUnexpected:
		return fmt.Sprintf("%s got %s; want %s", head, f.on, f.proto.wants(f.at, f.facts))
	case f.why == faultReceived:
		return fmt.Sprintf("%s: %s: %s", head, faultText[f.why], f.alert)
	case f.local, f.silent:
		return fmt.Sprintf("%s: %s", head, faultText[f.why])
	}
	return fmt.Sprintf("%s: %s (alert %s)", head, faultText[f.why], f.alert)
}

// Alert is the alert that was sent, or received, with the failure; ok is false if there
// was none.
func (f *failure) Alert() (a wire.Alert, ok bool) {
	return f.alert, !f.local && (!f.silent || f.why == faultReceived)
}

// Local says that only the last call failed, and the engine goes on.
func (f *failure) Local() bool { return f.local }

// Err implements model.Engine. It is a failure, model.ErrEOF or model.ErrReset. If only
// the last call failed it says so until the next call.
func (t *TLS) Err() error {
	switch {
	case t.fault.why == faultEOF:
		return model.ErrEOF
	case t.fault.why == faultReset:
		return model.ErrReset
	case t.fault.why != noFault:
		return &t.fault
	case t.stale.why != noFault:
		return &t.stale
	}
	return nil
}

// blame makes a failure of the present moment.
func (t *TLS) blame(why faultKind) failure {
	return failure{why: why, at: t.state, proto: t.proto, facts: t.facts, role: t.cfg.Role}
}

// fail is the end of the engine: it sends a fatal alert as far as it fits.
func (t *TLS) fail(a wire.Alert, why faultKind) model.Status {
	t.die(why)
	t.fault.alert = a
	t.say(wire.LevelFatal, a)
	return model.Failed
}

// failSilently is the end without an alert: the peer knows, or can't hear.
func (t *TLS) failSilently(why faultKind) model.Status {
	if t.state == dead {
		return model.Failed // the socket broke under the alert
	}
	t.die(why)
	t.fault.silent = true
	return model.Failed
}

// die makes the engine dead, and pushes an error to the thread's queue.
func (t *TLS) die(why faultKind) {
	t.fault = t.blame(why)
	t.state = dead
	t.errors.Push()
}

// unexpected fails because of a message that the table does not have.
func (t *TLS) unexpected(e message) model.Status {
	st := t.fail(wire.AlertUnexpectedMessage, faultUnexpected)
	t.fault.on = e
	return st
}

// reject fails the call, and leaves the engine as it was.
func (t *TLS) reject(why faultKind) model.Status {
	t.errors.Push()
	return t.refuse(why)
}

// refuse is reject for a call that is not made at all, because it would harm OpenSSL: it
// pushes no error to the queue.
func (t *TLS) refuse(why faultKind) model.Status {
	t.stale = t.blame(why)
	t.stale.local = true
	return model.Failed
}

// untried is what a call answers that failed without an error and without having tried to
// move anything. SSL_get_error(3) then reports what an earlier call lacked, or the peer's
// end if there was one or a fatal alert. Otherwise it is a failure.
//
// Story 26: a program that goes on with a dead engine, and clears the error queue as it
// should, may be told for ever to wait for room.
func (t *TLS) untried(why faultKind) model.Status {
	switch {
	case t.errors.Len() > 0:
	case t.want != model.OK:
		return t.want
	case t.shutdown&model.ReceivedClose != 0:
		return model.Closed
	}
	if why != noFault {
		t.refuse(why)
	}
	return model.Failed
}

// sending is st of a call that sends: it can't have met the peer's end.
func (t *TLS) sending(st model.Status) model.Status {
	if st == model.Closed {
		return model.Failed
	}
	return st
}

// broken is st, or Failed if the engine has died on the way to it.
func (t *TLS) broken(st model.Status) model.Status {
	if t.state == dead {
		return model.Failed
	}
	return st
}

// judge is SSL_get_error(3): it looks at the thread's error queue before it looks at what
// the engine wants (section H of bugs.txt).
func (t *TLS) judge(st model.Status) model.Status {
	if st == model.OK || st == model.Failed || t.errors.Len() == 0 {
		return st
	}
	t.stale = t.blame(faultStale)
	t.stale.local = true
	return model.Failed
}
