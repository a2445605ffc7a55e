package openssl

import (
	"fmt"
	"unsafe"

	"github.com/wantwrite/wantwrite/engine/secret"
	"github.com/wantwrite/wantwrite/model"
)

// Numbers of SSL_get_error(3), SSL_want(3) and SSL_key_update(3).
const (
	errNone       = 0
	errWantRead   = 2
	errWantWrite  = 3
	errSyscall    = 5
	errZeroReturn = 6

	wantWriting = 2 // SSL_WRITING of SSL_want(3)

	keyUpdateNone         = -1
	keyUpdateNotRequested = 0
	keyUpdateRequested    = 1
)

// An engine is one SSL and its transport. The transport is a BIO pair, whose inner half the SSL
// owns and whose outer half is net. Or it is a BIO that calls the socket, and net is 0.
//
// It belongs to the run and the thread that it was made in.
type engine struct {
	lib *Library
	ssl uintptr
	net uintptr
	transport
	tls13, server bool
	refuses       bool // SSL_OP_NO_RENEGOTIATION
	foreign       bool // the other end is none of ours
	again         bool // a client has asked for a renegotiation

	args  [4]uintptr     // of the current call: a slice of it allocates nothing
	count uintptr        // where C writes the number of bytes that it moved
	pin   unsafe.Pointer // what args point to

	key    uint64
	random secret.Stream

	began bool // a call was made after which there can be no early data

	session  []byte // the session that the link resumes, in DER
	identity []byte // its name in TLS 1.3

	failed   bool
	failCall string
	failCode uint32
	refused  bool   // the failed call has changed nothing
	refusal  string // the reason, if OpenSSL does not give one

	known, finished bool // the answer of InitFinished, until the next call of the SSL

	moving    bool // a Write may be repeated from another address
	writing   bool // a record of a Write waits for room, and the Write has to be repeated
	earlyOpen bool // a WriteEarly has to be repeated
	last      offer
	own       bool // the library has broken the engine by itself: see lapsed

	first [1]byte  // the buffer of peek
	asked [12]byte // lastHandshake when the last HelloRequest was sent

	watch  func(model.Note)
	sealed int // length of the last sealed record, if watched
	keyLog func(line string)
}

// newEngine makes the SSL and its transport.
func (l *Library) newEngine(ctx uintptr, cfg *model.EngineConfig) (*engine, error) {
	e := &engine{lib: l, key: cfg.Key, tls13: cfg.Version == model.TLS13,
		server: cfg.Role == model.Server, watch: cfg.Watch, keyLog: cfg.KeyLog,
		refuses: cfg.Traits.Renegotiation == model.RenegRefuse, foreign: cfg.Foreign}
	e.random = secret.StreamOf(l.seed, cfg.Key, uint64(cfg.Role), l.made)
	l.made++
	l.cur = e
	if e.keyLog != nil {
		l.ctxSetKeyLog(ctx, l.secret) // stays set: the context's other engines have a nil keyLog
	}
	if e.ssl = l.sslNew(ctx); e.ssl == 0 {
		return nil, l.queued("SSL_new")
	}
	if err := e.connect(cfg); err != nil {
		l.Free(e)
		return nil, err
	}
	e.configure(cfg)
	if err := e.identify(cfg); err != nil {
		l.Free(e)
		return nil, err
	}
	if cfg.Resume {
		l.cur = e
		if err := e.resume(cfg); err != nil {
			l.Free(e)
			return nil, err
		}
	}
	return e, nil
}

// connect gives the SSL its transport: a pair, or the socket.
func (e *engine) connect(cfg *model.EngineConfig) error {
	if cfg.Transport == model.Attached {
		return e.attach(cfg)
	}
	var inner uintptr
	if e.lib.bioNewPair(&inner, uint64(cfg.Out), &e.net, uint64(cfg.In)) != 1 {
		return e.lib.queued("BIO_new_bio_pair")
	}
	e.lib.sslSetBIO(e.ssl, inner, inner)
	return nil
}

// configure sets what differs between the engines of one context.
func (e *engine) configure(cfg *model.EngineConfig) {
	l := e.lib
	if cfg.Role == model.Server {
		l.sslSetAcceptState(e.ssl)
		l.sslSetNumTickets(e.ssl, uint64(max(cfg.Tickets, 0)))
		if cfg.Retry && e.tls13 {
			l.sslCtrl(e.ssl, ctrlSetGroupsList, 0, uintptr(unsafe.Pointer(&otherGroup[0])))
		}
	} else {
		l.sslSetConnectState(e.ssl)
	}
	e.moving = cfg.MovingBuffer
	l.sslCtrl(e.ssl, ctrlMode, modes(cfg), 0)
	l.sslCtrl(e.ssl, ctrlMaxSendFragment, int64(min(max(cfg.MaxRecord, 512), 16384)), 0)
	if cfg.PostAuth && e.tls13 {
		e.postAuth(cfg)
	}
	if cfg.Foreign && cfg.ClientAuth && e.server {
		l.sslSetVerify(e.ssl, verifyPeer, 0)
	}
	if cfg.Watch != nil {
		l.sslSetMsgCallback(e.ssl, l.message)
	}
}

// otherGroup is a C string. It is the only group of a server that sends a HelloRetryRequest. A
// client's first key share is of X25519, but it offers this group as well, as a client of
// engine/gotls does.
var otherGroup = []byte("P-256\x00")

// modes are the SSL_MODE bits to add to the default, SSL_MODE_AUTO_RETRY (SSL_CTX_set_mode(3)).
func modes(cfg *model.EngineConfig) int64 {
	var m int64
	if cfg.PartialWrite {
		m |= modePartialWrite
	}
	if cfg.MovingBuffer {
		m |= modeMovingBuffer
	}
	return m
}

// call calls fn with the first n of e.args. Callbacks act for e meanwhile.
func (e *engine) call(fn uintptr, n int) uintptr {
	if e.ssl == 0 {
		panic("openssl: call on an engine that was freed")
	}
	e.lib.cur, e.known = e, false
	r := callC(fn, e.args[:n])
	e.rethrow()
	return r
}

// ask calls a function that takes only the SSL and returns an int.
func (e *engine) ask(fn uintptr) int {
	e.args[0] = e.ssl
	return int(int32(e.call(fn, 1)))
}

// askNet calls a function that takes only the network end and returns a size. Without a network end
// it returns 0.
func (e *engine) askNet(fn uintptr) int {
	if e.net == 0 {
		return 0
	}
	e.args[0] = e.net
	return int(e.call(fn, 1))
}

// tell calls a function that takes the SSL and a number.
func (e *engine) tell(fn uintptr, n int) int {
	e.args[0], e.args[1] = e.ssl, uintptr(n)
	return int(int32(e.call(fn, 2)))
}

// move calls one of the _ex functions, which move bytes from or to p. It returns the number of
// bytes, and ok if the function returned 1. The pin keeps p alive and on the heap. A stack may move
// while C is in a callback, and OpenSSL keeps the address of a write that has to be retried.
func (e *engine) move(fn, object uintptr, p []byte) (n int, ok bool) {
	n, r := e.moveFor(fn, object, p)
	return n, r == 1
}

// moveFor is move for functions with more than two results.
func (e *engine) moveFor(fn, object uintptr, p []byte) (n, answer int) {
	e.pin = unsafe.Pointer(unsafe.SliceData(p))
	e.count = 0
	e.args = [4]uintptr{object, uintptr(e.pin), uintptr(len(p)), uintptr(unsafe.Pointer(&e.count))}
	r := int32(e.call(fn, 4))
	e.pin = nil
	return int(e.count), int(r)
}

// status is the answer of SSL_get_error(3) for a call's result. SSL_get_error looks at the thread's
// error queue first, so another engine's error turns a want into Failed here. The pump must call
// ClearErrors.
func (e *engine) status(name string, result int) model.Status {
	e.failed = false
	switch e.tell(e.lib.sslGetError, result) {
	case errNone:
		return model.OK
	case errWantRead:
		e.forget()
		return model.WantRead
	case errWantWrite:
		e.stuck = false
		return model.WantWrite
	case errZeroReturn:
		return model.Closed
	}
	return e.fail(name)
}

// sendStatus is status for a call that sends.
//
// Story 24: after the peer's close_notify, SSL_get_error says ZERO_RETURN for every failure that
// left no error in the queue. So it did for a write to a broken socket. Here that is a failure, as
// it is before the close_notify.
func (e *engine) sendStatus(name string, result int) model.Status {
	if s := e.status(name, result); s != model.Closed {
		return s
	}
	return e.fail(name)
}

// well ends a call that succeeded.
func (e *engine) well() model.Status {
	e.failed = false
	e.forget()
	return model.OK
}

// fail notes the failed call and the newest error of the queue. The error stays in the queue, as it
// does for a C caller.
func (e *engine) fail(name string) model.Status {
	e.failed, e.failCall, e.failCode = true, name, e.lib.lastError()
	e.refused = false
	e.own = e.own || e.lapsed()
	return model.Failed
}

// refuse is fail for a call that has changed nothing; the engine lives on. why is empty if OpenSSL
// gives the reason.
func (e *engine) refuse(name, why string) model.Status {
	e.fail(name)
	e.refused, e.refusal = true, why
	return model.Failed
}

// Handshake is SSL_do_handshake(3).
func (e *engine) Handshake() model.Status {
	e.began = true
	if r := e.ask(e.lib.sslDoHandshake); r != 1 {
		return e.status("SSL_do_handshake", r)
	}
	return e.well()
}

// Read is SSL_read_ex(3). With an empty p it takes all input and says OK, where OpenSSL can't tell
// an empty read from a failure.
func (e *engine) Read(p []byte) (n int, s model.Status) {
	e.began = true
	n, ok := e.move(e.lib.sslReadEx, e.ssl, p)
	if ok {
		if e.watch != nil {
			e.watch(model.Note{Message: "application data", Bytes: n})
		}
		return n, e.well()
	}
	if len(p) == 0 && e.tell(e.lib.sslGetError, 0) == errSyscall {
		return 0, e.emptyHanded()
	}
	return 0, e.status("SSL_read", 0)
}

// emptyHanded is the status of an empty Read that SSL_get_error(3) does not explain: either there
// is data, or the engine is dead.
//
// Story 41: only SSL_peek told the two apart, but it does all that other calls do. It began a
// renegotiation that half a record had delayed, and the pump had not asked for it. So InitFinished
// and Pending are asked first.
func (e *engine) emptyHanded() model.Status {
	if e.InitFinished() && e.Pending() > 0 { // a dead engine is never finished
		return e.well()
	}
	if _, ok := e.move(e.lib.sslPeekEx, e.ssl, e.first[:]); ok {
		return e.well()
	}
	return e.status("SSL_read", 0)
}

// Write is SSL_write_ex(3). An empty p sends no record, but it sends what the engine has deferred:
// the answer to a KeyUpdate.
func (e *engine) Write(p []byte) (n int, s model.Status) {
	e.offered(p)
	e.began = true
	n, ok := e.move(e.lib.sslWriteEx, e.ssl, p)
	if ok {
		e.writing = false
		return n, e.well()
	}
	e.writing = e.writing || e.ask(e.lib.sslWant) == wantWriting && e.InitFinished()
	return 0, e.sendStatus("SSL_write", 0)
}

// Shutdown is SSL_shutdown(3). Its 0 is WantRead.
func (e *engine) Shutdown() model.Status {
	switch r := e.ask(e.lib.sslShutdown); {
	case r == 1:
		return e.well()
	case r == 0:
		e.failed = false
		return model.WantRead
	default:
		return e.sendStatus("SSL_shutdown", r)
	}
}

// ClearErrors is ERR_clear_error(3). It empties the thread's queue, for all engines.
func (e *engine) ClearErrors() { e.lib.clearErrors() }

// Feed is BIO_write(3) on the network end. A full pair asks for a retry and leaves no error in the
// queue.
func (e *engine) Feed(p []byte) int {
	if len(p) == 0 || e.net == 0 {
		return 0
	}
	n, ok := e.move(e.lib.bioWriteEx, e.net, p)
	if !ok {
		return 0
	}
	return n
}

// Drain is BIO_read(3) on the network end. Like Feed it leaves no error.
func (e *engine) Drain(p []byte) int {
	if len(p) == 0 || e.net == 0 {
		return 0
	}
	n, ok := e.move(e.lib.bioReadEx, e.net, p)
	if !ok {
		return 0
	}
	return n
}

// Err describes the last call if it failed: its name, and the text of the newest error in the queue
// at that time, which may be another engine's. After a call that did not fail it is nil, for
// example after another engine's error was cleared. A broken engine fails every call. A refused
// call, which has changed nothing, wraps [model.ErrRefused].
//
// If the socket of an attached engine has ended or broken, the error is [model.ErrEOF] or
// [model.ErrReset].
func (e *engine) Err() error {
	switch {
	case !e.failed:
		return nil
	case e.own:
		return fmt.Errorf("openssl: %s failed: %w: %s", e.failCall, model.ErrLibrary,
			e.lib.errorText(e.failCode))
	case e.cut != nil && !e.refused:
		return e.cut
	}
	why := "with an empty error queue"
	switch {
	case e.refused && e.refusal != "":
		why = e.refusal
	case e.failCode != 0:
		why = e.lib.errorText(e.failCode)
	}
	if e.refused {
		return fmt.Errorf("openssl: %s: %w: %s", e.failCall, model.ErrRefused, why)
	}
	return fmt.Errorf("openssl: %s failed: %s", e.failCall, why)
}
