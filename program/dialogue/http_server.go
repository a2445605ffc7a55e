package dialogue

import (
	"strconv"

	"github.com/wantwrite/wantwrite/model"
)

// mostKept is how long a body the servers keep, in bytes. It is more than any client sends.
const mostKept = 4 << 20

// httpServer serves the files of the table, and answers a POST with its body: what a proxy has
// behind it, and what client programs meet.
type httpServer struct {
	server
	in     httpParser
	number int    // requests answered
	body   []byte // of the request
}

// Hear implements own.Speaker.
func (s *httpServer) Hear(dst, p []byte) []byte {
	for !s.over {
		part, piece, rest := s.in.next(p)
		p = rest
		switch part {
		case httpMore:
			s.begun = s.in.begun()
			return dst
		case httpHead:
			dst = s.head(dst)
		case httpPiece:
			if len(s.body)+len(piece) > mostKept {
				dst = s.refuse(dst, "413 Content Too Large", "a body of more than 4 MiB")
				break
			}
			s.body = append(s.body, piece...)
		case httpEnd:
			dst = s.answer(dst)
		case httpBad:
			dst = s.refuse(dst, "400 Bad Request", s.in.why)
		}
	}
	return dst
}

// head is a whole header: the client may wait for 100 Continue.
func (s *httpServer) head(dst []byte) []byte {
	s.body = s.body[:0]
	s.in.frame(false)
	if s.in.expects && s.in.minor > 0 && (s.in.chunked || s.in.length > 0) {
		dst = append(dst, "HTTP/1.1 100 Continue\r\n\r\n"...)
	}
	return dst
}

// refuse answers what is malformed, and says its last.
func (s *httpServer) refuse(dst []byte, status, why string) []byte {
	s.server.refuse("a request", why)
	dst = append(append(dst, "HTTP/1.1 "...), status...)
	return append(dst, "\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"...)
}

// answer answers a whole request.
func (s *httpServer) answer(dst []byte) []byte {
	s.foldBytes(s.in.method)
	s.foldBytes(s.in.target)
	s.foldBytes(s.body)
	s.answered(uint64(s.in.minor), uint64(len(s.body)))
	status, what := "200 OK", body{}
	kept := []byte(nil) // is said before what
	file := fileAt(s.in.target)
	method := string(s.in.method)
	switch {
	case method != "GET" && method != "HEAD" && method != "POST":
		status, kept = "501 Not Implemented", []byte("want GET, HEAD or POST\n")
	case file >= 0:
		what = fileBody(file)
	case string(s.in.target) == "/echo" && method == "POST":
		kept = s.body
	default:
		status, kept = "404 Not Found", []byte("want /echo, or /f/ and a size\n")
	}
	dst = s.say(dst, status, kept, what)
	s.number++
	return dst
}

// say appends an answer. Each fourth is chunked, and of sixteen one ends with the link, so that
// who reads them meets all framings.
func (s *httpServer) say(dst []byte, status string, kept []byte, what body) []byte {
	chunked := s.number%4 == 3 && s.in.minor > 0
	bare := s.number%16 == 13 && string(s.in.method) != "HEAD"
	if !s.in.lasts() || bare {
		s.leave()
	}
	dst = append(append(append(dst, "HTTP/1.1 "...), status...), "\r\nContent-Type: application/octet-stream\r\n"...)
	switch {
	case chunked:
		dst = append(dst, "Transfer-Encoding: chunked\r\n"...)
	case !bare:
		dst = append(dst, "Content-Length: "...)
		dst = append(strconv.AppendInt(dst, int64(len(kept)+what.left), 10), "\r\n"...)
	}
	switch {
	case s.over:
		dst = append(dst, "Connection: close\r\n"...)
	case s.in.minor == 0:
		dst = append(dst, "Connection: keep-alive\r\n"...)
	}
	dst = append(dst, "\r\n"...)
	switch {
	case string(s.in.method) == "HEAD":
		return dst
	case chunked && len(kept) > 0:
		dst = append(strconv.AppendInt(dst, int64(len(kept)), 16), "\r\n"...)
		dst = append(append(dst, kept...), "\r\n"...)
		return appendChunks(dst, body{})
	case chunked:
		return appendChunks(dst, what)
	}
	return what.appendTo(append(dst, kept...), what.left)
}

// Snapshot implements model.Snapshotter.
func (s *httpServer) Snapshot(shot *model.Snapshot) {
	s.server.snapshot(shot)
	s.in.snapshot(shot)
	at := s.number % 16
	if shot.Int(&at); shot.Reading() {
		s.number = at
	}
	shot.Bytes(&s.body)
}
