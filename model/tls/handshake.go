package tls

import (
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/wire"
)

// Handshake implements model.Engine. In TLS 1.3 a server's handshake ends when its
// tickets are out.
func (t *TLS) Handshake() model.Status {
	if !t.enter() {
		t.pauseEarly(model.Client)
		return t.untried(noFault)
	}
	t.endEarly()
	t.begin()
	return t.judge(t.advance(false))
}

// Renegotiate implements model.Engine. A client's ClientHello, or a server's
// HelloRequest, goes out at once. If a Write is pending or half a record has been read,
// the call fails and the engine does not. So it does in TLS 1.3, during a handshake, and
// after close_notify. (OpenSSL accepts the call during a handshake, and the renegotiation
// that follows hangs now and then.)
func (t *TLS) Renegotiate() model.Status {
	switch {
	case !t.enter():
		return model.Failed
	case !t.InitFinished():
		return t.refuse(faultStillInInit)
	case t.proto.find(connected, wishHandshake, t.facts) == nil:
		return t.reject(faultVersion)
	case t.facts&ifRefuse != 0:
		return t.reject(faultNoReneg)
	case t.shutdown != 0:
		return t.refuse(faultShutdown)
	case t.half() || t.unsent() > 0:
		return t.refuse(faultWritePending)
	case t.asked:
		return t.refuse(faultAsked)
	}
	t.asked = t.cfg.Role == model.Server
	t.wish, t.names = true, false // though a HelloRequest has asked for it
	t.begin()
	st := t.advance(t.cfg.Role == model.Client)
	if st == model.OK && !t.InitFinished() {
		t.indulged, st = true, model.WantRead // there is data, for Read
	}
	return t.judge(st)
}

// KeyUpdate implements model.Engine. With a Write pending the call fails and the engine
// does not (OpenSSL pull 16077); likewise in TLS 1.2 and during a handshake.
func (t *TLS) KeyUpdate(requested bool) model.Status {
	switch {
	case t.proto.find(connected, wishKeyUpdate, t.facts) == nil:
		return t.reject(faultVersion)
	case !t.enter():
		return t.reject(faultStillInInit)
	case !t.InitFinished():
		return t.reject(faultStillInInit)
	}
	if t.pushBehind(model.OK) == model.Failed {
		return model.Failed
	}
	if t.unsent() > 0 {
		return t.reject(faultWritePending)
	}
	t.rekey(requested)
	return t.judge(t.advance(false))
}

// contextLen is the length in bytes of the context of a request for a certificate after
// the handshake, as OpenSSL sends it.
const contextLen = 32

// Authenticate implements model.Engine. The call fails and the engine does not if the
// client can't be asked or has not answered yet, during a handshake, after close_notify,
// and with a Write or the answer to a KeyUpdate pending. OpenSSL would break the link if
// a Write is pending, and would send the answer instead of the request.
func (t *TLS) Authenticate() model.Status {
	row, alive := t.proto.find(connected, wishCertificate, t.facts), t.enter()
	switch {
	case t.appEnd > 0 || t.owesUpdate:
		return t.refuse(faultWritePending)
	case t.shutdown&model.SentClose != 0:
		return t.refuse(faultShutdown)
	case row == nil:
		return t.reject(faultNoPostAuth)
	case !alive || !t.InitFinished():
		return t.reject(faultStillInInit)
	case t.facts&ifAsked != 0:
		return t.reject(faultAsked)
	}
	if t.pushBehind(model.OK) == model.Failed {
		return model.Failed
	}
	if t.unsent() > 0 {
		return t.refuse(faultWritePending)
	}
	t.errors.Clear() // as the state machine does when it starts
	t.apply(row)
	return t.judge(t.advance(false))
}

// forgetRequests makes a client that closes forget a request for its certificate. Like
// OpenSSL's, it answers all the same, without the request's context, and without a
// signature if it has not signed before. Nobody looks at that any more.
func (t *TLS) forgetRequests() {
	if t.facts&ifAuth == 0 {
		t.facts &^= ifSigns
	}
}

// begin starts the handshake that is wished for, if it may: a client's first one, or a
// renegotiation while neither a Write nor half a record is pending
// (ssl3_renegotiate_check in OpenSSL).
func (t *TLS) begin() {
	if t.state != notStarted {
		if !t.wish || t.half() || t.unsent() > 0 || !t.InitFinished() {
			return
		}
	}
	t.wish, t.shutdown = false, 0 // SSL_clear(3) comes before a handshake
	t.errors.Clear()
	t.apply(t.proto.find(t.state, wishHandshake, t.facts))
}

// advance goes on until no handshake is under way. With reading set it also stops at
// application data, which Read then gives.
//
// OpenSSL's state machine clears the error queue when it starts. So an error that another
// connection left there does not harm a call during a handshake.
func (t *TLS) advance(reading bool) model.Status {
	if !t.InitFinished() && !t.pausedEarly() {
		t.errors.Clear()
	}
	half := false // a message that was half there is taken once it is whole
	for {
		if t.flight {
			if st := t.push(); st != model.OK {
				return st
			}
		}
		half = half || t.halfMessage()
		switch {
		case t.state == notStarted:
			t.begin()
			continue
		case t.state == connected && !(half && len(t.msgs) > t.msgOff),
			(reading || t.cfg.Traits.PausesEarly) && t.pausedEarly():
			// Story 82: after early data, a Read left the server's flight in the middle.
			// OpenSSL's next Handshake stops where a Read would and says OK; the manual
			// says otherwise, so that is a trait.
			return model.OK
		case t.state == pendingEarlyEnd:
			t.apply(t.proto.find(t.state, wishEarlyEnd, t.facts))
			continue
		case t.state == dead:
			return model.Failed
		case len(t.plain) > 0:
			return t.dataStatus(reading)
		}
		if st := t.absorb(); st != model.OK {
			return st
		}
	}
}

// dataStatus is what a handshake answers when it meets application data. Only Read can
// deliver that; in any other call it is fatal, as in OpenSSL. But if the call before was
// a Read that gave some of it, OpenSSL takes this call for another Read, and it fails
// without harm: SSL_get_error(3) says SYSCALL.
func (t *TLS) dataStatus(reading bool) model.Status {
	switch {
	case reading:
		return model.OK
	case t.indulged:
		t.want = model.OK
		return t.untried(faultDataInReneg)
	}
	return t.unexpected(applicationData)
}

// apply makes a transition. The reading keys change last: those of a TLS 1.3 server
// depend on the ServerHello that it sends here.
func (t *TLS) apply(r *transition) {
	t.state = r.next
	if r.next == connected {
		t.facts = t.facts&^ifResume | ifAgain | ifFull // a renegotiation is whole
		t.names = false
	}
	switch r.do {
	case ask:
		t.wish, t.names = true, t.cfg.Resume && t.rounds == 1
		t.begin()
	case refuse:
		t.refuseHandshake()
	case rekeyed:
		t.answerNow()
	case demandCertificate:
		t.facts |= ifAsked
	}
	if r.flight != nil {
		t.sendFlight(r.flight)
	}
	if r.read != sameKeys {
		t.change(&t.read, r.read, t.cfg.Role.Peer())
	}
}

// refuseHandshake answers a wish for a handshake with a warning.
//
// Story 5: OpenSSL writes that alert through the buffer of a handshake that is over with
// this call, and then drops the buffer. If the alert does not fit its BIO, the rest is
// lost, and the peer can't open what comes next.
func (t *TLS) refuseHandshake() {
	t.say(wire.LevelWarning, wire.AlertNoRenegotiation)
	if t.cfg.Traits.LosesAlerts && t.appEnd == 0 && t.unsent() > 0 {
		t.pend, t.sent = t.pend[:0], 0
		t.said()
	}
}

// rekey seals a KeyUpdate with the old key and changes to the next one.
func (t *TLS) rekey(requested bool) {
	t.askBack, t.owesUpdate = requested, false
	t.errors.Clear() // as the state machine does when it starts
	t.apply(t.proto.find(connected, wishKeyUpdate, t.facts))
}

// change gives a direction new keys. They depend on the transcript, so two ends that have
// seen different handshakes can't open each other's records.
func (t *TLS) change(s *sealer, k keys, sender model.Role) {
	if s == &t.write {
		t.sealPacked()
	}
	switch k {
	case nextKeys:
		s.set(mix(s.key, oddC))
		return
	case noKeys:
		*s = sealer{}
		return
	}
	s.set(mix(t.secrets[k], uint64(sender)+uint64(k)<<8))
	s.early = k == earlyKeys
}

// sendFlight seals the parts that apply, and tries to move them out.
func (t *TLS) sendFlight(parts []part) {
	before := len(t.pend)
	for _, p := range parts {
		if p.when&^t.facts != 0 {
			continue
		}
		for range t.copies(p.send) {
			t.sendMessage(p.send)
		}
		if p.then != sameKeys {
			t.change(&t.write, p.then, t.cfg.Role)
		}
	}
	t.sealPacked()
	if len(t.pend) > before {
		t.flight, t.buffer.held = true, len(t.pend)-before
		t.push()
	}
}

// answers says whether a transition sends anything: there may be no tickets.
func (t *TLS) answers(r *transition) bool {
	for _, p := range r.flight {
		if p.when&^t.facts == 0 && t.copies(p.send) > 0 {
			return true
		}
	}
	return false
}

// copies is how often a message is sent in a row.
func (t *TLS) copies(e message) int {
	switch e {
	case noMessage:
		return 0
	case newSessionTicket:
		return t.cfg.Tickets
	}
	return 1
}

// sendMessage seals one message of a flight.
func (t *TLS) sendMessage(e message) {
	if e == changeCipherSpec {
		t.sealPacked()
		t.seal(wire.TypeChangeCipherSpec, ccsBody[:])
		return
	}
	t.build(e)
	if e == serverHello {
		t.manner.StreamOn(forger{t})
	}
	t.emit(e, t.scratch)
	t.remember(e, t.cfg.Role, t.scratch)
}

// ccsBody is the only content that a ChangeCipherSpec may have.
var ccsBody = [1]byte{1}

// messageSize is the size of the message at msgOff with its header. It is 0 if the message
// is not whole yet, or fatally long.
func (t *TLS) messageSize() int {
	head := t.msgs[t.msgOff:]
	n := int(head[1])<<16 | int(head[2])<<8 | int(head[3])
	e := messageOf[head[0]]
	switch {
	case t.proto.find(t.state, e, t.facts) == nil:
		return 4 // its header is enough to tell
	case n > messages[e].max:
		t.fail(wire.AlertIllegalParameter, faultExcessive)
		return 0
	case len(head) < 4+n:
		return 0
	}
	return 4 + n
}

// halfMessage says whether a part of a message has been read, and not all of it.
func (t *TLS) halfMessage() bool { return len(t.msgs) > t.msgOff && !t.wholeMessage() }

// wholeMessage says whether the message at msgOff is whole.
func (t *TLS) wholeMessage() bool {
	head := t.msgs[t.msgOff:]
	return len(head) >= 4 && len(head)-4 >= int(head[1])<<16|int(head[2])<<8|int(head[3])
}

// absorbMessage takes in the message of that size at msgOff.
func (t *TLS) absorbMessage(size int) model.Status {
	blocked := t.halfOut() && t.cfg.Traits.DiesBlocked
	if t.Deferred() && t.state == connected && blocked {
		t.owesUpdate = false
		return t.fail(wire.AlertInternalError, faultBlocked)
	}
	if t.Deferred() && t.state == connected && t.unsent() == 0 {
		// OpenSSL's state machine writes what it owes when it is entered, and
		// so a message after a KeyUpdate brings the answer out.
		t.rekey(false)
		return t.broken(model.OK)
	}
	m := t.msgs[t.msgOff : t.msgOff+size]
	t.msgOff += size
	e := arrived(m)
	t.learnEarly(e, len(m)-4)
	t.learnSession(e, len(m)-4)
	r := t.proto.find(t.state, e, t.facts)
	if r == nil {
		return t.unexpected(e)
	}
	t.errors.Clear()
	if st := t.checkMessage(e, m[4:], r); st != model.OK {
		return st
	}
	t.note(false, messages[e].word, len(m))
	if t.answers(r) && blocked {
		return t.fail(wire.AlertInternalError, faultBlocked)
	}
	if e == clientHello {
		t.newRound()
		t.asked = false
	}
	t.remember(e, t.cfg.Role.Peer(), m)
	if e == keyUpdate && m[4] == 1 {
		t.owesUpdate = true
	}
	t.apply(r)
	return t.broken(model.OK)
}

// arrived says which message m is; m is whole. A HelloRetryRequest has the type of a
// ServerHello and a random of its own.
func arrived(m []byte) message {
	e, random := messageOf[m[0]], m[min(4+2, len(m)):]
	if e == serverHello && len(random) >= len(wire.RetryRandom) &&
		string(random[:len(wire.RetryRandom)]) == wire.RetryRandom {
		return helloRetryRequest
	}
	return e
}

// checkMessage judges a message that is legal in this state.
func (t *TLS) checkMessage(e message, body []byte, r *transition) model.Status {
	if len(body) != t.bodyLen(e, t.cfg.Role.Peer()) {
		return t.fail(wire.AlertDecodeError, faultLength)
	}
	if r.read != sameKeys && t.msgOff < len(t.msgs) {
		// RFC 8446, section 5.1: "Handshake messages MUST NOT span key changes."
		return t.fail(wire.AlertUnexpectedMessage, faultBoundary)
	}
	switch e {
	case keyUpdate:
		if body[0] > 1 {
			return t.fail(wire.AlertIllegalParameter, faultKeyUpdate)
		}
	case finished:
		var want [finished13Len]byte
		t.verifyData(want[:len(body)], t.cfg.Role.Peer())
		if string(want[:len(body)]) != string(body) {
			return t.fail(wire.AlertDecryptError, faultDigest)
		}
	}
	return model.OK
}
