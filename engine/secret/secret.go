// Package secret is what the two ends of a link know before the link begins, whichever library
// each of them has: the randomness that follows from a seed, and the pre-shared key and the
// session that follow from a link's key. None of it is secret.
package secret

import (
	"encoding/binary"

	"github.com/wantwrite/wantwrite/model/splitmix"
)

// A Stream is a source of pseudo-random bytes. Its whole state is one word.
type Stream uint64

// StreamOf mixes words into a stream. Their order matters.
func StreamOf(words ...uint64) Stream {
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

// A Link is what both ends of a link know: a pre-shared key, and a session that the link can
// resume without a link before it.
type Link struct {
	// PSK is the pre-shared key. Its name is that of PSKName.
	PSK [32]byte
	// ID names the session in TLS 1.2 (RFC 5246, section 7.3).
	ID [32]byte
	// Master is the session's master secret in TLS 1.2. The first len(PSK) bytes are its PSK in
	// TLS 1.3.
	Master [48]byte
	// Identity names the session as an external PSK of TLS 1.3 (RFC 8446, section 4.2.11). It is
	// about as long as a ticket.
	Identity [192]byte
	// Ticket names the session to a library that knows sessions only by their tickets.
	Ticket [160]byte
}

// LinkOf is the link with that key, which is EngineConfig.Key. Links of different keys have
// nothing in common.
func LinkOf(key uint64) (l Link) {
	r := StreamOf(key)
	r.Fill(l.PSK[:])
	r = StreamOf(key, 1)
	r.Fill(l.ID[:])
	r.Fill(l.Master[:])
	r = StreamOf(key, 2)
	r.Fill(l.Identity[:])
	r = StreamOf(key, 3)
	r.Fill(l.Ticket[:])
	return l
}

// PSKName is the identity of the pre-shared key. It is the same for every link.
func (*Link) PSKName() string { return "wantwrite" }
