package tls

import (
	"github.com/wantwrite/wantwrite/model"
)

// frameClear writes the fixed fields of those messages that TLS 1.2 sends in
// the clear, so that whoever looks at the wire can parse them: RFC 5246,
// section 7.4, RFC 4279 for a PSK, and RFC 8422 for ECDHE. A message that is
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

// frameRequest writes the types of certificates, one or two of them so that the
// list of signature schemes, each of two bytes, fills the rest, and no names.
func frameRequest(body []byte) {
	types := 1 + len(body)%2
	body[0] = byte(types)
	copy(body[1:], "\x40\x01"[:types]) // ecdsa_sign, rsa_sign
	schemes := body[1+types : len(body)-2]
	put16(schemes, len(schemes)-2)
	put16(body[len(body)-2:], 0)
}

// frameShare ends a hello: in a server's of TLS 1.3 its last extension is a key
// share (RFC 8446, section 4.2.8), and in one of TLS 1.2 that has certificates the
// cipher suite is theirs. tail is the hello from behind its random, and at where
// the last extension's content begins.
func (t *TLS) frameShare(tail []byte, at int) {
	if share := tail[at:]; t.cfg.Version == model.TLS13 && len(share) > 4 {
		put16(share, 0x1d)
		put16(share[2:], len(share)-4)
	}
	if t.cfg.Version == model.TLS12 && t.facts&ifPSK == 0 {
		copy(tail[1:], "\xc0\x2b") // ECDHE-ECDSA-AES128-GCM-SHA256
	}
}

// frameCertificate makes the filling one value in DER, as a certificate is: a
// SEQUENCE, here of one OCTET STRING: whoever parses it has a complaint of what
// is in it, and finds the next message. A body has its length in two bytes.
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
