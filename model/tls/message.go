package tls

import (
	"encoding/binary"
	"math/bits"

	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/wire"
)

// usualLengths are the lengths of handshake messages as OpenSSL 3.0 sends them,
// without their header of 4 bytes: by version, and with a PSK or certificates.
// Those that hold an ECDSA signature vary by a byte or two there. The
// differential test measures what the installed library does.
var usualLengths = [2][2][numMessages]int{
	model.TLS12: {
		{clientHello: 99, serverHello: 49, clientKeyExchange: 11, finished: 12},
		{clientHello: 123, serverHello: 57, serverKeyExchange: 110, certificateRequest: 48,
			clientKeyExchange: 33, certificateVerify: 75, finished: 12},
	},
	model.TLS13: {
		{clientHello: 264, serverHello: 124, encryptedExtensions: 2, certificateRequest: 41,
			certificateVerify: 75, finished: 32, newSessionTicket: 53, keyUpdate: 1},
		{clientHello: 208, serverHello: 118, encryptedExtensions: 2, certificateRequest: 41,
			certificateVerify: 75, finished: 32, newSessionTicket: 53, keyUpdate: 1},
	},
}

// finished13Len is the longest Finished.
const finished13Len = 32

// renegotiationInfo is what the hellos of a renegotiation have in addition: the
// Finished of the handshake before (RFC 5746, section 3.2).
var renegotiationInfo = [numMessages]int{clientHello: 15, serverHello: 24}

// bodyLen is the length that message e of role has on this link: both ends
// are made from the same configuration, so any other length is a decode_error.
func (t *TLS) bodyLen(e message, role model.Role) int {
	again := t.facts&ifAgain != 0
	n := usualLengths[t.cfg.Version][pick(t.facts&ifPSK != 0, 0, 1)][e]
	switch {
	case e == certificate:
		n = t.certificateLen(role)
	case again && t.cfg.Version == model.TLS12:
		n += renegotiationInfo[e]
	}
	if t.cfg.BodyLen != nil {
		if learned := t.cfg.BodyLen(messages[e].word, role, again); learned > 0 {
			n = learned
		}
	}
	return n + t.extraLen(e)
}

// certificateLen is that of a Certificate with one certificate as long as the
// whole chain, or with none.
func (t *TLS) certificateLen(role model.Role) int {
	chain := t.chain(role)
	frame := pick(t.cfg.Version == model.TLS13, 4, 3)
	if chain == 0 {
		return frame
	}
	return frame + pick(t.cfg.Version == model.TLS13, 5, 3) + chain
}

// chain is the length of a role's chain: a client may have none to show.
func (t *TLS) chain(role model.Role) int {
	if role == model.Client && t.facts&ifSigned == 0 {
		return 0
	}
	return pick(role == model.Server, t.cfg.ServerChain, t.cfg.ClientChain)
}

// pick is the conditional expression for lengths.
func pick(b bool, yes, no int) int {
	if b {
		return yes
	}
	return no
}

// build makes message e in scratch, with its header.
func (t *TLS) build(e message) {
	n := t.bodyLen(e, t.cfg.Role)
	m := resize(t.scratch, 4+n)
	m[0], m[1], m[2], m[3] = messages[e].wire, byte(n>>16), byte(n>>8), byte(n)
	t.scratch = m
	body := m[4:]
	if e == clientHello {
		t.newRound()
	}
	switch e {
	case finished:
		t.verifyData(body, t.cfg.Role)
	case keyUpdate:
		body[0] = byte(pick(t.askBack, 1, 0))
	default:
		fill(body, mix(t.cfg.Key+uint64(e), t.rounds<<1|uint64(t.cfg.Role)))
		t.frame(e, body)
	}
}

// resize gives a slice of n bytes with whatever content.
func resize(b []byte, n int) []byte {
	if cap(b) < n {
		return make([]byte, n, 1<<bits.Len(uint(n)))
	}
	return b[:n]
}

// fill writes bytes that look random and follow from seed.
func fill(p []byte, seed uint64) {
	for len(p) >= 8 {
		seed += oddA
		binary.LittleEndian.PutUint64(p, (seed^seed>>29)*oddB)
		p = p[8:]
	}
	for i := range p {
		p[i] = byte(seed >> (8 * i))
	}
}

// What follows the random in the hellos, so that they parse: session, cipher
// suites (PSK and ECDHE with AES-128-GCM), compression, the length of the
// extensions, which frameHello fills in, supported_versions in TLS 1.3, and an
// extension, of padding or of key shares, that ends the hello as filled.
var helloTails = [2][2]string{ // by version, and by whether it is the server's
	model.TLS12: {
		"\x00" + "\x00\x06\x00\xa8\xc0\x2f\x00\xff" + "\x01\x00" + "\x00\x00" + "\x00\x15",
		"\x00" + "\x00\xa8" + "\x00" + "\x00\x00" + "\x00\x15",
	},
	model.TLS13: {
		"\x00" + "\x00\x04\x13\x01\x00\xff" + "\x01\x00" + "\x00\x00" +
			"\x00\x2b\x00\x03\x02\x03\x04" + "\x00\x15",
		"\x00" + "\x13\x01" + "\x00" + "\x00\x00" +
			"\x00\x2b\x00\x02\x03\x04" + "\x00\x33",
	},
}

// extensionsAt is where the length of the extensions stands in those tails.
var extensionsAt = [2]int{model.TLS12: 11, model.TLS13: 9}

// frame writes the fixed fields of a body over the filling.
func (t *TLS) frame(e message, body []byte) {
	switch e {
	case clientHello, serverHello:
		t.frameHello(pick(e == serverHello, 1, 0), body)
	case helloRetryRequest:
		frameRetry(body)
	case certificate:
		t.frameChain(body)
	default:
		t.frameClear(e, body)
	}
}

// frameHello writes a client's, 0, or a server's hello, as far as it is long
// enough.
func (t *TLS) frameHello(sender int, body []byte) {
	const random = 2 + 32
	tail := helloTails[t.cfg.Version][sender]
	body[0], body[1] = 3, 3
	if len(body) < random+len(tail)+2 {
		return
	}
	body = body[random:]
	copy(body, tail)
	at := pick(sender == 1, 4, extensionsAt[t.cfg.Version])
	put16(body[at:], len(body)-at-2)
	put16(body[len(tail):], len(body)-len(tail)-2)
	if sender == 1 {
		t.frameShare(body, len(tail)+2)
	}
}

func put16(p []byte, n int) { p[0], p[1] = byte(n>>8), byte(n) }

// frameChain writes the lengths of a Certificate (RFC 5246, section 7.4.2;
// RFC 8446, section 4.4.2).
func (t *TLS) frameChain(body []byte) {
	if t.cfg.Version == model.TLS13 {
		context := t.extraLen(certificate)
		body[0] = byte(context)
		body[len(body)-2+pick(len(body) < 6, 1, 0)] = 0
		body[len(body)-1] = 0
		body = body[1+context:]
	}
	put24(body, len(body)-3)
	if chain := t.chain(t.cfg.Role); chain > 0 {
		put24(body[3:], chain)
		frameCertificate(body[6:min(6+chain, len(body))])
	}
}

func put24(p []byte, n int) { p[0], p[1], p[2] = byte(n>>16), byte(n>>8), byte(n) }

// verifyData is what role's Finished says: it depends on the secret and on
// all of the handshake up to it (RFC 8446, section 4.4.4).
func (t *TLS) verifyData(body []byte, role model.Role) {
	secret := t.secrets[trafficKeys]
	if t.cfg.Version == model.TLS13 {
		secret = t.secrets[handshakeKeys]
	}
	fill(body, mix(secret^t.transcript, 0x46+uint64(role)))
}

// remember adds a message of role to the transcript, and derives the secrets
// that depend on it up to here.
func (t *TLS) remember(e message, role model.Role, m []byte) {
	if e == helloRequest || e == newSessionTicket || e == keyUpdate {
		return
	}
	t.transcript = digest(t.transcript^t.cfg.Key, m)
	switch {
	case e == clientHello && t.cfg.Version == model.TLS13:
		t.secrets[earlyKeys] = mix(t.cfg.Key, t.transcript)
	case e == serverHello && t.cfg.Version == model.TLS13:
		t.secrets[handshakeKeys] = mix(t.cfg.Key, t.transcript)
	case e == helloRetryRequest:
		t.retried = true
	case e == certificate && role == model.Client:
		t.facts &^= ifAsked
	case e == clientKeyExchange, e == serverHello && t.facts&ifResume != 0:
		t.secrets[trafficKeys] = mix(t.cfg.Key, t.transcript)
	case e == finished && role == model.Server && t.cfg.Version == model.TLS13:
		t.secrets[trafficKeys] = mix(t.secrets[handshakeKeys], t.transcript)
	}
}

// messageSize is the size of the message at msgOff with its header; 0 if it is
// not whole yet, or fatally long.
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

// absorbMessage takes the message of that size at msgOff.
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

// checkMessage judges a message that comes in its place.
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
