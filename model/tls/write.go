package tls

import (
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/wire"
)

// Write implements Engine. A Write of nothing sends what is kept back: an
// alert, or the answer to a KeyUpdate; it answers OK when that is out.
//
// A retry that offers fewer bytes than are sealed already, or without
// MovingBuffer others, is fatal, as it is in OpenSSL 3.0 ("bad length", "bad
// write retry").
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

// least is how many bytes a Write has to offer: what is sealed and has not left.
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

// halfOut says whether a part of a record is in the way of what is not that record:
// of a Write, or of an alert.
func (t *TLS) halfOut() bool { return t.appEnd > 0 || t.stuckAlert() }

// writeData seals p record by record. done and claimed outlive the call: the
// retry goes on where it stopped.
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
