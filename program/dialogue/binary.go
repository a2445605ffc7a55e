package dialogue

import (
	"encoding/binary"
	"fmt"

	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/own"
)

// A message of memcached's binary protocol is a header and a body. In the header byte 0 is the magic,
// byte 1 the opcode, bytes 8 to 11 the length of the body, 12 to 15 the opaque. Our client says in the
// last four bytes, which are a half of the cas, how long an answer it wants.
const (
	binaryHeader = 24
	binaryAsk    = 0x80
	binaryAnswer = 0x81

	atLength, atOpaque, atWanted = 8, 12, 20
)

// header appends the header of a message.
func header(dst []byte, magic byte, body, opaque, wanted int) []byte {
	var h [binaryHeader]byte
	h[0] = magic
	binary.BigEndian.PutUint32(h[atLength:], uint32(body))
	binary.BigEndian.PutUint32(h[atOpaque:], uint32(opaque))
	binary.BigEndian.PutUint32(h[atWanted:], uint32(wanted))
	return append(dst, h[:]...)
}

// answerByte is what an answer's body has at an offset. The servers in C make the same.
func answerByte(opaque, at int) byte { return byte(opaque + at + at/251 + at/63001) }

// binaryClient asks for answers of a length, and compares each byte.
type binaryClient struct {
	ear
	first  int   // the opaque of the link's first message
	number int   // messages said
	wants  queue // the opaques and lengths of the answers that have not come
	head   [binaryHeader]byte
	have   int // bytes of head that have come
	at     int // bytes of the body that have come
}

// Begins implements own.Speaker.
func (c *binaryClient) Begins() bool { return true }

// Over implements own.Speaker.
func (c *binaryClient) Over() bool { return false }

// Begin implements own.Speaker.
func (c *binaryClient) Begin(dst []byte, size, answer int) []byte {
	size, answer = min(max(size, 0), most), min(max(answer, 0), most)
	opaque := c.first + c.number
	dst = header(dst, binaryAsk, size, opaque, answer)
	b := bodyOf(opaque, size)
	dst = b.appendTo(dst, size)
	if answer > 0 {
		c.wants.push(opaque)
		c.wants.push(answer)
	}
	c.number++
	return dst
}

// Hear implements own.Speaker.
func (c *binaryClient) Hear(dst, p []byte) []byte {
	for len(p) > 0 && c.wrong == "" {
		if c.begun = true; c.wants.len() == 0 {
			c.fault("a byte came that nobody asked for: %s", clause(p[:1]))
			break
		}
		if c.have < binaryHeader {
			n := copy(c.head[c.have:], p)
			c.have, p = c.have+n, p[n:]
			if c.have == binaryHeader {
				c.checkHead()
			}
			continue
		}
		if p[0] != answerByte(c.wants.first(), c.at) {
			c.fault("byte %d of %d of the answer to message %d came as %s", c.at+1, c.wants.at(1), c.wants.first()-c.first+1, clause(p[:1]))
			break
		}
		p = p[1:]
		if c.at++; c.at == c.wants.at(1) {
			c.wants.pop()
			c.answered(0, uint64(c.wants.pop()))
			c.have, c.at = 0, 0
		}
	}
	return dst
}

// checkHead compares a header with the one that is due.
func (c *binaryClient) checkHead() {
	if want := header(nil, binaryAnswer, c.wants.at(1), c.wants.first(), 0); string(want) != string(c.head[:]) {
		c.fault("got header % x; want % x", c.head, want)
	}
}

// Owed implements own.Speaker.
func (c *binaryClient) Owed() string {
	if c.wants.len() == 0 {
		return ""
	}
	return fmt.Sprintf("%d answers, the first of %d bytes", c.wants.len()/2, c.wants.at(1))
}

// Snapshot implements model.Snapshotter.
func (c *binaryClient) Snapshot(s *model.Snapshot) {
	c.snapshot(s)
	for _, n := range [...]*int{&c.number, &c.have, &c.at} {
		s.Int(n)
	}
	c.wants.snapshot(s)
	head := s.Held(c.head[:])
	if s.Reading() {
		copy(c.head[:], head)
	}
}

// binaryServer gives the answers that are asked for.
type binaryServer struct {
	server
	head [binaryHeader]byte
	have int
	skip int // bytes of the body still to come
}

// Hear implements own.Speaker.
func (b *binaryServer) Hear(dst, p []byte) []byte {
	for len(p) > 0 && !b.over {
		b.begun = true
		if b.have < binaryHeader {
			n := copy(b.head[b.have:], p)
			if b.have, p = b.have+n, p[n:]; b.have < binaryHeader {
				break
			}
			if b.skip = int(binary.BigEndian.Uint32(b.head[atLength:])); b.head[0] != binaryAsk || b.skip > most {
				b.refuse("a header", fmt.Sprintf("magic %#02x and a body of %d bytes", b.head[0], b.skip))
				break
			}
		}
		n := min(len(p), b.skip)
		if b.skip, p = b.skip-n, p[n:]; b.skip == 0 {
			dst = b.give(dst)
		}
	}
	return dst
}

// give answers a message that is whole.
func (b *binaryServer) give(dst []byte) []byte {
	opaque, wanted := int(binary.BigEndian.Uint32(b.head[atOpaque:])), int(binary.BigEndian.Uint32(b.head[atWanted:]))
	b.answered(uint64(opaque), uint64(wanted))
	b.have = 0
	if wanted == 0 {
		return dst
	}
	wanted = min(wanted, most)
	dst = header(dst, binaryAnswer, wanted, opaque, 0)
	for at := range wanted {
		dst = append(dst, answerByte(opaque, at))
	}
	return dst
}

// Snapshot implements model.Snapshotter.
func (b *binaryServer) Snapshot(s *model.Snapshot) {
	b.server.snapshot(s)
	s.Int(&b.have)
	s.Int(&b.skip)
	head := s.Held(b.head[:])
	if s.Reading() {
		copy(b.head[:], head)
	}
}

var memcachedBinary = own.Dialogue{
	Name:     "memcached-binary",
	About:    "memcached's binary protocol, as our pumps speak it: a request says how long an answer it wants",
	Finishes: true,
	New: func(at own.Place) own.Speaker {
		if at.Server {
			return &binaryServer{}
		}
		return &binaryClient{first: bodiesOf(at.Link)}
	},
}
