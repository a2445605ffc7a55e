package tls

import (
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/wire"
)

// Shutdown implements model.Engine. During any handshake the call fails ("shutdown while
// in init") and the engine does not.
//
// Two uses are fatal, as in OpenSSL 3.0: a second call with a Write pending ("bad write
// retry": close_notify would have to overtake the record), and a call that meets
// application data where the peer's close_notify should be. To get that data use Read,
// which says Closed at the end.
func (t *TLS) Shutdown() model.Status {
	first := t.shutdown&model.SentClose == 0
	switch {
	case !t.enter() || !t.InitFinished():
		return t.reject(faultInInit)
	case first:
		t.shutdown |= model.SentClose
		t.forgetRequests()
		t.say(wire.LevelWarning, wire.AlertCloseNotify)
		if t.appEnd > 0 {
			return t.sending(t.untried(faultWritePending)) // close_notify waits behind it
		}
	case t.appEnd > 0:
		return t.fail(wire.AlertInternalError, faultBadRetry)
	case t.unsent() > 0 || t.waiting:
		t.push()
	default:
		return t.judge(t.awaitClose())
	}
	switch {
	case t.state == dead:
		return model.Failed
	case t.unsent() > 0:
		return t.judge(model.WantWrite)
	case t.shutdown&model.ReceivedClose == 0:
		return model.WantRead // SSL_shutdown's 0, which nobody judges
	}
	return model.OK
}

// awaitClose reads until the peer's close_notify.
func (t *TLS) awaitClose() model.Status {
	for t.shutdown&model.ReceivedClose == 0 {
		if len(t.plain) > 0 {
			t.plain = nil
			return t.failSilently(faultDataAfterClose)
		}
		// A fatal alert counts as the peer's end too (ssl3_shutdown in OpenSSL).
		if st := t.step(); st != model.OK && t.shutdown&model.ReceivedClose == 0 {
			return st
		}
	}
	return model.OK
}
