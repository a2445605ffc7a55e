package puppet

import (
	"crypto/ecdh"
	"crypto/hmac"

	"github.com/wantwrite/wantwrite/engine/message"
	"github.com/wantwrite/wantwrite/engine/secret"
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/wire"
)

// A handshake is how far one handshake has come, and what it has agreed.
type handshake struct {
	at       step
	said     []byte    // all its messages, in order
	randoms  [2][]byte // by role
	session  []byte    // session id
	master   []byte    // master secret of TLS 1.2, handshake or main secret of 1.3
	extended bool      // extended_master_secret
	resumed  bool      // TLS 1.2: abbreviated
	switched bool      // TLS 1.2: the peer's ChangeCipherSpec has come
	wanted   bool      // a foreign server asks for a certificate
	common   []byte    // TLS 1.2: what ECDHE has agreed

	retried bool // TLS 1.3: there was a HelloRetryRequest
	cookie  []byte
	group   message.Group
	private *ecdh.PrivateKey
	key     *psk
	traffic [2][]byte // of the handshake, by role
	next    [2][]byte // of the application
	early   bool      // write has the keys of early data
	taken   bool      // the server takes early data
}

// A step is what a handshake waits for.
type step uint8

const (
	// notBegun: a client has sent nothing, a server waits for the ClientHello.
	notBegun step = iota
	waitServerHello
	waitServerHelloDone
	waitClientKeyExchange
	waitEncryptedExtensions
	waitFinished
	// settled: no handshake is under way.
	settled
)

// begin makes the engine ready for a new handshake.
func (e *engine) begin() {
	e.hand = handshake{group: groupX25519}
	random := make([]byte, 32)
	e.random.Fill(random)
	e.hand.randoms[e.role] = random
	if e.tls13 {
		e.hand.private = e.newKey(groupX25519)
	}
}

// start begins a handshake as a client.
func (e *engine) start() {
	again := e.hand.at == settled
	e.begin()
	if !e.tls13 && e.resume && !again {
		e.hand.session = e.known.ID[:]
	}
	e.say(e.clientHello())
	e.hand.at = waitServerHello
	if e.early {
		e.beginEarly()
	}
}

// newKey draws a private key. A foreign end gets the same one each time.
func (e *engine) newKey(group message.Group) *ecdh.PrivateKey {
	if e.foreign {
		return foreignKeys()[group]
	}
	return drawKey(group, &e.random)
}

// drawKey draws a private key from a stream.
func drawKey(group message.Group, from *secret.Stream) *ecdh.PrivateKey {
	seed := make([]byte, 32)
	for {
		from.Fill(seed)
		if k, err := curveOf(group).NewPrivateKey(seed); err == nil {
			return k
		}
	}
}

// handle acts on a whole handshake message.
func (e *engine) handle(m []byte) *failure {
	typ, body := message.Kind(m[0]), m[4:]
	switch {
	case typ == helloRequest && e.role == model.Client && !e.tls13:
		return e.asked()
	case typ == keyUpdate && e.tls13 && e.hand.at == settled:
		return e.updated(body)
	case typ == newSessionTicket && e.role == model.Client:
		e.hand.said = append(e.hand.said, m...)
		return nil
	case typ == clientHello && e.role == model.Server:
		return e.hear(m)
	case e.hand.at == waitServerHello && typ == serverHello:
		return e.greeted(m)
	case e.foreign && e.role == model.Client && e.introduces(typ):
		return e.introduced(typ, m)
	case e.hand.at == waitServerHelloDone && typ == serverKeyExchange:
		e.hand.said = append(e.hand.said, m...) // a hint
		return nil
	case e.hand.at == waitServerHelloDone && typ == serverHelloDone:
		e.hand.said = append(e.hand.said, m...)
		return e.exchange()
	case e.hand.at == waitClientKeyExchange && typ == clientKeyExchange:
		return e.exchanged(m)
	case e.hand.at == waitEncryptedExtensions && typ == encryptedExtensions:
		e.hear13(m)
		return nil
	case e.hand.at == waitFinished && typ == finishedMessage:
		return e.finish(m)
	case e.asks && (typ == certificateMessage || typ == certificateVerify || typ == finishedMessage):
		e.hand.said = append(e.hand.said, m...) // an answer to a CertificateRequest
		return nil
	}
	return errUnexpected
}

// asked is a client's answer to a HelloRequest.
func (e *engine) asked() *failure {
	if e.hand.at != settled {
		return nil // RFC 5246, section 7.4.1.1
	}
	switch e.renegotiation {
	case model.RenegAllow:
		e.start()
	case model.RenegRefuse:
		e.alert(wire.LevelWarning, wire.AlertNoRenegotiation)
	}
	return nil
}

// updated takes in a KeyUpdate, and answers it at once.
func (e *engine) updated(body []byte) *failure {
	if len(body) != 1 {
		return errDecode
	}
	e.read = e.read.next()
	if body[0] == 1 {
		e.update(0)
	}
	return nil
}

// update sends a KeyUpdate, after which the keys are others.
func (e *engine) update(requested byte) {
	e.emit(&message.KeyUpdate{Request: requested})
}

// hear is a server's answer to a ClientHello, the first one or one of a renegotiation.
func (e *engine) hear(m []byte) *failure {
	h, ok := readHello(m, e.tls13)
	switch {
	case !ok:
		return errDecode
	case e.tls13 && e.hand.at != notBegun:
		return errUnexpected
	case e.hand.at == settled && e.renegotiation == model.RenegRefuse:
		e.alert(wire.LevelWarning, wire.AlertNoRenegotiation)
		return nil
	case e.hand.at == settled && e.renegotiation == model.RenegIgnore:
		return nil
	}
	again := e.hand.at != notBegun
	if !e.hand.retried {
		e.begin()
	}
	e.hand.randoms[model.Client], e.hand.session = h.random, h.session
	if e.tls13 {
		return e.answer13(m, &h)
	}
	e.hand.said = append(e.hand.said, m...)
	return e.answer12(&h, again)
}

// greeted is a client's next step at the ServerHello.
func (e *engine) greeted(m []byte) *failure {
	h, ok := readHello(m, e.tls13)
	if !ok {
		return errDecode
	}
	if e.tls13 {
		return e.greeted13(m, &h)
	}
	e.hand.said = append(e.hand.said, m...)
	return e.greeted12(&h)
}

// finish checks the peer's Finished.
func (e *engine) finish(m []byte) *failure {
	if e.tls13 {
		return e.finish13(m)
	}
	if !e.hand.switched {
		return errUnexpected
	}
	return e.finish12(m)
}

// same compares a proof that the peer has the key.
func same(got, want []byte) *failure {
	if !hmac.Equal(got, want) {
		return errDecrypt
	}
	return nil
}
