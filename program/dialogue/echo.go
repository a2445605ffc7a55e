package dialogue

import (
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
}

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
			c.fault("byte %d of %d of message %d came back as %s", c.sizes.first()-c.now.left+1,
				c.sizes.first(), number+1, clause(p[:1]))
		}
	}
	return dst
}

// Owed implements own.Speaker.
func (c *echoClient) Owed() string {
	owed := 0
	for i := range c.sizes.len() {
		owed += c.sizes.at(i)
	}
	if c.begun {
		owed += c.now.left - c.sizes.first()
	}
	if owed == 0 {
		return ""
	}
	return fmt.Sprint(owed, " bytes that are to come back")
}

// Snapshot implements model.Snapshotter.
func (c *echoClient) Snapshot(s *model.Snapshot) {
	c.snapshot(s)
	s.Int(&c.number)
	c.sizes.snapshot(s)
	c.now.snapshot(s)
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
	Name:  "echo",
	About: "whatever is sent comes back, byte for byte",
	New: func(at own.Place) own.Speaker {
		if at.Server {
			return &echoServer{}
		}
		return &echoClient{bodies: bodiesOf(at.Link)}
	},
}
