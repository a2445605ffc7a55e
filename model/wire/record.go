// Package wire is what TLS records and alerts look like on the wire: headers, types,
// lengths and numbers, for whoever makes, takes apart or damages them.
package wire

import (
	"encoding/binary"
)

// HeaderLen is the length of a record's header in bytes: content type,
// version (two bytes), length of the body (two bytes). RFC 8446, section 5.1.
const HeaderLen = 5

// The content types of records (RFC 8446, section 5.1).
const (
	TypeChangeCipherSpec byte = 20
	TypeAlert            byte = 21
	TypeHandshake        byte = 22
	TypeApplicationData  byte = 23
)

// The versions in record headers. TLS 1.3 says 1.2 there, for the sake of old
// boxes on the way, and the very first record says 1.0.
const (
	WireTLS10 uint16 = 0x0301
	WireTLS12 uint16 = 0x0303
)

// Lengths of records in bytes, without the header.
const (
	// MaxRecordLen is the most plaintext of one record: 2^14.
	MaxRecordLen = 1 << 14
	// MaxBody12 is the longest body in TLS 1.2 (RFC 5246, section 6.2.3).
	MaxBody12 = MaxRecordLen + 2048
	// MaxBody13 is the longest body in TLS 1.3 (RFC 8446, section 5.2).
	MaxBody13 = MaxRecordLen + 256
)

// RecordSize is the whole length, header included, of the record that starts
// at head; 0 if head is shorter than a header. It believes the header.
func RecordSize(head []byte) int {
	if len(head) < HeaderLen {
		return 0
	}
	return HeaderLen + int(binary.BigEndian.Uint16(head[3:]))
}

// AppendRecord appends a record in the clear, with that content type, version
// and body, to dst: what an attacker can inject. Of a body that is longer than
// the length field can say, the length says 65535.
func AppendRecord(dst []byte, typ byte, version uint16, body []byte) []byte {
	n := min(len(body), 0xffff)
	dst = append(dst, typ, byte(version>>8), byte(version), byte(n>>8), byte(n))
	return append(dst, body...)
}

// RetryRandom is the random of a HelloRetryRequest: the SHA-256 of its name
// (RFC 8446, section 4.1.3).
const RetryRandom = "\xcf\x21\xad\x74\xe5\x9a\x61\x11\xbe\x1d\x8c\x02\x1e\x65\xb8\x91" +
	"\xc2\xa2\x11\x16\x7a\xbb\x8c\x5e\x07\x9e\x09\xe2\xc8\xa8\x33\x9c"
