package dialogue

import (
	"strconv"

	"github.com/wantwrite/wantwrite/model"
)

// A respPart is what the RESP parser has come to.
type respPart uint8

const (
	respMore   respPart = iota // all bytes are used up
	respText                   // +text: text has it
	respError                  // -text
	respNumber                 // :number
	respArray                  // *count: so many values follow; -1 is nil
	respBulk                   // $size: so many bytes follow; -1 is nil, which has no end
	respPiece                  // bytes of a bulk
	respEnd                    // the bulk's end
	respInline                 // a line without a type: a command as a person types it
	respBad                    // malformed
)

// A respState is what the parser waits for.
type respState uint8

const (
	respLine   respState = iota // a line with a type
	respBytes                   // bytes of a bulk
	respTail                    // the CRLF behind a bulk
	respBroken                  // nothing
)

// A respParser takes RESP2 apart (redis.io, "Redis serialization protocol specification"), in
// pieces of any length. It gives a flat row of values; who reads it knows the arrays.
type respParser struct {
	inline bool // lines without a type are commands
	state  respState
	lineReader
	number int    // the number, the count or the size
	left   int    // bytes of the bulk still to come
	text   []byte // of a line; valid until the next call
	why    string // what is malformed
}

// begun says whether a part of a value has come.
func (r *respParser) begun() bool { return r.state != respLine || len(r.line) > 0 }

// next reads on in p. It returns what it has come to, the piece of a bulk, and the rest of p.
func (r *respParser) next(p []byte) (part respPart, piece, rest []byte) {
	switch r.state {
	case respBroken:
		return respBad, nil, nil
	case respBytes:
		if r.left > 0 {
			if len(p) == 0 {
				return respMore, nil, nil
			}
			n := min(len(p), r.left)
			r.left -= n
			return respPiece, p[:n], p[n:]
		}
		r.state, r.left = respTail, 2
	}
	for r.state == respTail {
		switch {
		case r.left == 0:
			r.state = respLine
			return respEnd, nil, p
		case len(p) == 0:
			return respMore, nil, nil
		case p[0] != "\n\r"[r.left-1]:
			return r.breaks("bytes behind a bulk; want CRLF"), nil, nil
		}
		r.left, p = r.left-1, p[1:]
	}
	line, rest, whole, why := r.take(p)
	switch {
	case why != "":
		return r.breaks(why), nil, nil
	case !whole:
		return respMore, nil, nil
	}
	return r.value(line), nil, rest
}

// breaks ends the parsing.
func (r *respParser) breaks(why string) respPart {
	r.state, r.why = respBroken, why
	return respBad
}

// value reads the line that begins a value.
func (r *respParser) value(line []byte) respPart {
	kind := byte(0)
	if len(line) > 0 {
		kind, r.text = line[0], line[1:]
	}
	switch kind {
	case '+':
		return respText
	case '-':
		return respError
	case ':', '*', '$':
	default:
		if r.text = line; r.inline {
			return respInline
		}
		return r.breaks("a line without a type of RESP2: " + clause(line))
	}
	n, err := strconv.ParseInt(string(r.text), 10, 64)
	if err != nil || kind != ':' && (n < -1 || n > 512<<20) || r.text[0] == '+' {
		return r.breaks("a number that is none: " + clause(line))
	}
	r.number = int(n)
	switch {
	case kind == ':':
		return respNumber
	case kind == '*':
		return respArray
	}
	if n >= 0 {
		r.state, r.left = respBytes, int(n)
	}
	return respBulk
}

// snapshot lists the fields.
func (r *respParser) snapshot(s *model.Snapshot) {
	s.Byte((*uint8)(&r.state))
	s.Bytes(&r.line)
	s.Int(&r.left)
	if why := s.Held([]byte(r.why)); s.Reading() {
		r.why = string(why)
	}
}
