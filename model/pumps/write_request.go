package pumps

import "github.com/wantwrite/wantwrite/model"

// A writeRequest is a pump of write requests and their callbacks, as node's TLSWrap is. The app
// has one request under way. What it writes meanwhile is refused, and the callback asks for more.
// The request is done when its ciphertext has left the pump, not when the engine has taken its
// plaintext.
//
// Every event starts a cycle: plaintext into the engine, plaintext out of it, ciphertext out of
// it. One write of ciphertext at a time is with the stream below. A callback is never made from
// inside the Write that it belongs to; then it comes from the next turn.
type writeRequest struct {
	piped
	current   bool // a request is under way
	inWrite   bool // the app waits for Write to return
	scheduled bool // the request is done, and its callback due
}

// writeRequestSpec is the spec of the pump of write requests.
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

// clearIn moves what is left of the request to the engine. What the engine does not take is
// offered again in the next cycle.
func (p *writeRequest) clearIn() {
	if p.decide(atRetryWrite, true) {
		p.spend()
	}
}

// mayClear says whether the engine would take some of it now.
//
// Story 57: a read gave plaintext, and with it the end of the handshake. What the app had written
// before stayed where it was. The cycle was past that step, and nothing moved that would have
// begun another one.
func (p *writeRequest) mayClear() bool {
	return p.queue.len() > 0 && p.mayWrite() && p.decide(atRetryWrite, true)
}

// encOut moves ciphertext to the stream below, one write at a time, until the stream is full or
// there is no more. Then the request may be done.
func (p *writeRequest) encOut() (moved bool) {
	for p.out.len() > 0 && !p.silent() || p.drain() {
		if !p.send() {
			break
		}
		moved = true
	}
	return p.finishRequest() || moved
}

// finishRequest schedules the callback of a request that is done: for this turn, or for the next
// one if Write has not returned yet.
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
