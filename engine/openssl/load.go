package openssl

import (
	"fmt"
	"slices"
	"strings"
	"sync"
)

// api is the part of libssl and libcrypto that is used. The addresses are called through callC at
// every step of a run. The funcs are called a few times in a link.
type api struct {
	sslDoHandshake, sslReadEx, sslWriteEx, sslShutdown, sslGetError       uintptr
	sslPeekEx                                                             uintptr
	sslRenegotiate, sslKeyUpdate, sslGetKeyUpdateType                     uintptr
	sslVerifyClientPost, sslWriteEarly, sslReadEarly, sslEarlyStatus      uintptr
	sslIsInitFinished, sslPending, sslHasPending, sslGetShutdown, sslWant uintptr
	bioReadEx, bioWriteEx, bioCtrlPending, bioWriteGuarantee              uintptr
	bioSetFlags, bioClearFlags                                            uintptr
	errClear, errPeekLast                                                 uintptr

	threadID      func() uint64
	initSSL       func(opts uint64, settings uintptr) int32
	versionNum    func() uint64
	version       func(what int32) string
	setRandMethod func(method uintptr) int32
	errString     func(code uint64, buf *byte, n uint64)

	clientMethod, serverMethod func() uintptr
	ctxNew                     func(method uintptr) uintptr
	ctxFree                    func(ctx uintptr)
	ctxCtrl                    func(ctx uintptr, cmd int32, n int64, p uintptr) int64
	ctxSetOptions              func(ctx uintptr, bits uint64) uint64
	ctxSetCiphers              func(ctx uintptr, list string) int32
	ctxSetSuites               func(ctx uintptr, list string) int32
	ctxSetPSKClient            func(ctx uintptr, cb uintptr)
	ctxSetPSKServer            func(ctx uintptr, cb uintptr)
	ctxSetKeyLog               func(ctx uintptr, cb uintptr)
	ctxSetGetSession           func(ctx uintptr, cb uintptr)

	ctxSetVerify     func(ctx uintptr, mode int32, cb uintptr)
	ctxSetCertVerify func(ctx, cb, arg uintptr)
	ctxGetStore      func(ctx uintptr) uintptr
	ctxGetParam      func(ctx uintptr) uintptr
	storeAddCert     func(store, cert uintptr) int32
	paramSetTime     func(param uintptr, t int64)
	d2iX509          func(to uintptr, der *uintptr, n int64) uintptr
	d2iPrivateKey    func(to uintptr, der *uintptr, n int64) uintptr
	stackNew         func() uintptr
	stackPush        func(stack, item uintptr) int32
	sslUseCertAndKey func(ssl, cert, key, rest uintptr, override int32) int32

	sslNew             func(ctx uintptr) uintptr
	sslFree            func(ssl uintptr)
	sslCtrl            func(ssl uintptr, cmd int32, n int64, p uintptr) int64
	sslSetBIO          func(ssl, r, w uintptr)
	sslSetConnectState func(ssl uintptr)
	sslSetAcceptState  func(ssl uintptr)
	sslSetNumTickets   func(ssl uintptr, n uint64) int32
	sslSetMsgCallback  func(ssl, cb uintptr)
	sslSetVerify       func(ssl uintptr, mode int32, cb uintptr)
	sslSetPostAuth     func(ssl uintptr, on int32)
	sslSetSessionID    func(ssl uintptr, context *byte, n uint32) int32
	sslSetMaxEarly     func(ssl uintptr, n uint32) int32
	sslSetRecvMaxEarly func(ssl uintptr, n uint32) int32
	sslSetSession      func(ssl, session uintptr) int32
	sslSetPSKUse       func(ssl, cb uintptr)
	sslSetPSKFind      func(ssl, cb uintptr)
	d2iSession         func(to uintptr, der *uintptr, n int64) uintptr
	sessionFree        func(session uintptr)
	sslPeerFinished    func(ssl uintptr, buf *byte, n uint64) uint64
	sslStateText       func(ssl uintptr) string
	bioNewIndex        func() int32
	bioMethNew         func(kind int32, name string) uintptr
	bioMethSetRead     func(method, cb uintptr) int32
	bioMethSetWrite    func(method, cb uintptr) int32
	bioMethSetCtrl     func(method, cb uintptr) int32
	bioNew             func(method uintptr) uintptr
	bioSetInit         func(bio uintptr, on int32)
	bioNewPair         func(a *uintptr, na uint64, b *uintptr, nb uint64) int32
	bioFree            func(bio uintptr) int32
}

// A symbol says where the address of a C function goes: to is a *uintptr for callC, or a pointer to
// a func for bindC.
type symbol struct {
	name string
	to   any
}

// symbols lists all symbols that a library must have. The first two are bound before the others,
// because they tell an old library from an unknown one.
func (a *api) symbols() []symbol {
	return slices.Concat(a.librarySymbols(), a.linkSymbols(), a.bioSymbols())
}

// librarySymbols are the symbols of the library, its contexts and certificates.
func (a *api) librarySymbols() []symbol {
	return []symbol{
		{"OpenSSL_version_num", &a.versionNum},
		{"OpenSSL_version", &a.version},
		{"OPENSSL_init_ssl", &a.initSSL},
		{"CRYPTO_THREAD_get_current_id", &a.threadID},
		{"RAND_set_rand_method", &a.setRandMethod},
		{"ERR_clear_error", &a.errClear},
		{"ERR_peek_last_error", &a.errPeekLast},
		{"ERR_error_string_n", &a.errString},
		{"TLS_client_method", &a.clientMethod},
		{"TLS_server_method", &a.serverMethod},
		{"SSL_CTX_new", &a.ctxNew},
		{"SSL_CTX_free", &a.ctxFree},
		{"SSL_CTX_ctrl", &a.ctxCtrl},
		{"SSL_CTX_set_options", &a.ctxSetOptions},
		{"SSL_CTX_set_cipher_list", &a.ctxSetCiphers},
		{"SSL_CTX_set_ciphersuites", &a.ctxSetSuites},
		{"SSL_CTX_set_psk_client_callback", &a.ctxSetPSKClient},
		{"SSL_CTX_set_psk_server_callback", &a.ctxSetPSKServer},
		{"SSL_CTX_set_keylog_callback", &a.ctxSetKeyLog},
		{"SSL_CTX_set_verify", &a.ctxSetVerify},
		{"SSL_CTX_set_cert_verify_callback", &a.ctxSetCertVerify},
		{"SSL_CTX_get_cert_store", &a.ctxGetStore},
		{"SSL_CTX_get0_param", &a.ctxGetParam},
		{"X509_STORE_add_cert", &a.storeAddCert},
		{"X509_VERIFY_PARAM_set_time", &a.paramSetTime},
		{"d2i_X509", &a.d2iX509},
		{"d2i_AutoPrivateKey", &a.d2iPrivateKey},
		{"OPENSSL_sk_new_null", &a.stackNew},
		{"OPENSSL_sk_push", &a.stackPush},
		{"SSL_use_cert_and_key", &a.sslUseCertAndKey},
	}
}

// linkSymbols are the symbols of an SSL.
func (a *api) linkSymbols() []symbol {
	return []symbol{
		{"SSL_new", &a.sslNew},
		{"SSL_free", &a.sslFree},
		{"SSL_ctrl", &a.sslCtrl},
		{"SSL_set_bio", &a.sslSetBIO},
		{"SSL_set_connect_state", &a.sslSetConnectState},
		{"SSL_set_accept_state", &a.sslSetAcceptState},
		{"SSL_set_num_tickets", &a.sslSetNumTickets},
		{"SSL_set_msg_callback", &a.sslSetMsgCallback},
		{"SSL_set_verify", &a.sslSetVerify},
		{"SSL_set_post_handshake_auth", &a.sslSetPostAuth},
		{"SSL_set_session_id_context", &a.sslSetSessionID},
		{"SSL_set_session", &a.sslSetSession},
		{"SSL_write_early_data", &a.sslWriteEarly},
		{"SSL_read_early_data", &a.sslReadEarly},
		{"SSL_get_early_data_status", &a.sslEarlyStatus},
		{"SSL_set_max_early_data", &a.sslSetMaxEarly},
		{"SSL_set_recv_max_early_data", &a.sslSetRecvMaxEarly},
		{"SSL_set_psk_use_session_callback", &a.sslSetPSKUse},
		{"SSL_set_psk_find_session_callback", &a.sslSetPSKFind},
		{"SSL_CTX_sess_set_get_cb", &a.ctxSetGetSession},
		{"d2i_SSL_SESSION", &a.d2iSession},
		{"SSL_SESSION_free", &a.sessionFree},
		{"SSL_verify_client_post_handshake", &a.sslVerifyClientPost},
		{"SSL_do_handshake", &a.sslDoHandshake},
		{"SSL_read_ex", &a.sslReadEx},
		{"SSL_write_ex", &a.sslWriteEx},
		{"SSL_peek_ex", &a.sslPeekEx},
		{"SSL_shutdown", &a.sslShutdown},
		{"SSL_get_error", &a.sslGetError},
		{"SSL_renegotiate", &a.sslRenegotiate},
		{"SSL_key_update", &a.sslKeyUpdate},
		{"SSL_get_key_update_type", &a.sslGetKeyUpdateType},
		{"SSL_is_init_finished", &a.sslIsInitFinished},
		{"SSL_pending", &a.sslPending},
		{"SSL_want", &a.sslWant},
		{"SSL_has_pending", &a.sslHasPending},
		{"SSL_get_shutdown", &a.sslGetShutdown},
		{"SSL_get_peer_finished", &a.sslPeerFinished},
		{"SSL_state_string_long", &a.sslStateText},
	}
}

// bioSymbols are the symbols of the BIOs below an SSL.
func (a *api) bioSymbols() []symbol {
	return []symbol{
		{"BIO_get_new_index", &a.bioNewIndex},
		{"BIO_meth_new", &a.bioMethNew},
		{"BIO_meth_set_read_ex", &a.bioMethSetRead},
		{"BIO_meth_set_write_ex", &a.bioMethSetWrite},
		{"BIO_meth_set_ctrl", &a.bioMethSetCtrl},
		{"BIO_new", &a.bioNew},
		{"BIO_set_init", &a.bioSetInit},
		{"BIO_set_flags", &a.bioSetFlags},
		{"BIO_clear_flags", &a.bioClearFlags},
		{"BIO_new_bio_pair", &a.bioNewPair},
		{"BIO_free", &a.bioFree},
		{"BIO_read_ex", &a.bioReadEx},
		{"BIO_write_ex", &a.bioWriteEx},
		{"BIO_ctrl_pending", &a.bioCtrlPending},
		{"BIO_ctrl_get_write_guarantee", &a.bioWriteGuarantee},
	}
}

// bind looks one symbol up and fills it in.
func (s symbol) bind(lib string, handles []uintptr) error {
	addr := lookupC(handles, s.name)
	if addr == 0 {
		return fmt.Errorf("openssl: library %q has no symbol %s; want OpenSSL 3, or 1.1.1",
			lib, s.name)
	}
	if p, ok := s.to.(*uintptr); ok {
		*p = addr
	} else {
		bindC(s.to, addr)
	}
	return nil
}

// known reports whether this package's numbers, copied from the headers, are right for a library
// with that OPENSSL_VERSION_NUMBER: 0xMNN00PP0 from 3.0 on, 0xMNNFFPPS before. LibreSSL always says
// 2.0.0.
func known(number uint64) bool {
	const first, last = 0x10101000, 0x10101fff
	return first <= number && number <= last || number >= versionThree
}

// versionThree is the number of the first 3.x.
const versionThree = 0x30000000

const (
	// OPENSSL_INIT_NO_LOAD_CONFIG: a machine's openssl.cnf sets ciphers, versions and the security
	// level, which change the bytes on the wire.
	initNoLoadConfig = 0x80
	// OPENSSL_INIT_NO_ATEXIT: an exit during a run of another thread must not free what that thread
	// uses.
	initNoAtExit = 0x80000
)

// bindAll fills in the whole api. The version comes first: an older library lacks symbols too, and
// its version explains that better.
func (a *api) bindAll(lib string, handles []uintptr) error {
	for i, s := range a.symbols() {
		if err := s.bind(lib, handles); err != nil {
			return err
		}
		if i == 1 && !known(a.versionNum()) {
			return fmt.Errorf("openssl: library %q is %s; want OpenSSL 3, or 1.1.1",
				lib, a.version(0))
		}
	}
	if a.initSSL(initNoLoadConfig|initNoAtExit, 0) != 1 {
		return fmt.Errorf("openssl: library %q failed to start: OPENSSL_init_ssl", lib)
	}
	return nil
}

// loaded keeps what Load has returned. A library is never unloaded, and its callbacks are never
// freed. The system gives one handle to all names of one file.
var loaded struct {
	sync.Mutex
	byHandle map[uintptr]*Library
}

// Load opens the installed OpenSSL, version 3 or 1.1.1. name is libssl's file name for the system's
// loader, and "" means the platform's usual names. The same file gives the same Library. The error
// is one line that says what was tried and what to install. Load may be called from any goroutine.
func Load(name string) (*Library, error) {
	names := []string{name}
	if name == "" {
		names = defaultNames()
	}
	loaded.Lock()
	defer loaded.Unlock()
	found, handles, err := openFirst(names)
	if err != nil {
		return nil, err
	}
	if lib, ok := loaded.byHandle[handles[0]]; ok {
		return lib, nil
	}
	l := &Library{}
	if err := l.bindAll(found, handles); err != nil {
		return nil, err
	}
	l.register()
	if loaded.byHandle == nil {
		loaded.byHandle = make(map[uintptr]*Library)
	}
	loaded.byHandle[handles[0]] = l
	return l, nil
}

// openFirst opens the first of names that exists. If none does, the error is that of the first
// name, because the others are only other places for it.
func openFirst(names []string) (found string, handles []uintptr, err error) {
	var first error
	for _, n := range names {
		handles, err := openC(n)
		if err == nil {
			return n, handles, nil
		}
		if first == nil {
			first = err
		}
	}
	return "", nil, fmt.Errorf("openssl: no library %q (%s: %s); %s",
		names[0], opener, oneLine(names[0], first), installHint())
}

// oneLine is the loader's message on one line, without the name in front.
func oneLine(name string, err error) string {
	text := strings.Join(strings.Fields(err.Error()), " ")
	return strings.TrimPrefix(text, name+": ")
}
