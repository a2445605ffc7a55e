package sim

import (
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/model/own"
)

// maxBacklog is how much may wait before no more is written, in bytes.
const maxBacklog = 1 << 16

// An app is the model.App of an end. Its speaker knows the dialogue. The app hands over what
// the speaker says, checks what it is given against what its peer wrote, and closes.
type app struct {
	g            *goPump
	e            *endpoint
	speaker      own.Speaker
	judge        own.Judge      // the speaker, if it is one
	halves       own.HalfCloser // the speaker, if it is one and its peer a program
	memcached    memcached      // the speaker, if the world names no dialogue
	said         []byte         // what the speaker is saying
	finish, half bool           // close, or half-close, once the backlog is taken
}

// restart makes the app new.
func (a *app) restart(g *goPump) {
	*a = app{g: g, e: g.e, said: a.said}
	at := own.Place{Server: g.e.id&1 == 1, Stream: g.e.w.cfg.Stream, Link: int(g.e.id / 2)}
	if d := g.e.w.parts.Dialogue; d != nil {
		a.speaker = d.New(at)
		a.judge, _ = a.speaker.(own.Judge)
		if g.e.peer().stranger != nil {
			a.halves, _ = a.speaker.(own.HalfCloser)
		}
		return
	}
	a.memcached = memcached{at: at}
	a.speaker = &a.memcached
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
		if a.e.peer().stranger != nil {
			t.head = t.taken // no app of ours will be given it
		}
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
	acct.Told, acct.Why, acct.Left = true, why, acct.Closing
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
	if a.speaker.Over() && a.mayClose() {
		a.finish = true
	}
	if a.halves != nil && a.halves.HalfOver() && a.mayHalfClose() {
		a.half = true
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
	if trace := a.e.w.trace; trace != nil {
		trace.went(&trace.ways[a.e.id].release, p)
	}
	if a.e.deceived {
		return
	}
	if a.e.peer().stranger != nil {
		a.hearProgram(p)
		return
	}
	acct.Mismatch = a.e.peer().plain.deliver(p, acct.Paused)
	if acct.Mismatch != oracle.NoMismatch {
		a.e.w.judge(a.e, oracle.AtData)
		return
	}
	a.hear(p)
	if a.e.w.cfg.Reentrant || a.e.acct.Frames {
		a.offer()
	}
}

// hear gives the speaker what the peer said. An app that has closed or half-closed says nothing
// to it.
func (a *app) hear(p []byte) {
	a.said = a.speaker.Hear(a.said[:0], p)
	if !a.finish && !a.half {
		a.e.plain.add(a.said)
	}
}

// begin is the app's decision to say something unasked.
func (a *app) begin(body int, answer uint32) {
	a.said = a.speaker.Begin(a.said[:0], body, int(answer))
	a.e.acct.Longest = max(a.e.acct.Longest, uint64(len(a.said)))
	a.e.plain.add(a.said)
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

// mayWrite says whether the app may begin to say something. A server may not if it only
// answers, or if its pump takes only whole messages and none has come.
func (a *app) mayWrite() bool {
	c := &a.e.w.cfg
	if a.e.id&1 == 1 && (c.StrictReneg || a.e.acct.Frames && !c.Stream) {
		return false
	}
	return a.speaker.Begins()
}

// mayHalfClose says whether the app may say that it says no more. TLS 1.2 has no such close
// (RFC 5246, section 7.2.1).
func (a *app) mayHalfClose() bool {
	e := a.e
	return !a.half && !a.g.spec.Restrictions.NoHalfClose && e.w.cfg.Version == model.TLS13 &&
		(e.initDone || e.shaken || e.w.cfg.Hasty)
}

// mayClose says whether the app may close of its own accord. Before the first handshake is done
// it may only in a hasty world.
func (a *app) mayClose() bool {
	e := a.e
	return !a.g.spec.Restrictions.NoLocalClose && (e.initDone || e.shaken || e.w.cfg.Hasty)
}

// snapshot lists the app and its backlog. What is on its way is listed apart: see
// snapshotTransit.
func (a *app) snapshot(s *model.Snapshot) {
	t := &a.e.plain
	a.speaker.(model.Snapshotter).Snapshot(s)
	s.Flags(&a.finish, &a.half, &a.e.deceived)
	backlog := s.Held(t.buf[t.taken:t.tail])
	if !s.Reading() {
		return
	}
	// Story 54: a pump had panicked in its Write. The app that had called it still
	// counted as in that Write when another state was put back, and wrote no more.
	t.offered = false
	t.refill(t.buf[t.head:t.taken], backlog)
	a.e.acct.Backlog = uint64(len(backlog))
}
