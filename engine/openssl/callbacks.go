package openssl

import (
	"unsafe"

	"github.com/wantwrite/wantwrite/engine/secret"
)

// randMethod is a RAND_METHOD of rand.h: six function pointers. OpenSSL keeps its address, so it
// stays in the Library as long as the process lives.
type randMethod struct {
	seed, bytes, cleanup, add, pseudorand, status uintptr
}

func (m *randMethod) address() uintptr { return uintptr(unsafe.Pointer(m)) }

// callbacks are the Go functions that OpenSSL calls, as C function pointers. One set serves all
// engines: a callback acts for the engine whose call is running in C.
type callbacks struct {
	method    *randMethod
	pskClient uintptr
	pskServer uintptr
	message   uintptr
	secret    uintptr

	sessionGet, usePSK, findPSK uintptr

	acceptAll uintptr
}

// register makes the callbacks, once for each Library.
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
	l.acceptAll = callbackC(acceptAll)
}

// ready is RAND_METHOD.status. It says that the generator is seeded.
func ready() uintptr { return 1 }

// acceptAll is the callback of SSL_CTX_set_cert_verify_callback(3). It accepts every chain.
func acceptAll(_, _ uintptr) uintptr { return 1 }

// random is RAND_METHOD.bytes; RAND_priv_bytes(3) calls it too. Each engine has its own stream, so
// its bytes depend on its own calls only. A script that loses an action of one link keeps the bytes
// of the others.
func (l *Library) random(p *byte, n int32) uintptr {
	from := &l.spare
	if l.cur != nil {
		from = &l.cur.random
	}
	from.Fill(unsafe.Slice(p, n))
	return 1
}

// clientPSK is SSL_psk_client_cb_func. It writes the identity with its NUL, and the key. It returns
// the key's length in bytes, or 0 for a failure.
func (l *Library) clientPSK(_ uintptr, _ *byte, id *byte, idCap uint32,
	psk *byte, pskCap uint32) uintptr {
	known := (*secret.Link)(nil).PSKName()
	if idCap <= uint32(len(known)) {
		return 0
	}
	name := unsafe.Slice(id, len(known)+1)
	name[copy(name, known)] = 0
	return l.givePSK(psk, pskCap)
}

// serverPSK is SSL_psk_server_cb_func. Every identity gets the link's key.
func (l *Library) serverPSK(_ uintptr, _ *byte, psk *byte, pskCap uint32) uintptr {
	return l.givePSK(psk, pskCap)
}

// givePSK writes the key that follows from EngineConfig.Key. It returns the key's length in bytes,
// or 0.
func (l *Library) givePSK(psk *byte, pskCap uint32) uintptr {
	if l.cur == nil {
		return 0
	}
	known := secret.LinkOf(l.cur.key)
	if pskCap < uint32(len(known.PSK)) {
		return 0
	}
	return uintptr(copy(unsafe.Slice(psk, pskCap), known.PSK[:]))
}
