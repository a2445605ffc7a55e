// Package openssl is the OpenSSL that is installed on the machine, as a
// [model.Library]: libssl and libcrypto, loaded at run time without cgo or
// headers. It is made for version 3. Version 1.1.1 has all that is called here, and is used where
// there is no other, or where it is named.
//
// A script that fails on the model is replayed here against the real library, so runs must repeat.
// Nothing else may decide what they do:
//
//   - Randomness is seeded: RAND_set_rand_method(3) makes every hello random, nonce and key share
//     follow from the seed of [Library.Begin].
//   - The clock is not used: session tickets that carry it are off, hello randoms have had no time
//     in them since OpenSSL 1.1.0, and certificates are verified at a fixed time.
//   - The machine's settings are not used: openssl.cnf is not read, and cipher suite and security
//     level are set.
//
// Links have one of three profiles. Without a ServerChain both ends have a PSK, which is cheap, and
// ClientAuth means nothing. With a ServerChain the server shows ECDSA certificates of that length,
// give or take 64 bytes, and with ClientAuth the client shows its own; both are checked. The nonces
// of their signatures follow from the run's seed too. But the length of a signature in DER varies,
// so a flight varies by a few bytes.
//
// A TLS 1.3 server's tickets are names of sessions that nobody stores, not
// sealed sessions, so they carry no time. After a handshake with a PSK OpenSSL
// sends at most one of them, after one with certificates as many as asked for.
//
// A link that resumes a session, or sends early data, has its session from code:
// see session.go.
//
// What OpenSSL 3.0.19 breaks by itself, whatever the pump does, if the pump has
// a write that waits for room: it fails the link on the next read of two
// KeyUpdates in a row (issue 8677), of a ClientHello or of a CertificateRequest,
// and when the write is made again after a ClientHello was refused whose alert
// does not fit. Err wraps [model.ErrLibrary] then: see lapsed. It also throws
// away what does not fit of a no_renegotiation alert while no write waits, and
// its peer can decrypt nothing from then on; and it answers a HelloRequest twice
// if another one follows. A renegotiation that would be begun twice is refused:
// see stories 20 and 22 at Renegotiate.
//
// Both transports are there: a BIO pair, and a BIO that calls the socket. Traits
// that OpenSSL does not have are errors of New.
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
// OpenSSL has one source of randomness a process, so only one run at a time
// can be deterministic: Begin waits while another goroutine is in a run.
// Nobody else in the process may use the same OpenSSL between Begin and End:
// they would get predictable keys.
type Library struct {
	api
	callbacks
	certs     certificates
	bioMethod uintptr // of attached engines, once there is one

	// The rest belongs to the run that has the turn.
	running bool
	seed    uint64
	made    uint64        // engines of this run
	cur     *engine       // whose call C is in: callbacks act for it
	spare   secret.Stream // randomness of calls that no engine makes
	ctxs    [numCtxs]uintptr
}

// turn is held from Begin to End, and owner is the thread that holds it; 0 is
// none. They are one for all Libraries: two may have the same libcrypto.
var (
	turn  sync.Mutex
	owner atomic.Uint64
)

// Name is "openssl". A Library that is nil has a name, too.
func (l *Library) Name() string { return "openssl" }

// Can says what OpenSSL can do; l may be nil. The library has one error queue and one source
// of randomness, and a bug in it takes the process along.
func (l *Library) Can() model.Capabilities {
	return model.Capabilities{RealTLS: true, UnderTest: true, PSK: true, Certificates: true,
		NamedSessions: true, Renegotiation: true, PostAuth: true, EarlyData: true}
}

// Describe is OpenSSL_version(3): "OpenSSL 3.0.19 27 Jan 2026".
func (l *Library) Describe() string { return l.version(0) }

// Begin starts a run on the calling goroutine: it takes the thread, because
// the error queue belongs to it, seeds the randomness and empties the queue.
// It waits while another goroutine is in a run. On a goroutine that is in one
// it starts the next, and one End is enough for all.
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

// End ends the run, on the goroutine that began it. It gives the thread back,
// and OpenSSL its own randomness. The run's engines may only be freed from
// then on. Without a run End does nothing.
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

// New makes an engine: an SSL over a BIO pair whose buffers have cfg.In and
// cfg.Out bytes, or attached to cfg.Socket. MaxRecord is brought into the 512 to 16384 that OpenSSL
// allows; HandshakeRecord, which it has no setting for, is not used. Of a TLS
// 1.3 server's cfg.Tickets at most one is sent, as after any handshake with a
// PSK. The error says what is not supported, or what OpenSSL said.
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

// Free takes an engine back (SSL_free(3)). A second Free does nothing.
func (l *Library) Free(me model.Engine) {
	e, ok := me.(*engine)
	if !ok || e.ssl == 0 {
		return
	}
	l.sslFree(e.ssl) // and with it the inner half of the pair, or the socket's BIO
	if e.net != 0 {
		l.bioFree(e.net)
	}
	e.ssl, e.net, e.watch, e.socket, e.known = 0, 0, nil, nil, false
	if l.cur == e {
		l.cur = nil
	}
}

// supported says what of cfg OpenSSL, or this package, can't do.
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

// numCtxs: a context for each role, version, renegotiation policy and profile.
const numCtxs = 8 * int(numProfiles)

// ctxIndex is the place of cfg's context in Library.ctxs.
func ctxIndex(cfg *model.EngineConfig) int {
	i := int(cfg.Role)<<2 | int(cfg.Version)<<1
	if cfg.Traits.Renegotiation == model.RenegRefuse {
		i |= 1
	}
	return i*int(numProfiles) + int(profileOf(cfg))
}

// context gives the SSL_CTX for cfg, which is made once: it costs ten times
// as much as an SSL.
func (l *Library) context(cfg *model.EngineConfig) (uintptr, error) {
	slot := &l.ctxs[ctxIndex(cfg)]
	if *slot != 0 {
		return *slot, nil
	}
	// SSL_CTX_new draws ticket keys. Were they drawn from the run's randomness,
	// the first run of a process, which makes the contexts, would have other
	// bytes on the wire than its repetition.
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

// configure sets version, cipher suite, profile and options of a new context.
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

// authenticate sets what the profile needs. The security level is a default of
// the distribution, and the signature algorithms of a ClientHello follow from
// it.
func (l *Library) authenticate(ctx uintptr, p profile, role model.Role) error {
	suite := "PSK-AES128-GCM-SHA256:@SECLEVEL=1"
	if p != byPSK {
		suite = "ECDHE-ECDSA-AES128-GCM-SHA256:@SECLEVEL=1"
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

// options are the SSL_OP bits of a context (SSL_CTX_set_options(3)). Without
// the first, OpenSSL 3 refuses a client's renegotiation as if told to.
func options(cfg *model.EngineConfig) uint64 {
	ops := uint64(opNoTicket | opNoResumeAgain)
	switch {
	case cfg.Traits.Renegotiation == model.RenegRefuse:
		ops |= opNoReneg
	case cfg.Role == model.Server:
		ops |= opAllowClientReneg
	}
	return ops
}

// clearErrors empties the thread's queue.
func (l *Library) clearErrors() { callC(l.errClear, nil) }

// lastError is the newest code of the thread's queue, which keeps it. 0: none.
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

// queued makes an error of what a call on no engine left in the queue, and
// empties it: no engine's call may be judged by it.
func (l *Library) queued(call string) error {
	code := l.lastError()
	l.clearErrors()
	return fmt.Errorf("openssl: %s: %s", call, l.errorText(code))
}
