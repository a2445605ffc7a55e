package story

import (
	"fmt"
	"strings"

	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/wire"
	"github.com/wantwrite/wantwrite/sim"
	"github.com/wantwrite/wantwrite/sim/script"
)

// Of a real program nothing can be seen but its system calls, and what its peer, which is ours,
// has got. This file finds what they show. What they let one conclude is in program.go.

// A conduct is what a program was seen to do at the link of a violation, up to it.
type conduct struct {
	// turn is the step of its last turn in which it touched the link, 0 if there is none. told is
	// what its wait reported then, and calls are those that it made, waits left out.
	turn  int
	told  model.Events
	calls []*sim.Event
	// tried is its last send, if the socket did not take all of it, and left is how many bytes
	// it did not take, 0 if that is not known.
	tried *sim.Event
	left  int
	// recv is its last recv, ended the call in which it ended its direction, closed that in which
	// it closed. They are nil if there is none.
	recv, ended, closed *sim.Event

	library []libraryCall // what was seen of its TLS library, if that was watched

	edge   bool   // it waits for edges
	events string // how the events that it waits for are called: EPOLL or POLL, and empty with select
	cut    int    // the last step in which the socket did not take all of a send; 0 is none
}

// watched finds the conduct of the program at an end.
func (e *evidence) watched(end script.End) *conduct {
	c := &conduct{library: e.libraryCalls(end)}
	for i := range e.trace.Events {
		ev := &e.trace.Events[i]
		if ev.Call == "" || !e.cfg.Foreign(ev.End) {
			continue
		}
		c.waits(ev, end)
		if touches(ev, end) {
			c.note(ev)
		}
	}
	for i := range e.trace.Events {
		ev := &e.trace.Events[i]
		switch {
		case ev.Step != c.turn || c.turn == 0:
		case ev.IsAction() && ev.Action.On == end:
			c.told = ev.Ready
		case ev.Call != "" && touches(ev, end):
			c.calls = append(c.calls, ev)
		}
	}
	return c
}

// touches says whether a call is about a link. Of its close two calls tell: the program's, by
// name, and the socket's.
func touches(ev *sim.Event, end script.End) bool {
	switch ev.Call {
	case "recv", "send", "shutdown(write)":
		return ev.End == end
	case "close":
		return ev.End == end && ev.Text == ""
	case "accept":
		return ev.N == int(end/2)
	}
	_, about, _ := strings.Cut(ev.Text, " ")
	about, _, _ = strings.Cut(about, " ")
	return about == linkWord(end)
}

// linkWord is what the calls of a program name a link.
func linkWord(end script.End) string {
	if end < 2 {
		return "link"
	}
	return fmt.Sprint("link", end/2+1)
}

// waits notes how the program waits.
func (c *conduct) waits(ev *sim.Event, end script.End) {
	switch ev.Call {
	case "epoll_wait", "epoll_ctl":
		c.events = "EPOLL"
	case "poll":
		c.events = "POLL"
	}
	if ev.Call == "epoll_ctl" && touches(ev, end) {
		c.edge = strings.Contains(ev.Text, ", edge")
	}
}

// note notes a call that touches the link.
func (c *conduct) note(ev *sim.Event) {
	c.turn = ev.Step
	switch ev.Call {
	case "recv":
		c.recv = ev
	case "send":
		c.tried, c.left = nil, 0
		st := model.IOStatus(ev.Status)
		if st == model.WouldBlock || st == model.IOOK && ev.N < ev.Offered {
			c.tried, c.left, c.cut = ev, max(0, ev.Offered-ev.N), ev.Step
		}
	case "shutdown(write)", "close":
		if c.ended == nil {
			c.ended = ev
		}
		if ev.Call == "close" {
			c.closed = ev
		}
	}
}

// dry says whether its last recv found nothing: it has asked until would-block.
func (c *conduct) dry() bool {
	return c.recv != nil && model.IOStatus(c.recv.Status) == model.WouldBlock
}

// metEnd says whether its last recv told of the end of the stream.
func (c *conduct) metEnd() bool {
	return c.recv != nil && (model.IOStatus(c.recv.Status) == model.EOF || model.IOStatus(c.recv.Status) == model.Reset)
}

// isAlert says whether its last send was of an alert's size, and was taken in no part. An alert is
// two bytes: in a record in the clear, sealed with a type in TLS 1.3 (RFC 8446, section 5.2), or
// sealed in 1.2 with or without a nonce in the record (RFC 5288, RFC 7905).
func (c *conduct) isAlert(v model.Version) bool {
	const alert, tag, nonce = 2, 16, 8
	if c.tried == nil || c.tried.N > 0 {
		return false
	}
	switch body := c.tried.Offered - wire.HeaderLen; v {
	case model.TLS13:
		return body == alert || body == alert+1+tag
	default:
		return body == alert || body == alert+tag || body == alert+nonce+tag
	}
}

// interest says what it waits for on the link, with the names of the events.
func (c *conduct) interest(mask model.Events) string {
	in, out := c.event(model.Readable), c.event(model.Writable)
	switch mask & (model.Readable | model.Writable) {
	case model.Readable:
		return "read" + in + " alone"
	case model.Writable:
		return "write" + out + " alone"
	case 0:
		return "nothing"
	}
	return "read" + in + " and write" + out
}

// event is the name of an event in brackets; empty if the program waits with select.
func (c *conduct) event(ev model.Events) string {
	if c.events == "" {
		return ""
	}
	return fmt.Sprintf(" (%s%s)", c.events, said(claim{ev == model.Readable, "IN"}, claim{true, "OUT"}))
}

// rest says what of its last send did not leave.
func (c *conduct) rest() string {
	return said(claim{c.left > 0, fmt.Sprint(c.left, " bytes")}, claim{true, "a part"}) + " of what it had offered"
}

// Most calls of a turn are told: the first ones, which say how it began, and the last ones.
const firstCalls, lastCalls = 4, 8

// doings says in words what the program did in the turn.
func (c *conduct) doings() string {
	var words []string
	for i, ev := range c.calls {
		switch rest := len(c.calls) - i; {
		case i < firstCalls || rest <= lastCalls:
			words = append(words, programText(ev))
		case i == firstCalls:
			words = append(words, fmt.Sprintf("%d more", rest-lastCalls))
		}
	}
	return strings.Join(words, ", ")
}

// programText says a call of a program with its answer.
func programText(ev *sim.Event) string {
	st := model.IOStatus(ev.Status)
	if ev.Inside != nil {
		return ev.Inside.String()
	}
	switch ev.Call {
	case "recv":
		return said(claim{st == model.IOOK, fmt.Sprint("recv ", ev.N)}, claim{true, "recv: " + ioText(st)})
	case "send":
		return said(
			claim{st == model.IOOK && ev.N < ev.Offered, fmt.Sprintf("send %d of %d offered", ev.N, ev.Offered)},
			claim{st == model.IOOK, fmt.Sprint("send ", ev.N)},
			claim{ev.Offered > 0, fmt.Sprintf("send of %d: %s", ev.Offered, ioText(st))},
			claim{true, "send: " + ioText(st)})
	case "shutdown(write)":
		return "shutdown"
	case "accept":
		return said(claim{ev.N < 0, "accept: would-block"}, claim{true, ev.Call})
	case "epoll_wait", "poll":
		return fmt.Sprintf("%s: %s", ev.Call, count(ev.N, "event"))
	}
	text := strings.TrimSpace(ev.Call + " " + ev.Text)
	return text + said(claim{ev.N < 0, fmt.Sprintf(": error %d", -ev.N)})
}

// ioText is the answer of a socket call that moved nothing.
func ioText(st model.IOStatus) string {
	return said(claim{st == model.EOF, "end of the stream"}, claim{true, st.String()})
}

// lacking says what has come of what the program owes, and what has not, in sentences.
func (e *evidence) lacking() (all []string) {
	c, peer := e.program, e.end.Peer()
	if e.v.Obligation.Handshake() {
		if got := e.absorbed(peer); got == "" {
			all = append(all, fmt.Sprintf("the %s's engine has got no message of it", peer))
		} else {
			all = append(all, fmt.Sprintf("the %s's engine has absorbed %s, and waits for more", peer, got))
		}
	}
	if a := &e.view(e.last, peer).Account; e.owesAnswer() && (a.Answers > 0 || a.Partial) {
		all = append(all, fmt.Sprintf("what has come is %s%s", count(a.Answers, "whole answer"),
			said(claim{a.Partial, " and a part of another"})))
	}
	if c.left > 0 {
		all = append(all, c.rest()+" to its socket did not leave")
	}
	if n, size := e.begunRecord(); n > 0 {
		all = append(all, fmt.Sprintf("of the last record that it began, %d of %d bytes are missing", size-n, size))
	}
	return all
}

// absorbed lists the messages of the program's last handshake that an end's engine has absorbed.
func (e *evidence) absorbed(end script.End) string {
	var list []string
	for i := range e.trace.Events {
		ev := &e.trace.Events[i]
		if !ev.IsNote() || ev.End != end {
			continue
		}
		switch {
		case ev.Note.Sent && ev.Note.Message == "ClientHello":
			list = nil
		case !ev.Note.Sent && ev.Note.Message != "application data":
			list = append(list, fmt.Sprintf("%s (%d bytes)", ev.Note.Message, ev.Note.Bytes))
		}
	}
	return strings.Join(list, ", ")
}

// begunRecord is how much of its last record the program has sent, if not all, and how long that
// record is, in bytes, header included.
func (e *evidence) begunRecord() (sent, size int) {
	if e.trace.Gap.At > 0 {
		return 0, 0
	}
	var stream []byte
	for i := range e.trace.Events {
		if ev := &e.trace.Events[i]; ev.Call == "send" && ev.End == e.end {
			stream = append(stream, ev.Data...)
		}
	}
	for len(stream) >= wire.HeaderLen {
		if size = wire.RecordSize(stream); size > len(stream) {
			return len(stream), size
		}
		stream = stream[size:]
	}
	return 0, 0
}

// lastRead says what the last record holds that the program has read, if it has read everything:
// our engine made it.
func (e *evidence) lastRead() string {
	v := e.view(e.last, e.end)
	if v.Account.Quiescence.Unread > 0 || v.InFlight > 0 {
		return ""
	}
	records, last := 0, 0
	for i := range e.trace.Events {
		if ev := &e.trace.Events[i]; ev.IsNote() && ev.Note.Sent && ev.End == e.end.Peer() &&
			ev.Note.Message == "application data" {
			records, last = records+1, ev.Note.Bytes
		}
	}
	return said(claim{records > 0, fmt.Sprintf("its peer made %s with application data for it, and the last one holds %d "+
		"bytes", count(records, "record"), last)})
}

// count says how many there are of something.
func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
