package openssl

import (
	"encoding/binary"
	"fmt"
	"unsafe"

	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/wire"
)

// Content types of records (RFC 8446, section 5.1), and two that only SSL_set_msg_callback(3) has.
const (
	contentAlert     = 21
	contentHandshake = 22
	contentData      = 23
	contentHeader    = 256 // a record's header, sealed or not
	contentInner     = 257 // the true type of a TLS 1.3 record
)

// Bytes that sealing adds to the plaintext of a record: a nonce and a tag in TLS 1.2 (RFC 5288,
// section 3), the true type and a tag in TLS 1.3 (RFC 8446, section 5.2).
const (
	headerLen     = 5
	sealingTLS12  = 8 + 16
	sealingTLS13  = 1 + 16
	handshakeHead = 4
)

// onMessage is the callback of SSL_set_msg_callback(3), for watched engines. OpenSSL calls it for
// each message and for each record's header.
func (l *Library) onMessage(sent, _, content int32, p *byte, n uintptr,
	_, _ uintptr) uintptr {
	if e := l.cur; e != nil && e.watch != nil && n > 0 {
		e.noteMessage(sent != 0, content, unsafe.Slice(p, n))
	}
	return 0
}

// onSecret is the callback of SSL_CTX_set_keylog_callback(3), for engines that log their keys.
func (l *Library) onSecret(_ uintptr, line *byte) uintptr {
	if e := l.cur; e != nil && e.keyLog != nil {
		n := 0
		for *(*byte)(unsafe.Add(unsafe.Pointer(line), n)) != 0 {
			n++
		}
		e.keyLog(string(unsafe.Slice(line, n)))
	}
	return 0
}

// noteMessage tells the watcher of a handshake message, an alert, or a sealed record of application
// data. Read notes received data, because OpenSSL reports a header long before it has the record.
func (e *engine) noteMessage(sent bool, content int32, msg []byte) {
	switch {
	case content == contentHandshake && len(msg) >= handshakeHead:
		e.watch(model.Note{Sent: sent, Message: messageName(msg), Bytes: len(msg)})
	case content == contentAlert && len(msg) == 2:
		e.watch(model.Note{Sent: sent, Message: "alert " + alertName(msg[1]), Bytes: len(msg)})
	case content == contentHeader && sent && len(msg) == headerLen:
		e.noteHeader(msg)
	case content == contentInner && sent && msg[0] == contentData:
		e.noteData(sealingTLS13)
	}
}

// noteHeader keeps the length of a sealed record. In TLS 1.2 it also notes the record's data. In
// TLS 1.3 all sealed records look alike, and OpenSSL reports the true type next.
func (e *engine) noteHeader(header []byte) {
	e.sealed = int(binary.BigEndian.Uint16(header[3:]))
	if !e.tls13 && header[0] == contentData {
		e.noteData(sealingTLS12)
	}
}

// noteData notes a sent record of application data. sealing is what sealing added, in bytes.
func (e *engine) noteData(sealing int) {
	e.watch(model.Note{Sent: true, Message: "application data", Bytes: e.sealed - sealing})
}

// handshakeNames are the types of handshake messages (RFC 8446, appendix B.3, and RFC 5246, section
// 7.4).
var handshakeNames = [...]string{
	0:  "HelloRequest",
	1:  "ClientHello",
	2:  "ServerHello",
	4:  "NewSessionTicket",
	5:  "EndOfEarlyData",
	8:  "EncryptedExtensions",
	11: "Certificate",
	12: "ServerKeyExchange",
	13: "CertificateRequest",
	14: "ServerHelloDone",
	15: "CertificateVerify",
	16: "ClientKeyExchange",
	20: "Finished",
	22: "CertificateStatus",
	24: "KeyUpdate",
}

// messageName is handshakeName, except for a ServerHello that is a HelloRetryRequest (RFC 8446,
// section 4.1.3).
func messageName(msg []byte) string {
	const random = handshakeHead + 2
	end := random + len(wire.RetryRandom)
	if msg[0] == 2 && len(msg) >= end && string(msg[random:end]) == wire.RetryRandom {
		return "HelloRetryRequest"
	}
	return handshakeName(msg[0])
}

// handshakeName is a message's name in the RFCs.
func handshakeName(kind byte) string {
	if int(kind) < len(handshakeNames) && handshakeNames[kind] != "" {
		return handshakeNames[kind]
	}
	return fmt.Sprintf("handshake message %d", kind)
}

// alertNames are the alerts (RFC 8446, appendix B.2, and RFC 5246, section 7.2).
var alertNames = [...]string{
	0:   "close_notify",
	10:  "unexpected_message",
	20:  "bad_record_mac",
	21:  "decryption_failed",
	22:  "record_overflow",
	30:  "decompression_failure",
	40:  "handshake_failure",
	42:  "bad_certificate",
	43:  "unsupported_certificate",
	44:  "certificate_revoked",
	45:  "certificate_expired",
	46:  "certificate_unknown",
	47:  "illegal_parameter",
	48:  "unknown_ca",
	49:  "access_denied",
	50:  "decode_error",
	51:  "decrypt_error",
	70:  "protocol_version",
	71:  "insufficient_security",
	80:  "internal_error",
	86:  "inappropriate_fallback",
	90:  "user_canceled",
	100: "no_renegotiation",
	109: "missing_extension",
	110: "unsupported_extension",
	112: "unrecognized_name",
	113: "bad_certificate_status_response",
	115: "unknown_psk_identity",
	116: "certificate_required",
	120: "no_application_protocol",
}

// alertName is an alert's name in the RFCs, or its number.
func alertName(code byte) string {
	if int(code) < len(alertNames) && alertNames[code] != "" {
		return alertNames[code]
	}
	return fmt.Sprintf("%d", code)
}
