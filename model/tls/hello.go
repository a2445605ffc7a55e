package tls

import (
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/wire"
)

// This file has what makes hellos differ from the usual: a HelloRetryRequest, and
// a session that is resumed.

// What messages have more than usual, in bytes, as OpenSSL sends them.
const (
	// helloRetryLen is the whole body of a HelloRetryRequest.
	helloRetryLen = 84
	// largerShare: a P-256 key share instead of an X25519 one.
	largerShare = 33
	// sessionID is that of the session of TLS 1.2 that is resumed.
	sessionID = 32
	// identity: that of the session of TLS 1.3, instead of a short PSK's.
	identity = 183
)

// extraLen is what a message's body has more than usual on this link.
func (t *TLS) extraLen(e message) int {
	switch e {
	case helloRetryRequest:
		return helloRetryLen
	case clientHello, serverHello:
		return pick(t.retried, largerShare, 0) + t.sessionLen(e) + t.earlyLen(e) + t.offerLen(e)
	case encryptedExtensions, newSessionTicket:
		return t.earlyLen(e)
	case certificateRequest, certificate:
		return t.contextOf(e)
	}
	return 0
}

// offerLen is the extension with which a client offers to be asked for its
// certificate after the handshake (RFC 8446, section 4.2.6).
func (t *TLS) offerLen(e message) int {
	offers := e == clientHello && t.cfg.PostAuth && t.cfg.Version == model.TLS13
	return pick(offers, 4, 0)
}

// sessionLen is what a hello needs to name the session that it resumes. OpenSSL's
// client names it once more in a renegotiation that the server wants, which is
// whole all the same.
func (t *TLS) sessionLen(e message) int {
	resumes := t.facts&ifResume != 0
	switch {
	case t.cfg.Version == model.TLS12 && (e == clientHello && t.names || e == serverHello && resumes):
		return sessionID
	case t.cfg.Version == model.TLS13 && e == clientHello && resumes:
		return identity
	}
	return 0
}

// learnSession learns from the length of a ClientHello that it names the session.
func (t *TLS) learnSession(e message, n int) {
	if e == clientHello && t.cfg.Version == model.TLS12 && t.cfg.Resume && !t.names {
		t.names = n == t.bodyLen(e, model.Client)+sessionID
	}
}

// newRound begins the transcript of a handshake. The second ClientHello goes on
// with the first one's, and has the same random (RFC 8446, section 4.1.2).
func (t *TLS) newRound() {
	if !t.retried {
		t.rounds++
		t.transcript = 0
	}
}

// helloRetryTail follows the random of a HelloRetryRequest: no session, suite, compression, and extensions.
// They name the version and the group P-256, and end with a cookie.
const helloRetryTail = "\x00" + "\x13\x01" + "\x00" + "\x00\x2c" +
	"\x00\x2b\x00\x02\x03\x04" + "\x00\x33\x00\x02\x00\x17" + "\x00\x2c\x00\x1c\x00\x1a"

// frameRetry writes the fixed fields of a HelloRetryRequest over the filling.
func frameRetry(body []byte) {
	body[0], body[1] = 3, 3
	copy(body[2:], wire.RetryRandom+helloRetryTail)
}

// arrived is the event of a whole message.
func arrived(m []byte) message {
	e, random := messageOf[m[0]], m[min(4+2, len(m)):]
	if e == serverHello && len(random) >= len(wire.RetryRandom) &&
		string(random[:len(wire.RetryRandom)]) == wire.RetryRandom {
		return helloRetryRequest
	}
	return e
}
