package dialogue

import (
	"fmt"
	"strconv"

	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/own"
)

// An httpAsk is a request of which the answer is owed: a kind, and a file of the table or, for an
// echo, the size of the body.
type httpAsk int

const (
	httpGet  httpAsk = iota // GET of a file
	httpTop                 // HEAD of a file
	httpEcho                // POST to /echo
	httpPost                // POST to a file: a program that serves files refuses it
	numHTTPAsks
)

// kind and of take an ask apart.
func (a httpAsk) kind() httpAsk { return a % numHTTPAsks }
func (a httpAsk) of() int       { return int(a / numHTTPAsks) }

// String is the request as clauses name it.
func (a httpAsk) String() string {
	switch a.kind() {
	case httpEcho:
		return fmt.Sprintf("POST /echo of %d bytes", a.of())
	case httpPost:
		return "POST /f/" + strconv.Itoa(sizes[a.of()])
	case httpTop:
		return "HEAD /f/" + strconv.Itoa(sizes[a.of()])
	}
	return "GET /f/" + strconv.Itoa(sizes[a.of()])
}

// httpClient asks for files, and posts bodies. Requests are pipelined where Begin is called while
// answers are owed.
type httpClient struct {
	ear
	free   bool // contents are the program's own
	bodies int  // the number of the link's first body
	number int  // requests said
	last   bool // no more requests: one said Connection: close, or an answer did
	asks   queue

	// A body that waits for 100 Continue. Further requests don't wait with it: a client need not
	// wait for any time (RFC 9110, section 10.1.1).
	held           body
	holds, chunked bool

	in    httpParser
	known bool // the body of this answer is compared with now
	done  bool // this answer counts as whole, and goes on until the link ends
	now   body
	full  int // bytes of now when it began
}

// Begins implements own.Speaker.
func (c *httpClient) Begins() bool { return !c.last && c.wrong == "" }

// Over implements own.Speaker: the program closes, after the answer that says so.
func (c *httpClient) Over() bool { return false }

// Begin implements own.Speaker. Without a body it is a GET of the file whose size is nearest to
// the wanted one; if the odds are 5 it is HEAD. With a body it is a POST, to a file if an answer
// is wanted: chunked if the odds leave 1 by 4 or are 6, with Expect: 100-continue if they leave 2.
// If they are 11 it is the link's last, and says Connection: close.
func (c *httpClient) Begin(dst []byte, size, answer int) []byte {
	if !c.Begins() {
		return dst
	}
	dst = c.release(dst)
	size, answer = min(size, most), min(answer, most)
	o := odds(c.number, size, answer)
	file := httpAsk(nearestFile(answer)) * numHTTPAsks
	ask, line := file+httpGet, "GET /f/"
	switch {
	case size > 0 && answer > 0:
		ask, line = file+httpPost, "POST /f/"
	case size > 0:
		ask, line = httpAsk(size)*numHTTPAsks+httpEcho, "POST /echo"
	case o == 5:
		ask, line = file+httpTop, "HEAD /f/"
	}
	dst = append(dst, line...)
	if ask.kind() != httpEcho {
		dst = strconv.AppendInt(dst, int64(sizes[ask.of()]), 10)
	}
	dst = append(dst, " HTTP/1.1\r\nHost: wantwrite\r\n"...)
	if c.last = o == 11; c.last {
		dst = append(dst, "Connection: close\r\n"...)
	}
	if size > 0 {
		dst = c.post(dst, size, o)
	} else {
		dst = append(dst, "\r\n"...)
	}
	c.asks.push(int(ask))
	c.number++
	return dst
}

// post appends what frames a body, and the body unless that waits.
func (c *httpClient) post(dst []byte, size, o int) []byte {
	c.held, c.holds, c.chunked = bodyOf(c.bodies+c.number, size), true, o&3 == 1 || o == 6
	if c.chunked {
		dst = append(dst, "Transfer-Encoding: chunked\r\n"...)
	} else {
		dst = append(dst, "Content-Length: "...)
		dst = append(strconv.AppendInt(dst, int64(size), 10), "\r\n"...)
	}
	if o&3 == 2 {
		return append(dst, "Expect: 100-continue\r\n\r\n"...)
	}
	return c.release(append(dst, "\r\n"...))
}

// release appends the body that waits.
func (c *httpClient) release(dst []byte) []byte {
	if !c.holds {
		return dst
	}
	c.holds = false
	if c.chunked {
		return appendChunks(dst, c.held)
	}
	return c.held.appendTo(dst, c.held.left)
}

// appendChunks appends a body in chunks of 1, 17, 273 bytes and so on, and trailers.
func appendChunks(dst []byte, b body) []byte {
	for size := 1; b.left > 0; size = size*16 + 1 {
		n := min(size, b.left)
		dst = append(strconv.AppendInt(dst, int64(n), 16), "\r\n"...)
		dst = append(b.appendTo(dst, n), "\r\n"...)
	}
	return append(dst, "0\r\nX-Trailer: 1\r\n\r\n"...)
}

// Hear implements own.Speaker.
func (c *httpClient) Hear(dst, p []byte) []byte {
	for c.wrong == "" {
		if len(p) > 0 && c.asks.len() == 0 && !c.in.begun() {
			c.fault("an answer to nothing: it begins with %s", clause(p[:1]))
			break
		}
		part, piece, rest := c.in.next(p)
		p = rest
		switch part {
		case httpMore:
			c.begun = c.in.begun() && !c.done
			return dst
		case httpHead:
			c.head()
		case httpPiece:
			c.piece(piece)
		case httpEnd:
			dst = c.end(dst)
		case httpBad:
			c.fault("the answer to %v has %s", c.ask(), c.in.why)
		}
	}
	return dst
}

// ask is the request whose answer comes.
func (c *httpClient) ask() httpAsk { return httpAsk(c.asks.first()) }

// head judges a whole header. 1xx goes before the answer.
func (c *httpClient) head() {
	ask, status := c.ask(), c.in.status
	if status < 200 {
		c.in.frame(true)
		if status == 101 {
			c.fault("status 101 to %v, which asked for no upgrade", ask)
		}
		return
	}
	bodiless := ask.kind() == httpTop || status == 204 || status == 304
	c.in.frame(bodiless)
	c.ends = c.ends || !c.in.lasts() || c.in.state == httpClose
	c.known = false
	if !c.free {
		c.expect(ask, status)
	}
	if c.in.state == httpClose && (!c.known || c.now.left == 0) {
		c.settle()
	}
}

// expect judges the status, and what it says about the body.
func (c *httpClient) expect(ask httpAsk, status int) {
	kind := ask.kind()
	switch {
	case status == 200 && kind == httpEcho:
		c.now = bodyOf(c.bodies+c.number-c.asks.len(), ask.of())
	case status == 200:
		c.now = fileBody(ask.of())
	case (kind == httpEcho || kind == httpPost) && status >= 400:
		return // a refusal: its text is the program's own
	case kind == httpEcho || kind == httpPost:
		c.fault("status %d to %v; want 200 or a refusal", status, ask)
		return
	default:
		c.fault("status %d to %v; want 200", status, ask)
		return
	}
	c.known, c.full = kind != httpTop, c.now.left
	if c.in.length >= 0 && c.in.length != c.now.left {
		c.fault("Content-Length %d in the answer to %v; want %d", c.in.length, ask, c.now.left)
	}
}

// piece judges bytes of a body.
func (c *httpClient) piece(p []byte) {
	if !c.known {
		if c.free {
			c.foldBytes(p)
		}
		return
	}
	same := c.now.match(p)
	if c.now.left == 0 && c.in.state == httpClose && !c.done {
		// Story 108: an answer that the end of the link ends was whole if its last byte ended a
		// piece. If the byte behind it, which is one too many, came in the same piece, it was not.
		c.settle()
	}
	switch {
	case same == len(p):
	case c.now.left == 0:
		c.fault("more than %d bytes in answer %d", c.full, c.whole+c.goesOn())
	default:
		c.fault("byte %d of the %d in the answer to %v is wrong: %s", c.full-c.now.left+1, c.full, c.ask(),
			clause(p[same:same+1]))
	}
}

// goesOn is 1 if the answer that comes does not count yet.
func (c *httpClient) goesOn() int {
	if c.done {
		return 0
	}
	return 1
}

// end is the end of a message.
func (c *httpClient) end(dst []byte) []byte {
	if c.in.status < 200 {
		if c.in.status == 100 && c.asks.len() == 1 {
			dst = c.release(dst)
		}
		return dst
	}
	if c.known && c.now.left > 0 {
		c.fault("%d bytes in the answer to %v; want %d", c.full-c.now.left, c.ask(), c.full)
		return dst
	}
	c.settle()
	if c.asks.len() == 0 && !c.ends { // an answer came instead of 100, and the link goes on
		dst = c.release(dst)
	}
	return dst
}

// settle counts an answer as whole. What is asked behind one that ends the link gets no answer
// (RFC 9112, section 9.6).
func (c *httpClient) settle() {
	c.done = c.in.state == httpClose
	c.answered(uint64(c.in.status), uint64(c.asks.pop()))
	if c.last && c.asks.len() == 0 {
		c.ends = true
	}
	if c.ends {
		c.last, c.holds = true, false
		c.asks.clear()
	}
}

// Owed implements own.Speaker.
func (c *httpClient) Owed() string {
	n := c.asks.len()
	switch {
	case n == 0:
		return ""
	case c.begun && c.known:
		return fmt.Sprintf("the rest of the answer to %v: %d of %d bytes", c.ask(), c.now.left, c.full)
	case n == 1:
		return fmt.Sprintf("the answer to %v", c.ask())
	}
	return fmt.Sprintf("%d answers, first that to %v", n, c.ask())
}

// Snapshot implements model.Snapshotter.
func (c *httpClient) Snapshot(s *model.Snapshot) {
	c.ear.snapshot(s)
	s.Int(&c.number)
	s.Int(&c.full)
	s.Flags(&c.last, &c.holds, &c.chunked, &c.known, &c.done)
	c.asks.snapshot(s)
	c.held.snapshot(s)
	c.now.snapshot(s)
	c.in.snapshot(s)
}

// snapshot lists the fields of the parser.
func (m *httpParser) snapshot(s *model.Snapshot) {
	s.Byte((*uint8)(&m.state))
	s.Bytes(&m.line)
	for _, n := range [...]*int{&m.header, &m.left, &m.minor, &m.status, &m.length, &m.hosts} {
		s.Int(n)
	}
	s.Flags(&m.chunked, &m.close, &m.keep, &m.expects)
	s.Bytes(&m.method)
	s.Bytes(&m.target)
	if why := s.Held([]byte(m.why)); s.Reading() {
		m.why = string(why)
	}
}

var http = own.Dialogue{
	Name: "http",
	About: "HTTP/1.1: GET of files of 0 to 1 MiB, POST, pipelining, chunks, 100-continue; the program " +
		"serves /f/0 to /f/1048576",
	New: func(at own.Place) own.Speaker { return newHTTP(at, false) },
}

var httpAny = own.Dialogue{
	Name:  "http-any",
	About: "as http, for a program with contents of its own: statuses and bodies must only be the same each time",
	New:   func(at own.Place) own.Speaker { return newHTTP(at, true) },
}

// newHTTP makes the speaker of one end.
func newHTTP(at own.Place, free bool) own.Speaker {
	if at.Server {
		return &httpServer{in: httpParser{request: true}}
	}
	return &httpClient{bodies: bodiesOf(at.Link), free: free}
}
