package tls

import (
	"fmt"

	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/wire"
)

// A Failure is why an engine, or one call of it, failed. It is part of the
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

// A faultKind is the reason; the words are OpenSSL's where it has some.
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

// Unwrap makes a failure that no caller could have avoided ErrLibrary.
func (f *failure) Unwrap() error {
	switch f.why {
	case faultBlocked, faultAlertStuck, faultEarlyAgain, faultEarlyLong:
		return model.ErrLibrary
	}
	return nil
}

// Error says role, state and reason, and what was wanted where the protocol
// table knows it.
func (f *failure) Error() string {
	head := fmt.Sprintf("model: %s in %s", f.role, f.at)
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

// Alert is the alert that was sent, or received, with the failure; ok is false
// if there was none.
func (f *failure) Alert() (a wire.Alert, ok bool) {
	return f.alert, !f.local && (!f.silent || f.why == faultReceived)
}

// Local says that only the last call failed, and the engine goes on.
func (f *failure) Local() bool { return f.local }

// Err implements Engine: a *Failure, or ErrEOF or ErrReset. It tells of the last
// call's failure, too, until the next call that does not fail.
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

// blame makes a fault of the present moment.
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

// die makes the engine dead; the thread's queue gets the error.
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

// refuse is reject for a call that is not made at all, because OpenSSL would
// come to harm by it: the queue has nothing of it.
func (t *TLS) refuse(why faultKind) model.Status {
	t.stale = t.blame(why)
	t.stale.local = true
	return model.Failed
}

// untried is what a call answers that failed without an error, and without
// having tried to move anything: SSL_get_error(3) then finds what an earlier
// call lacked, or takes the failure for the peer's end, once there was
// one or a fatal alert. Only otherwise it is a failure.
//
// Story 26: a program that goes on with a dead engine, and clears the error
// queue as it should, may be told to wait for room for ever.
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

// sending is st of a call that sends: it can't have met an end.
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

// judge is SSL_get_error: it looks at the thread's error queue before it looks
// at what the engine wants (bugzoo, section H).
func (t *TLS) judge(st model.Status) model.Status {
	if st == model.OK || st == model.Failed || t.errors.Len() == 0 {
		return st
	}
	t.stale = t.blame(faultStale)
	t.stale.local = true
	return model.Failed
}

// note tells whoever watches of a message.
func (t *TLS) note(sent bool, word string, n int) {
	if t.cfg.Watch != nil {
		t.cfg.Watch(model.Note{Sent: sent, Message: word, Bytes: n})
	}
}

// check says what is wrong with a configuration.
func check(c *model.EngineConfig) error {
	switch {
	case c.Transport == model.Pair && (c.In < 1 || c.Out < 1):
		return fmt.Errorf("model: got buffers of %d and %d bytes; want at least 1", c.In, c.Out)
	case c.Transport == model.Attached && c.Socket == nil:
		return fmt.Errorf("model: got transport attached and no socket; want one")
	case c.MaxRecord < 1 || c.MaxRecord > wire.MaxRecordLen:
		return fmt.Errorf("model: got records of %d bytes; want 1 to %d", c.MaxRecord, wire.MaxRecordLen)
	case c.HandshakeRecord < 0 || c.HandshakeRecord > wire.MaxRecordLen:
		return fmt.Errorf("model: got handshake records of %d bytes; want 0 to %d",
			c.HandshakeRecord, wire.MaxRecordLen)
	case c.ServerChain < 0 || c.ClientChain < 0 || max(c.ServerChain, c.ClientChain) > maxChain:
		return fmt.Errorf("model: got chains of %d and %d bytes; want 0 to %d",
			c.ServerChain, c.ClientChain, maxChain)
	case c.Traits.Renegotiation > model.RenegIgnore:
		return fmt.Errorf("model: got renegotiation policy %d; want 0 to %d",
			c.Traits.Renegotiation, model.RenegIgnore)
	case c.Role > model.Server || c.Version > model.TLS13 || c.Tickets < 0:
		return fmt.Errorf("model: got role %d, version %d, %d tickets; want known ones and 0 or more",
			c.Role, c.Version, c.Tickets)
	}
	return nil
}

// maxChain is the longest certificate chain in bytes: OpenSSL reads no more of
// a Certificate by default (SSL_CTX_set_max_cert_list).
const maxChain = 100000
