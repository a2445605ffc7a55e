package tls

import (
	"encoding/binary"
	"math/bits"

	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/wire"
)

// This file makes handshake messages: how long they are, the bytes in them, and what the
// transcript and the keys learn from them. The lengths are those of OpenSSL 3.0, because
// they decide when a small buffer is full. A body is filled with bytes that follow from
// the link's key; frames of the RFCs' fixed fields lie over the filling, so that a
// dissector can parse what is sent in the clear.

// Lengths are the lengths of a library's handshake messages, where they differ from the
// model's. The zero value changes nothing. Body serves as an EngineConfig's BodyLen.
type Lengths struct {
	body [2][2][numMessages]int // by sender, and by whether it renegotiates; 0: as ever
}

// Learn takes over the length of a message that an engine of that role sent. again says
// that it was in a renegotiation, whose hellos are longer (RFC 5746, section 3.5). What is
// no handshake message is ignored.
func (l *Lengths) Learn(role model.Role, again bool, n model.Note) {
	if e := l.event(n.Message); e <= keyUpdate && n.Bytes > 4 {
		l.body[role][helloIndex(e, again)][e] = n.Bytes - 4
	}
}

// Body is the length of a message's body in bytes, 0 if it was not learned. A nil Lengths
// has learned nothing.
func (l *Lengths) Body(message string, role model.Role, again bool) int {
	if e := l.event(message); l != nil && e <= keyUpdate {
		return l.body[role][helloIndex(e, again)][e]
	}
	return 0
}

// event finds a handshake message by its word; what is beyond keyUpdate is none.
func (*Lengths) event(message string) message {
	for e := helloRequest; e <= keyUpdate; e++ {
		if messages[e].word == message {
			return e
		}
	}
	return numMessages
}

// helloIndex is 1 for the hellos of a renegotiation.
func helloIndex(e message, again bool) int {
	if again && (e == clientHello || e == serverHello) {
		return 1
	}
	return 0
}

// usualLengths are the lengths of handshake messages' bodies as OpenSSL 3.0 sends them: by
// version, and with a PSK or with certificates. Messages with an ECDSA signature vary by
// a byte or two there. The differential test measures the installed library.
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

// renegotiationInfo is how much longer the hellos of a renegotiation are: they repeat the
// Finished of the handshake before (RFC 5746, section 3.2).
var renegotiationInfo = [numMessages]int{clientHello: 15, serverHello: 24}

// bodyLen is the length in bytes that message e of role has on this link. Both ends are
// made from the same configuration, so any other length is a decode_error.
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

// extraLen is how much longer than usual a message is on this link.
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

// offerLen is the length of the extension with which a client offers to authenticate
// after the handshake (RFC 8446, section 4.2.6).
func (t *TLS) offerLen(e message) int {
	offers := e == clientHello && t.cfg.PostAuth && t.cfg.Version == model.TLS13
	return pick(offers, 4, 0)
}

// sessionLen is what a hello needs to name the session that it resumes. OpenSSL's client
// names it once more in a renegotiation that the server asked for; that handshake is a
// full one all the same.
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

// contextOf is the length of the context that tells apart the requests for a certificate
// after the handshake, and that the answer repeats (RFC 8446, section 4.3.2). A client
// that has sent its close_notify leaves it out, as OpenSSL's does.
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

// earlyLen is how much longer a message is because of early data.
func (t *TLS) earlyLen(e message) int {
	switch {
	case e == clientHello && t.facts&ifOffers != 0 && !t.retried:
		return earlyExtension
	case e == encryptedExtensions && t.facts&ifTaken != 0:
		return earlyExtension
	case e == newSessionTicket && t.facts&ifEarly != 0:
		return earlyTicketExtension
	}
	return 0
}

// certificateLen is the length of a Certificate with one certificate as long as the whole
// chain, or with none.
func (t *TLS) certificateLen(role model.Role) int {
	chain := t.chain(role)
	frame := pick(t.cfg.Version == model.TLS13, 4, 3)
	if chain == 0 {
		return frame
	}
	return frame + pick(t.cfg.Version == model.TLS13, 5, 3) + chain
}

// chain is the length of a role's chain. A client may have none to show.
func (t *TLS) chain(role model.Role) int {
	if role == model.Client && t.facts&ifSigned == 0 {
		return 0
	}
	return pick(role == model.Server, t.cfg.ServerChain, t.cfg.ClientChain)
}

// learnSession learns from the length of a ClientHello that it names the session.
func (t *TLS) learnSession(e message, n int) {
	if e == clientHello && t.cfg.Version == model.TLS12 && t.cfg.Resume && !t.names {
		t.names = n == t.bodyLen(e, model.Client)+sessionID
	}
}

// newRound begins the transcript of a handshake. The second ClientHello continues that of
// the first one, and has the same random (RFC 8446, section 4.1.2).
func (t *TLS) newRound() {
	if !t.retried {
		t.rounds++
		t.transcript = 0
	}
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

// verifyData is what role's Finished says: it depends on the secret and on the whole
// handshake before it (RFC 8446, section 4.4.4).
func (t *TLS) verifyData(body []byte, role model.Role) {
	secret := t.secrets[trafficKeys]
	if t.cfg.Version == model.TLS13 {
		secret = t.secrets[handshakeKeys]
	}
	fill(body, mix(secret^t.transcript, 0x46+uint64(role)))
}

// remember adds a message of role to the transcript, and derives the secrets that depend
// on the transcript up to here.
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

// helloTails follow the random in the hellos: session, cipher suites (PSK and ECDHE with
// AES-128-GCM), compression, the length of the extensions, which frameHello fills in,
// supported_versions in TLS 1.3, and one more extension, of padding or key shares, whose
// content is the filling to the end.
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

// extensionsAt is where the length of the extensions is in those tails.
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

// frameHello writes a client's (0) or a server's (1) hello, as far as it is long enough.
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

// frameShare frames the end of a server's hello. In TLS 1.3 its last extension is a key
// share (RFC 8446, section 4.2.8). In TLS 1.2 with certificates the cipher suite is one
// with certificates. tail is the hello from behind its random, and at is where the last
// extension's content begins.
func (t *TLS) frameShare(tail []byte, at int) {
	if share := tail[at:]; t.cfg.Version == model.TLS13 && len(share) > 4 {
		put16(share, 0x1d)
		put16(share[2:], len(share)-4)
	}
	if t.cfg.Version == model.TLS12 && t.facts&ifPSK == 0 {
		copy(tail[1:], "\xc0\x2b") // ECDHE-ECDSA-AES128-GCM-SHA256
	}
}

// helloRetryTail follows the random of a HelloRetryRequest: no session, suite,
// compression, and extensions. These name the version and the group P-256, and end with a
// cookie.
const helloRetryTail = "\x00" + "\x13\x01" + "\x00" + "\x00\x2c" +
	"\x00\x2b\x00\x02\x03\x04" + "\x00\x33\x00\x02\x00\x17" + "\x00\x2c\x00\x1c\x00\x1a"

// frameRetry writes the fixed fields of a HelloRetryRequest.
func frameRetry(body []byte) {
	body[0], body[1] = 3, 3
	copy(body[2:], wire.RetryRandom+helloRetryTail)
}

// frameChain writes the lengths of a Certificate (RFC 5246, section 7.4.2; RFC 8446,
// section 4.4.2).
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

// frameCertificate makes the filling one value in DER, as a certificate is: a SEQUENCE of
// one OCTET STRING. A parser then complains of the content at most, and finds the next
// message.
func frameCertificate(body []byte) {
	const header = 4
	for _, tag := range [...]byte{0x30, 0x04} {
		if len(body) < header+1<<8 {
			return
		}
		body[0], body[1] = tag, 0x82
		put16(body[2:], len(body)-header)
		body = body[header:]
	}
}

// frameClear writes the fixed fields of the other messages that TLS 1.2 sends in the
// clear: RFC 5246, section 7.4; RFC 4279 for a PSK; RFC 8422 for ECDHE. A message that is
// too short for them stays as filled.
func (t *TLS) frameClear(e message, body []byte) {
	switch {
	case t.cfg.Version != model.TLS12:
	case e == clientKeyExchange && t.facts&ifPSK != 0 && len(body) > 2:
		put16(body, len(body)-2) // the identity
	case e == clientKeyExchange && len(body) > 1 && len(body) < 1<<8:
		body[0] = byte(len(body) - 1) // the point
	case e == serverKeyExchange && len(body) > exchangeLen:
		copy(body, "\x03\x00\x1d\x20") // a named curve, x25519, and 32 bytes of a point
		frameSignature(body[exchangeLen-signatureLen:])
	case e == certificateVerify && len(body) > signatureLen:
		frameSignature(body)
	case e == certificateRequest && len(body) > requestLen:
		frameRequest(body)
	}
}

const (
	signatureLen = 2 + 2 // scheme and length
	exchangeLen  = 4 + 32 + signatureLen
	requestLen   = 2 + 2 + 2 + 1 // a type, lengths, and another type where it has to be even
)

// frameSignature writes scheme and length of the signature that body ends with.
func frameSignature(body []byte) {
	copy(body, "\x04\x03") // ecdsa_secp256r1_sha256
	put16(body[2:], len(body)-signatureLen)
}

// frameRequest writes one or two types of certificates, so that the list of signature
// schemes, two bytes each, fills the rest, and no names.
func frameRequest(body []byte) {
	types := 1 + len(body)%2
	body[0] = byte(types)
	copy(body[1:], "\x40\x01"[:types]) // ecdsa_sign, rsa_sign
	schemes := body[1+types : len(body)-2]
	put16(schemes, len(schemes)-2)
	put16(body[len(body)-2:], 0)
}

func put16(p []byte, n int) { p[0], p[1] = byte(n>>8), byte(n) }

func put24(p []byte, n int) { p[0], p[1], p[2] = byte(n>>16), byte(n>>8), byte(n) }
