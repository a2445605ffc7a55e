package pumps

import (
	"github.com/wantwrite/wantwrite/model"
)

// A writeRequest is a pump of write requests and their callbacks, as node's TLSWrap
// is. The app has one request under way: what it writes meanwhile is refused, and
// the callback asks for more. The request is done when its ciphertext is out of the
// pump's hands, not when the engine has taken it.
//
// Whatever comes starts a cycle: plaintext into the engine, plaintext out of it,
// ciphertext out of it, of which one write at a time is with the stream below. A
// callback is never made from inside the Write that it belongs to: then it comes
// from the top of the loop.
type writeRequest struct {
	piped
	current   bool // a request is under way
	inWrite   bool // the app waits for Write to return
	scheduled bool // the request is done, and its callback due
}

// writeRequestSpec is the pump's of write requests.
func writeRequestSpec() model.Spec {
	return model.Spec{Name: "write-request", New: built(newWriteRequest),
		About:        "one write request at a time, with a callback, as in node",
		Restrictions: model.Restrictions{NoEdge: true, NoOneShot: true, NoAttached: true}}
}

func newWriteRequest() *writeRequest { return &writeRequest{} }

// renew implements shape.
func (p *writeRequest) renew(env model.Env) {
	p.current, p.inWrite, p.scheduled = false, false, false
	p.piped.restart(env, p)
}

// Write implements Pump: it makes a request of what fits.
func (p *writeRequest) Write(b []byte) int {
	n := 0
	if p.refused = false; !p.current && p.mayTake() {
		n = p.queue.put(b, false)
		p.current = n > 0
		outer := p.inWrite
		p.inWrite = outer || !p.busy
		p.turn()
		p.inWrite = outer
	}
	p.refused = p.decide(atNoteRefusal, n < len(b))
	return n
}

// round implements shape: it is a cycle.
func (p *writeRequest) round() bool {
	moved := p.invoke()
	moved = p.receive() || moved
	moved = p.feed() || moved
	p.clearIn()
	if !p.giveEarly() {
		p.take()
	}
	moved = p.leave(p.owes) || moved
	moved = p.encOut() || moved
	return moved || p.mayFeed() || p.hungry() || p.mayClear()
}

// clearIn moves what the request has left to the engine: whatever it did not take
// stays, and is offered again in the next cycle.
func (p *writeRequest) clearIn() {
	if p.decide(atRetryWrite, true) {
		p.spend()
	}
}

// mayClear says whether the engine would take some of it now.
//
// Story 57: the plaintext that came out of the engine had the end of the handshake in
// front of it. What the app had written before stayed where it was, for the cycle was
// past that, and nothing moved that would have begun another.
func (p *writeRequest) mayClear() bool {
	return p.queue.len() > 0 && p.mayWrite() && p.decide(atRetryWrite, true)
}

// encOut moves ciphertext to the stream below, a write at a time, until it takes no
// more or there is none. Then the request may be done.
func (p *writeRequest) encOut() (moved bool) {
	for p.out.len() > 0 && !p.silent() || p.drain() {
		if !p.send() {
			break
		}
		moved = true
	}
	return p.finishRequest() || moved
}

// finishRequest lets the callback come, if the request is done: in this turn, but
// not before Write has returned.
func (p *writeRequest) finishRequest() bool {
	done := p.queue.len() == 0 && !p.owes()
	if !p.current || p.scheduled || !p.decide(atRequestDone, done) {
		return false
	}
	p.scheduled = true
	if p.inWrite && p.decide(atPostpone, true) {
		p.env.Loop.Wake()
	}
	return !p.inWrite
}

// invoke runs the callback of a request that is done.
func (p *writeRequest) invoke() bool {
	if !p.scheduled || p.inWrite {
		return false
	}
	p.scheduled, p.current = false, false
	p.ask()
	return true
}
