package openssl

import (
	"unsafe"

	"github.com/wantwrite/wantwrite/model"
)

// Reasons of sslerr.h, and part of OpenSSL's ABI.
const (
	reasonBadWriteRetry = 127 // SSL_R_BAD_WRITE_RETRY
	reasonBadLength     = 271 // SSL_R_BAD_LENGTH
	reasonTooMuchEarly  = 164 // SSL_R_TOO_MUCH_EARLY_DATA
	reasonDataTooLong   = 146 // SSL_R_DATA_LENGTH_TOO_LONG
)

// An offer is what the last Write was given.
type offer struct {
	at    unsafe.Pointer
	size  int
	other bool // it should have repeated the one before, and did not
}

// offered takes down what Write is about to be given. A retry may offer more;
// a write of nothing has nothing to repeat.
func (e *engine) offered(p []byte) {
	old, at := &e.last, unsafe.Pointer(unsafe.SliceData(p))
	moved := !e.moving && at != old.at
	other := e.writing && old.size > 0 && (len(p) < old.size || moved)
	e.last = offer{at: at, size: len(p), other: other}
}

// lapsed says whether the call that has just failed broke the engine, and no
// pump could have called otherwise: the library broke it by itself.
//
// OpenSSL keeps one record that waits for room, and takes whatever is written
// next for the retry of it. What it writes itself is no exception: its answer
// to a ClientHello or a KeyUpdate that a read absorbs while a write waits, or
// the write that is made again while its no_renegotiation alert waits. The link
// is broken, with bad write retry, or with bad length if that comes first.
// Not to read while a write waits would be a way round, and is how two ends
// block each other (bugs G2, G3, G5).
//
// Early data that waits for room is counted again whenever it is offered again,
// until it is too much: that too is its own doing.
//
// The first two errors are what a pump gets that breaks the rules, and there
// are two ways to do so: to repeat a write with less, or from elsewhere where
// that is not allowed (E1, E5, E11), and to shut down over a write that waits
// (E4). An error of another engine in the queue breaks nothing: the state
// machine of this one is not in its error state then.
func (e *engine) lapsed() bool {
	switch e.lib.reason(e.failCode) {
	case reasonBadWriteRetry, reasonBadLength:
	case reasonTooMuchEarly:
		return e.failCall == callWriteEarly && e.earlyOpen
	case reasonDataTooLong:
		return e.server && !e.InitFinished() && e.EarlyData() == model.EarlyRejected
	default:
		return false
	}
	wrong := e.failCall == "SSL_write" && e.last.other || e.failCall == "SSL_shutdown" && e.writing
	return !wrong && e.lib.sslStateText(e.ssl) == "error"
}

// reason is ERR_GET_REASON of a code: its low 23 bits, 12 before version 3.
func (l *Library) reason(code uint32) uint32 {
	if l.versionNum() < versionThree {
		return code & 0xfff
	}
	return code & 0x7fffff
}
