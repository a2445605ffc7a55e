package oracle

import "github.com/wantwrite/wantwrite/model"

// The properties of a link at one end of which a real program stands. What it holds, and what
// its engine and app do, can't be seen. What can be seen is its socket, its registration, and
// what the app at the other end, which is ours, is given and still waits for.
//
// Most of these checks only suspect. What the same program does when nothing interferes is its
// way, and no violation: who judges compares with a quiet run (Shows).

const (
	// maxWakeups is how many wakeups in a row may move no byte and change no registration. It
	// is more than for a pump: a program may hand work from thread to thread.
	maxWakeups = 16
	// maxTaken is how many bytes a program may take in while it has no room to answer, beside a
	// whole message: that may have to be there before anything is answered.
	maxTaken = 1 << 18
)

// foreign says whether a program stands at one end of e's link.
func (l *Ledger) foreign(e int) bool { return l.Ends[e].Foreign || l.Ends[e^1].Foreign }

// foreignChecks are the checks of such links, in the order in which they are made.
var foreignChecks = [numMoments][]struct {
	id    PropertyID
	check func(l *Ledger, e int) (Finding, bool)
}{
	AtStep:       {{Crash, foreignCrash}, {UnboundedBuffer, foreignBuffer}},
	AtTurn:       {{BusyLoop, foreignSpin}},
	AtData:       {{Corruption, foreignCorruption}},
	AtClosed:     {{DataLoss, foreignLoss}, {Truncation, foreignTruncation}, {SpuriousFailure, foreignFailure}},
	AtWait:       {{Deadlock, foreignDeadlock}, {Stall, foreignStall}},
	AtQuiescence: {{Deadlock, foreignDeadlock}, {Stall, foreignStall}},
}

// checkForeign is Check for such a link.
func (l *Ledger) checkForeign(set PropertySet, e int, m Moment) (Finding, bool) {
	for _, c := range foreignChecks[m] {
		if !set.Has(c.id) {
			continue
		}
		if f, bad := c.check(l, e); bad {
			f.Property = c.id
			return f, true
		}
	}
	return Finding{}, false
}

// Shows says whether a ledger of a quiet run shows what was found at that moment in another run:
// then it is the program's way. in is that run's ledger.
//
// An answer that is missing there excuses one that is missing here, if as many others came. After a
// reset that does not count: it destroys whatever is on its way.
func (l *Ledger) Shows(f *Finding, m Moment, in *Ledger) bool {
	e, ours := f.End, in.ours(f.End)
	if m == AtData || m == AtClosed {
		e = ours
	}
	g, bad := l.checkForeign(PropertySet(0).With(f.Property), e, m)
	if !bad || g.End != f.End || g.Obligation != f.Obligation || g.Gist() != f.Gist() {
		return false
	}
	here, there := &in.Ends[ours], &l.Ends[ours]
	missing := f.Property == DataLoss || f.Obligation == answer
	if f.Property == DataLoss && here.Why == model.Broken && there.Why == model.Broken {
		return true
	}
	return !missing || here.Answers >= there.Answers && (there.Partial || !here.Partial)
}

// ours is the end of e's link where our app is.
func (l *Ledger) ours(e int) int {
	if l.Ends[e].Foreign {
		return e ^ 1
	}
	return e
}

func foreignCrash(l *Ledger, e int) (Finding, bool) { return checkCrash(l, e, AtStep) }

func foreignBuffer(l *Ledger, e int) (Finding, bool) {
	a := &l.Ends[e]
	return Finding{End: e, Obligation: SocketInput, Bytes: a.Taken,
			Detail: "it takes in more and more while it has no room to answer"},
		a.Foreign && a.Taken > maxTaken+l.peer(e).Longest
}

func foreignSpin(l *Ledger, e int) (Finding, bool) {
	a := &l.Ends[e]
	return Finding{End: e, Detail: "wakeup after wakeup no byte moves and no registration changes"},
		a.Foreign && a.Idle >= maxWakeups
}

func foreignCorruption(l *Ledger, e int) (Finding, bool) {
	a := &l.Ends[e]
	return Finding{End: e ^ 1, Detail: a.Wrong}, a.Wrong != ""
}

// ended says whether our app at e was told of an end of a link that no fault has touched, and
// had not closed before. When nothing else can happen a program may give up on a link in time.
func (l *Ledger) ended(e int) bool {
	a := &l.Ends[e]
	return a.Told && !a.Left && !a.Hostile && !l.tainted(e) && !l.Late
}

// lacks says whether an answer, or a part of one, has not come.
func (a *Account) lacks() bool { return a.Owed != "" || a.Partial }

// foreignLoss looks for answers that will not come any more. A program may close when our app has
// half-closed: it is told that nothing more will be asked, and many take that for the end.
func foreignLoss(l *Ledger, e int) (Finding, bool) {
	a := &l.Ends[e]
	return Finding{End: e ^ 1, Obligation: Delivery, Detail: "the link has ended, and an answer is missing"},
		l.ended(e) && a.lacks() && a.Why != model.Fault && !a.HalfClosing
}

func foreignTruncation(l *Ledger, e int) (Finding, bool) {
	a := &l.Ends[e]
	return Finding{End: e ^ 1, Detail: "the stream ended without close_notify"},
		l.ended(e) && (a.Why == model.Truncated || a.Why == model.Broken)
}

func foreignFailure(l *Ledger, e int) (Finding, bool) {
	a := &l.Ends[e]
	f := Finding{End: e ^ 1, Detail: spuriousText[int(a.Why)%len(spuriousText)]}
	shaking := a.Quiescence.Shaken && !a.Quiescence.InitDone // again: an engine of ours takes no end then
	asked := a.Why == model.Clean && (a.Ends || a.HalfClosing) || a.Why == model.Fault && a.Ends && shaking
	return f, l.ended(e) && !asked && a.Why != model.Truncated && a.Why != model.Broken
}

func foreignStall(l *Ledger, e int) (Finding, bool) {
	if !l.Ends[e].Foreign {
		return Finding{}, false
	}
	o, n := l.owedByProgram(e)
	f := Finding{End: e, Obligation: o, Bytes: n}
	if o == answer {
		f.Detail = l.peer(e).Owed
	}
	return f, o != NoObligation
}

// owedByProgram is what the program at end p owes when nothing can happen but that time passes.
// What it has received it reads, unless it waits for room in front of an app of ours that does
// not read. It ends handshakes, answers what it was asked, closes when it has said so, and gives
// the socket back of an app that has closed. An alert that is stuck in its library is the library's
// failure, and has a name of its own. On a link with a fault only the reading and the giving back are owed.
func (l *Ledger) owedByProgram(p int) (Obligation, uint64) {
	a, q := l.peer(p), &l.Ends[p]
	switch r := &q.Quiescence; {
	case q.Gone:
	case (r.Unread > 0 || r.UnreadEnd) && r.Room > 0:
		return SocketInput, uint64(r.Unread)
	case a.Gone:
		return SocketEnd, 0
	case l.tainted(p) || a.Hostile || a.Closing || a.Told || a.Paused && a.Quiescence.Shaken:
	case r.HalfAlert:
		return halfAlert, 0
	case !a.Quiescence.InitDone && a.Quiescence.Shaken:
		return renegotiation, 0
	case !a.Quiescence.InitDone:
		return HandshakeDone, 0
	case a.Owed != "" && a.settled():
		return answer, 0
	case a.Ends && a.settled():
		return farewell, 0
	}
	return NoObligation, 0
}

// settled says whether all that our app has said has left it, and it was given all that came.
func (a *Account) settled() bool {
	r := &a.Quiescence
	return a.Backlog == 0 && !a.outgoing() && r.Unread == 0 && r.Inside == 0 && a.PipeIn() == 0 && a.Held() == 0
}

// foreignDeadlock looks for two full directions that neither end reads. An engine of ours that
// can't read before it has written is no part of that: its pump has no choice.
func foreignDeadlock(l *Ledger, e int) (Finding, bool) {
	a, q := l.peer(e), &l.Ends[e]
	r, s := &a.Quiescence, &q.Quiescence
	full := r.Room == 0 && r.Unread > 0 && s.Room == 0 && s.Unread > 0
	return Finding{End: e, Obligation: SocketInput, Bytes: uint64(s.Unread),
			Detail: "both directions are full and neither end reads"},
		q.Foreign && full && !q.Gone && !a.Gone && !a.Paused && !a.Hostile && !a.blocked()
}
