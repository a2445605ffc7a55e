package puppet

import (
	"crypto/ecdh"
	"encoding/binary"
	"sync"

	"github.com/wantwrite/wantwrite/engine/message"
	"github.com/wantwrite/wantwrite/engine/secret"
	"github.com/wantwrite/wantwrite/model"
)

// This file has what a client needs for a server that shares nothing with it: what it offers, and
// the messages that only such a server sends. It verifies neither certificate nor signature.

const suiteRSA message.Suite = 0xc02f // TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256

// foreignSchemes are the signature algorithms that a client offers to a foreign server: those of
// ECDSA, Ed25519, and RSA (RFC 8446, section 4.2.3). What is signed is not looked at.
var foreignSchemes = []message.Scheme{schemeECDSA, 0x0503, 0x0603, schemeEd25519,
	0x0804, 0x0805, 0x0806, 0x0809, 0x080a, 0x080b, 0x0401, 0x0501, 0x0601}

// foreignKeys are the private keys for foreign ends, by group. They are the same in every process. To
// draw one costs as much as to use it, a tenth of a handshake, and nobody sees that it is not fresh.
var foreignKeys = sync.OnceValue(func() map[message.Group]*ecdh.PrivateKey {
	stream, keys := secret.StreamOf(), map[message.Group]*ecdh.PrivateKey{}
	for _, group := range []message.Group{groupX25519, groupP256} {
		keys[group] = drawKey(group, &stream)
	}
	return keys
})

// introduces says whether a message is one with which a foreign server introduces itself, at the
// time for it.
func (e *engine) introduces(typ message.Kind) bool {
	switch typ {
	case certificateMessage, certificateRequest:
		return e.hand.at == waitServerHelloDone || e.tls13 && e.hand.at == waitFinished
	case certificateVerify:
		return e.tls13 && e.hand.at == waitFinished
	case serverKeyExchange, certificateStatus:
		return e.hand.at == waitServerHelloDone
	}
	return false
}

// introduced takes in such a message.
func (e *engine) introduced(typ message.Kind, m []byte) *failure {
	e.hand.said = append(e.hand.said, m...)
	switch typ {
	case certificateRequest:
		e.hand.wanted = true
	case serverKeyExchange:
		return e.exchangeKeys(m[4:])
	}
	return nil
}

// exchangeKeys reads the server's key of ECDHE (RFC 8422, section 5.4) and makes one for it.
func (e *engine) exchangeKeys(body []byte) *failure {
	const namedCurve, head = 3, 4
	if len(body) < head || len(body) < head+int(body[3]) {
		return errDecode
	}
	group := message.Group(binary.BigEndian.Uint16(body[1:]))
	curve := curveOf(group)
	if body[0] != namedCurve || curve == nil {
		return errNoCommon
	}
	e.hand.group, e.hand.private = group, e.newKey(group)
	var wrong *failure
	e.hand.common, wrong = e.diffieHellman(body[head : head+int(body[3])])
	return wrong
}

// declines sends a Certificate without certificates, if the server has asked for one (RFC 8446,
// section 4.4.2; RFC 5246, section 7.4.6).
func (e *engine) declines() {
	switch {
	case !e.hand.wanted:
	case e.tls13:
		e.say(&message.Certificate{})
	default:
		e.say(&message.Certificate12{})
	}
}

// mayGoOn says whether a client that has asked for a renegotiation can do without.
//
// Story 104: after a refusal a puppet went on waiting for the ServerHello. It could read, but its
// next Write waited for the end of a handshake that had none. With ends of ours it still does so.
func (e *engine) mayGoOn() bool {
	return e.foreign && e.role == model.Client && e.hand.at == waitServerHello &&
		e.verify[model.Client] != nil
}
