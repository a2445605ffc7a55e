package sim

import (
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/foreign"
	"github.com/wantwrite/wantwrite/model/oracle"
)

// A seam is the foreign.Seam of a world.
type seam struct{ w *World }

// Links implements foreign.Seam.
func (s seam) Links() int { return s.w.cfg.Links }

// Wire implements foreign.Seam.
func (s seam) Wire(link int) foreign.Wire { return s.w.strangers[link] }

// Seed implements foreign.Seam.
func (s seam) Seed() uint64 { return s.w.cfg.Seed }

// Now implements foreign.Seam.
func (s seam) Now() uint64 { return s.w.now }

// Call implements foreign.Seam. It belongs to the end whose turn it is.
func (s seam) Call(name, text string, n int64) {
	e := s.w.strangers[s.w.turn/2].e // whose turn it is; a client's tick is everybody's
	e.call()
	e.observeCall(name, text, n)
}

// Inside implements foreign.Seam.
func (s seam) Inside(link int, i foreign.Insight) {
	t, e := s.w.trace, s.w.strangers[link].e
	switch {
	case t == nil:
	case i.Unseen != "":
		t.Unseen = i.Unseen
	case i.Call == "":
		t.note(e, i.Message)
	default:
		t.add(Event{Step: s.w.steps, End: e.id, Now: s.w.now, Call: i.Call, N: i.Result, Inside: &i, op: opInside})
	}
}

// The methods below make a stranger a foreign.Wire: the program's side of a socket. They are
// those of the socket that pumps have, and what only real programs do.

// Arrived implements foreign.Wire.
func (s *stranger) Arrived() bool { return s.arrived }

// Recv implements foreign.Wire.
func (s *stranger) Recv(p []byte) (int, model.IOStatus) {
	n, st := socket{s.e}.Recv(p)
	if s.e.out.room() > 0 {
		s.e.acct.Taken = 0
	} else if n > 0 {
		s.e.acct.Taken += uint64(n)
		s.e.w.judge(s.e, oracle.AtStep)
	}
	return n, st
}

// Peek implements foreign.Wire.
func (s *stranger) Peek(p []byte) int {
	s.e.call()
	n := min(len(p), s.e.in.unread())
	s.e.in.copyOut(p[:n], s.e.in.head)
	return n
}

// Unread implements foreign.Wire.
func (s *stranger) Unread() int { return s.e.in.unread() }

// Ended implements foreign.Wire.
func (s *stranger) Ended() (fin, reset bool) { return s.e.in.finSeen, s.e.in.resetSeen }

// Send implements foreign.Wire.
func (s *stranger) Send(p []byte) (int, model.IOStatus) {
	offer := max(s.offer, len(p))
	s.offer, s.offered = 0, s.e.out.tail+uint64(offer)
	n, st := socket{s.e}.Send(p)
	if n > 0 {
		s.e.acct.Taken = 0
	}
	if s.e.w.trace != nil {
		s.e.w.trace.offered(offer)
	}
	return n, st
}

// Offer implements foreign.Wire.
func (s *stranger) Offer(n int) { s.offer = n }

// Room implements foreign.Wire.
func (s *stranger) Room() int { return s.e.out.room() }

// Split implements foreign.Wire.
func (s *stranger) Split() int {
	n := s.split
	s.split = 0
	return n
}

// CloseWrite implements foreign.Wire.
func (s *stranger) CloseWrite() { socket{s.e}.CloseWrite() }

// Close implements foreign.Wire.
func (s *stranger) Close() {
	s.destroy()
	socket{s.e}.Close()
	if s.e.acct.Destroyed > 0 || s.e.acct.AlertLost {
		s.e.w.judge(s.e, oracle.AtFin)
	}
}

// destroy notes what a close now destroys that our end still wants: what is on its way, if there is
// data unread.
func (s *stranger) destroy() {
	p, out := s.e.peer(), s.e.out
	if s.e.in.unread() == 0 || out.inFlight() == 0 || out.reset || p.acct.Closing || p.acct.Gone || p.acct.Told {
		return
	}
	p.inside.see(&p.acct.Quiescence)
	start, end, alert := out.lastRecord(s.e.w.cfg.Version, s.offered)
	s.e.acct.AlertLost = alert && end == out.tail
	if s.e.acct.AlertLost {
		s.e.acct.Destroyed = max(start, out.seen) - out.seen
	} else {
		s.e.acct.Destroyed = out.tail - out.seen
	}
}

// Abort implements foreign.Wire.
func (s *stranger) Abort() {
	if !s.e.out.reset {
		s.e.out.sever()
	}
	socket{s.e}.Close()
}
