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
	// whole message: that may have to be there before anything is answered. One that is known for deep
	// buffers may take maxDeep.
	maxTaken, maxDeep = 1 << 18, 1 << 20
)

// quirk is what a program does otherwise than the standards want, always, and is not to be told again
// by each hunt.
type quirk uint8

const (
	// noCloseNotify: it ends links without close_notify.
	noCloseNotify quirk = 1 << iota
	// closesUnread: it closes sockets with data unread, so that its last alert may be lost.
	closesUnread
	// noHalfClose: it takes a half-close for a close, whatever its dialogue promises.
	noHalfClose
	// deepBuffers: it stops reading late.
	deepBuffers
	// caches: it keeps something of links that are gone, up to a bound. It is not weighed.
	caches
)

// quirkText are their words.
var quirkText = map[string]quirk{"no-close-notify": noCloseNotify, "closes-unread": closesUnread, "no-half-close": noHalfClose, "deep-buffers": deepBuffers, "caches": caches}

// Quirk makes one of the program known by its word, and says whether the word means something here.
func (l *Ledger) Quirk(word string) bool {
	l.quirks |= quirkText[word]
	return quirkText[word] != 0
}

// foreign says whether a program stands at one end of e's link.
func (l *Ledger) foreign(e int) bool { return l.Ends[e].Foreign || l.Ends[e^1].Foreign }

// foreignChecks are the checks of such links, in the order in which they are made.
var foreignChecks = [numMoments][]struct {
	id    PropertyID
	check func(l *Ledger, e int) (Finding, bool)
}{
	AtStep: {{Crash, foreignCrash}, {UnboundedBuffer, foreignBuffer}},
	AtTurn: {{BusyLoop, foreignSpin}},
	AtData: {{DataLoss, foreignGap}, {Corruption, foreignCorruption}},
	AtClosed: {{Corruption, foreignGarbage}, {SpuriousFailure, foreignFailure}, {DataLoss, foreignLoss},
		{Truncation, foreignTruncation}},
	AtFin:        {{DataLoss, foreignDestruction}, {Truncation, foreignSilence}},
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
// reset that does not count: it destroys whatever is on its way. hurried says that all requests came
// at once. A program that answers them one by one, and then not, stalls; and one that a renegotiation
// has made drop an answer is excused by Leaves alone.
//
// Wrong bytes are nobody's way: dialogues want what their protocol demands.
//
// Story 184: a server said a part of each long answer twice, in quiet as well, and was excused.
func (l *Ledger) Shows(f *Finding, m Moment, in *Ledger, hurried bool) bool {
	ours := in.ours(f.End)
	here, there := &in.Ends[ours], &l.Ends[ours]
	dropped := here.Told && here.lacks() && here.Why != model.Fault && in.renegotiated(ours) > 0 && !here.due()
	if m == AtData || !l.Repeats(f, m, in) || in.never(f) || hurried && (f.Obligation == answer || dropped) {
		return false
	}
	missing := f.Property == DataLoss || f.Obligation == answer
	if f.Property == DataLoss && here.Why == model.Broken && there.Why == model.Broken {
		return true
	}
	return !missing || here.Answers >= there.Answers && (there.Partial || !here.Partial)
}

// Leaves says whether a ledger of a quiet run in which our app says nothing and only renegotiates
// shows that the program ends its links then, and that has ended the link of what was found in
// another run. Such a program drops what it has not answered yet. in is that run's ledger.
//
// As many renegotiations must have come to it there, and the link must end in the same way. It is
// no excuse for an end without close_notify.
//
// Story 195: hitch refuses a renegotiation and closes, and was blamed for the answer that waited. In
// quiet each answer had come before.
func (l *Ledger) Leaves(f *Finding, m Moment, in *Ledger) bool {
	ours := in.ours(f.End)
	here, there := &in.Ends[ours], &l.Ends[ours]
	dropped := f.Property == DataLoss || f.Property == SpuriousFailure
	left := there.Told && there.Renegotiations > 0 && in.renegotiated(ours) >= l.renegotiated(ours)
	return m == AtClosed && dropped && left && here.cause() == there.cause() && !in.never(f)
}

// renegotiated is how many renegotiations of our app at e have come to the program. There is one
// at a time, so all but the last one have.
func (l *Ledger) renegotiated(e int) int {
	a := &l.Ends[e]
	if a.Renegotiations > 0 && l.peer(e).Received <= a.RenegotiatesAt {
		return a.Renegotiations - 1
	}
	return a.Renegotiations
}

// cause is why the link of our app has ended, as the program has made it: a close_notify that meets a
// renegotiation is a close, and a failure only to our engine.
func (a *Account) cause() model.Cause {
	r := &a.Quiescence
	if a.Why == model.Fault && r.Shaken && !r.InitDone && r.Shut&model.ReceivedClose != 0 {
		return model.Clean
	}
	return a.Why
}

// Repeats says whether the same is found in a ledger of a quiet run.
func (l *Ledger) Repeats(f *Finding, m Moment, in *Ledger) bool {
	e := f.End
	if m == AtData || m == AtClosed {
		e = in.ours(f.End)
	}
	g, bad := l.checkForeign(PropertySet(0).With(f.Property), e, m)
	return bad && g.End == f.End && g.Obligation == f.Obligation && g.Gist() == f.Gist()
}

// never says whether it is the way of no program: TLS demands a close_notify of all, or an alert. One
// that never sends close_notify says so by a quirk.
//
// Story 160: a server that sends FIN alone was excused, for it does so in quiet, too. So was a mistake
// that forgot close_notify on the one way on which it always goes.
func (l *Ledger) never(f *Finding) bool {
	fin := l.Ends[l.ours(f.End)].Why == model.Truncated
	return l.bare(l.ours(f.End)) && f.Obligation == NoObligation && (f.Property == Truncation || f.Property == SpuriousFailure && fin)
}

// bare says whether the link of our app at e has ended without close_notify and without an alert.
func (l *Ledger) bare(e int) bool {
	why := l.Ends[e].Why
	return (why == model.Truncated || why == model.Broken) && l.quirks&noCloseNotify == 0
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
	a, most := &l.Ends[e], uint64(maxTaken)
	if l.quirks&deepBuffers != 0 {
		most = maxDeep
	}
	return Finding{End: e, Obligation: SocketInput, Bytes: a.Taken,
			Detail: "it takes in more and more while it has no room to answer"},
		a.Foreign && a.Taken > most+l.peer(e).Longest
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

func foreignGap(l *Ledger, e int) (Finding, bool) {
	a := &l.Ends[e]
	return Finding{End: e ^ 1, Obligation: Delivery, Detail: a.Wrong}, a.Mismatch == Gap
}

// due says whether the program had a reason to end the link: its dialogue said so, or our app has
// half-closed. In front of the end of the handshake it has heard neither.
func (a *Account) due() bool { return a.Quiescence.Shaken && (a.Ends || a.HalfClosing) }

// foreignGarbage looks for a link that our engine gave up, and no alert has told it to: it got
// records that do not open, or are none. An engine that is in the middle of a renegotiation takes no
// end of the link, though one is due.
func foreignGarbage(l *Ledger, e int) (Finding, bool) {
	a := &l.Ends[e]
	r := &a.Quiescence
	refuses := r.Failed && r.Shut&model.ReceivedClose == 0
	return Finding{End: e ^ 1, Detail: "what it sent is no TLS that this link can have"},
		l.ended(e) && a.Why == model.Fault && refuses && !(a.Ends && r.Shaken && !r.InitDone)
}

// foreignFailure looks for a link that the program gave up though nothing had failed, and nobody had
// asked it to: by a bare FIN, an alert, or a close in good order. One of which an answer is missing
// has lost data, too, if it ended in good order.
func foreignFailure(l *Ledger, e int) (Finding, bool) {
	a := &l.Ends[e]
	f := Finding{End: e ^ 1, Detail: spuriousText[int(a.Why)%len(spuriousText)]}
	shaking := a.Quiescence.Shaken && !a.Quiescence.InitDone // again: an engine of ours takes no end then
	bad := true
	switch a.Why {
	case model.Clean:
		bad = !a.due() && !a.lacks()
	case model.Truncated, model.Broken:
		bad, f.Detail = !a.due(), "the program gave the link up, and nothing had failed"
		if !a.Quiescence.Shaken {
			f.Detail = "the program gave the link up in its handshake, without an alert"
		}
	case model.Fault:
		bad = !(a.Ends && shaking)
	}
	return f, l.ended(e) && bad
}

// foreignLoss looks for answers that will not come any more.
func foreignLoss(l *Ledger, e int) (Finding, bool) {
	a := &l.Ends[e]
	return Finding{End: e ^ 1, Obligation: Delivery, Detail: "the link has ended, and an answer is missing"},
		l.ended(e) && a.lacks() && a.Why != model.Fault
}

// foreignTruncation looks for an end without close_notify, which each party must send before it
// closes its direction unless it has sent an alert (RFC 8446, section 6.1). That a program never
// sends it is no excuse, but its description may say so.
func foreignTruncation(l *Ledger, e int) (Finding, bool) {
	return Finding{End: e ^ 1, Detail: "the stream ended without close_notify"},
		l.ended(e) && l.bare(e)
}

// The next two look for a program that has closed its socket with data unread. The reset that TCP
// sends then destroys what is on its way (RFC 2525, section 2.17): an answer, or the last alert. For
// alerts that goes for links with faults too, for it is there that they are sent.

func foreignDestruction(l *Ledger, e int) (Finding, bool) {
	a := &l.Ends[e]
	return Finding{End: e, Obligation: Delivery, Detail: resetDetail}, a.Foreign && a.Destroyed > 0 &&
		l.peer(e).lacks() && !l.tainted(e) && !l.peer(e).Hostile && !l.Late
}

func foreignSilence(l *Ledger, e int) (Finding, bool) {
	a := &l.Ends[e]
	return Finding{End: e, Obligation: lastAlert, Detail: resetDetail},
		a.Foreign && a.AlertLost && !l.Late && l.quirks&closesUnread == 0
}

const resetDetail = "it closed with data unread, and its reset overtakes what it has sent"

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
