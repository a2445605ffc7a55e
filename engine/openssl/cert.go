package openssl

import (
	"crypto/x509"
	"fmt"
	"runtime"
	"unsafe"

	"github.com/wantwrite/wantwrite/engine/certificate"
	"github.com/wantwrite/wantwrite/model"
)

const (
	// chainStep is the unit that lengths of chains are rounded to, in bytes. It limits how many are
	// kept. A chain is within 64 bytes of the length asked for.
	chainStep = 64
	// chainLeast is the shortest certificate in bytes, rounded up.
	chainLeast = 320
)

// Modes of SSL_CTX_set_verify(3).
const (
	verifyNone   = 0
	verifyPeer   = 1
	verifyNeedIt = 2 // SSL_VERIFY_FAIL_IF_NO_PEER_CERT
	verifyLater  = 8 // SSL_VERIFY_POST_HANDSHAKE
)

// A profile is how the two ends of a link authenticate each other.
type profile uint8

const (
	byPSK     profile = iota // a pre-shared key and no certificates
	byCert                   // a certificate of the server
	mutually                 // a certificate of each end; the server demands the client's
	strangers                // a certificate of the server, and no end verifies anything
	numProfiles
)

// profileOf is the profile of an end. A client's context is the same whether or not the server will
// ask it for a certificate.
func profileOf(cfg *model.EngineConfig) profile {
	switch {
	case cfg.Foreign:
		return strangers
	case cfg.ServerChain <= 0:
		return byPSK
	case cfg.ClientAuth && cfg.Role == model.Server:
		return mutually
	}
	return byCert
}

// chainOf is the length in bytes of the chain that an end shows; 0 if it has none.
func chainOf(cfg *model.EngineConfig) int {
	switch {
	case cfg.Foreign && cfg.Role == model.Client, cfg.ServerChain <= 0 && !cfg.Foreign:
		return 0
	case cfg.Role == model.Server:
		return roundChain(cfg.ServerChain)
	case cfg.ClientAuth, cfg.PostAuth && cfg.ClientChain > 0:
		return roundChain(cfg.ClientChain)
	}
	return 0
}

// An identity is a chain as OpenSSL's objects. Engines share it by reference counts. It lives as
// long as the Library; there are about 300.
type identity struct {
	cert, key, rest uintptr // X509, EVP_PKEY, STACK_OF(X509)
}

// A chainID names a chain: its length in bytes, and whether it is for programs.
type chainID struct {
	size    int
	foreign bool
}

// certificates are all certificates that a Library has made so far.
type certificates struct {
	root       uintptr // X509
	identities map[chainID]identity
}

// foreignGroups is a C string: the groups that an end offers to strangers, in releases of OpenSSL
// that would offer longer ones first too.
var foreignGroups = []byte("X25519:P-256\x00")

// trust makes a context verify certificates, and demand them if the profile says so. It accepts
// those below our root, and verifies at a fixed time. Strangers accept whatever comes.
func (l *Library) trust(ctx uintptr, p profile, role model.Role) error {
	if p == strangers {
		l.ctxCtrl(ctx, ctrlSetGroupsList, 0, uintptr(unsafe.Pointer(&foreignGroups[0])))
		l.ctxSetCertVerify(ctx, l.acceptAll, 0)
		l.ctxSetVerify(ctx, verifyNone, 0)
		return nil
	}
	if l.certs.root == 0 {
		c, err := certificate.ForLink(chainLeast)
		if err != nil {
			return err
		}
		if l.certs.root = l.parseCert(c.Root); l.certs.root == 0 {
			return l.queued("d2i_X509")
		}
	}
	if l.storeAddCert(l.ctxGetStore(ctx), l.certs.root) != 1 {
		return l.queued("X509_STORE_add_cert")
	}
	l.paramSetTime(l.ctxGetParam(ctx), certificate.At)
	l.ctxSetVerify(ctx, p.verify(role), 0)
	return nil
}

// verify is the mode of SSL_CTX_set_verify(3) for a role. A server that verifies its peer always
// asks for a certificate. So a server verifies only in the profile mutually.
func (p profile) verify(role model.Role) int32 {
	switch {
	case p == mutually:
		return verifyPeer | verifyNeedIt
	case role == model.Server:
		return verifyNone
	}
	return verifyPeer
}

// roundChain is the length of the chain that is made for n bytes.
func roundChain(n int) int {
	return max((n+chainStep/2)/chainStep*chainStep, chainLeast)
}

// identity returns a chain. Each is made once.
func (l *Library) identity(id chainID) (made identity, err error) {
	if made, ok := l.certs.identities[id]; ok {
		return made, nil
	}
	var c certificate.Chain
	if id.foreign {
		c, err = certificate.ForProgram(0, id.size)
	} else {
		c, err = certificate.ForLink(id.size)
	}
	if err != nil {
		return made, err
	}
	if made, err = l.adopt(&c); err != nil {
		return made, err
	}
	if l.certs.identities == nil {
		l.certs.identities = make(map[chainID]identity)
	}
	l.certs.identities[id] = made
	return made, nil
}

// adopt makes OpenSSL's objects of a chain.
func (l *Library) adopt(c *certificate.Chain) (id identity, err error) {
	key, err := x509.MarshalECPrivateKey(c.Key.PrivateKey)
	if err != nil {
		return id, fmt.Errorf("openssl: writing a key: %w", err)
	}
	if id.key = decode(l.d2iPrivateKey, key); id.key == 0 {
		return id, l.queued("d2i_AutoPrivateKey")
	}
	id.rest = l.stackNew()
	for i, der := range c.Certs {
		cert := l.parseCert(der)
		if cert == 0 {
			return id, l.queued("d2i_X509")
		}
		if i == 0 {
			id.cert = cert
			continue
		}
		l.stackPush(id.rest, cert)
	}
	return id, nil
}

// parseCert makes an X509 of DER; 0 if the DER is no certificate.
func (l *Library) parseCert(der []byte) uintptr { return decode(l.d2iX509, der) }

// decode calls one of OpenSSL's d2i functions. These move the pointer that they get to the end of
// what they have read.
//
// Story 31: the pointer was a Go pointer. For a certificate that filled its block of memory to the
// last byte it then pointed to the next block, which was free. Once in a few hundred runs the
// garbage collector met it there, and the process died. So it is a uintptr.
func decode(d2i func(to uintptr, der *uintptr, n int64) uintptr, der []byte) uintptr {
	at := uintptr(unsafe.Pointer(&der[0]))
	object := d2i(0, &at, int64(len(der)))
	runtime.KeepAlive(der)
	return object
}

// identify gives a new engine its chain and key (SSL_use_cert_and_key(3)). Making a chain must not
// draw from the engine's stream: only the first run of a process makes it, and the next run would
// have other bytes on the wire.
func (e *engine) identify(cfg *model.EngineConfig) error {
	size := chainOf(cfg)
	if size == 0 {
		return nil
	}
	e.lib.cur, e.lib.spare = nil, 0
	id, err := e.lib.identity(chainID{size, cfg.Foreign})
	if err != nil {
		return err
	}
	if e.lib.sslUseCertAndKey(e.ssl, id.cert, id.key, id.rest, 1) != 1 {
		return e.lib.queued("SSL_use_cert_and_key")
	}
	return nil
}
