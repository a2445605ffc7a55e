package dialogue

import (
	"bytes"

	"github.com/wantwrite/wantwrite/model"
)

// mostLines is how many lines a reply has at most.
const mostLines = 1000

// An smtpReply takes the replies of a server apart (RFC 5321, section 4.2.1), in pieces of any
// length.
type smtpReply struct {
	lineReader
	code, lines int    // of the reply so far
	why         string // what is malformed
}

// begun says whether a part of a reply has come.
func (r *smtpReply) begun() bool { return r.lines > 0 || len(r.line) > 0 }

// next takes the next line of a reply. text is what stands behind the code. last is the end of the
// reply, whole says that there was a line.
func (r *smtpReply) next(p []byte) (text, rest []byte, last, whole bool) {
	line, rest, whole, why := r.take(p)
	if why != "" || !whole {
		r.why = why
		return nil, rest, false, false
	}
	code, hyphen, ok := smtpLine(line)
	switch {
	case !ok:
		r.why = "a line that is none: " + clause(line) + "; want a code and a text"
	case r.lines > 0 && code != r.code:
		r.why = "two codes in one reply: " + clause(line)
	case r.lines == mostLines:
		r.why = "more than 1000 lines"
	}
	if r.why != "" {
		return nil, nil, false, false
	}
	r.code = code
	if r.lines++; !hyphen {
		r.lines = 0
	}
	return line[min(4, len(line)):], rest, !hyphen, true
}

// smtpLine takes a line's code, and whether another line follows.
func smtpLine(line []byte) (code int, hyphen, ok bool) {
	if len(line) < 3 || len(line) > 3 && line[3] != ' ' && line[3] != '-' {
		return 0, false, false
	}
	for i, b := range line[:3] {
		if b < '0' || b > '9' || i == 0 && (b < '2' || b > '5') {
			return 0, false, false
		}
		code = code*10 + int(b-'0')
	}
	return code, len(line) > 3 && line[3] == '-', true
}

// snapshot lists the fields.
func (r *smtpReply) snapshot(s *model.Snapshot) {
	s.Bytes(&r.line)
	s.Int(&r.code)
	s.Int(&r.lines)
}

// appendMail appends the text of a mail: lines of printable characters, some of which begin with
// dots. Stuffed, such a line gets a dot more (RFC 5321, section 4.5.2).
func appendMail(dst []byte, number, size int, stuffed bool) []byte {
	b := bodyOf(number, size)
	for b.left > 0 {
		n := min(1+int(b.first())%76, b.left)
		at := len(dst)
		dst = b.appendTo(dst, n)
		line := dst[at:]
		for i := range line {
			line[i] = 'A' + line[i]&31
		}
		if line[0]&3 == 0 {
			line[0] = '.'
			if stuffed {
				dst = append(dst, 0)
				copy(dst[at+1:], dst[at:])
			}
		}
		dst = append(dst, "\r\n"...)
	}
	return dst
}

// keyword says whether a line of EHLO's reply names that extension.
func keyword(text []byte, name string) bool {
	word, _, _ := bytes.Cut(text, []byte(" "))
	return bytes.EqualFold(word, []byte(name))
}
