package tls

import (
	"encoding/binary"
	"math/bits"

	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/wire"
)

// What sealing adds to a record, in bytes.
const (
	// Overhead12 is what sealing adds in TLS 1.2: the explicit nonce and the
	// tag, as AES-GCM has them (RFC 5288).
	overhead12 = nonceLen + tagLen
	// Overhead13 is what it adds in TLS 1.3: the content type and the tag.
	overhead13 = 1 + tagLen
)

// The longest bodies of records in bytes.
const (
	maxBody12 = wire.MaxRecordLen + 2048 // RFC 5246, section 6.2.3
	maxBody13 = wire.MaxRecordLen + 256  // RFC 8446, section 5.2
)

// firstVersion is the version, 1.0, in the header of the first ClientHello's record (RFC
// 8446, section 5.1).
const firstVersion = 0x0301

const (
	nonceLen = 8
	tagLen   = 16
)

// Overhead is how many bytes sealing adds to the content of a record.
func Overhead(v model.Version) int { return pick(v == model.TLS13, overhead13, overhead12) }

// A sealer is one direction's keys: what a cipher state is in a real engine.
type sealer struct {
	on    bool   // records are sealed
	early bool   // with the keys of early data
	key   uint64 // of this epoch and direction
	seq   uint64 // records since the key came
}

// set starts a new epoch.
func (s *sealer) set(key uint64) { s.on, s.key, s.seq = true, key, 0 }

// tag is the checksum of a record: rec is its header and all of its body but
// the tag itself. Key and sequence number go in, so that a record that is
// changed, repeated, dropped, moved or sealed in another epoch does not open.
func (s *sealer) tag(rec []byte) (lo, hi uint64) {
	lo = digest(s.key^s.seq*oddA, rec)
	return lo, bits.RotateLeft64(lo, 31) * oddB
}

// seal appends content as one sealed record to dst and spends a sequence
// number. That can't be taken back: whatever is sealed has to be sent.
func (s *sealer) seal(dst []byte, v model.Version, typ byte, content []byte) []byte {
	start := len(dst)
	n := len(content)
	if v == model.TLS12 {
		n += overhead12
		dst = append(dst, typ, 3, 3, byte(n>>8), byte(n))
		dst = binary.BigEndian.AppendUint64(dst, s.seq)
		dst = append(dst, content...)
	} else {
		n += overhead13
		dst = append(dst, wire.TypeApplicationData, 3, 3, byte(n>>8), byte(n))
		dst = append(dst, content...)
		dst = append(dst, typ)
	}
	lo, hi := s.tag(dst[start:])
	s.seq++
	dst = binary.LittleEndian.AppendUint64(dst, lo)
	return binary.LittleEndian.AppendUint64(dst, hi)
}

// open checks the sealed record rec, whole with its header, and gives its
// inner type and its content, which lies in rec.
func (s *sealer) open(rec []byte, v model.Version) (typ byte, content []byte, ok bool) {
	end := len(rec) - tagLen
	start := wire.HeaderLen
	if v == model.TLS12 {
		start += nonceLen
	}
	if end < start {
		return 0, nil, false
	}
	lo, hi := s.tag(rec[:end])
	if binary.LittleEndian.Uint64(rec[end:]) != lo ||
		binary.LittleEndian.Uint64(rec[end+8:]) != hi {
		return 0, nil, false
	}
	s.seq++
	if v == model.TLS12 {
		return rec[0], rec[start:end], true
	}
	return unpad(rec[start:end])
}

// unpad takes padding and inner type off a TLS 1.3 plaintext (RFC 8446,
// section 5.4): the type is the last byte that is not zero.
func unpad(p []byte) (typ byte, content []byte, ok bool) {
	for i := len(p) - 1; i >= 0; i-- {
		if p[i] != 0 {
			return p[i], p[:i], true
		}
	}
	return 0, nil, true
}

// Odd constants for the mixing below; any would do that are not regular.
const (
	oddA = 0x9e3779b97f4a7c15
	oddB = 0xd6e8feb86659fd93
	oddC = 0xa0761d6478bd642f
	oddD = 0xe7037ed1a0b428db
)

// fold is the 128-bit product of a and b, folded.
func fold(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	return hi ^ lo
}

// mix makes one key of two values.
func mix(a, b uint64) uint64 { return fold(a^oddA, fold(b^oddC, a^oddD)) }

// digest is a keyed checksum of p: fast, and no secret is safe with it. It
// costs one multiplication for 16 bytes.
func digest(h uint64, p []byte) uint64 {
	n := uint64(len(p))
	for len(p) >= 16 {
		a := binary.LittleEndian.Uint64(p)
		b := binary.LittleEndian.Uint64(p[8:])
		h = fold(a^oddA, b^h)
		p = p[16:]
	}
	if len(p) >= 8 {
		h = fold(binary.LittleEndian.Uint64(p)^oddB, h^oddD)
		p = p[8:]
	}
	return fold(tail(p)^oddC, h^n<<56^n)
}

// tail is the last up to seven bytes as a number.
func tail(p []byte) uint64 {
	switch n := len(p); {
	case n >= 4:
		lo := uint64(binary.LittleEndian.Uint32(p))
		return lo | uint64(binary.LittleEndian.Uint32(p[n-4:]))<<32
	case n > 0:
		return uint64(p[0]) | uint64(p[n/2])<<8 | uint64(p[n-1])<<16
	}
	return 0
}
