// Package secret is what the two ends of a link know beforehand, whichever
// library each of them has: the randomness that follows from a seed, a link's
// pre-shared key, and the session that a link resumes. None of it is secret.
package secret

import (
	"encoding/binary"

	"github.com/wantwrite/wantwrite/model/splitmix"
)

// A Stream is a source of pseudo-random bytes. Its whole state is one word.
type Stream uint64

// Of mixes words into a stream: each is drawn through the ones before.
func Of(words ...uint64) Stream {
	var s Stream
	for _, w := range words {
		s = Stream(s.next() ^ w)
	}
	return s
}

// next draws a word.
func (s *Stream) next() uint64 { return splitmix.Next((*uint64)(s)) }

// Fill draws len(p) bytes. Words are little-endian on every machine.
func (s *Stream) Fill(p []byte) {
	for len(p) >= 8 {
		binary.LittleEndian.PutUint64(p, s.next())
		p = p[8:]
	}
	for w := s.next(); len(p) > 0; p, w = p[1:], w>>8 {
		p[0] = byte(w)
	}
}

const (
	// Identity is the name of every link's pre-shared key.
	Identity = "wantwrite"
	// PSKLen is its length in bytes.
	PSKLen = 32
)

// PSK fills p with the pre-shared key of the link with that key, so that two
// links have different ones, and the ends of one link the same.
func PSK(key uint64, p []byte) {
	s := Of(key)
	s.Fill(p)
}

// A Session is what a link resumes that has no link before it.
type Session struct {
	// ID names it in TLS 1.2 (RFC 5246, section 7.3).
	ID [32]byte
	// Master is the master secret of TLS 1.2; its front is the PSK of TLS 1.3.
	Master [48]byte
	// Identity names it as an external PSK of TLS 1.3 (RFC 8446, section 4.2.11),
	// and is about as long as a ticket.
	Identity [192]byte
	// Ticket names it to a library that knows sessions by their tickets only.
	Ticket [160]byte
}

// SessionOf is the session of the link with that key.
func SessionOf(key uint64) (s Session) {
	r := Of(key, 1)
	r.Fill(s.ID[:])
	r.Fill(s.Master[:])
	r = Of(key, 2)
	r.Fill(s.Identity[:])
	r = Of(key, 3)
	r.Fill(s.Ticket[:])
	return s
}
