package puppet

import (
	"bytes"
	"crypto/ecdh"
	"encoding/binary"

	"github.com/wantwrite/wantwrite/engine/secret"
	"github.com/wantwrite/wantwrite/model"
)

// This file makes and reads handshake messages.

// The types of handshake messages (RFC 5246, section 7.4; RFC 8446, section 4).
const (
	helloRequest        byte = 0
	clientHello         byte = 1
	serverHello         byte = 2
	newSessionTicket    byte = 4
	encryptedExtensions byte = 8
	serverKeyExchange   byte = 12
	serverHelloDone     byte = 14
	clientKeyExchange   byte = 16
	finishedMessage     byte = 20
	keyUpdate           byte = 24
	messageHash         byte = 254
)

var messageText = map[byte]string{helloRequest: "HelloRequest", clientHello: "ClientHello",
	serverHello: "ServerHello", newSessionTicket: "NewSessionTicket",
	encryptedExtensions: "EncryptedExtensions", serverKeyExchange: "ServerKeyExchange",
	serverHelloDone: "ServerHelloDone", clientKeyExchange: "ClientKeyExchange",
	finishedMessage: "Finished", keyUpdate: "KeyUpdate"}

// The cipher suites: for TLS 1.2 the one that OpenSSL has with a PSK, and the one of crypto/tls's
// sessions; and that of TLS 1.3.
const (
	suitePSK   = 0x00a8 // TLS_PSK_WITH_AES_128_GCM_SHA256
	suiteECDSA = 0xc02b // TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256
	suite13    = 0x1301 // TLS_AES_128_GCM_SHA256
)

// The extensions of hellos.
const (
	extGroups       = 10
	extPointFormats = 11
	extAlgorithms   = 13
	extExtended     = 23 // extended_master_secret (RFC 7627)
	extTicket       = 35
	extPreShared    = 41
	extVersions     = 43
	extCookie       = 44
	extModes        = 45
	extKeyShare     = 51
	extRenegotiate  = 0xff01
)

// The groups, and the version number of TLS 1.3.
const (
	groupP256   = 23
	groupX25519 = 29

	version12 = 0x0303
	version13 = 0x0304
)

// curveOf is the curve of a group; nil if we do not have it.
func curveOf(group int) ecdh.Curve {
	switch group {
	case groupX25519:
		return ecdh.X25519()
	case groupP256:
		return ecdh.P256()
	}
	return nil
}

// A builder makes messages: numbers, and vectors with a length in front
// (RFC 8446, section 3.4).
type builder []byte

func (b *builder) u8(n int) { *b = append(*b, byte(n)) }

func (b *builder) u16(n int) { *b = binary.BigEndian.AppendUint16(*b, uint16(n)) }

func (b *builder) bytes(p []byte) { *b = append(*b, p...) }

func (b *builder) vec8(fill func()) { b.vec(1, fill) }

func (b *builder) vec16(fill func()) { b.vec(2, fill) }

func (b *builder) opaque8(p []byte) { b.vec8(func() { b.bytes(p) }) }

func (b *builder) opaque16(p []byte) { b.vec16(func() { b.bytes(p) }) }

// extension appends an extension with what fill appends.
func (b *builder) extension(typ int, fill func()) {
	b.u16(typ)
	b.vec16(fill)
}

// vec appends a length of n bytes, and behind it what fill appends.
func (b *builder) vec(n int, fill func()) {
	at := len(*b)
	*b = append(*b, make([]byte, n)...)
	fill()
	length := len(*b) - at - n
	for i := at + n - 1; i >= at; i-- {
		(*b)[i] = byte(length)
		length >>= 8
	}
}

// message is a handshake message: type, length of three bytes, body.
func message(typ byte, body []byte) []byte {
	m := builder{typ}
	m.vec(3, func() { m.bytes(body) })
	return m
}

// A reader takes messages apart. What is not there reads as nothing, and sets bad.
type reader struct {
	p   []byte
	bad bool
}

func (r *reader) bytes(n int) []byte {
	if n > len(r.p) {
		r.p, r.bad = nil, true
		return nil
	}
	p := r.p[:n:n]
	r.p = r.p[n:]
	return p
}

// number reads a number of n bytes.
func (r *reader) number(n int) (x int) {
	for _, b := range r.bytes(n) {
		x = x<<8 | int(b)
	}
	return x
}

func (r *reader) u8() int { return r.number(1) }

func (r *reader) u16() int { return r.number(2) }

func (r *reader) vec8() []byte { return r.bytes(r.number(1)) }

func (r *reader) vec16() []byte { return r.bytes(r.number(2)) }

func (r *reader) sub16() reader { return reader{p: r.vec16()} }

func (r *reader) more() bool { return len(r.p) > 0 && !r.bad }

// A hello is a ClientHello or a ServerHello, read.
type hello struct {
	random, session []byte
	suites          []int // of a ServerHello just one
	extended        bool
	ticket          []byte
	group           int // of share; or, without a share, that the server asks for
	share           []byte
	cookie          []byte
	identities      [][]byte
	binders         [][]byte
	bindersAt       int // where in the body the list of binders begins
	chosen          int // the server's identity; -1: none
}

// readHello takes a hello's body apart; ok is false if that fails.
func readHello(body []byte, fromClient bool) (h hello, ok bool) {
	r := reader{p: body}
	h.chosen = -1
	r.u16()
	h.random, h.session = r.bytes(32), r.vec8()
	if !fromClient {
		h.suites = []int{r.u16()}
		r.u8()
	} else {
		for list := r.sub16(); list.more(); {
			h.suites = append(h.suites, list.u16())
		}
		r.vec8()
	}
	for exts := r.sub16(); exts.more(); {
		typ, ext := exts.u16(), exts.sub16()
		h.read(typ, ext, fromClient)
		r.bad = r.bad || exts.bad
	}
	if n := len(h.binders); n > 0 {
		h.bindersAt = len(body) - bindersLen(h.binders)
	}
	return h, !r.bad && h.bindersAt >= 0
}

// bindersLen is the length in bytes of a list of binders.
func bindersLen(binders [][]byte) int {
	n := 2
	for _, b := range binders {
		n += 1 + len(b)
	}
	return n
}

// read takes in an extension. A damaged one reads as nothing; if it is needed, that is noticed
// later.
func (h *hello) read(typ int, ext reader, fromClient bool) {
	switch {
	case typ == extExtended:
		h.extended = true
	case typ == extTicket:
		h.ticket = ext.p
	case typ == extCookie:
		h.cookie = ext.vec16()
	case typ == extKeyShare && fromClient:
		h.readShares(ext.sub16())
	case typ == extKeyShare:
		h.group, h.share = ext.u16(), ext.vec16()
	case typ == extPreShared && !fromClient:
		h.chosen = ext.u16()
	case typ == extPreShared:
		for list := ext.sub16(); list.more(); {
			h.identities = append(h.identities, list.vec16())
			list.number(4)
		}
		for list := ext.sub16(); list.more(); {
			h.binders = append(h.binders, list.vec8())
		}
	}
}

// readShares takes the first share of a group that we have.
func (h *hello) readShares(list reader) {
	for list.more() {
		group, share := list.u16(), list.vec16()
		if h.share == nil && curveOf(group) != nil {
			h.group, h.share = group, share
		}
	}
}

// offers says whether the hello has a cipher suite.
func (h *hello) offers(suite int) bool {
	for _, s := range h.suites {
		if s == suite {
			return true
		}
	}
	return false
}

// A psk is a key that both ends know before a handshake of TLS 1.3.
type psk struct {
	identity, key []byte
	label         string // of its binder key
}

// psksOf gives the PSKs of a link. An engine does not know which library is at the other end, so
// there are two for a session: OpenSSL takes it for an external PSK, crypto/tls for that of a
// ticket. Each passes over the name that only the other one knows.
func psksOf(cfg *model.EngineConfig) []psk {
	s := secret.LinkOf(cfg.Key)
	if !cfg.Resume {
		return []psk{{[]byte(s.PSKName()), s.PSK[:], "ext binder"}}
	}
	key := s.Master[:len(s.PSK)]
	return []psk{{s.Identity[:], key, "ext binder"}, {s.Ticket[:], key, "res binder"}}
}

// binder proves that we have the key, by the transcript up to the binders.
func (k *psk) binder(said []byte) []byte {
	early := extract(nil, k.key)
	return finished(derive(early, k.label, nil), sum(said))
}

// clientHello makes the next ClientHello of the handshake.
func (e *engine) clientHello() []byte {
	var b builder
	h := &e.hand
	b.u16(version12)
	b.bytes(h.randoms[model.Client])
	b.opaque8(h.session)
	b.vec16(func() {
		if e.tls13 {
			b.u16(suite13)
			return
		}
		b.u16(suitePSK)
		b.u16(suiteECDSA)
	})
	b.opaque8([]byte{0}) // no compression
	b.vec16(func() {
		e.commonExtensions(&b)
		if e.tls13 {
			e.extensions13(&b)
		} else {
			e.extensions12(&b)
		}
	})
	m := message(clientHello, b)
	if e.tls13 {
		e.bind(m)
	}
	return m
}

func (e *engine) commonExtensions(b *builder) {
	b.extension(extGroups, func() {
		b.vec16(func() { b.u16(groupX25519); b.u16(groupP256) })
	})
	b.extension(extAlgorithms, func() {
		b.vec16(func() { b.u16(0x0403); b.u16(0x0807) }) // ECDSA with P-256, Ed25519
	})
}

// extensions12 are those of a ClientHello of TLS 1.2. A session is offered by its id and by its
// ticket; in a renegotiation none is.
func (e *engine) extensions12(b *builder) {
	b.extension(extPointFormats, func() { b.opaque8([]byte{0}) })
	b.extension(extExtended, func() {})
	b.extension(extRenegotiate, func() { b.opaque8(e.verify[model.Client]) })
	if e.resume && len(e.hand.session) > 0 {
		b.extension(extTicket, func() { b.bytes(e.known.Ticket[:]) })
	}
}

// extensions13 are those of a ClientHello of TLS 1.3. The PSKs come last, with zeros for the
// binders, which bind fills in.
func (e *engine) extensions13(b *builder) {
	h := &e.hand
	b.extension(extVersions, func() { b.vec8(func() { b.u16(version13) }) })
	b.extension(extModes, func() { b.opaque8([]byte{1}) }) // psk_dhe_ke
	b.extension(extKeyShare, func() {
		b.vec16(func() { b.u16(h.group); b.opaque16(h.private.PublicKey().Bytes()) })
	})
	if h.cookie != nil {
		b.extension(extCookie, func() { b.opaque16(h.cookie) })
	}
	b.extension(extPreShared, func() {
		b.vec16(func() {
			for _, k := range e.psks {
				b.opaque16(k.identity)
				b.bytes([]byte{0, 0, 0, 0}) // its age
			}
		})
		b.vec16(func() {
			for range e.psks {
				b.opaque8(make([]byte, len(sum(nil))))
			}
		})
	})
}

// bind fills in the binders of a ClientHello.
func (e *engine) bind(m []byte) {
	size := 1 + len(sum(nil))
	at := len(m) - size*len(e.psks) - 2
	said := append(bytes.Clone(e.hand.said), m[:at]...)
	for i, k := range e.psks {
		copy(m[at+2+i*size+1:], k.binder(said))
	}
}

// serverHello makes a ServerHello, or in TLS 1.3 a HelloRetryRequest.
func (e *engine) serverHello(random []byte, suite int, extensions func(b *builder)) []byte {
	var b builder
	b.u16(version12)
	b.bytes(random)
	b.opaque8(e.hand.session)
	b.u16(suite)
	b.u8(0)
	b.vec16(func() { extensions(&b) })
	return message(serverHello, b)
}
