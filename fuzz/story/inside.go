package story

import (
	"fmt"
	"strings"

	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/sim"
	"github.com/wantwrite/wantwrite/sim/script"
)

// Where the TLS library of a program was watched, it is known where bytes wait. What is seen there is no
// inference any more: it confirms what the calls let one conclude, or takes its place.

// A libraryCall is a call of the program's TLS library.
type libraryCall struct {
	*sim.Event
	absorbed, sealed []model.Note
	// sent is how many bytes the program has sent on the link in it and since.
	sent int
}

// seen begins what was seen in the program's library.
const seen = "seen in its library: "

// libraryCalls are those on a link, in order.
func (e *evidence) libraryCalls(end script.End) (list []libraryCall) {
	var now libraryCall
	for i := range e.trace.Events {
		switch ev := &e.trace.Events[i]; {
		case ev.End != end:
		case ev.Inside != nil:
			now.Event = ev
			list = append(list, now)
			now = libraryCall{}
		case ev.IsNote() && ev.Note.Sent:
			now.sealed = append(now.sealed, ev.Note)
		case ev.IsNote():
			now.absorbed = append(now.absorbed, ev.Note)
		case ev.Call == "send":
			now.sent += ev.N
			for j := range list {
				list[j].sent += ev.N
			}
		}
	}
	return list
}

// String says what the call has done, in a clause.
func (c *libraryCall) String() string {
	var parts []string
	if len(c.absorbed) > 0 {
		parts = append(parts, "absorbed "+noteList(c.absorbed))
	}
	if len(c.sealed) > 0 {
		parts = append(parts, "sealed "+noteList(c.sealed))
	}
	answer := fmt.Sprintf("answered %d", c.Inside.Result)
	if c.Inside.Result <= 0 {
		answer += ", " + c.Inside.Status.String()
	}
	text := c.Call + " " + answer
	if len(parts) > 0 {
		text = c.Call + " " + strings.Join(parts, ", ") + " and " + answer
	}
	return fmt.Sprintf("at step %d %s", c.Step, text)
}

func noteList(notes []model.Note) string {
	var list []string
	for _, n := range notes {
		list = append(list, fmt.Sprintf("%s (%d bytes)", n.Message, n.Bytes))
	}
	return strings.Join(list, ", ")
}

// busy is the last call that has absorbed or sealed something, or else the last.
func busy(list []libraryCall) *libraryCall {
	for i := len(list) - 1; i >= 0; i-- {
		if c := &list[i]; len(c.absorbed) > 0 || len(c.sealed) > 0 {
			return c
		}
	}
	return &list[len(list)-1]
}

// confirmed is an inference that what was seen in the library bears out; as it was if nothing does.
func (e *evidence) confirmed(i inference, want func(*libraryCall) bool) inference {
	for j := len(e.program.library) - 1; j >= 0; j-- {
		if c := &e.program.library[j]; want(c) {
			i.how, i.seen = c.String()+"; "+i.how, true
			break
		}
	}
	return i
}

// seesInside concludes from the library where what is owed waits: the program has read everything,
// and no send of it was cut short. It is not ok if nobody has watched.
func (e *evidence) seesInside() (i inference, ok bool) {
	calls := e.program.library
	if len(calls) == 0 {
		return i, false
	}
	last, c := &calls[len(calls)-1], busy(calls)
	i.seen = true
	switch {
	case last.Inside.Waits > 0:
		i.decision, i.missing = e.drains(c), "a drain behind "+c.Call+", or write interest"+e.program.event(model.Writable)
		i.how = fmt.Sprintf("%s; %d bytes wait in its write BIO (a %s), %s", c, last.Inside.Waits, last.Inside.Output, reached(last))
	case last.Inside.Pending > 0:
		i.decision, i.missing = moreToRead, "a read of its library before it waits (SSL_pending)"
		i.how = fmt.Sprintf("%s, and %d bytes of plaintext wait to be read (SSL_pending), which no event announces%s", last,
			last.Inside.Pending, said(claim{e.lastRead() != "", "; " + e.lastRead()}))
	case last.Inside.Status == model.WantWrite:
		i.decision, i.missing = readWantsWrite, "the same call of its library again, once there is room"
		i.how = last.String() + ": it has to write before it goes on, and was not called again"
	case lostAlert(c):
		i.missing = "none that the program could arm: its library has lost it"
		i.how = fmt.Sprintf("%s; the alert is not in its write BIO and has not reached the socket, so the library has lost it", c)
	case last.Inside.Deferred:
		i.decision, i.missing = postHandshake, "the next write of the program"
		i.how = last.String() + "; the answer to a KeyUpdate is deferred in the library until the next write"
	default:
		i.missing = "not known: it is owed by the program itself"
		i.how = fmt.Sprintf("%s; nothing waits in its library, neither to be sent nor to be read. What is owed lies in "+
			"the program, or was never made", last)
	}
	return i, true
}

// reached says how much of what waits has left since.
func reached(c *libraryCall) string {
	return said(claim{c.sent == 0, "and none of them has reached its socket"},
		claim{true, fmt.Sprintf("and it has sent %d bytes since", c.sent)})
}

// drains is the decision behind output that a call has left in the BIO.
func (e *evidence) drains(c *libraryCall) int {
	switch {
	case strings.HasPrefix(c.Call, "SSL_read"), strings.HasPrefix(c.Call, "SSL_peek"):
		return flushAfterRead
	case c.Call == "SSL_shutdown":
		return localClose
	case strings.HasPrefix(c.Call, "SSL_write"):
		return armWrite
	}
	return flushAfterHandshake
}

// sealsAlert says whether the last that a call has sealed is an alert.
func sealsAlert(c *libraryCall) bool {
	n := len(c.sealed)
	return n > 0 && strings.HasPrefix(c.sealed[n-1].Message, "alert ")
}

// lostAlert says whether a call has sealed an alert of which nothing has left, and nothing waits.
func lostAlert(c *libraryCall) bool { return sealsAlert(c) && c.Inside.Waits <= 0 && c.sent == 0 }

// seesBlocked concludes from the library whose bytes did not fit the socket: its own, or those that the
// program had taken from it. It is not ok if nobody has watched.
func (e *evidence) seesBlocked(waits, missing string) (i inference, ok bool) {
	c := e.program
	var last *libraryCall
	for j := range c.library {
		if l := &c.library[j]; l.Step <= c.tried.Step {
			last = l
		}
	}
	switch {
	case last == nil:
		return i, false
	case last.Inside.Status == model.WantWrite:
		i = lacks(mistake{decision: readWantsWrite, how: last.String() + "; " + waits}, missing)
		if strings.HasPrefix(last.Call, "SSL_write") {
			i.decision = armWrite
		}
	default:
		i = lacks(mistake{decision: armWrite, how: fmt.Sprintf("%s: it did not want to write, so the program itself has "+
			"taken from it what did not fit the socket; %s", busy(c.library), waits)}, missing)
	}
	i.seen = true
	return i, true
}

// unseen says that the program's library was not watched, though somebody wanted that.
func unseen(t *sim.Trace) string {
	return said(claim{t.Unseen != "", "Its TLS library was not watched, or not wholly: " + t.Unseen + "."})
}

// liesInside says whether what is owed may lie in a library: an answer or a handshake.
func (e *evidence) liesInside() bool { return e.v.Obligation.Handshake() || e.owesAnswer() }
