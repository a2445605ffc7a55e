package openssl

import (
	"encoding/binary"
	"unsafe"
)

// A stream is a source of pseudo-random bytes: splitmix64, whose whole state
// is one word (Steele, Lea, Flood: Fast splittable pseudorandom number
// generators, 2014).
type stream uint64

// next draws a word.
func (s *stream) next() uint64 {
	*s += 0x9e3779b97f4a7c15
	z := uint64(*s)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// fill draws len(p) bytes. Words are little-endian on every machine.
func (s *stream) fill(p []byte) {
	for len(p) >= 8 {
		binary.LittleEndian.PutUint64(p, s.next())
		p = p[8:]
	}
	for w := s.next(); len(p) > 0; p, w = p[1:], w>>8 {
		p[0] = byte(w)
	}
}

// streamOf mixes words into a stream: each is drawn through the ones before.
func streamOf(words ...uint64) stream {
	var s stream
	for _, w := range words {
		s = stream(s.next() ^ w)
	}
	return s
}

// randMethod is a RAND_METHOD of rand.h: six function pointers. OpenSSL keeps
// its address, so it stays where it is, in the Library, as long as the process.
type randMethod struct {
	seed, bytes, cleanup, add, pseudorand, status uintptr
}

func (m *randMethod) address() uintptr { return uintptr(unsafe.Pointer(m)) }

// callbacks are the Go functions that OpenSSL calls, as C sees them. One set
// serves all engines: a callback acts for the engine whose call C is in.
type callbacks struct {
	method    *randMethod
	pskClient uintptr
	pskServer uintptr
	message   uintptr
	secret    uintptr

	sessionGet, usePSK, findPSK uintptr
}

// register makes the callbacks, once a Library.
func (l *Library) register() {
	bytes := callbackC(l.random)
	l.method = &randMethod{bytes: bytes, pseudorand: bytes, status: callbackC(ready)}
	l.pskClient = callbackC(l.clientPSK)
	l.pskServer = callbackC(l.serverPSK)
	l.message = callbackC(l.onMessage)
	l.secret = callbackC(l.onSecret)
	l.sessionGet = callbackC(l.getSession)
	l.usePSK = callbackC(l.useSession)
	l.findPSK = callbackC(l.findSession)
}

// ready is RAND_METHOD.status: seeded, always.
func ready() uintptr { return 1 }

// random is RAND_METHOD.bytes. RAND_priv_bytes(3) ends here too. Each engine
// has a stream of its own, so that its bytes depend on its own calls only, and
// a script that loses an action of one link keeps the bytes of the others.
func (l *Library) random(p *byte, n int32) uintptr {
	from := &l.spare
	if l.cur != nil {
		from = &l.cur.random
	}
	from.fill(unsafe.Slice(p, n))
	return 1
}

const (
	pskIdentity = "wantwrite"
	pskLen      = 32
)

// clientPSK is SSL_psk_client_cb_func: writes the identity, with its NUL, and
// the key, and returns the key's length; 0 is a failure.
func (l *Library) clientPSK(_ uintptr, _ *byte, id *byte, idCap uint32,
	psk *byte, pskCap uint32) uintptr {
	if idCap <= uint32(len(pskIdentity)) {
		return 0
	}
	name := unsafe.Slice(id, len(pskIdentity)+1)
	name[copy(name, pskIdentity)] = 0
	return l.givePSK(psk, pskCap)
}

// serverPSK is SSL_psk_server_cb_func. Any identity gets the link's key.
func (l *Library) serverPSK(_ uintptr, _ *byte, psk *byte, pskCap uint32) uintptr {
	return l.givePSK(psk, pskCap)
}

// givePSK writes the key that follows from EngineConfig.Key, so that two links
// have different ones, and the ends of one link the same.
func (l *Library) givePSK(psk *byte, pskCap uint32) uintptr {
	if l.cur == nil || pskCap < pskLen {
		return 0
	}
	s := streamOf(l.cur.key)
	s.fill(unsafe.Slice(psk, pskLen))
	return pskLen
}
