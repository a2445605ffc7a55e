package tls

import (
	"github.com/wantwrite/wantwrite/model"
)

// contextLen is the length in bytes of the context of a request for a certificate
// after the handshake, as OpenSSL sends it.
const contextLen = 32

// Authenticate implements Engine. The call fails and the engine does not on a
// link whose client can't be asked, as long as it owes an answer, in a
// handshake, after close_notify, and with a Write or the answer to a KeyUpdate
// pending: OpenSSL would break the link over the one, and send the other
// instead of the request.
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

// forgetRequests: a client that has closed no longer looks at a request for its
// certificate. As OpenSSL's does, it answers all the same, without the request's
// context, and without a signature if it has not signed before. Nobody is left
// to look at that.
func (t *TLS) forgetRequests() {
	if t.facts&ifAuth == 0 {
		t.facts &^= ifSigns
	}
}

// contextOf is the length of the context that tells requests for a certificate
// after the handshake apart, and that the answer repeats (RFC 8446, 4.3.2). A
// client that has sent its close_notify leaves it out, as OpenSSL's does.
func (t *TLS) contextOf(e message) int {
	closed := t.cfg.Role == model.Client && t.shutdown&model.SentClose != 0
	switch {
	case t.cfg.Version == model.TLS12:
		return 0
	case e == certificateRequest && t.facts&ifAgain != 0:
		return contextLen
	case e == certificate && t.facts&ifAsked != 0 && !closed:
		return contextLen
	}
	return 0
}
