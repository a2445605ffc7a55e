package sim

import (
	"bytes"
	"fmt"
)

// What comes into a pump on one side has to go out on the other, byte for byte and in
// order. A trace follows the bytes, so that a story can say where they went wrong: counts
// do not show bytes that were left out, sent twice or changed.
//
//	app ──write──▶ engine      the app's plaintext: see Trace.written
//	engine ──drain, send──▶ socket
//	socket ──recv, feed──▶ engine
//	engine ──read, data──▶ app

// A passage is one of these ways through a pump.
type passage struct {
	in    []byte // what came in, as far as it is kept
	out   int    // how much of that went out
	wrong bool   // something else did, or too much waits: it is not followed any more
}

// passages are the ways through the pump of one end.
type passages struct {
	plain                 passage // without bytes of its own: the endpoint has them
	drained, fed, release passage
}

const (
	// history is how much of what has gone by is kept, in bytes, to know it when it comes again.
	history = 1 << 16
	// mostFollowed is how much may wait, in bytes. A pump that holds more is not followed.
	mostFollowed = 1 << 22
)

// enter notes what comes in.
func (p *passage) enter(b []byte) {
	if p.wrong {
		return
	}
	if p.out > 2*history {
		p.in = append(p.in[:0], p.in[p.out-history:]...)
		p.out = history
	}
	if p.in = append(p.in, b...); len(p.in)-p.out > mostFollowed {
		*p = passage{wrong: true}
	}
}

// leave notes what goes out, and says in a clause what is wrong with it; empty if nothing
// is, or if something was before.
func (p *passage) leave(b []byte) (wrong string) {
	if p.wrong || len(b) == 0 {
		return ""
	}
	if wrong = astray(p.in, p.out, b); wrong != "" {
		*p = passage{wrong: true}
		return wrong
	}
	p.out += len(b)
	return ""
}

// surely is how many bytes prove that they are the same ones. Shorter pieces are found
// anywhere.
const surely = 8

// astray says in a clause how b differs from what comes next in a stream of which at
// bytes have gone by; empty if it does not differ.
func astray(all []byte, at int, b []byte) string {
	if at < 0 || at > len(all) {
		return "which nobody had given it"
	}
	next := all[at:]
	same := 0
	for same < min(len(b), len(next)) && b[same] == next[same] {
		same++
	}
	odd := b[same:]
	if len(odd) == 0 {
		return ""
	}
	probe := odd[:min(len(odd), surely)]
	skipped := bytes.Index(next[same:], probe)
	switch {
	case len(probe) == surely && skipped > 0:
		return fmt.Sprintf("which leaves out %d bytes", skipped)
	case len(probe) == surely && bytes.Contains(all[:at+same], probe):
		return "of which some had gone by before"
	case same == len(next):
		return fmt.Sprintf("%d bytes more than it had", len(odd))
	}
	return "which are not those that came next"
}

// went notes what a pump passed on in the last call, and marks the first call of each
// passage that is wrong.
func (t *Trace) went(p *passage, b []byte) {
	if wrong := p.leave(b); wrong != "" {
		t.Events[len(t.Events)-1].Wrong = wrong
	}
}

// written compares what a pump gave its engine with what its app wrote.
func (t *Trace) written(e *endpoint, p []byte) {
	a, w := &e.plain, &t.ways[e.id].plain
	if w.wrong || len(p) == 0 {
		return
	}
	at := a.taken - int(int64(e.acct.Accepted)-int64(e.acct.Written))
	if wrong := astray(a.buf[:a.tail], at, p); wrong != "" {
		w.wrong = true
		t.Events[len(t.Events)-1].Wrong = wrong
	}
}
