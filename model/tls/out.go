package tls

import (
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/wire"
)

// enter begins a call. A dead engine does nothing, but with LateAlert it moves
// its alert on: the peer should learn why.
func (t *TLS) enter() bool {
	if t.state == dead {
		if !t.cfg.Traits.LosesAlerts {
			t.push()
		}
		return false
	}
	if t.stale.why != noFault {
		t.stale = failure{}
	}
	return true
}

// unsent is how much of what is sealed has not left.
func (t *TLS) unsent() int { return len(t.pend) - t.sent }

// begin starts the handshake that is wished for, if it may: a client's first
// one, or a renegotiation while neither a Write nor half a record is pending
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

// half says whether a part of a record has been read.
func (t *TLS) half() bool { return t.got > 0 && t.got != wire.HeaderLen }

// rekey seals a KeyUpdate with the old key and changes to the next one.
func (t *TLS) rekey(requested bool) {
	t.askBack, t.owesUpdate = requested, false
	t.errors.Clear() // as the state machine does when it starts
	t.apply(t.proto.find(connected, wishKeyUpdate, t.facts))
}

// apply makes a transition. The reading keys come last: those of a TLS 1.3
// server follow from the ServerHello that it sends here.
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
// Story 5: OpenSSL writes it through the buffer of a handshake that is over with
// this call, and gives the buffer up. If the alert does not fit its BIO the rest
// is gone, and whatever it sends afterwards can't be opened.
func (t *TLS) refuseHandshake() {
	t.say(wire.LevelWarning, wire.AlertNoRenegotiation)
	if t.cfg.Traits.LosesAlerts && t.appEnd == 0 && t.unsent() > 0 {
		t.pend, t.sent = t.pend[:0], 0
		t.said()
	}
}

// change gives a direction new keys. They follow from the transcript, so two
// ends that have seen different handshakes can't open each other's records.
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

// sendFlight seals the parts that apply, and tries to move them.
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

// sendMessage seals one message, in as many records as HandshakeRecord says.
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

// seal puts a record behind what is pending.
func (t *TLS) seal(typ byte, content []byte) {
	// A server that does not take early data could not open an alert among it,
	// so OpenSSL sends that in the clear, until it has the ServerHello: then it
	// seals one that nobody can open.
	plain := typ == wire.TypeAlert && t.write.early && !t.read.on
	if plain && t.early == earlyOver {
		// It also leaves room for the nonce of a TLS 1.2 record then, and nobody
		// can read it.
		content = append(make([]byte, nonceLen), content...)
	}
	if t.write.on && !plain {
		t.pend = t.write.seal(t.pend, t.cfg.Version, typ, content)
		return
	}
	version, at := wire.TLS12, t.state
	if at == dead {
		at = t.fault.at
	}
	first := t.cfg.Role == model.Client && t.unmet(at)
	if first && typ != wire.TypeChangeCipherSpec && !t.write.on {
		version = firstVersion
	}
	t.pend = wire.AppendRecord(t.pend, typ, version, content)
}

// sealData seals application data. Nothing may be pending.
func (t *TLS) sealData(p []byte) {
	t.seal(wire.TypeApplicationData, p)
	t.appEnd = len(t.pend)
	t.claimed, t.claim = len(p), &p[0]
	t.note(true, messages[applicationData].word, len(p))
}

// say sends an alert as soon as nothing is pending any more. There is room for
// one: a later alert takes the place of one that still waits, so that a peer
// who asks again and again can't fill our memory.
func (t *TLS) say(level byte, a wire.Alert) {
	closed := t.shutdown&model.SentClose != 0 && a != wire.AlertCloseNotify
	if closed && !t.cfg.Traits.AlertsAfterClose {
		return
	}
	t.waiting, t.level, t.alert = true, level, a
	if t.halfOut() {
		return
	}
	if t.state == dead && t.fault.at != connected && t.unsent() > 0 {
		want := t.want
		t.next() // a handshake's buffer takes it behind the flight
		t.push()
		t.want = want
		return
	}
	t.push()
}

// answerNow answers a requested KeyUpdate at the read, if that is the trait.
func (t *TLS) answerNow() {
	if t.cfg.Traits.AnswerAtRead && t.appEnd == 0 {
		t.push()
	}
}

// next seals what has waited for pend to be empty, and says if there was any.
func (t *TLS) next() bool {
	switch {
	case t.waiting:
		t.waiting, t.saying = false, true
		t.seal(wire.TypeAlert, []byte{t.level, byte(t.alert)})
		if t.state == dead && t.fault.at != connected {
			t.said() // in a handshake OpenSSL has a buffer, and takes it for sent
		}
		return true
	case t.owesUpdate && t.cfg.Traits.AnswerAtRead:
		t.owesUpdate = false
		if t.state != connected || t.shutdown&model.SentClose != 0 {
			return false // nothing may follow a close_notify or a fatal alert
		}
		t.askBack = false
		for _, p := range sendKeyUpdate {
			t.sendMessage(p.send)
			t.change(&t.write, p.then, t.cfg.Role)
		}
		return true
	}
	return false
}

// push moves what is pending into the buffer or the socket, and then what has
// waited for that. OK: all of it.
//
// Sealing has spent sequence numbers that can't be given back, so the bytes
// stay, in order, until they have left.
func (t *TLS) push() model.Status {
	for {
		if st := t.move(); st != model.OK {
			return st
		}
		if !t.next() {
			t.flight = false
			return model.OK
		}
	}
}

// pushData is push for the record of a Write. An alert that had to wait for it
// leaves with it if that is the trait; OpenSSL sends it in front of the next
// record.
func (t *TLS) pushData() model.Status {
	if !t.cfg.Traits.LosesAlerts || t.flight {
		return t.push()
	}
	return t.move()
}

// move moves what is pending.
func (t *TLS) move() model.Status {
	for t.unsent() > 0 {
		n, st := t.put(t.pend[t.sent:])
		t.sent += n
		if t.sent >= t.appEnd {
			t.appEnd = 0
		}
		if st != model.OK {
			return st
		}
	}
	t.pend, t.sent = t.pend[:0], 0
	if t.saying {
		t.said()
	}
	return model.OK
}

// said notes that the alert in pend has left.
func (t *TLS) said() {
	t.saying = false
	t.note(true, t.alert.Word(), 2)
}

// put moves a part of p.
func (t *TLS) put(p []byte) (int, model.Status) {
	if t.cfg.Transport == model.Pair {
		n := t.out.Write(p)
		if n < len(p) {
			return n, t.lacks(model.WantWrite)
		}
		return n, t.lacks(model.OK)
	}
	n, st := t.cfg.Socket.Send(p)
	switch st {
	case model.IOOK:
		return n, t.lacks(model.OK)
	case model.WouldBlock:
		return 0, t.lacks(model.WantWrite)
	}
	t.want = model.OK
	return 0, t.failSilently(faultReset)
}

// pushBehind moves alerts and answers that did not fit when they were made,
// after a read that ends with st. A Write's record is left alone: it moves when
// the Write is made again, and whoever forgets that should notice. Read says
// WantWrite as long as there is some.
func (t *TLS) pushBehind(st model.Status) model.Status {
	nothing := t.appEnd > 0 || t.unsent() == 0 && !t.waiting
	if t.state == dead || nothing || t.cfg.Traits.LosesAlerts {
		return st
	}
	if behind := t.push(); behind != model.OK && st != model.Closed && st != model.Failed {
		return behind
	}
	return st
}
