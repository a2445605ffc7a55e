// Package openssl is the OpenSSL that is installed on the machine, as a [model.Library]. It loads
// libssl and libcrypto at run time, without cgo or headers. It is made for version 3. Version 1.1.1
// has all functions that are called here. It is used where it is named or there is no other.
//
// A script that fails on the model is replayed here against the real library, so runs must repeat.
// Nothing from outside may change them:
//
//   - Randomness is seeded. RAND_set_rand_method(3) makes every hello random, nonce and key share
//     follow from the seed of [Library.Begin].
//   - The clock is not used. Session tickets that carry it are off, hello randoms have had no time
//     in them since OpenSSL 1.1.0, and certificates are verified at a fixed time.
//   - The machine's settings are not used. openssl.cnf is not read, and the cipher suite and
//     security level are set.
//
// A link has one of four profiles. Without a ServerChain both ends have a PSK, which is cheap, and
// ClientAuth has no effect. With a ServerChain the server shows ECDSA certificates of that length,
// within 64 bytes. With ClientAuth the client shows its own too. Both are verified. The nonces of
// their signatures follow from the run's seed. But the length of a signature in DER varies, so a
// flight varies by a few bytes.
//
// With Foreign the server shows a chain for localhost (certificate.ForProgram), and no end verifies
// anything. A client offers ECDHE with ECDSA or RSA, and tickets. It sends no server_name, as to an
// address.
//
// The tickets of a TLS 1.3 server are names of sessions that nobody stores, and not sealed
// sessions, so they carry no time. After a handshake with a PSK OpenSSL sends at most one. After
// one with certificates it sends as many as asked for.
//
// The session of a link that resumes one, or sends early data, is made in code: see session.go.
//
// OpenSSL 3.0.19 breaks some links by itself, whatever the pump does. While a write waits for room,
// it fails the link on the next read of two KeyUpdates in a row (issue 8677), of a ClientHello or
// of a CertificateRequest. It also fails the link at the retry of a write after it refused a
// ClientHello with an alert that does not fit. Err wraps [model.ErrLibrary] then: see lapsed. While
// no write waits, it drops the part of a no_renegotiation alert that does not fit, and its peer can
// decrypt nothing from then on. It answers a HelloRequest twice if another one follows. A
// renegotiation that would begin twice is refused: see stories 20 and 22 at Renegotiate.
//
// Both transports work: a BIO pair, and a BIO that calls the socket. New returns an error for
// traits that OpenSSL does not have.
package openssl

import (
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/wantwrite/wantwrite/engine/secret"
	"github.com/wantwrite/wantwrite/model"
)

// A Library is a loaded OpenSSL. It implements [model.Library].
//
// OpenSSL has one source of randomness in a process, so only one run at a time can repeat: Begin
// waits while another goroutine is in a run. Nothing else in the process may use the same OpenSSL
// between Begin and End, because its keys would be predictable.
type Library struct {
	api
	callbacks
	certs     certificates
	bioMethod uintptr // of attached engines; 0 until there is one

	// The rest belongs to the current run.
	running bool
	seed    uint64
	made    uint64        // number of engines of this run
	cur     *engine       // whose call is running in C: callbacks act for it
	spare   secret.Stream // randomness of calls for no engine
	ctxs    [numCtxs]uintptr
}

// turn is held from Begin to End. owner is the thread that holds it, or 0. They are shared by all
// Libraries, because two may have the same libcrypto.
var (
	turn  sync.Mutex
	owner atomic.Uint64
)

// Name is "openssl", also for a nil Library.
func (l *Library) Name() string { return "openssl" }

// Can says what OpenSSL can do; l may be nil. The library has one error queue and one source of
// randomness, and a bug in it may end the process.
func (l *Library) Can() model.Capabilities {
	return model.Capabilities{RealTLS: true, UnderTest: true, PSK: true, Certificates: true,
		NamedSessions: true, Renegotiation: true, PostAuth: true, EarlyData: true}
}

// Describe is OpenSSL_version(3): "OpenSSL 3.0.19 27 Jan 2026".
func (l *Library) Describe() string { return l.version(0) }

// Begin starts a run on the calling goroutine. It locks the goroutine to its thread, because the
// thread owns the error queue. It seeds the randomness and empties the queue. It waits while
// another goroutine is in a run. On a goroutine that is in a run it starts the next one, and one
// End is enough for all.
func (l *Library) Begin(seed uint64) {
	runtime.LockOSThread()
	if me := l.threadID(); owner.Load() == me {
		runtime.UnlockOSThread() // the first Begin's lock stays
	} else {
		turn.Lock()
		owner.Store(me)
	}
	l.running, l.seed, l.made, l.cur = true, seed, 0, nil
	l.setRandMethod(l.method.address())
	l.clearErrors()
}

// End ends the run, on the goroutine that began it. It unlocks the thread and gives OpenSSL its own
// randomness back. After it the run's engines may only be freed. Without a run End does nothing.
func (l *Library) End() {
	if owner.Load() != l.threadID() {
		return
	}
	l.running, l.cur = false, nil
	l.setRandMethod(0)
	l.clearErrors()
	owner.Store(0)
	turn.Unlock()
	runtime.UnlockOSThread()
}

// New makes an engine: an SSL over a BIO pair with buffers of cfg.In and cfg.Out bytes, or attached
// to cfg.Socket. MaxRecord is limited to OpenSSL's range of 512 to 16384. HandshakeRecord is not
// used, because OpenSSL has no such setting. With a PSK a TLS 1.3 server sends at most one of
// cfg.Tickets. The error says what is not supported, or what OpenSSL said.
func (l *Library) New(cfg *model.EngineConfig) (model.Engine, error) {
	if !l.running {
		return nil, errors.New("openssl: New outside a run; want Begin first")
	}
	if err := supported(cfg); err != nil {
		return nil, err
	}
	ctx, err := l.context(cfg)
	if err != nil {
		return nil, err
	}
	return l.newEngine(ctx, cfg)
}

// Free frees an engine (SSL_free(3)). A second Free does nothing.
func (l *Library) Free(me model.Engine) {
	e, ok := me.(*engine)
	if !ok || e.ssl == 0 {
		return
	}
	l.sslFree(e.ssl) // this also frees the pair's inner half, or the socket's BIO
	if e.net != 0 {
		l.bioFree(e.net)
	}
	e.ssl, e.net, e.watch, e.socket, e.known = 0, 0, nil, nil, false
	if l.cur == e {
		l.cur = nil
	}
}

// supported says what of cfg OpenSSL or this package can't do.
func supported(cfg *model.EngineConfig) error {
	t := cfg.Traits
	switch {
	case cfg.Transport == model.Attached && cfg.Socket == nil:
		return errors.New("openssl: got transport attached without a socket; want one")
	case t.Renegotiation == model.RenegIgnore:
		return errors.New("openssl: renegotiation ignore is not supported; use allow or refuse")
	case t.AnswerAtRead:
		return errors.New("openssl: a KeyUpdate answer at the read is not supported; " +
			"OpenSSL answers at the next write")
	case t.RefusalIsWarning:
		return errors.New("openssl: a no_renegotiation that is only a warning is not " +
			"supported; OpenSSL fails")
	case t.NoDataInReneg:
		return errors.New("openssl: refusing data during a renegotiation is not " +
			"supported; OpenSSL delivers it")
	case cfg.Foreign && cfg.Resume:
		return errors.New("openssl: got a session to resume with a foreign end; want none")
	case cfg.Transport == model.Pair && (cfg.In < 1 || cfg.Out < 1):
		return fmt.Errorf("openssl: buffers of %d and %d bytes; want at least 1", cfg.In, cfg.Out)
	}
	return nil
}

// Numbers of ssl.h. They are part of OpenSSL's ABI.
const (
	ctrlMsgCallbackArg  = 16
	ctrlMode            = 33
	ctrlSessCacheMode   = 44
	ctrlMaxSendFragment = 52
	ctrlSetGroupsList   = 92
	ctrlMinProto        = 123
	ctrlMaxProto        = 124

	modePartialWrite = 1
	modeMovingBuffer = 2

	opAllowClientReneg = 1 << 8
	opNoTicket         = 1 << 14
	opNoReneg          = 1 << 30

	versionTLS12 = 0x0303
	versionTLS13 = 0x0304
)

// numCtxs counts the contexts: one for each role, version, renegotiation policy and profile.
const numCtxs = 8 * int(numProfiles)

// ctxIndex is the index of cfg's context in Library.ctxs.
func ctxIndex(cfg *model.EngineConfig) int {
	i := int(cfg.Role)<<2 | int(cfg.Version)<<1
	if cfg.Traits.Renegotiation == model.RenegRefuse {
		i |= 1
	}
	return i*int(numProfiles) + int(profileOf(cfg))
}

// context returns the SSL_CTX for cfg. Each is made once, because it costs ten times as much as an
// SSL.
func (l *Library) context(cfg *model.EngineConfig) (uintptr, error) {
	slot := &l.ctxs[ctxIndex(cfg)]
	if *slot != 0 {
		return *slot, nil
	}
	// SSL_CTX_new draws ticket keys. They must not come from the run's randomness: only the first
	// run of a process makes the contexts, so its wire bytes would differ from those of a
	// repetition.
	l.cur, l.spare = nil, 0
	method := l.clientMethod
	if cfg.Role == model.Server {
		method = l.serverMethod
	}
	ctx := l.ctxNew(method())
	if ctx == 0 {
		return 0, l.queued("SSL_CTX_new")
	}
	if err := l.configure(ctx, cfg); err != nil {
		l.ctxFree(ctx)
		return 0, err
	}
	*slot = ctx
	return ctx, nil
}

// configure sets the version, cipher suite, profile and options of a new context.
func (l *Library) configure(ctx uintptr, cfg *model.EngineConfig) error {
	proto := int64(versionTLS12)
	if cfg.Version == model.TLS13 {
		proto = versionTLS13
	}
	l.ctxCtrl(ctx, ctrlMinProto, proto, 0)
	l.ctxCtrl(ctx, ctrlMaxProto, proto, 0)
	l.ctxCtrl(ctx, ctrlSessCacheMode, cacheNothing, 0)
	l.ctxSetGetSession(ctx, l.sessionGet)
	l.ctxSetOptions(ctx, options(cfg))
	if l.ctxSetSuites(ctx, "TLS_AES_128_GCM_SHA256") != 1 {
		return l.queued("SSL_CTX_set_ciphersuites")
	}
	return l.authenticate(ctx, profileOf(cfg), cfg.Role)
}

// authenticate sets what the profile needs. It sets the security level too, because that is a
// default of the distribution and decides the signature algorithms of a ClientHello.
func (l *Library) authenticate(ctx uintptr, p profile, role model.Role) error {
	suite := "ECDHE-ECDSA-AES128-GCM-SHA256:@SECLEVEL=1"
	switch p {
	case byPSK:
		suite = "PSK-AES128-GCM-SHA256:@SECLEVEL=1"
	case strangers:
		suite = "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:@SECLEVEL=1"
	}
	if l.ctxSetCiphers(ctx, suite) != 1 {
		return l.queued("SSL_CTX_set_cipher_list")
	}
	if p != byPSK {
		return l.trust(ctx, p, role)
	}
	l.ctxSetPSKClient(ctx, l.pskClient)
	l.ctxSetPSKServer(ctx, l.pskServer)
	return nil
}

// options are the SSL_OP bits of a context (SSL_CTX_set_options(3)). A server needs
// SSL_OP_ALLOW_CLIENT_RENEGOTIATION, or OpenSSL 3 refuses every renegotiation of a client.
func options(cfg *model.EngineConfig) uint64 {
	ops := uint64(opNoTicket | opNoResumeAgain)
	if cfg.Foreign && cfg.Role == model.Client {
		ops = 0 // its tickets are the server's, clock and all
	}
	switch {
	case cfg.Traits.Renegotiation == model.RenegRefuse:
		ops |= opNoReneg
	case cfg.Role == model.Server:
		ops |= opAllowClientReneg
	}
	return ops
}

// clearErrors empties the thread's error queue.
func (l *Library) clearErrors() { callC(l.errClear, nil) }

// lastError is the newest code of the thread's error queue, or 0. The code stays in the queue.
func (l *Library) lastError() uint32 { return uint32(callC(l.errPeekLast, nil)) }

// errorText is OpenSSL's text for a code of the queue.
func (l *Library) errorText(code uint32) string {
	buf := make([]byte, 256)
	l.errString(uint64(code), &buf[0], uint64(len(buf)))
	for i, b := range buf {
		if b == 0 {
			return string(buf[:i])
		}
	}
	return string(buf)
}

// queued makes an error of what a call for no engine left in the queue. Then it empties the queue,
// so that no engine's call reports that error.
func (l *Library) queued(call string) error {
	code := l.lastError()
	l.clearErrors()
	return fmt.Errorf("openssl: %s: %s", call, l.errorText(code))
}
