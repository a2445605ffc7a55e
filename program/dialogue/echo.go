package dialogue

import (
	"bytes"
	"fmt"

	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/own"
)

// echoClient says messages and wants them back. Each message is one answer.
type echoClient struct {
	ear
	bodies int   // the number of the link's first body
	number int   // messages said
	sizes  queue // of the messages that have not come back
	now    body  // what is still to come of the first of them

	odd [certain]byte // what came from the first wrong byte on
	has int           // how many bytes of it
}

// certain is how many bytes in a row are no accident: they say whether bytes are wrong, or missing.
const certain = 8

// Begins implements own.Speaker.
func (c *echoClient) Begins() bool { return true }

// Over implements own.Speaker.
func (c *echoClient) Over() bool { return false }

// Begin implements own.Speaker. An empty message could have no echo, so it has a byte at least.
func (c *echoClient) Begin(dst []byte, size, _ int) []byte {
	size = min(max(size, 1), most)
	b := bodyOf(c.bodies+c.number, size)
	c.number++
	c.sizes.push(size)
	return b.appendTo(dst, size)
}

// Hear implements own.Speaker.
func (c *echoClient) Hear(dst, p []byte) []byte {
	for len(p) > 0 && c.wrong == "" {
		if c.has > 0 {
			p = c.wonder(p)
			continue
		}
		number := c.number - c.sizes.len()
		if !c.begun {
			if c.sizes.len() == 0 {
				c.fault("a byte came back that nobody sent: %s", clause(p[:1]))
				break
			}
			c.begun, c.now = true, bodyOf(c.bodies+number, c.sizes.first())
		}
		same := c.now.match(p)
		if p = p[same:]; c.now.left == 0 {
			c.answered(0, uint64(c.sizes.pop()))
		} else if len(p) > 0 {
			p = c.wonder(p)
		}
	}
	return dst
}

// wonder keeps bytes that came in the place of others, until they are enough to say what is wrong.
func (c *echoClient) wonder(p []byte) (rest []byte) {
	enough := min(certain, c.missing())
	n := copy(c.odd[c.has:enough], p)
	if c.has += n; c.has == enough {
		c.blame()
	}
	return p[n:]
}

// missing is how many bytes are still to come.
func (c *echoClient) missing() (n int) {
	for i := range c.sizes.len() {
		n += c.sizes.at(i)
	}
	if c.begun {
		n += c.now.left - c.sizes.first()
	}
	return n
}

// blame says what is wrong: whether what came instead of a byte is further on in what is to come.
//
// Story 161: a server dropped what a short write had left, and the next bytes were called corrupted.
// Nothing was: a part was missing.
func (c *echoClient) blame() {
	number, at, size := c.number-c.sizes.len(), c.now, c.sizes.first()
	come := at.appendTo(nil, at.left)
	for i := 1; i < c.sizes.len(); i++ {
		b := bodyOf(c.bodies+number+i, c.sizes.at(i))
		come = b.appendTo(come, b.left)
	}
	if lost := bytes.Index(come, c.odd[:c.has]); lost > 0 {
		c.missed = true
		c.fault("%d bytes are missing from byte %d of %d of message %d on", lost, size-c.now.left+1, size, number+1)
		return
	}
	c.fault("byte %d of %d of message %d came back as %s", size-c.now.left+1, size, number+1, clause(c.odd[:1]))
}

// Owed implements own.Speaker.
func (c *echoClient) Owed() string {
	if n := c.missing(); n > 0 {
		return fmt.Sprint(n, " bytes that are to come back")
	}
	return ""
}

// Snapshot implements model.Snapshotter.
func (c *echoClient) Snapshot(s *model.Snapshot) {
	c.snapshot(s)
	s.Int(&c.number)
	c.sizes.snapshot(s)
	c.now.snapshot(s)
	s.Int(&c.has)
	odd := s.Held(c.odd[:])
	if s.Reading() {
		copy(c.odd[:], odd)
	}
}

// echoServer says what it hears.
type echoServer struct{ server }

// Hear implements own.Speaker.
func (e *echoServer) Hear(dst, p []byte) []byte {
	for _, b := range p { // each byte is whole
		e.heard = fold(e.heard, uint64(b))
	}
	return append(dst, p...)
}

// Snapshot implements model.Snapshotter.
func (e *echoServer) Snapshot(s *model.Snapshot) { e.snapshot(s) }

var echo = own.Dialogue{
	Name:     "echo",
	About:    "whatever is sent comes back, byte for byte, also what was sent before a half-close",
	Finishes: true,
	New: func(at own.Place) own.Speaker {
		if at.Server {
			return &echoServer{}
		}
		return &echoClient{bodies: bodiesOf(at.Link)}
	},
}
