package dialogue

import (
	"fmt"

	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/own"
)

// An smtpStep is a command whose reply is owed.
type smtpStep int

const (
	smtpEHLO smtpStep = iota
	smtpMail
	smtpRcpt
	smtpData
	smtpText // the text of a mail, up to the dot
	smtpRset
	smtpNoop
	smtpQuit
	numSMTPSteps
)

// smtpSteps are their names, and the codes that they want (RFC 5321, section 4.3.2).
var smtpSteps = [numSMTPSteps]struct {
	name string
	code int
}{{"EHLO", 250}, {"MAIL", 250}, {"RCPT", 250}, {"DATA", 354}, {"the text", 250}, {"RSET", 250},
	{"NOOP", 250}, {"QUIT", 221}}

// smtpClient sends mails. It waits for each reply before it goes on, unless the server has
// PIPELINING (RFC 2920): then MAIL, RCPT and DATA go together.
type smtpClient struct {
	ear
	bodies      int  // the number of the link's first mail
	number      int  // Begins so far
	greeted     bool // EHLO was accepted
	pipelining  bool
	quit        bool // QUIT was said, or follows
	size        int  // bytes of the mail, 0 for none
	odds        int  // of this Begin
	recipients  int  // still to be named
	mail, taken bool // the server has taken MAIL, and a recipient
	asks        queue
	reply       smtpReply
}

// Begins implements own.Speaker: one mail after the other.
func (c *smtpClient) Begins() bool { return c.asks.len() == 0 && !c.quit && c.wrong == "" }

// Over implements own.Speaker: the program closes, after the answer to QUIT.
func (c *smtpClient) Over() bool { return false }

// Begin implements own.Speaker. With a body it sends a mail with a text of that size to up to three
// recipients. Without one it is NOOP, or RSET if the odds are odd. If they are 11, QUIT follows.
// EHLO goes before the first. No answer has a size that could be wanted.
func (c *smtpClient) Begin(dst []byte, size, answer int) []byte {
	if !c.Begins() {
		return dst
	}
	c.size, c.odds = min(size, most), odds(c.number, size, answer)
	c.number++
	c.mail, c.taken = false, false
	if !c.greeted {
		return c.say(dst, smtpEHLO, "EHLO wantwrite\r\n")
	}
	return c.start(dst)
}

// say appends a command and notes its reply.
func (c *smtpClient) say(dst []byte, step smtpStep, line string) []byte {
	c.asks.push(int(step))
	return append(dst, line...)
}

// start appends what this Begin is about.
func (c *smtpClient) start(dst []byte) []byte {
	switch {
	case c.size == 0 && c.odds&1 == 1:
		return c.say(dst, smtpRset, "RSET\r\n")
	case c.size == 0:
		return c.say(dst, smtpNoop, "NOOP\r\n")
	}
	c.recipients = 1 + c.odds%3
	dst = c.say(dst, smtpMail, "MAIL FROM:<sender@wantwrite.example>\r\n")
	if c.pipelining {
		for c.recipients > 0 {
			dst = c.recipient(dst)
		}
		dst = c.say(dst, smtpData, "DATA\r\n")
	}
	return dst
}

// recipient names one.
func (c *smtpClient) recipient(dst []byte) []byte {
	c.recipients--
	return c.say(dst, smtpRcpt, "RCPT TO:<"+string(rune('a'+c.recipients))+"@wantwrite.example>\r\n")
}

// Hear implements own.Speaker.
func (c *smtpClient) Hear(dst, p []byte) []byte {
	for c.wrong == "" {
		if len(p) > 0 && c.asks.len() == 0 {
			c.fault("an answer to nothing: it begins with %s", clause(p[:1]))
			break
		}
		text, rest, last, whole := c.reply.next(p)
		p = rest
		if c.reply.why != "" {
			c.fault("the reply to %s has %s", c.step().name, c.reply.why)
			break
		}
		if !whole {
			c.begun = c.reply.begun()
			break
		}
		if c.asks.first() == int(smtpEHLO) && keyword(text, "PIPELINING") {
			c.pipelining = true
		}
		if last {
			dst = c.react(dst)
		}
	}
	return dst
}

// step is the command whose reply comes.
func (c *smtpClient) step() (s struct {
	name string
	code int
}) {
	return smtpSteps[c.asks.first()]
}

// react judges a whole reply, and appends what is said to it.
func (c *smtpClient) react(dst []byte) []byte {
	step, code := smtpStep(c.asks.first()), c.reply.code
	want := c.step().code
	good := code == want || step == smtpRcpt && (code == 251 || code == 252)
	if !good && code < 400 {
		c.fault("%d to %s; want %d or a refusal", code, c.step().name, want)
		return dst
	}
	c.asks.pop()
	c.answered(uint64(step), uint64(code))
	if code == 421 || step == smtpQuit { // the server closes (RFC 5321, section 3.8)
		c.ends, c.quit = true, true
		c.asks.clear()
		return dst
	}
	if dst = c.next(dst, step, good); c.asks.len() == 0 && c.odds == 11 && !c.quit {
		c.quit = true
		dst = c.say(dst, smtpQuit, "QUIT\r\n")
	}
	return dst
}

// next appends what follows on a step.
func (c *smtpClient) next(dst []byte, step smtpStep, good bool) []byte {
	switch {
	case step == smtpEHLO && good:
		c.greeted = true
		return c.start(dst)
	case step == smtpMail:
		c.mail = good
	case step == smtpRcpt:
		c.taken = c.taken || good
	case step == smtpData && good: // the server waits for a text, even if it wants nobody's mail
		c.asks.push(int(smtpText))
		if c.taken {
			dst = appendMail(dst, c.bodies+c.number, c.size, true)
		}
		return append(dst, ".\r\n"...)
	}
	switch {
	case c.asks.len() > 0 || !c.mail || step != smtpMail && step != smtpRcpt && step != smtpData:
		return dst
	case c.recipients > 0:
		return c.recipient(dst)
	case c.taken && step != smtpData:
		return c.say(dst, smtpData, "DATA\r\n")
	}
	c.mail = false
	return c.say(dst, smtpRset, "RSET\r\n") // nobody gets this mail
}

// Owed implements own.Speaker.
func (c *smtpClient) Owed() string {
	if c.asks.len() == 0 {
		return ""
	}
	return fmt.Sprintf("%d replies, first that to %s", c.asks.len(), c.step().name)
}

// Snapshot implements model.Snapshotter.
func (c *smtpClient) Snapshot(s *model.Snapshot) {
	c.ear.snapshot(s)
	for _, n := range [...]*int{&c.number, &c.size, &c.odds, &c.recipients} {
		s.Int(n)
	}
	s.Flags(&c.greeted, &c.pipelining, &c.quit, &c.mail, &c.taken)
	c.asks.snapshot(s)
	c.reply.snapshot(s)
}

var smtp = own.Dialogue{
	Name:  "smtp",
	About: "SMTP behind STARTTLS: EHLO, mails of up to 1 MiB, RSET, NOOP; what goes before is a preamble",
	New: func(at own.Place) own.Speaker {
		if at.Server {
			return &smtpServer{}
		}
		return &smtpClient{bodies: bodiesOf(at.Link)}
	},
}
