package dialogue

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
)

// longestBody is the most of a chunk or a body, in bytes. Nothing honest has more.
const longestBody = 1 << 40

// An httpPart is what the parser has come to.
type httpPart uint8

const (
	httpMore  httpPart = iota // all bytes are used up, the message goes on
	httpHead                  // the header is whole
	httpPiece                 // a piece of the body
	httpEnd                   // the message is whole
	httpBad                   // the message is malformed
)

// An httpState is what the parser waits for.
type httpState uint8

const (
	httpStart   httpState = iota // the first line
	httpFields                   // a header field, or the empty line
	httpFramed                   // how the body ends has to be decided by who knows the request
	httpLength                   // bytes of a body of known length
	httpChunk                    // the line before a chunk
	httpData                     // bytes of a chunk
	httpDataEnd                  // the line end behind a chunk
	httpTrailer                  // a trailer field, or the empty line
	httpClose                    // bytes until the link ends
	httpBroken                   // nothing
)

// An httpParser takes HTTP/1.1 messages apart (RFC 9112), requests or answers, in pieces of any
// length. It is strict, for it judges: lines end in CRLF, and what the RFC lets a recipient
// forgive is malformed.
type httpParser struct {
	request bool // it reads requests
	state   httpState
	lineReader
	header int    // bytes of the header so far
	left   int    // bytes of the body or of the chunk still to come
	why    string // what is malformed

	// The message's first line and the fields that count.
	minor          int // of the version 1.x
	status         int
	method, target []byte
	length         int // of Content-Length, -1 without it
	chunked        bool
	close, keep    bool // Connection has this word
	expects        bool // Expect: 100-continue
	hosts          int  // fields of the name Host
}

// begun says whether a part of a message has come.
func (m *httpParser) begun() bool { return m.state != httpStart || len(m.line) > 0 }

// next reads on in p. It returns what it has come to, the piece of the body, and the rest of p.
// After httpHead the caller says how the message is framed, by frame.
func (m *httpParser) next(p []byte) (part httpPart, piece, rest []byte) {
	for {
		switch m.state {
		case httpBroken:
			return httpBad, nil, nil
		case httpClose:
			if len(p) == 0 {
				return httpMore, nil, nil
			}
			return httpPiece, p, nil
		case httpLength, httpData:
			if m.left == 0 {
				if m.state == httpLength {
					m.state = httpStart
					return httpEnd, nil, p
				}
				m.state = httpDataEnd
				continue
			}
			if len(p) == 0 {
				return httpMore, nil, nil
			}
			n := min(len(p), m.left)
			m.left -= n
			return httpPiece, p[:n], p[n:]
		}
		line, after, whole := m.takeLine(p)
		if m.state == httpBroken {
			return httpBad, nil, nil
		}
		if !whole {
			return httpMore, nil, nil
		}
		p = after
		if part := m.readLine(line); part != httpMore {
			return part, nil, p
		}
	}
}

// takeLine takes the next line without its CRLF, if it is whole.
func (m *httpParser) takeLine(p []byte) (line, rest []byte, whole bool) {
	line, rest, whole, why := m.take(p)
	if whole {
		m.header += len(line) + 2
	}
	switch {
	case why != "":
		m.breaks("%s", why)
	case whole && m.header > longestLine:
		m.breaks("a header longer than %d bytes", longestLine)
	case bytes.IndexByte(line, '\r') >= 0 || bytes.IndexByte(line, 0) >= 0:
		m.breaks("a CR or NUL inside a line: %s", clause(line))
	}
	return line, rest, whole
}

// breaks ends the parsing.
func (m *httpParser) breaks(format string, args ...any) {
	m.state, m.why = httpBroken, fmt.Sprintf(format, args...)
}

// readLine reads a whole line.
func (m *httpParser) readLine(line []byte) httpPart {
	switch m.state {
	case httpStart:
		m.begin(line)
	case httpFields:
		if len(line) == 0 {
			m.endFields()
			break
		}
		m.field(line)
	case httpChunk:
		m.chunk(line)
	case httpDataEnd:
		m.state = httpChunk
		m.header = 0
		if len(line) > 0 {
			m.breaks("bytes behind a chunk: %s; want CRLF", clause(line))
		}
	case httpTrailer:
		if len(line) == 0 {
			m.state = httpStart
			return httpEnd
		}
		m.name(line)
	}
	switch m.state {
	case httpBroken:
		return httpBad
	case httpFramed:
		return httpHead
	}
	return httpMore
}

// begin reads the first line and forgets the message before.
func (m *httpParser) begin(line []byte) {
	*m = httpParser{request: m.request, lineReader: m.lineReader, header: len(line) + 2, length: -1,
		state: httpFields, method: m.method[:0], target: m.target[:0]}
	if m.request {
		m.requestLine(line)
	} else {
		m.statusLine(line)
	}
}

// statusLine reads the first line of an answer (RFC 9112, section 4).
func (m *httpParser) statusLine(line []byte) {
	const form = "HTTP/1.1 200 "
	ok := len(line) >= len(form) && string(line[:7]) == "HTTP/1." && line[8] == ' ' && line[12] == ' '
	for _, at := range [...]int{7, 9, 10, 11} {
		ok = ok && line[at] >= '0' && line[at] <= '9'
	}
	if !ok || line[9] == '0' || line[9] > '5' {
		m.breaks("a status line that is none: %s", clause(line))
		return
	}
	m.minor = int(line[7] - '0')
	m.status = int(line[9]-'0')*100 + int(line[10]-'0')*10 + int(line[11]-'0')
}

// requestLine reads the first line of a request (RFC 9112, section 3).
func (m *httpParser) requestLine(line []byte) {
	method, rest, _ := bytes.Cut(line, []byte(" "))
	target, version, _ := bytes.Cut(rest, []byte(" "))
	if !isToken(method) || len(target) == 0 || len(version) != 8 || string(version[:7]) != "HTTP/1." ||
		version[7] < '0' || version[7] > '9' {
		m.breaks("a request line that is none: %s", clause(line))
		return
	}
	m.method = append(m.method, method...)
	m.target = append(m.target, target...)
	m.minor = int(version[7] - '0')
}

// isToken says whether a word is a token (RFC 9110, section 5.6.2).
func isToken(word []byte) bool {
	for _, b := range word {
		c := b | 0x20
		if (c < 'a' || c > 'z') && (b < '0' || b > '9') && strings.IndexByte("!#$%&'*+-.^_`|~", b) < 0 {
			return false
		}
	}
	return len(word) > 0
}

// name cuts a field into its name and its value.
func (m *httpParser) name(line []byte) (name, value []byte) {
	name, value, found := bytes.Cut(line, []byte(":"))
	if !found || !isToken(name) {
		m.breaks("a header field that is none: %s", clause(line))
		return nil, nil
	}
	return name, bytes.Trim(value, " \t")
}

// is compares what does not depend on case.
func is(got []byte, want string) bool {
	return len(got) == len(want) && bytes.EqualFold(got, []byte(want))
}

// field reads a header field. Only those that frame the message count.
func (m *httpParser) field(line []byte) {
	name, value := m.name(line)
	switch {
	case is(name, "content-length"):
		n, ok := number(value, 10)
		switch {
		case !ok:
			m.breaks("Content-Length %s; want a number of bytes", clause(value))
		case m.length >= 0:
			m.breaks("Content-Length twice")
		}
		m.length = n
	case is(name, "transfer-encoding"):
		if !is(value, "chunked") || m.chunked {
			m.breaks("Transfer-Encoding %s; want chunked, once", clause(value))
		}
		m.chunked = true
	case is(name, "connection"):
		for len(value) > 0 {
			word, rest, _ := bytes.Cut(value, []byte(","))
			word, value = bytes.Trim(word, " \t"), rest
			m.close = m.close || is(word, "close")
			m.keep = m.keep || is(word, "keep-alive")
		}
	case is(name, "expect"):
		m.expects = m.expects || is(value, "100-continue")
	case is(name, "host"):
		m.hosts++
	}
}

// number reads a length, in digits alone.
func number(digits []byte, base int) (n int, ok bool) {
	for _, b := range digits {
		if b == '+' || b == '-' || b == '_' {
			return 0, false
		}
	}
	x, err := strconv.ParseUint(string(digits), base, 64)
	return int(x), err == nil && x <= longestBody
}

// endFields is the empty line behind the header.
func (m *httpParser) endFields() {
	m.state = httpFramed
	switch {
	case m.chunked && m.length >= 0: // RFC 9112, section 6.1: smuggling
		m.breaks("both Content-Length and Transfer-Encoding")
	case m.chunked && m.minor == 0:
		m.breaks("Transfer-Encoding in HTTP/1.0")
	case m.request && m.minor > 0 && m.hosts != 1:
		m.breaks("%d fields of the name Host; want one", m.hosts)
	}
}

// frame says how the message ends: without a body if bodiless, else by its own fields (RFC 9112,
// section 6.3). An answer without such fields ends with the link.
func (m *httpParser) frame(bodiless bool) {
	m.state = httpLength
	switch {
	case bodiless:
		m.left = 0
	case m.chunked:
		m.state, m.header = httpChunk, 0
	case m.length >= 0:
		m.left = m.length
	case m.request:
		m.left = 0
	default:
		m.state = httpClose
	}
}

// lasts says whether the link goes on after this message (RFC 9112, section 9.3).
func (m *httpParser) lasts() bool { return !m.close && (m.minor > 0 || m.keep) }

// chunk reads the line before a chunk: its length in hex, and extensions that mean nothing to us.
func (m *httpParser) chunk(line []byte) {
	digits, _, _ := bytes.Cut(line, []byte(";"))
	digits = bytes.TrimRight(digits, " \t")
	n, ok := number(digits, 16)
	switch {
	case !ok:
		m.breaks("the chunk length %s; want hex digits", clause(digits))
	case n == 0:
		m.state = httpTrailer
	default:
		m.left, m.state, m.header = n, httpData, 0
	}
}
