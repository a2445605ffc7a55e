package tls

import (
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/wire"
)

// Write implements model.Engine. A Write of nothing sends what is held back, an alert or
// the answer to a KeyUpdate, and answers OK when that is out.
//
// A retry that offers fewer bytes than are sealed is fatal, as in OpenSSL 3.0 ("bad
// length"). So is one from another address, without MovingBuffer ("bad write retry").
func (t *TLS) Write(p []byte) (int, model.Status) {
	alive, short := t.enter(), len(p) < t.least()
	t.want = model.OK
	switch {
	case t.shutdown&model.SentClose != 0:
		return 0, t.reject(faultShutdown)
	case !alive && (short || t.fault.at == waitEndOfEarlyData):
		t.errors.Push() // the lengths and the time are looked at first
		return 0, model.Failed
	case alive && t.stuckAlert():
		return 0, t.fail(wire.AlertInternalError, faultAlertStuck)
	case short:
		return 0, t.fail(wire.AlertInternalError, faultBadLength)
	case !alive:
		t.pauseEarly(model.Client)
		t.done = 0
		return 0, t.sending(t.untried(noFault))
	}
	if t.state == waitEndOfEarlyData {
		return 0, t.reject(faultNotEarly)
	}
	t.endEarly()
	if t.wish {
		t.begin()
	}
	if t.owesUpdate && t.unsent() == 0 {
		t.rekey(false)
	}
	if !t.InitFinished() {
		if st := t.advance(false); st != model.OK {
			return 0, t.sending(t.judge(st))
		}
	}
	n, st := t.writeData(p)
	return n, t.judge(st)
}

// least is how many bytes a Write has to offer: those that are sealed and have not left.
func (t *TLS) least() int {
	n := t.done + t.claimed
	if t.stuckAlert() {
		n += 2 // OpenSSL takes the alert for a part of it
	}
	return n
}

// stuckAlert says whether a part of an alert is in the way of what follows.
func (t *TLS) stuckAlert() bool {
	return t.saying && t.unsent() > 0 && t.cfg.Traits.LosesAlerts
}

// halfOut says whether a part of another record, of a Write or an alert, is in the way.
//
// Story 83: half an alert had left when the engine died. The model tried to send a second
// alert after it, and every later call asked for room. OpenSSL just fails.
func (t *TLS) halfOut() bool { return t.appEnd > 0 || t.stuckAlert() }

// writeData seals p record by record. done and claimed outlive the call: the retry goes
// on where it stopped.
func (t *TLS) writeData(p []byte) (int, model.Status) {
	t.want = model.OK
	if t.claimed > 0 {
		if !t.cfg.MovingBuffer && &p[t.done] != t.claim {
			return 0, t.fail(wire.AlertInternalError, faultBadRetry)
		}
		if st := t.pushData(); st != model.OK {
			return 0, st
		}
		t.done, t.claimed = t.done+t.claimed, 0
	} else if st := t.pushData(); st != model.OK {
		return 0, st
	}
	for t.done < len(p) {
		if st := t.push(); st != model.OK {
			return 0, st
		}
		n := min(len(p)-t.done, t.cfg.MaxRecord)
		t.sealData(p[t.done : t.done+n])
		if st := t.pushData(); st != model.OK {
			return 0, st
		}
		t.done, t.claimed = t.done+n, 0
		if t.cfg.PartialWrite {
			break
		}
	}
	n := t.done
	t.done = 0
	return n, model.OK
}

// say sends an alert as soon as nothing is pending. There is room for one: a later alert
// replaces one that still waits, so that a peer who provokes many can't fill our memory.
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

// next seals what has waited for pend to be empty, and says whether there was any.
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

// push moves what is pending into the buffer or the socket, and then what has waited for
// that. OK: all of it has left.
//
// Sealing has spent sequence numbers that can't be given back, so the bytes stay, in
// order, until they have left.
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

// pushData is push for the record of a Write. An alert that waits for the record leaves
// with it, unless the engine has the trait LosesAlerts: OpenSSL sends the alert in front
// of the next record.
func (t *TLS) pushData() model.Status {
	if !t.cfg.Traits.LosesAlerts || t.flight {
		return t.push()
	}
	return t.move()
}

// move moves what is pending, and nothing behind it.
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

// put moves a part of p out.
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

// pushBehind moves alerts and answers that did not fit when they were made, after a read
// that ends with st. Read says WantWrite as long as there is some. A Write's record stays:
// only a retry of the Write moves it, and a pump that forgets the retry should notice.
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
