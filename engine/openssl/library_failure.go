package openssl

import (
	"unsafe"

	"github.com/wantwrite/wantwrite/model"
)

// Reasons of sslerr.h. They are part of OpenSSL's ABI.
const (
	reasonBadWriteRetry = 127 // SSL_R_BAD_WRITE_RETRY
	reasonBadLength     = 271 // SSL_R_BAD_LENGTH
	reasonTooMuchEarly  = 164 // SSL_R_TOO_MUCH_EARLY_DATA
	reasonDataTooLong   = 146 // SSL_R_DATA_LENGTH_TOO_LONG
	reasonNoReneg       = 339 // SSL_R_NO_RENEGOTIATION
)

// An offer is what the last Write offered.
type offer struct {
	at    unsafe.Pointer
	size  int
	other bool // it was not the retry that it had to be
}

// offered keeps what Write is about to offer. A retry may offer more than the write before it. A
// write of nothing leaves nothing to repeat.
func (e *engine) offered(p []byte) {
	old, at := &e.last, unsafe.Pointer(unsafe.SliceData(p))
	moved := !e.moving && at != old.at
	other := e.writing && old.size > 0 && (len(p) < old.size || moved)
	e.last = offer{at: at, size: len(p), other: other}
}

// lapsed reports whether the library broke the engine by itself in the call that has just failed,
// so that no pump could have prevented it.
//
// OpenSSL keeps one record that waits for room, and takes the next write for its retry, even a
// write of its own. Its own writes are an answer to a ClientHello or a KeyUpdate that a read takes
// while a write waits. A no_renegotiation alert that waits has the same effect on a repeated write.
// The link then breaks with bad write retry, or with bad length if that is found first. A pump
// could stop reading while a write waits, but then two ends can block each other (bugs G2, G3, G5).
//
// Early data that waits for room is counted again at each retry, until the count is too high. That
// is the library's fault too.
//
// A foreign server may refuse a renegotiation with a warning, as OpenSSL's do by default. A client
// of OpenSSL takes that for fatal, and nobody could have known.
//
// A pump can cause the first two errors in two ways: it repeats a write with less data, or from
// another address where that is not allowed (E1, E5, E11); or it shuts down while a write waits
// (E4). An error of another engine in the queue breaks nothing, because this engine's state machine
// is not in its error state then.
func (e *engine) lapsed() bool {
	switch e.lib.reason(e.failCode) {
	case reasonBadWriteRetry, reasonBadLength:
	case reasonTooMuchEarly:
		return e.failCall == callWriteEarly && e.earlyOpen
	case reasonNoReneg:
		return e.foreign && e.again
	case reasonDataTooLong:
		return e.server && !e.InitFinished() && e.EarlyData() == model.EarlyRejected
	default:
		return false
	}
	wrong := e.failCall == "SSL_write" && e.last.other || e.failCall == "SSL_shutdown" && e.writing
	return !wrong && e.lib.sslStateText(e.ssl) == "error"
}

// reason is ERR_GET_REASON of a code: its low 23 bits, or 12 before version 3.
func (l *Library) reason(code uint32) uint32 {
	if l.versionNum() < versionThree {
		return code & 0xfff
	}
	return code & 0x7fffff
}
