package sim

import (
	"encoding/binary"

	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/oracle"
)

// The messages of the apps have memcached's 24-byte binary header: byte 0
// magic, byte 1 opcode, bytes 8 to 11 body length, 12 to 15 opaque, 16 to 23
// cas. Our apps keep the wanted length of the answer in the cas's low half.
const (
	headerLen     = 24
	magicRequest  = 0x80
	magicResponse = 0x81
	opGet         = 0x00
	opOpenStream  = 0x50
	opMutation    = 0x57
	opAck         = 0x5d
	ackEvery      = 4
	maxBacklog    = 1 << 16 // a hunt writes no more while this much waits
	maxAnswer     = 1 << 20 // a longer answer is not given
)

// pattern is what bodies are made of. It does not repeat within a body.
var pattern = func() (p [1 << 16]byte) {
	r := Rand(1)
	for i := 0; i < len(p); i += 8 {
		binary.LittleEndian.PutUint64(p[i:], r.Uint64())
	}
	return p
}()

// An app is an end's model.App: it writes messages, checks what it is given
// against what its peer wrote, answers requests, and closes.
//
//	head ──accepted by the pump──▶ taken ──backlog──▶ tail
//
// The peer's app takes from head: what is between head and taken is on its way.
type app struct {
	e                 *endpoint
	buf               []byte
	head, taken, tail int
	opaque            uint32
	header            [headerLen]byte
	have              int    // bytes of header that have come
	body              uint32 // bytes of the body still to come
	mutations         int    // received since the last acknowledgement
	opened            bool   // the stream is open
	deceived          bool   // the peer's engine forges data: it means nothing
	finish, half      bool   // close, or half-close, once the backlog is taken
	inWrite           bool
	lent              bool   // spare is what the pump is being offered
	spare             []byte // another buf, see grow
}

// restart makes the app new.
func (a *app) restart(e *endpoint) {
	*a = app{e: e, buf: a.buf, spare: a.spare}
}

// backlog is what the pump has not taken.
func (a *app) backlog() int { return a.tail - a.taken }

// write appends a message with body bytes; answer is the body length that is
// wanted back, 0 for no answer.
func (a *app) write(op byte, body int, answer uint32) {
	a.grow(headerLen + body)
	head := a.buf[a.tail : a.tail+headerLen]
	copy(head, pattern[a.opaque%1009:]) // no run of zeros: a repeated byte shows
	head[0], head[1] = magicRequest, op
	if op == opGet && a.e.id&1 == 1 {
		head[0] = magicResponse
	}
	binary.BigEndian.PutUint32(head[8:], uint32(body))
	binary.BigEndian.PutUint32(head[12:], a.opaque)
	binary.BigEndian.PutUint32(head[20:], answer)
	a.tail += headerLen
	for from := int(a.opaque * 61 % 251); body > 0; from = 0 {
		n := copy(a.buf[a.tail:a.tail+body], pattern[from:])
		a.tail, body = a.tail+n, body-n
	}
	a.opaque++
}

// grow makes room for n more bytes.
//
// Story 2: an answer joined the backlog in the middle of a Write, and what the
// pump was just being offered moved down under it. The bytes that it took were
// others, and it was blamed for a corruption. What is lent stays where it is.
func (a *app) grow(n int) {
	if a.head == a.tail {
		a.head, a.taken, a.tail = 0, 0, 0
	}
	if a.tail+n <= len(a.buf) {
		return
	}
	kept := a.buf[a.head:a.tail]
	if a.inWrite && !a.lent {
		a.buf, a.spare, a.lent = a.spare, a.buf, true
	}
	if len(kept)+n > len(a.buf) {
		a.buf = make([]byte, max(1<<12, 2*(len(kept)+n)))
	}
	copy(a.buf, kept)
	a.taken, a.tail, a.head = a.taken-a.head, len(kept), 0
}

// offer gives the pump what it takes, then closes if that was the last.
func (a *app) offer() {
	acct := a.e.acct
	for a.backlog() > 0 && !acct.Backpressure && !a.inWrite {
		offered := a.backlog() // an answer may join it meanwhile
		a.inWrite, a.lent = true, false
		n := a.e.pump.Write(a.buf[a.taken:a.tail])
		a.inWrite = false
		if n < 0 || n > offered {
			a.e.misuse("write took more than it was given")
			return
		}
		acct.Backpressure = n < offered
		a.taken += n
		a.e.moved(&acct.Accepted, n)
		a.e.observe(opTake, n, 0)
	}
	acct.Backlog = uint64(a.backlog())
	a.close()
}

// close asks the pump for what the app has decided, once all is taken.
func (a *app) close() {
	acct := a.e.acct
	switch {
	case a.backlog() > 0 || acct.Gone:
	case a.finish && !acct.Closing:
		acct.Closing = true
		a.e.pump.Close()
	case a.half && !acct.HalfClosing && !acct.Closing:
		acct.HalfClosing = true
		a.e.pump.CloseWrite()
	}
}

// Writable implements model.App.
func (a *app) Writable() {
	a.e.call()
	a.e.acct.Backpressure = false
	if a.e.w.cfg.Reentrant || a.e.spec.Restrictions.FramesOnly {
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

// afterTurn is the app's own turn, after the pump's: it answers, and reacts to
// the end.
func (a *app) afterTurn() {
	acct := a.e.acct
	if acct.Gone {
		a.tail = a.taken
		acct.Backlog = 0
		return
	}
	told := acct.Told
	if told {
		if acct.Why != model.Clean || a.e.cfg.Version == model.TLS12 {
			a.tail = a.taken
		}
		a.finish = a.finish || !a.e.keepsOpen()
	}
	a.offer()
	if acct.Told && !told && !a.finish {
		a.afterTurn() // the pump met the end inside its Write
	}
}

// keepsOpen says whether the end's app does not close although it was told of the
// end: at the peer a clean one, at the end under test a failure of the engine, whose
// alert still has to leave.
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
	if a.deceived {
		return
	}
	acct.Mismatch = a.compare(p)
	if acct.Mismatch != oracle.NoMismatch {
		a.e.w.judge(a.e, oracle.AtData)
		return
	}
	a.parse(p)
	if a.e.w.cfg.Reentrant || a.e.spec.Restrictions.FramesOnly {
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
