package dialogue

import (
	"fmt"
	"hash"
	"hash/fnv"
	"testing"

	"github.com/wantwrite/wantwrite/model/own"
)

// FuzzHTTP: whatever bytes come, the parser of answers and the client end the same way, whole and in
// pieces, and panic at nothing. Each byte of cuts is the length of a piece.
func FuzzHTTP(f *testing.F) {
	for _, h := range httpHeard {
		f.Add([]byte(h.answer[:min(len(h.answer), 300)]), []byte{1, 5, 2}, false)
	}
	k := recorded(f, &http, 1, true)
	f.Add(k.heardAll(), []byte{200, 3}, false)
	f.Add(saidBy(&http, k), []byte{7}, true)
	f.Fuzz(func(t *testing.T, p, cuts []byte, request bool) {
		same(t, p, cuts, func() reader { return &httpReader{httpParser: httpParser{request: request}} })
		sameSpeaker(t, &http, p, cuts, request)
		sameSpeaker(t, &httpAny, p, cuts, request)
	})
}

// FuzzRESP: the same for redis.
func FuzzRESP(f *testing.F) {
	for _, h := range otherHeard {
		if h.speaks == "redis" {
			f.Add([]byte(h.answer), []byte{1, 5, 2}, false)
		}
	}
	k := recorded(f, &redis, 1, true)
	f.Add(k.heardAll(), []byte{200, 3}, false)
	f.Add(saidBy(&redis, k), []byte{7}, true)
	f.Fuzz(func(t *testing.T, p, cuts []byte, inline bool) {
		same(t, p, cuts, func() reader { return &respReader{respParser: respParser{inline: inline}} })
		sameSpeaker(t, &redis, p, cuts, inline)
	})
}

// A reader takes bytes, and says in the end what they were.
type reader interface {
	read(t *testing.T, p []byte)
	String() string
}

// httpReader notes what the parser of HTTP comes to, bodies in one piece.
type httpReader struct {
	httpParser
	all, body []byte
}

func (r *httpReader) read(t *testing.T, p []byte) {
	for range 3*len(p) + 10 {
		part, piece, rest := r.next(p)
		p = rest
		switch part {
		case httpMore, httpBad:
			return
		case httpPiece:
			r.body = append(r.body, piece...)
			continue
		case httpHead:
			r.frame(r.status/100 == 1 || r.status == 204)
		}
		r.all = fmt.Appendf(r.all, "%q, %d: %d, %q %q %d %v %v; ", r.body, part, r.status, r.method, r.target,
			r.length, r.chunked, r.lasts())
		r.body = r.body[:0]
	}
	t.Fatalf("the parser gets no further with %q", p)
}

func (r *httpReader) String() string {
	return fmt.Sprintf("%s%q, begun %v, %s", r.all, r.body, r.begun(), r.why)
}

// respReader notes what the parser of RESP comes to.
type respReader struct {
	respParser
	all, bulk []byte
}

func (r *respReader) read(t *testing.T, p []byte) {
	for range 3*len(p) + 10 {
		part, piece, rest := r.next(p)
		p = rest
		switch part {
		case respMore, respBad:
			return
		case respPiece:
			r.bulk = append(r.bulk, piece...)
		case respEnd:
			r.all = fmt.Appendf(r.all, "%q; ", r.bulk)
			r.bulk = r.bulk[:0]
		default:
			r.all = fmt.Appendf(r.all, "%d: %q %d; ", part, r.text, r.number)
		}
	}
	t.Fatalf("the parser gets no further with %q", p)
}

func (r *respReader) String() string {
	return fmt.Sprintf("%s%q, begun %v, %s", r.all, r.bulk, r.begun(), r.why)
}

// speakerReader is a speaker that hears.
type speakerReader struct {
	own.Judge
	said hash.Hash64 // of what it said
	dst  []byte
}

func (s *speakerReader) read(_ *testing.T, p []byte) {
	s.note(s.Hear(s.dst[:0], p))
}

// note folds what was said into a hash, byte by byte, so that pieces don't count.
func (s *speakerReader) note(said []byte) {
	s.dst = said
	s.said.Write(said)
}

func (s *speakerReader) String() string {
	return fmt.Sprintf("%s, said %x", verdict(s.Judge), s.said.Sum64())
}

// heardAll is all that the client has heard, and saidBy all that it has said.
func (k *talk) heardAll() (all []byte) {
	for _, e := range k.events {
		all = append(all, e.heard...)
	}
	return all
}

func saidBy(d *own.Dialogue, k *talk) []byte {
	_, said := again(d, k.events, func(at int) int { return at + 1 })
	return said
}

// same compares what a reader says of bytes that come whole, in pieces, and one by one.
func same(t *testing.T, p, cuts []byte, make func() reader) {
	t.Helper()
	whole := make()
	whole.read(t, p)
	for _, cuts := range [][]byte{cuts, {1}} {
		if len(cuts) == 0 {
			continue
		}
		r := make()
		for i, rest := 0, p; len(rest) > 0; i++ {
			n := min(len(rest), max(1, int(cuts[i%len(cuts)])))
			r.read(t, rest[:n])
			rest = rest[n:]
		}
		if got, want := r.String(), whole.String(); got != want {
			t.Fatalf("in pieces %s; whole %s", got, want)
		}
	}
}

// sameSpeaker compares the speakers of a dialogue so.
func sameSpeaker(t *testing.T, d *own.Dialogue, p, cuts []byte, server bool) {
	t.Helper()
	same(t, p, cuts, func() reader {
		s := &speakerReader{Judge: d.New(own.Place{Server: server}).(own.Judge), said: fnv.New64a()}
		for _, a := range []ask{{0, 1}, {4, 0}, {0, 0}, {6, 0}} {
			if s.Begins() {
				s.note(s.Begin(s.dst[:0], a.body, a.answer))
			}
		}
		return s
	})
}
