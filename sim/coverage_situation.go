package sim

import (
	"fmt"

	"github.com/wantwrite/wantwrite/model"
)

// A phase is where in its life a link is, as one end's pump sees it.
type phase uint8

const (
	// shakingHands: the first handshake is not done.
	shakingHands phase = iota
	// opened: data flows.
	opened
	// renegotiating: another handshake is under way.
	renegotiating
	// halfClosed: the app has nothing more to write.
	halfClosed
	// closing: the app has closed.
	closing
	// ended: the app was told that nothing more will come.
	ended

	numPhases
)

var phaseText = [numPhases]string{"handshake", "open", "renegotiation", "half-closed", "closing",
	"ended"}

// String is the phase's word.
func (p phase) String() string {
	if p < numPhases {
		return phaseText[p]
	}
	return fmt.Sprintf("phase(%d)", uint8(p))
}

// phase is that of the end's link.
func (e *endpoint) phase() phase {
	if e.stranger != nil {
		e = e.peer() // only our engine tells
	}
	switch a := e.acct; {
	case a.Told:
		return ended
	case a.Closing:
		return closing
	case a.HalfClosing:
		return halfClosed
	case !e.shaken:
		return shakingHands
	case !e.initDone:
		return renegotiating
	}
	return opened
}

// A Situation is something that a pump can meet: in a phase of its link, a call has a
// certain answer. There the pump has to decide what to do.
type Situation struct {
	Role model.Role
	// Phase is where in its life the link is: "handshake", "open", "renegotiation",
	// "half-closed", "closing" or "ended".
	Phase string
	// Call and Answer are words: see Event.Call. "told" is the pump's call of its app's
	// Closed, and the answer is the cause that it gives.
	Call, Answer string
	// Pending: the engine has output that nobody has drained.
	Pending bool
}

// String is the situation's name: "server, open: read says want-read, output
// pending".
func (c Situation) String() string {
	s := fmt.Sprintf("%s, %s: %s says %s", c.Role, c.Phase, c.Call, c.Answer)
	if c.Pending {
		s += ", output pending"
	}
	return s
}

// situationNumber is a situation's number. pending is 1 if the engine has output.
func situationNumber(role model.Role, p phase, op int, status uint8, pending int) uint32 {
	at := uint32(role)*uint32(numPhases) + uint32(p)
	return at<<9 | uint32(op)<<4 | uint32(status&7)<<1 | uint32(pending)
}

// situationOf is the situation of a number.
func situationOf(i uint32) Situation {
	at, op, status := i>>9, int(i>>4&31), uint8(i>>1&7)
	c := Situation{Role: model.Role(at / uint32(numPhases)), Phase: phase(at % uint32(numPhases)).String()}
	c.Call, c.Answer, c.Pending = ops[op].word, model.Status(status).String(), i&1 != 0
	switch op {
	case opTold:
		c.Call, c.Answer = "told", model.Cause(status).String()
	case opRecv, opSend:
		c.Answer = model.IOStatus(status).String()
	}
	return c
}

// A phases is a set of phases.
type phases uint8

const (
	inShaking = 1 << shakingHands
	inOpen    = 1 << opened
	inReneg   = 1 << renegotiating
	inHalf    = 1 << halfClosed
	inClosing = 1 << closing
	inEnded   = 1 << ended
	inAll     = 1<<numPhases - 1
)

// events are the answers that calls can have, and in which phases: idle without output
// pending, and pending with it. They are what correct libraries and sockets answer to a
// pump that makes each call where it should. Other pumps may meet more.
var events = []struct {
	op            int
	status        uint8
	idle, pending phases
}{
	{opRecv, uint8(model.IOOK), inAll, 0},
	{opRecv, uint8(model.WouldBlock), inAll, 0},
	{opRecv, uint8(model.EOF), inAll, 0},
	{opRecv, uint8(model.Reset), inAll, 0},
	{opSend, uint8(model.IOOK), inAll, 0},
	{opSend, uint8(model.WouldBlock), inAll, 0},
	{opSend, uint8(model.Reset), inAll, 0},
	{opHandshake, uint8(model.OK), inShaking, inShaking},
	{opHandshake, uint8(model.WantRead), inShaking, inShaking},
	{opHandshake, uint8(model.WantWrite), inShaking, inShaking},
	{opHandshake, uint8(model.Failed), inShaking, inShaking},
	{opRead, uint8(model.OK), inAll &^ inEnded, inAll &^ inEnded},
	{opRead, uint8(model.WantRead), inAll &^ inEnded, inAll &^ inEnded},
	{opRead, uint8(model.WantWrite), inAll &^ (inEnded | inHalf), inAll &^ inEnded},
	{opRead, uint8(model.Closed), inOpen | inHalf | inClosing, inOpen | inHalf | inClosing},
	{opRead, uint8(model.Failed), inShaking | inOpen | inHalf | inClosing, inShaking | inOpen},
	{opWrite, uint8(model.OK), inAll &^ (inShaking | inReneg), inAll &^ (inShaking | inReneg)},
	{opWrite, uint8(model.WantRead), inOpen, inOpen},
	{opWrite, uint8(model.WantWrite), inAll &^ (inShaking | inReneg), inAll &^ inShaking},
	{opWrite, uint8(model.Failed), inOpen | inClosing | inEnded, 0},
	{opShutdown, uint8(model.OK), inClosing | inEnded, inClosing | inEnded},
	{opShutdown, uint8(model.WantRead), inHalf | inClosing, inHalf | inClosing},
	{opShutdown, uint8(model.WantWrite), inHalf | inClosing, inHalf | inClosing},
	{opTold, uint8(model.Clean), inOpen | inHalf, 0},
	{opTold, uint8(model.Truncated), inShaking | inOpen | inReneg, 0},
	{opTold, uint8(model.Broken), inShaking | inOpen | inReneg, 0},
	{opTold, uint8(model.Fault), inShaking | inOpen | inReneg, 0},
}

// A Terrain is what a hunt can reach at all.
type Terrain struct {
	// Client: the pump under test can be the client's.
	Client bool
	// Renegotiation, HalfClose and Close: there are such phases.
	Renegotiation, HalfClose, Close bool
}

// situations are the numbers of the situations of a terrain.
func (t Terrain) situations() (all []uint32) {
	in := phases(inAll)
	if !t.Renegotiation {
		in &^= inReneg
	}
	if !t.HalfClose {
		in &^= inHalf
	}
	if !t.Close {
		in &^= inClosing
	}
	for _, role := range [...]model.Role{model.Client, model.Server} {
		if role == model.Client && !t.Client {
			continue
		}
		for p := range numPhases {
			for _, ev := range events {
				if ev.idle&in>>p&1 != 0 {
					all = append(all, situationNumber(role, p, ev.op, ev.status, 0))
				}
				if ev.pending&in>>p&1 != 0 {
					all = append(all, situationNumber(role, p, ev.op, ev.status, 1))
				}
			}
		}
	}
	return all
}
