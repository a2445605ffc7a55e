package puppet

import (
	"cmp"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"slices"

	"github.com/wantwrite/wantwrite/model/wire"
)

// This file has the keys: those of records, which seal and open them, and the functions that
// derive them from secrets.

const (
	keyLen  = 16 // AES-128
	ivLen   = 12
	tagLen  = 16
	saltLen = 4 // of TLS 1.2's nonces (RFC 5288, section 3)

	explicitLen = ivLen - saltLen
)

// A sealer is the keys of one direction. The zero value leaves records unsealed.
type sealer struct {
	aead   cipher.AEAD
	iv     [ivLen]byte // in TLS 1.2 its front is the salt
	seq    uint64
	tls13  bool
	secret []byte // of TLS 1.3, from which the next one follows
}

// newSealer makes the keys of a direction. It panics if key or iv have a wrong length.
func newSealer(key, iv []byte) sealer {
	block, err := aes.NewCipher(key)
	if err != nil {
		panic(err)
	}
	s := sealer{}
	if s.aead, err = cipher.NewGCM(block); err != nil {
		panic(err)
	}
	copy(s.iv[:], iv)
	return s
}

// newSealer13 makes keys of a traffic secret (RFC 8446, section 7.3).
func newSealer13(secret []byte) sealer {
	s := newSealer(expand(secret, "key", nil, keyLen), expand(secret, "iv", nil, ivLen))
	s.tls13, s.secret = true, secret
	return s
}

// next makes the keys after a KeyUpdate (RFC 8446, section 7.2).
func (s *sealer) next() sealer {
	return newSealer13(expand(s.secret, "traffic upd", nil, sha256.Size))
}

// overhead is how many bytes sealing adds to content.
func (s *sealer) overhead() int {
	switch {
	case s.aead == nil:
		return 0
	case s.tls13:
		return 1 + tagLen
	}
	return explicitLen + tagLen
}

// sealSo appends content as a record to dst.
func (s *sealer) sealSo(dst []byte, typ byte, content []byte, r *records) []byte {
	if s.aead == nil {
		return append(r.header(dst, typ, min(len(content), 0xffff)), content...)
	}
	n := len(content) + s.overhead()
	if s.tls13 {
		inner := append(append([]byte(nil), content...), typ)
		inner = append(inner, make([]byte, r.Padding)...)
		dst = r.header(dst, wire.TypeApplicationData, n+r.Padding)
		header := dst[len(dst)-wire.HeaderLen:]
		return s.aead.Seal(dst, s.nonce(), inner, header)
	}
	head := r.header(nil, typ, len(content))
	more := slices.Concat(binary.BigEndian.AppendUint64(nil, s.seq), head)
	dst = r.header(dst, typ, n)
	dst = binary.BigEndian.AppendUint64(dst, s.seq)
	return s.aead.Seal(dst, s.nonce(), content, more)
}

// header appends a record's header to dst: the usual one of that type and length in bytes, where r
// does not say something else.
func (r *records) header(dst []byte, typ byte, n int) []byte {
	if r.Type != 0 {
		typ = r.Type
	}
	n += r.Longer
	return append(dst, typ, byte(cmp.Or(r.Version, version12)>>8), byte(cmp.Or(r.Version, version12)),
		byte(n>>8), byte(n))
}

// nonce is that of the next record (RFC 8446, section 5.3; RFC 5288, section 3).
func (s *sealer) nonce() []byte {
	n := s.iv
	seq := s.seq
	s.seq++
	if !s.tls13 {
		binary.BigEndian.PutUint64(n[saltLen:], seq)
		return n[:]
	}
	for i := range 8 {
		n[ivLen-1-i] ^= byte(seq >> (8 * i))
	}
	return n[:]
}

// additional is what TLS 1.2 authenticates besides the content (RFC 5246, section 6.2.3.3).
func (s *sealer) additional(typ byte, n int) []byte {
	a := binary.BigEndian.AppendUint64(nil, s.seq)
	return append(a, typ, 3, 3, byte(n>>8), byte(n))
}

// open gives the inner type and the content of a whole record. The content may lie in rec.
func (s *sealer) open(rec []byte) (typ byte, content []byte, ok bool) {
	body := rec[wire.HeaderLen:]
	switch {
	case s.aead == nil:
		return rec[0], body, true
	case s.tls13 && rec[0] == wire.TypeChangeCipherSpec:
		return rec[0], body, true // means nothing (RFC 8446, appendix D.4)
	case len(body) < s.overhead():
		return 0, nil, false
	case s.tls13:
		inner, err := s.aead.Open(body[:0], s.nonce(), body, rec[:wire.HeaderLen])
		if err != nil {
			return 0, nil, false
		}
		return unpad(inner)
	}
	more := s.additional(rec[0], len(body)-s.overhead())
	nonce := s.nonce()
	copy(nonce[saltLen:], body)
	body = body[explicitLen:]
	content, err := s.aead.Open(body[:0], nonce, body, more)
	return rec[0], content, err == nil
}

// unpad takes padding and inner type off (RFC 8446, section 5.4).
func unpad(p []byte) (typ byte, content []byte, ok bool) {
	for i := len(p) - 1; i >= 0; i-- {
		if p[i] != 0 {
			return p[i], p[:i], true
		}
	}
	return 0, nil, false
}

// prf is the PRF of TLS 1.2 with SHA-256 (RFC 5246, section 5).
func prf(secret []byte, label string, seed []byte, n int) []byte {
	seed = append([]byte(label), seed...)
	var out []byte
	for a := seed; len(out) < n; {
		a = mac(secret, a)
		out = append(out, mac(secret, append(a[:len(a):len(a)], seed...))...)
	}
	return out[:n]
}

// mac is HMAC with SHA-256.
func mac(key, p []byte) []byte {
	h := hmac.New(sha256.New, key)
	h.Write(p)
	return h.Sum(nil)
}

// sum is SHA-256.
func sum(p []byte) []byte {
	s := sha256.Sum256(p)
	return s[:]
}

// extract is HKDF-Extract, and expand HKDF-Expand-Label (RFC 8446, section 7.1). They panic for
// lengths that nobody asks for.
func extract(salt, secret []byte) []byte {
	p, err := hkdf.Extract(sha256.New, secret, salt)
	if err != nil {
		panic(err)
	}
	return p
}

func expand(secret []byte, label string, context []byte, n int) []byte {
	info := binary.BigEndian.AppendUint16(nil, uint16(n))
	info = append(info, byte(len("tls13 "+label)))
	info = append(info, "tls13 "+label...)
	info = append(info, byte(len(context)))
	info = append(info, context...)
	p, err := hkdf.Expand(sha256.New, secret, string(info), n)
	if err != nil {
		panic(err)
	}
	return p
}

// derive is Derive-Secret, of the transcript so far.
func derive(secret []byte, label string, said []byte) []byte {
	return expand(secret, label, sum(said), sha256.Size)
}

// finished is the MAC of a Finished, or of a binder (RFC 8446, section 4.4.4).
func finished(secret, hash []byte) []byte {
	return mac(expand(secret, "finished", nil, sha256.Size), hash)
}
