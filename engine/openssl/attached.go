package openssl

import (
	"fmt"
	"unsafe"

	"github.com/wantwrite/wantwrite/model"
)

// Numbers of bio.h. They are part of OpenSSL's ABI.
const (
	bioTypeSource = 0x400 // BIO_TYPE_SOURCE_SINK

	bioFlagRead  = 0x01
	bioFlagWrite = 0x02
	bioFlagRetry = 0x08 // BIO_FLAGS_SHOULD_RETRY
	bioFlagsIO   = 0x0f // all of BIO_FLAGS_RWS, and the retry flag

	bioFailed = ^uintptr(0) // -1

	bioCtrlEOF      = 2
	bioCtrlGetClose = 8
	bioCtrlSetClose = 9
	bioCtrlDup      = 12
	bioCtrlFlush    = 11
)

// A transport is what an attached engine knows of its socket.
type transport struct {
	socket model.Socket
	cut    error      // model.ErrEOF or model.ErrReset, after the socket gave one
	ended  bool       // the socket has said EOF
	unsent int        // bytes of the last write that found no room
	stuck  bool       // that write was in the current call
	fault  any        // the socket's panic inside a call
	io     [2]uintptr // arguments of calls made inside a callback
}

// newMethod makes the BIO_METHOD of attached engines. All share one: a callback acts for the engine
// whose call is running in C.
func (l *Library) newMethod() error {
	l.bioMethod = l.bioMethNew(l.bioNewIndex()|bioTypeSource, "wantwrite socket")
	if l.bioMethod == 0 {
		return l.queued("BIO_meth_new")
	}
	l.bioMethSetRead(l.bioMethod, callbackC(l.socketRead))
	l.bioMethSetWrite(l.bioMethod, callbackC(l.socketWrite))
	l.bioMethSetCtrl(l.bioMethod, callbackC(l.socketCtrl))
	return nil
}

// attach connects the engine to its socket.
func (e *engine) attach(cfg *model.EngineConfig) error {
	l := e.lib
	if l.bioMethod == 0 {
		if err := l.newMethod(); err != nil {
			return err
		}
	}
	bio := l.bioNew(l.bioMethod)
	if bio == 0 {
		return l.queued("BIO_new")
	}
	l.bioSetInit(bio, 1)
	e.socket = cfg.Socket
	l.sslSetBIO(e.ssl, bio, bio) // the SSL owns it
	return nil
}

// socketRead is the method's bread_ex. It returns 1 and a count, 0 at the end, or -1.
func (l *Library) socketRead(bio uintptr, p *byte, n uintptr, count *uintptr) uintptr {
	return l.cur.transfer(bio, false, unsafe.Slice(p, n), count)
}

// socketWrite is the method's bwrite_ex.
func (l *Library) socketWrite(bio uintptr, p *byte, n uintptr, count *uintptr) uintptr {
	return l.cur.transfer(bio, true, unsafe.Slice(p, n), count)
}

// socketCtrl is the method's ctrl. The BIO buffers nothing, so a flush always succeeds.
// BIO_CTRL_EOF reports whether the socket has ended, which tells an end from an error.
func (l *Library) socketCtrl(_ uintptr, cmd int32, _, _ uintptr) uintptr {
	switch cmd {
	case bioCtrlFlush, bioCtrlDup, bioCtrlSetClose, bioCtrlGetClose:
		return 1
	case bioCtrlEOF:
		if l.cur != nil && l.cur.ended {
			return 1
		}
	}
	return 0
}

// transfer moves bytes between the socket and OpenSSL. A panic must not cross C's frames. So it is
// kept, the call fails, and engine.call panics again after C has returned.
//
// Story 23: haproxy's BIO kept the retry flag of the last write when it read, and the other way
// round. So a call said want-read without a try (bug C5). All flags are cleared at each call.
//
// Story 25: a first version returned 0 when it would block, as BIO_meth_new(3) says. SSL_shutdown
// took that for success while a part of its close_notify still waited. OpenSSL's own BIOs return
// -1, and its callers expect that.
func (e *engine) transfer(bio uintptr, send bool, p []byte, count *uintptr) (done uintptr) {
	*count = 0
	e.flags(e.lib.bioClearFlags, bio, bioFlagsIO)
	if e.fault != nil {
		return bioFailed
	}
	defer func() {
		if f := recover(); f != nil {
			e.fault, done = f, bioFailed
		}
	}()
	flag, n, st := uintptr(bioFlagRead), 0, model.IOOK
	if send {
		n, st = e.socket.Send(p)
		flag, e.unsent = bioFlagWrite, len(p)-n
		e.stuck = e.unsent > 0
	} else {
		n, st = e.socket.Recv(p)
	}
	switch st {
	case model.IOOK:
		*count = uintptr(n)
		return 1
	case model.WouldBlock:
		e.flags(e.lib.bioSetFlags, bio, flag|bioFlagRetry)
	case model.EOF:
		e.cut, e.ended = model.ErrEOF, true
		return 0
	case model.Reset:
		e.cut = model.ErrReset
	default:
		panic(fmt.Sprintf("openssl: socket answered %v; want one of model's statuses", st))
	}
	return bioFailed
}

// flags calls BIO_set_flags or BIO_clear_flags.
func (e *engine) flags(fn, bio, bits uintptr) {
	e.io = [2]uintptr{bio, bits}
	callC(fn, e.io[:])
}

// rethrow panics with the panic of a socket inside the last call.
func (e *engine) rethrow() {
	if f := e.fault; f != nil {
		e.fault = nil
		panic(f)
	}
}

// forget drops the count of unsent bytes after a call that did not say want-write. OpenSSL drops
// the rest of a warning that does not fit, and no caller can know that (trait loses-alerts).
//
// Story 71: the rest of a no_renegotiation counted as unsent. Read had said want-read, and the pump
// was blamed for waiting.
func (e *engine) forget() {
	if e.stuck {
		e.unsent, e.stuck = 0, false
	}
}

// Unsent implements [model.Inspector]. It is the rest of the last write that the socket had no room
// for, in bytes. What OpenSSL has not offered yet of a flight is not counted.
func (e *engine) Unsent() int { return e.unsent }
