package dialogue

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/wantwrite/wantwrite/model/own"
)

// A heard is what a client asked and was answered, and what it says of that.
type heard struct {
	speaks string
	asks   []ask
	answer string
	wrong  string // a part of it, "" if nothing is wrong
	whole  int    // answers
	ends   bool
	owed   string // a part of it
}

// file and mail are contents that are known.
func file(size int) string {
	b := fileBody(nearestFile(size))
	return string(b.appendTo(nil, size))
}

func sent(number, size int) string {
	b := bodyOf(number, size)
	return string(b.appendTo(nil, size))
}

// get and post are what the client says first: GET /f/1, and POST /echo of 4 bytes.
var (
	get  = []ask{{0, 1}}
	post = []ask{{4, 0}}
	head = []ask{{0, 7}} // the odds are 5
)

// httpHeard are answers, whole and wrong.
var httpHeard = []heard{
	// Framings.
	{answer: "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n" + file(1), whole: 1},
	{answer: "HTTP/1.1 200 \r\ncontent-length:  1 \r\n\r\n" + file(1), whole: 1},
	{answer: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;a=\"b\"\r\n" + file(1) + "\r\n000\r\nETag: x\r\n\r\n", whole: 1},
	{answer: "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n" + file(1), whole: 1},
	{asks: head, answer: "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n", whole: 1},
	{asks: head, answer: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", whole: 1},
	{speaks: "http-any", answer: "HTTP/1.1 204 No Content\r\n\r\n", whole: 1},
	{speaks: "http-any", answer: "HTTP/1.1 304 Not Modified\r\nContent-Length: 100\r\n\r\n", whole: 1},
	{speaks: "http-any", answer: "HTTP/1.1 301 Moved\r\nContent-Length: 2\r\n\r\nhi", whole: 1},
	// The end of the link ends an answer, or the client is told that it will.
	{answer: "HTTP/1.1 200 OK\r\n\r\n" + file(1), whole: 1, ends: true},
	{answer: "HTTP/1.1 200 OK\r\n\r\n", ends: true, owed: "the answer to GET /f/1"},
	{answer: "HTTP/1.1 200 OK\r\n\r\n" + file(1) + "x", whole: 1, ends: true, wrong: "more than 1 bytes in answer 1"},
	{speaks: "http-any", answer: "HTTP/1.1 200 OK\r\n\r\nwhatever", whole: 1, ends: true},
	{answer: "HTTP/1.1 200 OK\r\nConnection: x, close\r\nContent-Length: 1\r\n\r\n" + file(1), whole: 1, ends: true},
	{answer: "HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\n" + file(1), whole: 1, ends: true},
	{answer: "HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 1\r\n\r\n" + file(1), whole: 1},
	{asks: []ask{{0, 1}, {0, 1}, {0, 1}}, answer: "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\n" + file(1), whole: 1, ends: true},
	// Refusals of a POST.
	{asks: post, answer: "HTTP/1.1 405 Not Allowed\r\nContent-Length: 6\r\n\r\n<html>", whole: 1},
	{asks: post, answer: "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n" + sent(0, 4), whole: 1},
	{asks: post, answer: "HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n", wrong: "status 201 to POST /echo of 4 bytes; want 200 or a refusal"},
	// Answers that are wrong.
	{answer: "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n?", wrong: "byte 1 of the 1 in the answer to GET /f/1 is wrong: \"?\""},
	{answer: "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", wrong: "status 404 to GET /f/1; want 200"},
	{answer: "HTTP/1.1 206 Partial Content\r\nContent-Length: 1\r\n\r\n", wrong: "status 206 to GET /f/1; want 200"},
	{answer: "HTTP/1.1 101 Switching Protocols\r\n\r\n", wrong: "status 101 to GET /f/1, which asked for no upgrade"},
	{answer: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n", wrong: "Content-Length 2 in the answer to GET /f/1; want 1"},
	{answer: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", wrong: "0 bytes in the answer to GET /f/1; want 1"},
	{answer: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n" + file(1) + "x", wrong: "more than 1 bytes in answer 1"},
	{asks: head, answer: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", wrong: "Content-Length 5 in the answer to HEAD /f/1; want 1"},
	{asks: head, answer: "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n" + file(1), whole: 1, wrong: "an answer to nothing: it begins with "},
	{answer: "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n" + file(1) + "HTTP/1.1 200 OK\r\n", whole: 1, wrong: `an answer to nothing: it begins with "H"`},
	{asks: []ask{}, answer: "HTTP/1.1 408 Request Timeout\r\n", wrong: "an answer to nothing"},
	// Messages that are none.
	{answer: "HTTQ/1.1 200 OK\r\n", wrong: `the answer to GET /f/1 has a status line that is none: "HTTQ/1.1 200 OK"`},
	{answer: "HTTP/2.0 200 OK\r\n", wrong: "a status line that is none"},
	{answer: "HTTP/1.1 200\r\n", wrong: "a status line that is none"},
	{answer: "HTTP/1.1 999 OK\r\n", wrong: "a status line that is none"},
	{answer: "\r\n", wrong: "a status line that is none"},
	{answer: "HTTP/1.1 200 OK\n", wrong: "a line that does not end in CRLF"},
	{answer: "HTTP/1.1 200 OK\r\nA: b\rc\r\n", wrong: "a CR or NUL inside a line"},
	{answer: "HTTP/1.1 200 OK\r\n folded\r\n", wrong: "a header field that is none"},
	{answer: "HTTP/1.1 200 OK\r\nName : x\r\n", wrong: "a header field that is none"},
	{answer: "HTTP/1.1 200 OK\r\n: x\r\n", wrong: "a header field that is none"},
	{answer: "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n", wrong: "Content-Length twice"},
	{answer: "HTTP/1.1 200 OK\r\nContent-Length: +1\r\n", wrong: `Content-Length "+1"; want a number of bytes`},
	{answer: "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n", wrong: "want a number of bytes"},
	{answer: "HTTP/1.1 200 OK\r\nContent-Length:\r\n", wrong: "want a number of bytes"},
	{answer: "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", wrong: "both Content-Length and Transfer-Encoding"},
	{answer: "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n", wrong: `Transfer-Encoding "gzip"; want chunked, once`},
	{answer: "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", wrong: "Transfer-Encoding in HTTP/1.0"},
	{answer: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", wrong: `the chunk length "xyz"; want hex digits`},
	{answer: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\r\n", wrong: `the chunk length ""; want hex digits`},
	{answer: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n", wrong: `the chunk length "-1"; want hex digits`},
	{answer: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n" + file(1) + "x\r\n", wrong: `bytes behind a chunk: "x"; want CRLF`},
	{answer: "HTTP/1.1 200 OK\r\nA: " + strings.Repeat("b", longestLine), wrong: "a line longer than 65536 bytes"},
	{answer: "HTTP/1.1 200 OK\r\n" + strings.Repeat("Abc: 0123456789abcdef\r\n", 4000), wrong: "a header longer than 65536 bytes"},
	// Answers that are not whole.
	{answer: "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n", owed: "the rest of the answer to GET /f/1: 1 of 1 bytes"},
	{answer: "HTTP/1.1 2", owed: "the answer to GET /f/1"},
	{asks: []ask{{0, 1}, {0, 1}, {0, 1}}, answer: "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n" + file(1), whole: 1, owed: "2 answers, first that to GET /f/1"},
}

// otherHeard are answers of the other dialogues. In redis {0, 0} is PING, in memcached it is
// version.
var otherHeard = []heard{
	{speaks: "redis", asks: []ask{{0, 0}}, answer: "+PONG\r\n", whole: 1},
	{speaks: "redis", asks: []ask{{0, 0}}, answer: "+PANG\r\n", wrong: `"+PANG" to PING; want +PONG`},
	{speaks: "redis", asks: []ask{{0, 0}}, answer: "$4\r\nPONG\r\n", wrong: "a bulk to PING; want none"},
	{speaks: "redis", asks: []ask{{0, 0}}, answer: ":7\r\n", wrong: `":7" to PING; want +PONG`},
	{speaks: "redis", asks: []ask{{0, 0}}, answer: "+PONG\r\n+", whole: 1, wrong: `an answer to nothing: it begins with "+"`},
	{speaks: "redis", asks: []ask{{0, 0}}, answer: "PONG\r\n", wrong: "a line without a type of RESP2"},
	{speaks: "redis", asks: []ask{{0, 0}}, answer: "-LOADING wait\r\n", wrong: `the error "LOADING wait" to PING`},
	{speaks: "redis", asks: []ask{{0, 0}}, answer: "+PO", owed: "1 answers, first PING"},
	{speaks: "redis", asks: []ask{{0, 1}}, answer: "+OK\r\n$1\r\n" + sent(1, 1) + "\r\n", whole: 2},
	{speaks: "redis", asks: []ask{{0, 1}}, answer: "+OK\r\n$1\r\nx\r\n", whole: 1, wrong: `byte 1 of the 1 in the answer to GET is wrong: "x"`},
	{speaks: "redis", asks: []ask{{0, 1}}, answer: "+OK\r\n$2\r\n", whole: 1, wrong: "a bulk of 2 bytes to GET; want 1"},
	{speaks: "redis", asks: []ask{{0, 1}}, answer: "+OK\r\n$-1\r\n", whole: 1, wrong: "a bulk of -1 bytes to GET; want 1"},
	{speaks: "redis", asks: []ask{{0, 1}}, answer: "+OK\r\n$x\r\n", whole: 1, wrong: "the answer to GET has a number that is none"},
	{speaks: "redis", asks: []ask{{0, 1}}, answer: "+OK\r\n$1\r\n" + sent(1, 1) + "+O", whole: 1, wrong: "bytes behind a bulk; want CRLF"},
	{speaks: "redis", asks: []ask{{0, 1}}, answer: "+OK\r\n*1\r\n", whole: 1, wrong: `"*1" to GET; want a bulk`},
	{speaks: "memcached", asks: []ask{{0, 0}}, answer: "VERSION 1.6.18\r\n", whole: 1},
	{speaks: "memcached", asks: []ask{{0, 0}}, answer: "VERSION\r\n", wrong: `the line "VERSION"; want "VERSION "`},
	{speaks: "memcached", asks: []ask{{0, 0}}, answer: "ERROR\r\n", wrong: `the line "ERROR"; want "VERSION "`},
	{speaks: "memcached", asks: []ask{{0, 0}}, answer: "VERSION 1\n", wrong: "an answer with a line that does not end in CRLF"},
	{speaks: "memcached", asks: []ask{{0, 0}}, answer: "VERSION 1\r\nS", whole: 1, wrong: `an answer to nothing: it begins with "S"`},
	{speaks: "memcached", asks: []ask{{1, 0}}, answer: "", whole: 0}, // noreply
	{speaks: "memcached", asks: []ask{{0, 1}}, answer: "STORED\r\nVALUE ww:0:4 1 1\r\n" + sent(1, 1) + "\r\nEND\r\n", whole: 2},
	{speaks: "memcached", asks: []ask{{0, 1}}, answer: "STORED\r\nEND\r\n", whole: 1, wrong: `the line "END"; want "VALUE ww:0:4 1 1"`},
	{speaks: "memcached", asks: []ask{{0, 1}}, answer: "STORED\r\nVALUE ww:0:5 1 1\r\n", whole: 1, wrong: `want "VALUE ww:0:4 1 1"`},
	{speaks: "memcached", asks: []ask{{0, 1}}, answer: "STORED\r\nVALUE ww:0:4 1 1\r\n" + sent(1, 1) + "xx", whole: 1, wrong: `"x" behind the 1 bytes of a value; want CRLF`},
	{speaks: "memcached", asks: []ask{{0, 1}}, answer: "STORED\r\nVALUE ww:0:4 1 1\r\n?", whole: 1, wrong: `byte 1 of the 1 of a value is wrong: "?"`},
	{speaks: "memcached", asks: []ask{{0, 1}}, answer: "STORED\r\nVALUE ww:0:4 1 1\r\n" + sent(1, 1), whole: 1, owed: "1 answers, first VALUE"},
	{speaks: "memcached", asks: []ask{{0, 1}}, answer: "SERVER_ERROR out of memory storing object\r\n", wrong: `the line "SERVER_ERROR out of memory storing object"; want "STORED"`},
	{speaks: "echo", asks: []ask{{3, 0}}, answer: sent(0, 3), whole: 1},
	{speaks: "echo", asks: []ask{{3, 0}}, answer: sent(0, 2), owed: "1 bytes that are to come back"},
	{speaks: "echo", asks: []ask{{3, 0}}, answer: sent(0, 2) + "?", wrong: `byte 3 of 3 of message 1 came back as "?"`},
	{speaks: "echo", asks: []ask{{100, 0}}, answer: sent(0, 40) + sent(0, 100)[50:], wrong: "10 bytes are missing from byte 41 of 100 of message 1 on"},
	{speaks: "echo", asks: []ask{{100, 0}}, answer: sent(0, 40) + sent(0, 40), wrong: `byte 41 of 100 of message 1 came back as ` + clause([]byte(sent(0, 1)))},
	{speaks: "echo", asks: []ask{{3, 0}}, answer: sent(0, 3) + "?", whole: 1, wrong: `a byte came back that nobody sent: "?"`},
	{speaks: "smtp", asks: []ask{{0, 0}}, answer: "250-x\r\n250 y\r\n250 ok\r\n", whole: 2},
	{speaks: "smtp", asks: []ask{{0, 0}}, answer: "250 ok\r\n250\r\n", whole: 2},
	{speaks: "smtp", asks: []ask{{0, 0}}, answer: "502 no\r\n", whole: 1},
	{speaks: "smtp", asks: []ask{{0, 0}}, answer: "421 closing\r\n", whole: 1, ends: true},
	{speaks: "smtp", asks: []ask{{0, 0}}, answer: "250-x\r\n", owed: "1 replies, first that to EHLO"},
	{speaks: "smtp", asks: []ask{{0, 0}}, answer: "250 ok\r\n250 ok\r\n2", whole: 2, wrong: `an answer to nothing: it begins with "2"`},
	{speaks: "smtp", asks: []ask{{0, 0}}, answer: "354 go\r\n", wrong: "354 to EHLO; want 250 or a refusal"},
	{speaks: "smtp", asks: []ask{{0, 0}}, answer: "250-x\r\n251 y\r\n", wrong: `the reply to EHLO has two codes in one reply: "251 y"`},
	{speaks: "smtp", asks: []ask{{0, 0}}, answer: "250_x\r\n", wrong: "the reply to EHLO has a line that is none"},
	{speaks: "smtp", asks: []ask{{0, 0}}, answer: "25\r\n", wrong: "the reply to EHLO has a line that is none"},
	{speaks: "smtp", asks: []ask{{0, 0}}, answer: "150 x\r\n", wrong: "the reply to EHLO has a line that is none"},
	{speaks: "smtp", asks: []ask{{0, 0}}, answer: strings.Repeat("250-x\r\n", 1001), wrong: "more than 1000 lines"},
	{speaks: "smtp", asks: []ask{{9, 0}}, answer: "250 x\r\n250 ok\r\n251 elsewhere\r\n", whole: 3, owed: "1 replies, first that to DATA"},
	{speaks: "smtp", asks: []ask{{9, 0}}, answer: "250 x\r\n250 ok\r\n253 so\r\n", whole: 2, wrong: "253 to RCPT; want 250 or a refusal"},
	{speaks: "smtp", asks: []ask{{9, 0}}, answer: "250 x\r\n251 elsewhere\r\n", whole: 1, wrong: "251 to MAIL; want 250 or a refusal"},
	// Nobody's mail is taken: it is not sent.
	{speaks: "smtp", asks: []ask{{9, 0}}, answer: "250 x\r\n550 no\r\n", whole: 2},
	{speaks: "smtp", asks: []ask{{9, 0}}, answer: "250 x\r\n250 ok\r\n550 no\r\n250 reset\r\n", whole: 4},
	{speaks: "smtp", asks: []ask{{9, 0}}, answer: "250-x\r\n250 PIPELINING\r\n550 no\r\n503 no\r\n503 no\r\n", whole: 4},
}

// TestWhatIsWrongIsNamed: each answer, whole and byte by byte.
func TestWhatIsWrongIsNamed(t *testing.T) {
	for _, h := range append(httpHeard, otherHeard...) {
		if h.speaks == "" {
			h.speaks = "http"
		}
		if h.asks == nil {
			h.asks = get
		}
		d, err := Named(h.speaks)
		if err != nil {
			t.Fatal(err)
		}
		name := fmt.Sprintf("%s %v %.60q", h.speaks, h.asks, h.answer)
		var verdicts []string
		for _, piece := range []int{len(h.answer) + 1, 1, 2, 3} {
			c := d.New(own.Place{}).(own.Judge)
			for _, a := range h.asks {
				c.Begin(nil, a.body, a.answer)
			}
			for p := []byte(h.answer); len(p) > 0; p = p[min(piece, len(p)):] {
				c.Hear(nil, p[:min(piece, len(p))])
			}
			verdicts = append(verdicts, verdict(c))
			whole, _ := c.Answers()
			if w := c.Wrong(); !strings.Contains(w, h.wrong) || w != "" && h.wrong == "" {
				t.Errorf("%s: wrong is %q; want %q", name, w, h.wrong)
			}
			if h.wrong != "" {
				if whole != h.whole {
					t.Errorf("%s: %d answers; want %d", name, whole, h.whole)
				}
				continue
			}
			if whole != h.whole || c.Ends() != h.ends || !strings.Contains(c.Owed(), h.owed) || c.Owed() != "" && h.owed == "" {
				t.Errorf("%s: %d answers, ends %v, owed %q; want %+v", name, whole, c.Ends(), c.Owed(), h)
			}
		}
		for _, v := range verdicts {
			if v != verdicts[0] {
				t.Errorf("%s: in pieces: %s; whole: %s", name, v, verdicts[0])
			}
		}
	}
}

// TestContinue: a body waits for 100, for the next request, or for a refusal that keeps the link.
// A refusal that closes it ends the wait.
func TestContinue(t *testing.T) {
	waits := ask{6, 0} // the odds are 6: chunked, and waits
	chunks := "1\r\n" + sent(0, 6)[:1] + "\r\n5\r\n" + sent(0, 6)[1:] + "\r\n0\r\nX-Trailer: 1\r\n\r\n"
	begin := func() (*httpClient, string) {
		c := http.New(own.Place{}).(*httpClient)
		return c, string(c.Begin(nil, waits.body, waits.answer))
	}
	c, said := begin()
	want := "POST /echo HTTP/1.1\r\nHost: wantwrite\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n"
	if said != want {
		t.Fatalf("it says %q; want %q", said, want)
	}
	if got := string(c.Hear(nil, []byte("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n"))); got != chunks {
		t.Errorf("to 100 it says %q; want %q", got, chunks)
	}
	c, _ = begin()
	if got := string(c.Begin(nil, 0, 100)); !strings.HasPrefix(got, chunks+"GET /f/100 ") {
		t.Errorf("the next request is %q; want the body before it", got)
	}
	c, _ = begin()
	if got := string(c.Hear(nil, []byte("HTTP/1.1 417 No\r\nContent-Length: 0\r\n\r\n"))); got != chunks {
		t.Errorf("to a refusal it says %q; want %q", got, chunks)
	}
	c, _ = begin()
	got := string(c.Hear(nil, []byte("HTTP/1.1 413 No\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")))
	if got != "" || c.Begins() || !c.Ends() || c.Owed() != "" {
		t.Errorf("to a refusal that closes it says %q: %s", got, verdict(c))
	}
	first := http.New(own.Place{}).(*httpClient)
	first.Begin(nil, 0, 1)
	first.Begin(nil, 1, 0) // the odds are 6
	if got := string(first.Hear(nil, []byte("HTTP/1.1 100 Continue\r\n\r\n"))); got != "" {
		t.Errorf("100 to the request before lets the body go: %q", got)
	}
}

// TestServersRefuse: what is malformed is refused, told, and ends the link.
func TestServersRefuse(t *testing.T) {
	for _, c := range []struct{ speaks, said, answer, wrong string }{
		{"http", "GET / HTTP/1.1\r\nHost: a\r\n\r\nBREW /f/1 HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 501 Not Implemented", ""},
		{"http", "GET /echo HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 404 Not Found", ""},
		{"http", "GET /f/1 HTTP/1.0\r\n\r\n", "Connection: close", ""},
		{"http", "GET /f/1 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "Connection: keep-alive", ""},
		{"http", "GET /f/1 HTTP/1.1\r\n\r\n", "HTTP/1.1 400 Bad Request", "0 fields of the name Host; want one"},
		{"http", "GET /f/1\r\n\r\n", "HTTP/1.1 400 Bad Request", `a request line that is none: "GET /f/1"`},
		{"http", "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4194305\r\n\r\n" + strings.Repeat("x", 4194305), "HTTP/1.1 413", "a body of more than 4 MiB"},
		{"redis", "ping\r\n  ECHO  a \r\nset a\r\n", "+PONG\r\n$1\r\na\r\n-ERR", ""},
		{"redis", "*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\nx\r\n*2\r\n$4\r\nINCR\r\n$1\r\na\r\n*2\r\n$3\r\nDEL\r\n$1\r\na\r\n", "+OK\r\n-ERR value is not an integer or out of range\r\n:1\r\n", ""},
		{"redis", "*1\r\n:1\r\n", "-ERR Protocol error", "a value that is no part of a command"},
		{"redis", "*1\r\n$-1\r\n", "-ERR Protocol error", "a value that is no part of a command"},
		{"redis", "*1\r\n$1\r\nabc", "-ERR Protocol error", "bytes behind a bulk; want CRLF"},
		{"memcached", "get\r\nset a 0 0\r\n\r\n", "ERROR\r\nERROR\r\nERROR\r\n", ""},
		{"memcached", "set a 0 0 1\r\nxy\r\n", "CLIENT_ERROR bad data chunk\r\n", "bad data chunk"},
		{"memcached", "set a 0 0 -1\r\n", "CLIENT_ERROR bad data chunk\r\n", "bad data chunk"},
		{"memcached", "version\n", "CLIENT_ERROR", "a line that does not end in CRLF"},
		{"smtp", "MAIL FROM:<a>\r\nEHLO x\r\nRCPT TO:<b>\r\nDATA\r\nHELP\r\nSTARTTLS\r\nVRFY x\r\nHELO y\r\n", "503", ""},
		{"smtp", "NOOP\n", "500 5.5.2", "a line that does not end in CRLF"},
	} {
		d, err := Named(c.speaks)
		if err != nil {
			t.Fatal(err)
		}
		s := d.New(own.Place{Server: true}).(own.Judge)
		answer := string(s.Hear(nil, []byte(c.said)))
		if !strings.Contains(answer, c.answer) || !strings.Contains(s.Wrong(), c.wrong) ||
			(s.Wrong() != "") != (c.wrong != "") {
			t.Errorf("%s %.60q: answer %.100q, wrong %q; want %q, %q", c.speaks, c.said, answer, s.Wrong(), c.answer, c.wrong)
		}
		if c.wrong != "" && (!s.Over() || !s.Ends() || len(s.Hear(nil, []byte(c.said))) > 0) {
			t.Errorf("%s %.60q: it goes on: %s", c.speaks, c.said, verdict(s))
		}
	}
}

// TestMail: dots at the begin of lines are doubled on the way and come off again.
func TestMail(t *testing.T) {
	text, stuffed := appendMail(nil, 1, 3000, false), appendMail(nil, 1, 3000, true)
	dots := bytes.Count(text, []byte("\n."))
	if dots == 0 || bytes.Count(stuffed, []byte("\n..")) < dots || bytes.Contains(stuffed, []byte("\r\n.\r\n")) {
		t.Fatalf("%d lines begin with a dot: %q", dots, stuffed)
	}
	k := newTalk(&smtp)
	k.begin(ask{3000, 0})
	k.settle()
	k.fine(t)
	var want ear
	hello := []string{"EHLO wantwrite", "MAIL FROM:<sender@wantwrite.example>"}
	for n := c0(k).odds % 3; n >= 0; n-- {
		hello = append(hello, "RCPT TO:<"+string(rune('a'+n))+"@wantwrite.example>")
	}
	for _, line := range append(hello, "DATA") {
		want.foldBytes([]byte(line))
		want.answered(0, uint64(len(line)))
	}
	for line := range bytes.SplitSeq(bytes.TrimSuffix(text, []byte("\r\n")), []byte("\r\n")) {
		want.foldBytes(line)
		want.foldBytes([]byte("\n"))
	}
	want.answered(1, uint64(len(text)))
	if k.server.Heard() != want.Heard() {
		t.Errorf("the server heard another mail than was written")
	}
}

// c0 is the client of a talk in SMTP.
func c0(k *talk) *smtpClient { return k.client.(*smtpClient) }

// TestServersTellRequestsApart: what a client program asks is in the hash, all of it.
func TestServersTellRequestsApart(t *testing.T) {
	for speaks, said := range map[string][]string{
		"http": {"GET /f/1 HTTP/1.1\r\nHost: a\r\n\r\n", "HEAD /f/1 HTTP/1.1\r\nHost: a\r\n\r\n", "GET /f/2 HTTP/1.1\r\nHost: a\r\n\r\n",
			"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\na", "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nb"},
		"redis":     {"PING\r\n", "PONG\r\n", "ECHO a\r\n", "ECHO b\r\n", "ECHOb a\r\n"},
		"memcached": {"version\r\n", "get a\r\n", "get b\r\n", "set a 0 0 1\r\na\r\n", "set a 0 0 1\r\nb\r\n", "set a 1 0 1\r\na\r\n"},
		"echo":      {"a", "b", "ab", "ba"},
		"smtp":      {"NOOP\r\n", "RSET\r\n", "NOOP a\r\n"},
	} {
		d, err := Named(speaks)
		if err != nil {
			t.Fatal(err)
		}
		heard := map[uint64]string{}
		for _, text := range said {
			s := d.New(own.Place{Server: true}).(own.Judge)
			s.Hear(nil, []byte(text))
			if before := heard[s.Heard()]; before != "" {
				t.Errorf("%s: %q and %q are heard as the same", speaks, before, text)
			}
			heard[s.Heard()] = text
		}
	}
}

// TestPartial: an answer has begun with its first byte, and goes on between its parts.
func TestPartial(t *testing.T) {
	c := redis.New(own.Place{}).(own.Judge)
	c.Begin(nil, 5, 0)  // ECHO
	c.Begin(nil, 19, 0) // SET
	c.Begin(nil, 0, 0)  // MGET of that value, and of none
	for i, p := range []string{"$5\r\n" + sent(0, 5) + "\r\n", "+OK\r\n", "*2\r\n", "$19\r\n", sent(2, 19) + "\r\n", "$-1\r\n"} {
		c.Hear(nil, []byte(p))
		if whole, partial := c.Answers(); partial != (i > 1 && i < 5) || whole != min(i+1, 2+i/5) {
			t.Errorf("after %q: %s", p, verdict(c))
		}
	}
	if c.Wrong() != "" || c.Owed() != "" {
		t.Error(verdict(c))
	}
}

// TestOldClients: HTTP/1.0 has no chunks, whichever answer it is.
func TestOldClients(t *testing.T) {
	s := http.New(own.Place{Server: true})
	for range 8 {
		said := string(s.Hear(nil, []byte("GET /f/100 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")))
		if !strings.Contains(said, "Content-Length: 100\r\n") || !strings.HasSuffix(said, file(100)) {
			t.Errorf("it says %.100q", said)
		}
	}
}
