package dialogue

import (
	"bytes"
	"strings"

	"github.com/wantwrite/wantwrite/model"
)

// smtpServer takes mails and forgets them.
type smtpServer struct {
	server
	lineReader
	clear                    bool // before TLS: only STARTTLS is on offer
	greeted, from, to, mails bool // EHLO, MAIL and RCPT were said; the text of a mail comes
	size                     int  // bytes of that text
	started                  bool // STARTTLS was accepted
}

// Hear implements own.Speaker.
func (s *smtpServer) Hear(dst, p []byte) []byte {
	for !s.over && !s.started {
		line, rest, whole, why := s.take(p)
		p = rest
		switch {
		case why != "":
			s.refuse("a command", why)
			return append(dst, "500 5.5.2 Syntax error\r\n"...)
		case !whole:
			s.begun = s.mails || len(s.line) > 0
			return dst
		case s.mails:
			dst = s.text(dst, line)
		default:
			s.foldBytes(line)
			s.answered(0, uint64(len(line)))
			dst = s.command(dst, line)
		}
	}
	if s.started && len(p) > 0 {
		s.behind()
	}
	return dst
}

// behind is told of bytes in the clear behind STARTTLS. The servers of CVE-2011-0411 kept
// such bytes in the buffer that they read commands from, and obeyed them once TLS was there, as if
// they had come through it. Here they are dropped, and told.
func (s *smtpServer) behind() { s.fault("bytes behind STARTTLS, in the clear") }

// text takes a line of a mail. A dot that was added is taken away (RFC 5321, section 4.5.2).
func (s *smtpServer) text(dst, line []byte) []byte {
	if string(line) != "." {
		line = bytes.TrimPrefix(line, []byte("."))
		s.foldBytes(line)
		s.foldBytes([]byte("\n"))
		s.size += len(line) + len("\r\n")
		return dst
	}
	s.answered(1, uint64(s.size))
	s.mails, s.from, s.to = false, false, false
	if s.size > mostKept {
		return append(dst, "552 5.3.4 Message too big\r\n"...)
	}
	return append(dst, "250 2.0.0 Ok: queued\r\n"...)
}

// command answers a line (RFC 5321, section 4.1.1).
func (s *smtpServer) command(dst, line []byte) []byte {
	verb, argument, _ := strings.Cut(string(line), " ")
	verb, argument = strings.ToUpper(verb), strings.ToUpper(argument)
	switch verb {
	case "EHLO", "HELO":
		return s.greet(dst, verb)
	case "NOOP", "RSET":
		if verb == "RSET" {
			s.from, s.to = false, false
		}
		return append(dst, "250 2.0.0 Ok\r\n"...)
	case "QUIT":
		s.leave()
		return append(dst, "221 2.0.0 Bye\r\n"...)
	case "STARTTLS":
		return s.start(dst)
	case "VRFY":
		return append(dst, "252 2.0.0 Send some mail\r\n"...)
	case "MAIL", "RCPT", "DATA":
		if s.clear {
			return append(dst, "530 5.7.0 Must issue a STARTTLS command first\r\n"...)
		}
		return s.envelope(dst, verb, argument)
	}
	return append(dst, "500 5.5.2 Command unrecognized\r\n"...)
}

// greet answers EHLO in several lines.
func (s *smtpServer) greet(dst []byte, verb string) []byte {
	s.greeted, s.from, s.to = true, false, false
	if verb == "HELO" {
		return append(dst, "250 wantwrite\r\n"...)
	}
	dst = append(dst, "250-wantwrite\r\n250-PIPELINING\r\n250-SIZE 4194304\r\n"...)
	if s.clear {
		dst = append(dst, "250-STARTTLS\r\n"...)
	}
	return append(dst, "250 8BITMIME\r\n"...)
}

// start answers STARTTLS (RFC 3207, section 4).
func (s *smtpServer) start(dst []byte) []byte {
	if !s.clear {
		return append(dst, "503 5.5.1 TLS is already active\r\n"...)
	}
	s.started = true
	return append(dst, "220 2.0.0 Ready to start TLS\r\n"...)
}

// envelope answers the commands of a mail, whose order counts.
func (s *smtpServer) envelope(dst []byte, verb, argument string) []byte {
	switch {
	case verb == "MAIL" && s.greeted && !s.from && strings.HasPrefix(argument, "FROM:"):
		s.from = true
		return append(dst, "250 2.1.0 Ok\r\n"...)
	case verb == "RCPT" && s.from && strings.HasPrefix(argument, "TO:"):
		s.to = true
		return append(dst, "250 2.1.5 Ok\r\n"...)
	case verb == "DATA" && s.to:
		s.mails, s.size = true, 0
		return append(dst, "354 End data with <CR><LF>.<CR><LF>\r\n"...)
	}
	return append(dst, "503 5.5.1 Bad sequence of commands\r\n"...)
}

// Snapshot implements model.Snapshotter.
func (s *smtpServer) Snapshot(shot *model.Snapshot) {
	s.server.snapshot(shot)
	shot.Bytes(&s.line)
	shot.Flags(&s.greeted, &s.from, &s.to, &s.mails, &s.started)
	shot.Int(&s.size)
}
