package sim

import (
	"encoding/binary"

	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/oracle"
)

// The messages of the apps have memcached's 24-byte binary header: byte 0 is the magic, 1
// the opcode, 8 to 11 the body length, 12 to 15 the opaque, 16 to 23 the cas. Our apps put
// the length of the answer that they want into the low half of the cas.
const (
	headerLen     = 24
	magicRequest  = 0x80
	magicResponse = 0x81
	opGet         = 0x00
	opOpenStream  = 0x50
	opMutation    = 0x57
	opAck         = 0x5d
	ackEvery      = 4
	maxBacklog    = 1 << 16 // no more is written while this much waits, in bytes
	maxAnswer     = 1 << 20 // the longest body of an answer, in bytes
)

// pattern is what bodies are made of. It does not repeat within a body.
var pattern = func() (p [1 << 16]byte) {
	r := Rand(1)
	for i := 0; i < len(p); i += 8 {
		binary.LittleEndian.PutUint64(p[i:], r.Uint64())
	}
	return p
}()

// An app is the model.App of an end. It writes messages, checks what it is given against
// what its peer wrote, answers requests, and closes.
type app struct {
	g            *goPump
	e            *endpoint
	opaque       uint32
	header       [headerLen]byte
	have         int    // bytes of header that have come
	body         uint32 // bytes of the body still to come
	mutations    int    // received since the last acknowledgement
	opened       bool   // the stream is open
	finish, half bool   // close, or half-close, once the backlog is taken
}

// write appends a message whose body has that many bytes. answer is the body length that
// is wanted back, 0 for no answer.
func (a *app) write(op byte, body int, answer uint32) {
	t := &a.e.plain
	t.grow(headerLen + body)
	head := t.buf[t.tail : t.tail+headerLen]
	copy(head, pattern[a.opaque%1009:]) // no run of zeros: a repeated byte shows
	head[0], head[1] = magicRequest, op
	if op == opGet && a.e.id&1 == 1 {
		head[0] = magicResponse
	}
	binary.BigEndian.PutUint32(head[8:], uint32(body))
	binary.BigEndian.PutUint32(head[12:], a.opaque)
	binary.BigEndian.PutUint32(head[20:], answer)
	t.tail += headerLen
	for from := int(a.opaque * 61 % 251); body > 0; from = 0 {
		n := copy(t.buf[t.tail:t.tail+body], pattern[from:])
		t.tail, body = t.tail+n, body-n
	}
	a.opaque++
}

// offer gives the pump the backlog as long as it takes some, then closes if that was all.
func (a *app) offer() {
	acct, t := a.e.acct, &a.e.plain
	for t.backlog() > 0 && !acct.Backpressure && !t.offered {
		offered := t.backlog() // an answer may join it meanwhile
		t.offered, t.lent = true, false
		n := a.g.pump.Write(t.buf[t.taken:t.tail])
		t.offered = false
		if n < 0 || n > offered {
			a.e.misuse("write took more than it was given")
			return
		}
		acct.Backpressure = n < offered
		t.taken += n
		a.e.moved(&acct.Accepted, n)
		a.e.observe(opTake, n, 0)
	}
	acct.Backlog = uint64(t.backlog())
	a.close()
}

// close asks the pump to close or half-close if the app has decided so and the pump has
// taken everything.
func (a *app) close() {
	acct := a.e.acct
	switch {
	case a.e.plain.backlog() > 0 || acct.Gone:
	case a.finish && !acct.Closing:
		acct.Closing = true
		a.g.pump.Close()
	case a.half && !acct.HalfClosing && !acct.Closing:
		acct.HalfClosing = true
		a.g.pump.CloseWrite()
	}
}

// Writable implements model.App.
func (a *app) Writable() {
	a.e.call()
	a.e.acct.Backpressure = false
	if a.e.w.cfg.Reentrant || a.e.acct.Frames {
		a.offer()
	}
}

// Closed implements model.App.
func (a *app) Closed(why model.Cause) {
	a.e.call()
	acct := a.e.acct
	if acct.Told {
		a.e.misuse("the app was told of the end twice")
		return
	}
	a.e.observe(opTold, 0, uint8(why))
	acct.Told, acct.Why = true, why
	a.e.moves++
	a.e.w.judgeClosed(a.e)
}

// afterTurn is the app's own turn, after the pump's. The app answers, and reacts to the
// end of the link.
func (a *app) afterTurn() {
	acct := a.e.acct
	if acct.Gone {
		a.e.plain.drop()
		acct.Backlog = 0
		return
	}
	told := acct.Told
	if told {
		if acct.Why != model.Clean || a.e.w.cfg.Version == model.TLS12 {
			a.e.plain.drop()
		}
		a.finish = a.finish || !a.e.keepsOpen()
	}
	a.offer()
	if acct.Told && !told && !a.finish {
		a.afterTurn() // the pump met the end inside its Write
	}
}

// keepsOpen says whether the app does not close although it was told of the end. At the
// peer that goes for a clean end. At the end under test it goes for a failure of the
// engine, whose alert still has to leave.
func (e *endpoint) keepsOpen() bool {
	why := model.Clean
	if e.w.under(e) {
		why = model.Fault
	}
	return e.w.cfg.KeepsOpen && e.acct.Why == why
}

// Data implements model.App.
func (a *app) Data(p []byte) {
	a.e.call()
	acct := a.e.acct
	a.e.moved(&acct.Delivered, len(p))
	a.e.observe(opData, len(p), 0)
	if a.e.deceived {
		return
	}
	acct.Mismatch = a.e.peer().plain.deliver(p, acct.Paused)
	if acct.Mismatch != oracle.NoMismatch {
		a.e.w.judge(a.e, oracle.AtData)
		return
	}
	a.parse(p)
	if a.e.w.cfg.Reentrant || a.e.acct.Frames {
		a.offer()
	}
}

// parse follows the peer's messages and answers them.
func (a *app) parse(p []byte) {
	for len(p) > 0 || a.have == headerLen && a.body == 0 {
		if a.have < headerLen {
			n := copy(a.header[a.have:], p)
			a.have, p = a.have+n, p[n:]
			if a.have == headerLen {
				a.body = binary.BigEndian.Uint32(a.header[8:])
			}
			continue
		}
		n := min(uint32(len(p)), a.body)
		a.body, p = a.body-n, p[n:]
		if a.body == 0 {
			a.have = 0
			a.message()
		}
	}
}

// message reacts to a whole message.
func (a *app) message() {
	answer := binary.BigEndian.Uint32(a.header[20:])
	switch {
	case a.header[1] == opOpenStream:
		a.opened = true
	case a.header[1] == opMutation:
		if a.mutations++; a.mutations%ackEvery == 0 && !a.finish {
			a.write(opAck, 0, 0)
		}
	case answer > 0 && !a.finish && !a.half:
		a.write(opGet, int(min(answer, maxAnswer)), 0)
	}
}

// begin is the app's decision to write a message.
func (a *app) begin(body int, answer uint32) {
	op := byte(opGet)
	switch {
	case a.e.id&1 == 1:
		op, answer = opMutation, 0
	case a.e.w.cfg.Stream && !a.opened:
		op, answer = opOpenStream, 0
		a.opened = true
	}
	a.write(op, body, answer)
	a.offer()
}

// leave is the app's decision to close, or to half-close.
func (a *app) leave(whole bool) {
	if whole {
		a.finish = true
	} else {
		a.half = true
	}
	a.close()
}

// mayWrite says whether the app may begin a message. A server may not if its pump takes
// only whole requests, or its stream is not open.
func (a *app) mayWrite() bool {
	c := &a.e.w.cfg
	switch {
	case a.e.id&1 == 0:
		return true
	case c.StrictReneg:
		return false // it only answers
	case c.Stream:
		return a.opened
	}
	return !a.e.acct.Frames
}

// snapshot lists the app and its backlog. What is on its way is listed apart: see
// snapshotTransit.
func (a *app) snapshot(s *model.Snapshot) {
	t := &a.e.plain
	opaque, body, acks := int(a.opaque), int(a.body), a.mutations%ackEvery
	s.Int(&opaque)
	s.Int(&body)
	s.Int(&acks)
	s.Flags(&a.opened, &a.finish, &a.half, &a.e.deceived)
	header := s.Held(a.header[:a.have])
	backlog := s.Held(t.buf[t.taken:t.tail])
	if !s.Reading() {
		return
	}
	a.opaque, a.body, a.mutations = uint32(opaque), uint32(body), acks
	// Story 54: a pump had panicked in its Write. The app that had called it still
	// counted as in that Write when another state was put back, and wrote no more.
	t.offered = false
	a.have = copy(a.header[:], header)
	t.refill(t.buf[t.head:t.taken], backlog)
	a.e.acct.Backlog = uint64(len(backlog))
}
