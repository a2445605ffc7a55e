// Package wire is what TLS records and alerts look like on the wire: headers, types,
// lengths and numbers. The engines make and parse records with it, and the world's
// faults damage them. See record.go for records and alert.go for alerts.
package wire

import "encoding/binary"

// HeaderLen is the length of a record's header in bytes: content type, version (two
// bytes), length of the body (two bytes). RFC 8446, section 5.1.
const HeaderLen = 5

// The content types of records (RFC 8446, section 5.1).
const (
	TypeChangeCipherSpec byte = 20
	TypeAlert            byte = 21
	TypeHandshake        byte = 22
	TypeApplicationData  byte = 23
)

// TLS12 is the version in a record's header: 1.2, in TLS 1.3 too, for old middleboxes.
const TLS12 uint16 = 0x0303

// MaxRecordLen is the most content of one record, in bytes (RFC 8446, section 5.1).
const MaxRecordLen = 1 << 14

// RecordSize is the length in bytes, header included, of the record that starts at head.
// It is 0 if head is shorter than a header. The length field may say more than is legal.
func RecordSize(head []byte) int {
	if len(head) < HeaderLen {
		return 0
	}
	return HeaderLen + int(binary.BigEndian.Uint16(head[3:]))
}

// AppendRecord appends an unsealed record with that content type, version and body to
// dst. If the body is too long for the length field, the length says 65535.
func AppendRecord(dst []byte, typ byte, version uint16, body []byte) []byte {
	n := min(len(body), 0xffff)
	dst = append(dst, typ, byte(version>>8), byte(version), byte(n>>8), byte(n))
	return append(dst, body...)
}

// RetryRandom is the random of a HelloRetryRequest: the SHA-256 of its name (RFC 8446,
// section 4.1.3).
const RetryRandom = "\xcf\x21\xad\x74\xe5\x9a\x61\x11\xbe\x1d\x8c\x02\x1e\x65\xb8\x91" +
	"\xc2\xa2\x11\x16\x7a\xbb\x8c\x5e\x07\x9e\x09\xe2\xc8\xa8\x33\x9c"
