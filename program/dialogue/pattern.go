package dialogue

import (
	"bytes"
	"encoding/binary"

	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/splitmix"
)

// most is the longest body that a client asks for or sends, in bytes.
const most = 1 << 20

// period is a prime, so that a block of a buffer's size which is lost or displaced leaves a
// mismatch.
const period = 65521

// pattern is what bodies are made of.
var pattern = func() (p [period]byte) {
	seed := uint64(0x77616e7477726974)
	var word [8]byte
	for i := range p {
		if i%8 == 0 {
			binary.LittleEndian.PutUint64(word[:], splitmix.Next(&seed))
		}
		p[i] = word[i%8]
	}
	return p
}()

// A body is a part of the endless pattern: what is still to be said of it, or to be heard.
type body struct{ at, left int }

// bodyOf is the body with that number. Bodies with numbers that differ begin elsewhere.
func bodyOf(number, size int) body {
	return body{at: int(uint(number) * 7919 % period), left: size}
}

// bodiesOf is the number of a link's first body: what belongs to another link shows.
func bodiesOf(link int) int { return link << 12 }

// appendTo appends the next n bytes.
func (b *body) appendTo(dst []byte, n int) []byte {
	for n = min(n, b.left); n > 0; {
		k := min(n, period-b.at)
		dst = append(dst, pattern[b.at:b.at+k]...)
		b.skip(k)
		n -= k
	}
	return dst
}

// skip leaves n bytes out.
func (b *body) skip(n int) { b.at, b.left = (b.at+n)%period, b.left-n }

// match compares the next bytes. It takes what is equal, and says how many bytes that are.
func (b *body) match(p []byte) (same int) {
	p = p[:min(len(p), b.left)]
	for len(p) > 0 {
		k := min(len(p), period-b.at)
		if !bytes.Equal(p[:k], pattern[b.at:b.at+k]) {
			for k = 0; p[k] == pattern[b.at+k]; k++ {
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
