package model

import "errors"

// An ErrorQueue is a thread's error queue. Every engine of the thread pushes to it
// and looks into it when a call has failed (SSL_get_error(3): "the current thread's
// error queue must be empty before the TLS/SSL I/O operation is attempted, or
// SSL_get_error() will not work reliably").
//
// Story 1: a rejected client left its error in the queue, and the next would-block of
// another link was taken for a failure (h2o 1448, and at least eleven projects since).
type ErrorQueue struct {
	n int
}

// Push adds an error.
func (q *ErrorQueue) Push() { q.n++ }

// Len is how many there are.
func (q *ErrorQueue) Len() int { return q.n }

// Clear empties the queue.
func (q *ErrorQueue) Clear() { q.n = 0 }

// ErrEOF and ErrReset are the Err of an attached engine whose socket ended without
// close_notify or was reset (SSL_R_UNEXPECTED_EOF_WHILE_READING, SSL_ERROR_SYSCALL).
var (
	ErrEOF   = errors.New("model: unexpected end of the socket")
	ErrReset = errors.New("model: the socket was reset")
)

// ErrRefused is wrapped by the Err of a real library's engine if only the last call
// failed: the library can't do what was asked, and the engine still works.
var ErrRefused = errors.New("the call was refused")

// ErrLibrary is wrapped by the Err of an engine whose library failed by itself: every
// call kept to the rules, and the link broke all the same (OpenSSL issue 8677). The
// engine is dead. Its link then counts as broken by a fault, and no pump is blamed.
var ErrLibrary = errors.New("the library failed by itself")
