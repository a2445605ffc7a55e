package oracle

import (
	"testing"

	"github.com/wantwrite/wantwrite/model"
)

// programLedger is a quiet link with a program at the server's end.
func programLedger() *Ledger {
	l := quietLedger()
	l.Ends[0].Quiescence.Shaken = true
	l.Ends[1] = Account{Foreign: true, Attached: true, Sent: 90, Received: 90,
		Quiescence: Quiescence{Mask: model.Readable, Room: 9}}
	return l
}

// programHand writes into such a ledger: a is the end of our app, q the program's.
type programHand func(l *Ledger, a, q *Account)

func unread(_ *Ledger, _, q *Account)     { q.Quiescence.Unread = 7 }
func unreadEnd(_ *Ledger, _, q *Account)  { q.Quiescence.UnreadEnd = true }
func noRoom(_ *Ledger, _, q *Account)     { q.Quiescence.Room = 0 }
func shaking(_ *Ledger, a, _ *Account)    { a.Quiescence.InitDone, a.Quiescence.Shaken = false, false }
func again(_ *Ledger, a, _ *Account)      { a.Quiescence.InitDone = false }
func asked(_ *Ledger, a, _ *Account)      { a.Owed = "answer 3" }
func left(_ *Ledger, a, _ *Account)       { a.Gone = true }
func given(_ *Ledger, _, q *Account)      { q.Gone = true }
func inPart(_ *Ledger, a, _ *Account)     { a.Partial = true }
func halved(_ *Ledger, a, _ *Account)     { a.HalfClosing = true }
func leftBefore(_ *Ledger, a, _ *Account) { a.Left = true }
func mayEnd(_ *Ledger, a, _ *Account)     { a.Ends = true }
func hostile(_ *Ledger, a, _ *Account)    { a.Hostile = true }
func half(_ *Ledger, _, q *Account)       { q.Quiescence.HalfAlert = true }
func wrong(_ *Ledger, a, _ *Account)      { a.Wrong, a.Mismatch = "byte 3 of answer 1", Garbled }
func spinning(_ *Ledger, _, q *Account)   { q.Idle = maxWakeups }
func almost(_ *Ledger, _, q *Account)     { q.Idle, q.Taken = maxWakeups-1, maxTaken }
func hoarding(_ *Ledger, _, q *Account)   { q.Taken = maxTaken + 1 }
func aLongOne(_ *Ledger, a, _ *Account)   { a.Longest = 1 }
func dead(_ *Ledger, _, q *Account)       { q.Misuse = "SIGSEGV" }
func backlogged(_ *Ledger, a, _ *Account) { a.Backlog = 5 }
func ourUnread(_ *Ledger, a, _ *Account)  { a.Quiescence.Unread = 4 }
func bothUnread(_ *Ledger, a, q *Account) { a.Quiescence.Unread, q.Quiescence.Unread = 4, 4 }
func bothFull(_ *Ledger, a, q *Account)   { a.Quiescence.Room, q.Quiescence.Room = 0, 0 }
func ourStuck(_ *Ledger, a, _ *Account)   { a.Quiescence.Stuck, a.Quiescence.Mask = true, model.Writable }
func gap(_ *Ledger, a, _ *Account)        { a.Mismatch = Gap }
func refused(_ *Ledger, a, _ *Account)    { a.Quiescence.Failed = true }
func destroyed(_ *Ledger, _, q *Account)  { q.Destroyed = 40 }
func alertLost(_ *Ledger, _, q *Account)  { q.AlertLost = true }
func bareAsEver(l *Ledger, _, _ *Account) { l.Quirk("no-close-notify") }
func unreadAsEver(l *Ledger, _, _ *Account) {
	l.Quirk("closes-unread")
}
func closedWith(why model.Cause) programHand {
	return func(_ *Ledger, a, _ *Account) { a.Told, a.Why = true, why }
}

// TestPropertiesOfPrograms: what is found on a link with a program, at each moment, and beside
// each what makes it no violation.
func TestPropertiesOfPrograms(t *testing.T) {
	at := func(h ...programHand) []programHand { return h }
	tainted, paused, closing := programHand(tainted), programHand(paused), programHand(closing)
	for _, c := range []struct {
		name     string
		moment   Moment
		hands    []programHand
		property PropertyID
		owed     Obligation
		not      []programHand // each of them excuses it
	}{
		{"unread bytes", AtQuiescence, at(unread), Stall, SocketInput, at(given, noRoom)},
		{"unread bytes and a timer", AtWait, at(unread), Stall, SocketInput, at(given, noRoom)},
		{"an unread end", AtQuiescence, at(unreadEnd, tainted), Stall, SocketInput, at(given)},
		{"a handshake", AtQuiescence, at(shaking, paused), Stall, HandshakeDone, at(given, tainted, closing, hostile)},
		{"a renegotiation", AtWait, at(again), Stall, renegotiation, at(given, tainted, closing, hostile, paused)},
		{"half an alert", AtQuiescence, at(again, half), Stall, halfAlert, at(given, tainted, closing, hostile)},
		{"an answer", AtQuiescence, at(asked), Stall, answer,
			at(given, tainted, closing, paused, backlogged, ourUnread, closedWith(model.Clean))},
		{"an answer behind a half-close", AtQuiescence, at(asked, halved), Stall, answer, at(given)},
		{"a close that was said", AtQuiescence, at(mayEnd), Stall, farewell, at(given, tainted, closing, paused)},
		{"a socket", AtQuiescence, at(left, closing, tainted), Stall, SocketEnd, at(given)},
		{"two full directions", AtQuiescence, at(bothFull, bothUnread), Deadlock, SocketInput,
			at(given, left, paused, ourStuck)},
		{"a crash", AtStep, at(dead), Crash, NoObligation, nil},
		{"a hoard", AtStep, at(hoarding), UnboundedBuffer, SocketInput, at(almost, aLongOne)},
		{"wakeups", AtTurn, at(spinning), BusyLoop, NoObligation, at(almost)},
		{"a wrong byte", AtData, at(wrong), Corruption, NoObligation, nil},
		{"missing bytes", AtData, at(wrong, gap), DataLoss, Delivery, nil},
		{"an answer is lost", AtClosed, at(asked, closedWith(model.Clean)), DataLoss, Delivery,
			at(tainted, leftBefore, hostile)},
		{"an answer is lost behind a half-close", AtClosed, at(asked, halved, closedWith(model.Clean)), DataLoss, Delivery,
			at(tainted, leftBefore, hostile)},
		{"an answer is lost at a close that was said", AtClosed, at(asked, mayEnd, closedWith(model.Broken)), DataLoss,
			Delivery, at(tainted)},
		{"half an answer", AtClosed, at(inPart, mayEnd, closedWith(model.Broken)), DataLoss, Delivery, at(tainted, leftBefore)},
		{"a bare end", AtClosed, at(mayEnd, closedWith(model.Truncated)), Truncation, NoObligation,
			at(tainted, leftBefore, bareAsEver)},
		{"a link that is given up", AtClosed, at(asked, closedWith(model.Truncated)), SpuriousFailure, NoObligation,
			at(tainted, leftBefore, hostile, halved, mayEnd)},
		{"records that do not open", AtClosed, at(asked, refused, closedWith(model.Fault)), Corruption, NoObligation,
			at(tainted, leftBefore, hostile)},
		{"an answer that a reset destroys", AtFin, at(asked, destroyed), DataLoss, Delivery, at(tainted, hostile)},
		{"an alert that a reset destroys", AtFin, at(tainted, hostile, alertLost), Truncation, lastAlert, at(unreadAsEver)},
		{"a bare end behind a half-close", AtClosed, at(halved, closedWith(model.Broken)), Truncation, NoObligation,
			at(tainted)},
		{"an alert", AtClosed, at(asked, closedWith(model.Fault)), SpuriousFailure, NoObligation,
			at(tainted, leftBefore, hostile)},
		{"an alert that was said", AtClosed, at(mayEnd, closedWith(model.Fault)), SpuriousFailure, NoObligation,
			at(again)},
		{"a close", AtClosed, at(closedWith(model.Clean)), SpuriousFailure, NoObligation,
			at(tainted, leftBefore, halved, mayEnd, func(l *Ledger, _, _ *Account) { l.Late = true })},
		{"nothing", AtQuiescence, nil, NoProperty, NoObligation, nil},
		{"nothing at the end", AtClosed, nil, NoProperty, NoObligation, nil},
	} {
		judge := func(more ...programHand) (Finding, bool) {
			l := programLedger()
			for _, h := range append(c.hands[:len(c.hands):len(c.hands)], more...) {
				h(l, &l.Ends[0], &l.Ends[1])
			}
			e := 1
			if c.moment == AtClosed || c.moment == AtData {
				e = 0
			}
			return l.Check(EveryProperty, e, c.moment)
		}
		f, bad := judge()
		if bad != (c.property != NoProperty) || f.Property != c.property || f.Obligation != c.owed || bad && f.End != 1 {
			t.Errorf("%s: got %v, %s at %d: %s; want %s: %s", c.name, bad, f.Property, f.End, f.Obligation,
				c.property, c.owed)
		}
		for i, h := range c.not {
			if f, bad := judge(h); bad && f.Property == c.property {
				t.Errorf("%s, excuse %d: got %s: %s; want none", c.name, i, f.Property, f.Obligation)
			}
		}
	}
}

// TestQuietRunsExcuse: a finding is the program's way if the ledger of a quiet run shows it.
func TestQuietRunsExcuse(t *testing.T) {
	make := func(hands ...programHand) *Ledger {
		l := programLedger()
		for _, h := range hands {
			h(l, &l.Ends[0], &l.Ends[1])
		}
		return l
	}
	answers := func(n int) programHand { return func(_ *Ledger, a, _ *Account) { a.Answers = n } }
	lost := []programHand{asked, closedWith(model.Clean), answers(2)}
	with := func(hands []programHand, more ...programHand) *Ledger {
		return make(append(hands[:len(hands):len(hands)], more...)...)
	}
	quirky := func(l *Ledger) *Ledger { l.Quirk("no-close-notify"); return l }
	for _, c := range []struct {
		name     string
		moment   Moment
		run      *Ledger
		quiet    *Ledger
		excused  bool
		property PropertyID
	}{
		{"the same stall", AtWait, make(shaking), make(shaking), true, Stall},
		{"another stall", AtWait, make(unread), make(shaking), false, Stall},
		{"no stall", AtWait, make(shaking), make(), false, Stall},
		{"the same loss", AtClosed, with(lost), with(lost), true, DataLoss},
		{"a smaller loss", AtClosed, with(lost), with(lost, answers(3)), false, DataLoss},
		{"half an answer more", AtClosed, with(lost, inPart), with(lost), false, DataLoss},
		{"the same alert", AtClosed, make(closedWith(model.Fault)), make(closedWith(model.Fault)), true, SpuriousFailure},
		{"a close there", AtClosed, make(closedWith(model.Fault)), make(closedWith(model.Clean)), false, SpuriousFailure},
		{"a reset there", AtClosed, quirky(make(closedWith(model.Truncated))), make(closedWith(model.Broken)), true, SpuriousFailure},
		{"its app has closed since", AtClosed, quirky(make(closedWith(model.Truncated))),
			make(closedWith(model.Truncated), programHand(closing), left), true, SpuriousFailure},
		{"a bare end of who says goodbye", AtClosed, make(closedWith(model.Truncated)), make(closedWith(model.Truncated)),
			false, SpuriousFailure},
		{"the same bare end", AtClosed, make(mayEnd, closedWith(model.Truncated)), make(mayEnd, closedWith(model.Truncated)),
			false, Truncation},
		{"the same answer", AtData, make(wrong), make(wrong), false, Corruption},
		{"the right answer", AtData, make(wrong), make(), false, Corruption},
	} {
		e := 1
		if c.moment == AtClosed || c.moment == AtData {
			e = 0
		}
		f, bad := c.run.Check(EveryProperty, e, c.moment)
		if !bad || f.Property != c.property {
			t.Errorf("%s: got %v, %s; want %s", c.name, bad, f.Property, c.property)
		}
		if got := c.quiet.Shows(&f, c.moment, c.run, false); got != c.excused {
			t.Errorf("%s: excused is %v; want %v", c.name, got, c.excused)
		}
	}
}

// TestEndsAtRenegotiations: a program that ends links at a renegotiation, when nothing but that is said, may
// do so when answers wait.
func TestEndsAtRenegotiations(t *testing.T) {
	begun := func(n int, at uint64) programHand {
		return func(_ *Ledger, a, _ *Account) { a.Renegotiations, a.RenegotiatesAt = n, at }
	}
	met := func(_ *Ledger, a, _ *Account) { // in the middle of one
		a.Quiescence.InitDone, a.Quiescence.Shut = false, model.ReceivedClose
	}
	at := func(h ...programHand) []programHand { return h }
	clean, fault, bare := closedWith(model.Clean), closedWith(model.Fault), closedWith(model.Truncated)
	const heard, unheard = 89, 90 // of what is sent, the program has received 90
	for _, c := range []struct {
		name       string
		run, quiet []programHand
		property   PropertyID
		excused    bool
	}{
		{"an answer waits", at(asked, clean, begun(1, heard)), at(clean, begun(1, heard)), DataLoss, true},
		{"half an answer has come", at(inPart, clean, begun(1, heard)), at(clean, begun(1, heard)), DataLoss, true},
		{"another one meets the end", at(fault, met, begun(2, unheard)), at(clean, begun(1, heard)), SpuriousFailure, true},
		{"it sends an alert there, too", at(fault, begun(1, heard)), at(fault, begun(1, heard)), SpuriousFailure, true},
		{"it sends an alert", at(fault, begun(1, heard)), at(clean, begun(1, heard)), SpuriousFailure, false},
		{"it has not heard of it", at(asked, clean, begun(1, unheard)), at(clean, begun(1, heard)), DataLoss, false},
		{"there was none", at(asked, clean), at(clean, begun(1, heard)), DataLoss, false},
		{"it leaves at the second", at(asked, clean, begun(1, heard)), at(clean, begun(2, heard)), DataLoss, false},
		{"it leaves at once", at(asked, clean, begun(1, heard)), at(clean), DataLoss, false},
		{"it goes on", at(asked, clean, begun(1, heard)), at(begun(1, heard)), DataLoss, false},
		{"a bare end", at(asked, bare, begun(1, heard)), at(bare, begun(1, heard)), SpuriousFailure, false},
	} {
		make := func(hands []programHand) *Ledger {
			l := programLedger()
			for _, h := range hands {
				h(l, &l.Ends[0], &l.Ends[1])
			}
			return l
		}
		run := make(c.run)
		f, bad := run.Check(EveryProperty, 0, AtClosed)
		if !bad || f.Property != c.property {
			t.Errorf("%s: got %v, %s; want %s", c.name, bad, f.Property, c.property)
		}
		if got := make(c.quiet).Leaves(&f, AtClosed, run); got != c.excused {
			t.Errorf("%s: excused is %v; want %v", c.name, got, c.excused)
		}
	}
}

// TestOwedOfPrograms: what stories ask is what the properties ask.
func TestOwedOfPrograms(t *testing.T) {
	l := programLedger()
	unread(l, &l.Ends[0], &l.Ends[1])
	if o, n := l.Owed(1, SocketInput); o != SocketInput || n != 7 {
		t.Errorf("the program owes %s, %d bytes; want %s, 7", o, n, SocketInput)
	}
	if o, _ := l.Owed(0, SocketInput); o != NoObligation {
		t.Errorf("our end owes %s; want nothing", o)
	}
	if o, n := quietLedger().Owed(1, SocketInput); o != NoObligation || n != 0 {
		t.Errorf("a pump owes %s, %d; want nothing", o, n)
	}
}
