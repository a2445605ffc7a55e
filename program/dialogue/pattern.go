package dialogue

import (
	"bytes"
	"crypto/subtle"
	"encoding/binary"

	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/splitmix"
)

// most is the longest body that a client asks for or sends, in bytes.
const most = 1 << 20

// The endless text that bodies are parts of is two patterns laid over each other. Their periods are
// primes, so that it repeats itself after 17 thousand million bytes, and eight bytes in a row say where
// they belong.
//
// Story 183: the text repeated itself after 65,521 bytes. A server said a part twice, and what came
// was found further on in what was still to come, so it was told as missing bytes.
const (
	period, otherPeriod = 131071, 131063
	endless             = period * otherPeriod
)

var pattern, otherPattern = randomBytes(period, 0x77616e7477726974), randomBytes(otherPeriod, 0x6b65657073617274)

func randomBytes(n int, seed uint64) (p []byte) {
	for len(p) < n {
		p = binary.LittleEndian.AppendUint64(p, splitmix.Next(&seed))
	}
	return p[:n]
}

// textAt puts the text from a place on into the memory, as much as it is one piece of both patterns.
func textAt(memory []byte, at int) []byte {
	a, b := pattern[at%period:], otherPattern[at%otherPeriod:]
	return memory[:subtle.XORBytes(memory, a[:min(len(a), len(memory))], b)]
}

// A body is a part of the endless pattern: what is still to be said of it, or to be heard.
type body struct{ at, left int }

// bodyOf is the body with that number. Each is a part of its own.
func bodyOf(number, size int) body {
	return body{at: int(uint64(number) * most % endless), left: size}
}

// bodiesOf is the number of a link's first body: what belongs to another link shows.
func bodiesOf(link int) int { return link << 12 }

// appendTo appends the next n bytes.
func (b *body) appendTo(dst []byte, n int) []byte {
	for n = min(n, b.left); n > 0; {
		var memory [block]byte
		text := textAt(memory[:min(n, block)], b.at)
		dst = append(dst, text...)
		b.skip(len(text))
		n -= len(text)
	}
	return dst
}

// block is how many bytes of the text are made at once.
const block = 4096

// skip leaves n bytes out.
func (b *body) skip(n int) { b.at, b.left = (b.at+n)%endless, b.left-n }

// first is its next byte.
func (b *body) first() byte { return pattern[b.at%period] ^ otherPattern[b.at%otherPeriod] }

// match compares the next bytes. It takes what is equal, and says how many bytes that are.
func (b *body) match(p []byte) (same int) {
	p = p[:min(len(p), b.left)]
	for len(p) > 0 {
		var memory [block]byte
		text := textAt(memory[:min(len(p), block)], b.at)
		k := len(text)
		if !bytes.Equal(p[:k], text) {
			for k = 0; p[k] == text[k]; k++ {
			}
			b.skip(k)
			return same + k
		}
		b.skip(k)
		p, same = p[k:], same+k
	}
	return same
}

// snapshot lists the fields.
func (b *body) snapshot(s *model.Snapshot) {
	s.Int(&b.at)
	s.Int(&b.left)
}
