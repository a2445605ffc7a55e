package model

import "errors"

// An ErrorQueue is the error queue of a thread: every engine of the thread
// pushes to it and judges its own calls by it (SSL_get_error(3): "the current
// thread's error queue must be empty before the TLS/SSL I/O operation is
// attempted, or SSL_get_error() will not work reliably").
//
// Story 1: a refused client of one link left its error there, and the next
// would-block of another link was taken for a failure (h2o 1448, and at least
// eleven other projects since).
type ErrorQueue struct {
	n int
}

// Push adds an error.
func (q *ErrorQueue) Push() { q.n++ }

// Len is how many there are.
func (q *ErrorQueue) Len() int { return q.n }

// Clear empties the queue.
func (q *ErrorQueue) Clear() { q.n = 0 }

// ErrEOF and ErrReset are what an attached engine's Err is when its socket
// ended or broke in the middle of the link (SSL_R_UNEXPECTED_EOF_WHILE_READING,
// SSL_ERROR_SYSCALL).
var (
	ErrEOF   = errors.New("model: unexpected end of the socket")
	ErrReset = errors.New("model: the socket was reset")
)

// ErrRefused is what the Err of a real library's engine wraps if only the last
// call failed, and the engine lives on: it can't do what it was asked for.
var ErrRefused = errors.New("the call was refused")

// ErrLibrary is what the Err of an engine wraps if its library has failed by
// itself, in a call that no pump could have made differently: every call then
// kept to the rules, and the link is broken all the same (OpenSSL issue 8677).
// The engine is dead. For the rest of the run its link is as one that a fault
// has touched, and nobody is blamed for what is lost.
var ErrLibrary = errors.New("the library failed by itself")
