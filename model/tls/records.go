package tls

import (
	"encoding/binary"
	"math/bits"

	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/wire"
)

// This file seals and opens records: the keys of a direction, the checksum that stands
// for encryption, and what makes a record legal by its header alone.

// What sealing adds to a record, in bytes.
const (
	// overhead12 is what sealing adds in TLS 1.2: the explicit nonce and the
	// tag, as AES-GCM has them (RFC 5288).
	overhead12 = nonceLen + tagLen
	// overhead13 is what it adds in TLS 1.3: the content type and the tag.
	overhead13 = 1 + tagLen
)

// Overhead is how many bytes sealing adds to the content of a record.
func Overhead(v model.Version) int { return pick(v == model.TLS13, overhead13, overhead12) }

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

// A sealer is one direction's keys, like a cipher state in a real engine.
type sealer struct {
	on    bool   // records are sealed
	early bool   // with the keys of early data
	key   uint64 // of this epoch and direction
	seq   uint64 // records since the key came
}

// set starts a new epoch.
func (s *sealer) set(key uint64) { s.on, s.key, s.seq = true, key, 0 }

// tag is the checksum of a record: rec is its header and its body without the tag. It
// depends on key and sequence number, so that a record does not open that is changed,
// repeated, dropped, moved or sealed in another epoch.
func (s *sealer) tag(rec []byte) (lo, hi uint64) {
	lo = digest(s.key^s.seq*oddA, rec)
	return lo, bits.RotateLeft64(lo, 31) * oddB
}

// seal appends content as one sealed record to dst and spends a sequence number. That
// can't be undone: what is sealed must be sent.
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

// open checks the sealed record rec, whole with its header, and gives its inner type and
// its content, which lies in rec.
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

// unpad takes padding and inner type off a TLS 1.3 plaintext (RFC 8446, section 5.4): the
// type is the last byte that is not zero.
func unpad(p []byte) (typ byte, content []byte, ok bool) {
	for i := len(p) - 1; i >= 0; i-- {
		if p[i] != 0 {
			return p[i], p[:i], true
		}
	}
	return 0, nil, true
}

// Odd constants for the mixing below. Any irregular ones would do.
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

// digest is a keyed checksum of p. It is fast, one multiplication for 16 bytes, and not
// secure.
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

// seal puts a record behind what is pending.
func (t *TLS) seal(typ byte, content []byte) {
	// A server that rejects early data could not open an alert sealed with its keys. So
	// OpenSSL's client sends the alert in the clear until it has the ServerHello. After
	// that it seals an alert that nobody can open.
	plain := typ == wire.TypeAlert && t.write.early && !t.read.on
	if plain && t.early == earlyOver {
		// OpenSSL then leaves room for the nonce of a TLS 1.2 record, which garbles it.
		content = append(make([]byte, nonceLen), content...)
	}
	if t.write.on && !plain {
		t.pend = t.write.seal(t.pend, t.cfg.Version, typ, content)
		return
	}
	version, at := wire.TLS12, t.state
	if at == dead {
		at = t.fault.at
	}
	first := t.cfg.Role == model.Client && t.unmet(at)
	if first && typ != wire.TypeChangeCipherSpec && !t.write.on {
		version = firstVersion
	}
	t.pend = wire.AppendRecord(t.pend, typ, version, content)
}

// sealData seals application data. Nothing may be pending.
func (t *TLS) sealData(p []byte) {
	t.seal(wire.TypeApplicationData, p)
	t.appEnd = len(t.pend)
	t.claimed, t.claim = len(p), &p[0]
	t.note(true, messages[applicationData].word, len(p))
}

// checkHeader judges a record by its header.
func (t *TLS) checkHeader() model.Status {
	version := binary.BigEndian.Uint16(t.rec[1:])
	longest := pick(t.cfg.Version == model.TLS13, maxBody13, maxBody12)
	switch {
	case version>>8 != wire.TLS12>>8:
		return t.fail(wire.AlertProtocolVersion, faultWrongVersion)
	case version != wire.TLS12 && t.agreed():
		return t.wrongVersion()
	case t.need-wire.HeaderLen > longest:
		return t.fail(wire.AlertRecordOverflow, faultTooLong)
	}
	return model.OK
}

// agreed says whether the version is agreed. Before that a record may have any 3.x.
func (t *TLS) agreed() bool {
	return !t.unmet(t.state) && (t.read.on || t.cfg.Version == model.TLS12)
}

// wrongVersion fails because of a record of another version. If the record is an alert,
// none is sent: it may well come from a client that failed before the version was agreed.
func (t *TLS) wrongVersion() model.Status {
	switch {
	case t.cfg.Version == model.TLS13:
		return t.fail(wire.AlertDecodeError, faultWrongVersion)
	case t.rec[0] == wire.TypeAlert && !t.write.on:
		return t.failSilently(faultWrongVersion)
	}
	return t.fail(wire.AlertProtocolVersion, faultWrongVersion)
}

// openRecord gives the record's inner type and content, or fails.
func (t *TLS) openRecord() (typ byte, content []byte, st model.Status) {
	rec := t.rec[:t.need]
	t.got, t.need = 0, wire.HeaderLen
	if !t.read.on || t.cfg.Version == model.TLS13 && t.inClear(rec) {
		typ, content = rec[0], rec[wire.HeaderLen:]
		if typ == wire.TypeApplicationData && t.skips() {
			return typeSkipped, nil, t.skipInClear(content)
		}
	} else {
		if t.cfg.Version == model.TLS13 && rec[0] != wire.TypeApplicationData {
			return 0, nil, t.fail(wire.AlertUnexpectedMessage, faultRecordType)
		}
		var ok bool
		if typ, content, ok = t.read.open(rec, t.cfg.Version); !ok {
			if t.skips() {
				return typeSkipped, nil, t.skip(len(rec) - wire.HeaderLen - tagLen)
			}
			return 0, nil, t.fail(wire.AlertBadRecordMAC, faultBadMAC)
		}
	}
	if len(content) > wire.MaxRecordLen {
		return 0, nil, t.fail(wire.AlertRecordOverflow, faultTooLong)
	}
	return typ, content, model.OK
}

// inClear says whether a TLS 1.3 record may come unsealed although there are keys. That is
// a ChangeCipherSpec, for which the table decides, or the alert of a client that failed
// before it had any keys, or had only those of early data.
func (t *TLS) inClear(rec []byte) bool {
	switch rec[0] {
	case wire.TypeChangeCipherSpec:
		return true
	case wire.TypeAlert:
		return t.cfg.Role == model.Server && t.state != connected && (t.read.seq == 0 || t.read.early)
	}
	return false
}
