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

// ErrLibrary is what the Err of an engine wraps that failed by itself: in a call
// that no pump could have done without, or otherwise.
var ErrLibrary = errors.New("the library failed by itself")

// ErrRefused is what the Err of a real library's engine wraps if only the last
// call failed, and the engine lives on: it can't do what it was asked for.
var ErrRefused = errors.New("the call was refused")
