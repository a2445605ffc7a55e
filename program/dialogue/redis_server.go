package dialogue

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/wantwrite/wantwrite/model"
)

// redisServer keeps strings for its link.
type redisServer struct {
	server
	shelf
	in    respParser
	want  int    // words of the command that are still to come
	text  []byte // its words, one behind the other
	stops []int  // where in text each of them ends
}

// Hear implements own.Speaker.
func (r *redisServer) Hear(dst, p []byte) []byte {
	for !r.over {
		part, piece, rest := r.in.next(p)
		p = rest
		switch {
		case part == respMore:
			r.begun = r.want > 0 || r.in.begun()
			return dst
		case part == respBad:
			dst = r.refuse(dst, r.in.why)
		case part == respInline && r.want == 0:
			for word := range bytes.FieldsSeq(r.in.text) {
				r.word(word)
			}
			dst = r.obey(dst)
		case part == respArray && r.want == 0 && r.in.number <= mostItems:
			r.want = max(r.in.number, 0)
		case part == respBulk && r.want > 0 && r.in.number >= 0 && len(r.text)+r.in.number <= mostKept:
		case part == respPiece:
			r.text = append(r.text, piece...)
		case part == respEnd:
			r.word(nil)
			if r.want--; r.want == 0 {
				dst = r.obey(dst)
			}
		default:
			dst = r.refuse(dst, "a value that is no part of a command")
		}
	}
	return dst
}

// word ends a word, of which this is the rest.
func (r *redisServer) word(rest []byte) {
	r.text = append(r.text, rest...)
	r.stops = append(r.stops, len(r.text))
}

// arg is a word of the command: 0 is its name.
func (r *redisServer) arg(i int) []byte {
	from := 0
	if i > 0 {
		from = r.stops[i-1]
	}
	return r.text[from:r.stops[i]]
}

// refuse answers what is malformed, and says its last.
func (r *redisServer) refuse(dst []byte, why string) []byte {
	r.server.refuse("a command", why)
	return append(append(append(dst, "-ERR Protocol error: "...), why...), "\r\n"...)
}

// obey answers a whole command and forgets it.
func (r *redisServer) obey(dst []byte) []byte {
	if n := len(r.stops); n > 0 {
		r.foldBytes(r.text)
		r.answered(uint64(n), uint64(len(r.text)))
		dst = r.command(dst, strings.ToUpper(string(r.arg(0))), n-1)
	}
	r.text, r.stops = r.text[:0], r.stops[:0]
	return dst
}

// command answers a command with so many arguments.
func (r *redisServer) command(dst []byte, name string, args int) []byte {
	switch {
	case name == "PING" && args == 0:
		return append(dst, "+PONG\r\n"...)
	case name == "PING" && args == 1, name == "ECHO" && args == 1:
		return appendValue(dst, r.arg(1))
	case name == "QUIT":
		r.leave()
	case name == "SET" && args == 2:
		if !r.put(r.arg(1), r.arg(2), 0) {
			return append(dst, "-OOM too many keys\r\n"...)
		}
	case name == "GET" && args == 1:
		return r.get(dst, 1)
	case name == "DEL" && args == 1:
		if r.remove(r.arg(1)) {
			return append(dst, ":1\r\n"...)
		}
		return append(dst, ":0\r\n"...)
	case name == "INCR" && args == 1:
		return r.incr(dst)
	case name == "MGET" && args > 0:
		dst = append(strconv.AppendInt(append(dst, '*'), int64(args), 10), "\r\n"...)
		for i := range args {
			dst = r.get(dst, i+1)
		}
		return dst
	default:
		return append(dst, "-ERR unknown command, or a wrong number of arguments\r\n"...)
	}
	return append(dst, "+OK\r\n"...)
}

// incr adds one to a number.
func (r *redisServer) incr(dst []byte) []byte {
	n := 0
	if it := r.find(r.arg(1)); it != nil {
		var err error
		if n, err = strconv.Atoi(string(it.value)); err != nil {
			return append(dst, "-ERR value is not an integer or out of range\r\n"...)
		}
	}
	var digits [20]byte
	value := strconv.AppendInt(digits[:0], int64(n)+1, 10)
	if !r.put(r.arg(1), value, 0) {
		return append(dst, "-OOM too many keys\r\n"...)
	}
	return append(append(append(dst, ':'), value...), "\r\n"...)
}

// get appends the value of a key, or nil.
func (r *redisServer) get(dst []byte, arg int) []byte {
	if it := r.find(r.arg(arg)); it != nil {
		return appendValue(dst, it.value)
	}
	return append(dst, "$-1\r\n"...)
}

// appendValue appends a bulk.
func appendValue(dst, value []byte) []byte {
	return append(append(appendBulk(dst, len(value)), value...), "\r\n"...)
}

// Snapshot implements model.Snapshotter.
func (r *redisServer) Snapshot(s *model.Snapshot) {
	r.server.snapshot(s)
	r.shelf.snapshot(s)
	r.in.snapshot(s)
	s.Int(&r.want)
	s.Bytes(&r.text)
	n := len(r.stops)
	s.Int(&n)
	if s.Reading() {
		r.stops = make([]int, min(max(n, 0), mostItems+1))
	}
	for i := range r.stops {
		s.Int(&r.stops[i])
	}
}
