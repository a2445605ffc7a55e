package dialogue

import (
	"fmt"

	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/own"
	"github.com/wantwrite/wantwrite/sim/script"
)

// A Preamble is what is said in the clear before TLS begins on a link.
type Preamble interface {
	own.Judge
	// Done says that the preamble is over: what this side says next, and hears next, is TLS. A
	// side that has said all that is left of a preamble is done before that has arrived. Hear must
	// not be called any more; what was behind the end in the last piece is judged by Wrong.
	Done() bool
}

// preambles are all there are.
var preambles = []struct {
	name string
	make func(at own.Place) Preamble
}{
	{"starttls", func(at own.Place) Preamble { return newStartTLS(at, false) }},
	{"starttls-injected", func(at own.Place) Preamble { return newStartTLS(at, true) }},
}

// NewPreamble makes one side of the preamble with that name. starttls is SMTP's (RFC 3207):
// greeting, EHLO, STARTTLS. In starttls-injected the client sends NOOP behind STARTTLS in the same
// piece, in the clear. A server that obeys it inside TLS gives one answer too many there, which the
// dialogue smtp tells.
func NewPreamble(name string, at own.Place) (Preamble, error) {
	var names []string
	for _, p := range preambles {
		if p.name == name {
			return p.make(at), nil
		}
		names = append(names, p.name)
	}
	return nil, fmt.Errorf("dialogue: got preamble %q; want %s%s", name, oneOf(names),
		script.Suggest(name, names))
}

// newStartTLS makes one side.
func newStartTLS(at own.Place, injects bool) Preamble {
	if at.Server {
		return &startTLSServer{smtpServer: smtpServer{clear: true}}
	}
	return &startTLSClient{injects: injects}
}

// startTLSServer greets, and offers STARTTLS.
type startTLSServer struct {
	smtpServer
	hello bool // the greeting was said
}

// Begins implements own.Speaker: a server greets.
func (s *startTLSServer) Begins() bool { return !s.hello }

// Begin implements own.Speaker.
func (s *startTLSServer) Begin(dst []byte, _, _ int) []byte {
	s.hello = true
	return append(dst, "220 wantwrite ESMTP\r\n"...)
}

// Done implements Preamble.
func (s *startTLSServer) Done() bool { return s.started }

// Snapshot implements model.Snapshotter.
func (s *startTLSServer) Snapshot(shot *model.Snapshot) {
	s.smtpServer.Snapshot(shot)
	shot.Flags(&s.hello)
}

// A startTLSState is what the client waits for.
type startTLSState uint8

const (
	startTLSGreeting startTLSState = iota
	startTLSFeatures               // the reply to EHLO
	startTLSReady                  // the reply to STARTTLS
	startTLSDone
)

// startTLSWants are what the states wait for, and the code that they want.
var startTLSWants = [startTLSDone]struct {
	what string
	code int
}{{"the greeting", 220}, {"the reply to EHLO", 250}, {"the reply to STARTTLS", 220}}

// startTLSClient waits for the greeting, and asks for TLS.
type startTLSClient struct {
	ear
	injects bool
	state   startTLSState
	offered bool // the server has STARTTLS
	reply   smtpReply
}

// Begins implements own.Speaker: the server begins.
func (*startTLSClient) Begins() bool { return false }

// Begin implements own.Speaker.
func (*startTLSClient) Begin(dst []byte, _, _ int) []byte { return dst }

// Over implements own.Speaker.
func (*startTLSClient) Over() bool { return false }

// Done implements Preamble.
func (c *startTLSClient) Done() bool { return c.state == startTLSDone }

// Hear implements own.Speaker.
func (c *startTLSClient) Hear(dst, p []byte) []byte {
	for c.wrong == "" && c.state != startTLSDone {
		text, rest, last, whole := c.reply.next(p)
		p = rest
		switch {
		case c.reply.why != "":
			c.fault("%s has %s", startTLSWants[c.state].what, c.reply.why)
		case !whole:
			c.begun = c.reply.begun()
			return dst
		case keyword(text, "STARTTLS") && c.state == startTLSFeatures:
			c.offered = true
		}
		if last {
			dst = c.react(dst)
		}
	}
	if len(p) > 0 { // the server's side of CVE-2011-0411
		c.fault("bytes behind the reply to STARTTLS, in the clear")
	}
	return dst
}

// react judges a whole reply and goes on.
func (c *startTLSClient) react(dst []byte) []byte {
	want := startTLSWants[c.state]
	switch {
	case c.reply.code != want.code:
		c.fault("%s is %d; want %d", want.what, c.reply.code, want.code)
		return dst
	case c.state == startTLSFeatures && !c.offered:
		c.fault("the reply to EHLO offers no STARTTLS")
		return dst
	}
	c.answered(uint64(c.state), uint64(c.reply.code))
	c.state++
	switch {
	case c.state == startTLSFeatures:
		return append(dst, "EHLO wantwrite\r\n"...)
	case c.state == startTLSReady && c.injects:
		return append(dst, "STARTTLS\r\nNOOP\r\n"...)
	case c.state == startTLSReady:
		return append(dst, "STARTTLS\r\n"...)
	}
	return dst
}

// Owed implements own.Speaker.
func (c *startTLSClient) Owed() string {
	if c.state == startTLSDone {
		return ""
	}
	return startTLSWants[c.state].what
}

// Snapshot implements model.Snapshotter.
func (c *startTLSClient) Snapshot(s *model.Snapshot) {
	c.ear.snapshot(s)
	s.Byte((*uint8)(&c.state))
	s.Flags(&c.offered)
	c.reply.snapshot(s)
}
