package sim

import (
	"errors"
	"fmt"

	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/foreign"
	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/model/wire"
	"github.com/wantwrite/wantwrite/sim/script"
)

// A stranger is the inside of an end where a real program stands: one of its sockets. The
// program is behind all ends of its side at once, so a turn at one may change the others. There
// is no engine and no app to look into.
type stranger struct {
	e       *endpoint
	program foreign.Program
	arrived bool   // the connection is made: see deliver
	split   int    // see foreign.Wire
	offer   int    // see foreign.Wire
	offered uint64 // where in its stream the last send would have ended if all of it had fitted
}

// breaks are the properties that the faults of a program break. A call that is not understood
// breaks none: it ends the run with an error.
var breaks = [...]oracle.PropertyID{
	foreign.Crashed:     oracle.Crash,
	foreign.Spins:       oracle.BusyLoop,
	foreign.Leaks:       oracle.UnboundedBuffer,
	foreign.Unsupported: oracle.NoProperty,
}

// link is the number of its link.
func (s *stranger) link() int { return int(s.e.id / 2) }

// restart implements inside. The program is started when all ends are there: see startProgram.
//
// A server meets a connection when something of it is delivered, so that it is a choice which of
// two comes first, and how much has come when it is accepted. A client makes its own.
func (s *stranger) restart() error {
	*s = stranger{e: s.e, program: s.e.w.parts.Program, arrived: s.e.id&1 == 0}
	s.e.acct.Foreign, s.e.acct.Attached = true, true
	return nil
}

// startProgram starts the program of a world that has one.
func (w *World) startProgram() error {
	w.err, w.suspicions = nil, w.suspicions[:0]
	if w.parts.Program == nil {
		return nil
	}
	for i := range w.ends[:w.n] {
		if g, ok := w.ends[i].inside.(*goPump); ok && !g.app.judges() {
			return fmt.Errorf("sim: got dialogue %q, which does not judge what it hears; want one for "+
				"programs", w.cfg.Dialogue)
		}
	}
	if err := w.parts.Program.Start(seam{w}); err != nil {
		return err
	}
	w.programRan()
	return w.err
}

// programRan looks at what a program has done in a turn: whether it goes on, and when its next
// timer runs out. The timer is that of its first end.
func (w *World) programRan() {
	p := w.parts.Program
	first := &w.ends[w.cfg.Under]
	first.timer = p.Timer()
	for i := range w.cfg.Links {
		s := w.strangers[i]
		s.e.mask = p.Interest(i)
		s.e.open = s.choices()
	}
	fault := p.Fault()
	switch {
	case fault == nil || w.over:
	case fault.Kind == foreign.Unsupported:
		w.fail(errors.New(fault.Text))
	default:
		w.find(oracle.Finding{Property: breaks[fault.Kind], End: int(first.id), Detail: steady(fault.Text)})
	}
}

// fail ends the run with an error, and without a verdict.
func (w *World) fail(err error) {
	if w.err == nil {
		w.err = err
	}
	w.over = true
}

// Err is why the last run could not be judged: a program did what is not supported, or a quiet
// run could not be made. nil if it could.
func (w *World) Err() error { return w.err }

// free implements inside. The world stops the program.
func (s *stranger) free() {}

// crash implements inside. Whatever has panicked, the program is made anew for the next run.
func (s *stranger) crash() { s.program.Stop() }

// revive implements inside.
func (s *stranger) revive() {}

// turn implements inside.
func (s *stranger) turn(_ model.Events, alone bool) { s.wake(foreign.Wakeup{Alone: alone}) }

// wake lets a wait return. What counts as a movement is a byte that moves at any of its ends, a
// changed registration, and what the program alone can see.
func (s *stranger) wake(how foreign.Wakeup) {
	w := s.e.w
	s.e.calls = 0
	moves, waits := w.movement(), w.registrations()
	moved := s.program.Turn(s.link(), how)
	w.programRan()
	if moved || w.registrations() != waits || w.movement() != moves {
		s.e.moves++
	}
}

// registrations is a hash of what the program waits for, timers left out: one that only sets
// its timer anew gets nowhere.
func (w *World) registrations() uint64 {
	h := uint64(hashSeed)
	for i := range w.cfg.Links {
		h = fold(h, uint64(w.strangers[i].e.mask))
	}
	return h
}

// ready is what the program's waits would report about the end now.
func (s *stranger) ready() model.Events { return s.program.Ready(s.link()) }

// act implements inside.
func (s *stranger) act(a script.Action) {
	switch a.Verb {
	case script.Spurious:
		// Story 115: a wakeup reported that there was input, and not that the stream had ended too, as
		// it had. An edge was used up, and nginx was blamed for the end that it was not told of. What
		// is there is never reported by halves: a wakeup is spurious only if nothing is.
		if ev := model.Events(a.Arg) & s.e.mask; ev != 0 && s.ready() == 0 {
			s.wake(foreign.Wakeup{Alone: true, Spurious: ev})
		}
	case script.Squeeze:
		s.e.out.flight = min(int(a.Arg), s.e.w.cfg.Sizes.Flight)
	case script.Ease:
		s.e.out.flight = s.e.w.cfg.Sizes.Flight
	case script.Split:
		s.split = int(a.Arg)
	case script.Thread:
		s.program.Prefer(int(a.Arg) % max(1, s.program.Threads()))
	}
	s.e.open = s.choices()
}

// choices implements inside. A wait can only return too early for what it waits for. Before the
// connection arrives that is its listener: accept(2) says why one may be ready for nothing.
func (s *stranger) choices() (m uint16) {
	if s.e.acct.Gone {
		return 0
	}
	if s.e.mask != 0 {
		m |= 1 << slot(script.Spurious)
	}
	if !s.arrived {
		return m
	}
	m |= 1<<slot(script.Squeeze) | 1<<slot(script.Split)
	if s.e.out.flight != s.e.w.cfg.Sizes.Flight {
		m |= 1 << slot(script.Ease)
	}
	if s.program.Threads() > 1 {
		m |= 1 << slot(script.Thread)
	}
	return m
}

// see implements inside: nothing can be seen, but how the last record begins that was sent.
func (s *stranger) see(q *oracle.Quiescence) {
	_, end, alert := s.e.out.lastRecord(s.e.w.cfg.Version, s.offered)
	q.HalfAlert = alert && end > s.e.out.tail && !s.e.out.reset
}

// lastRecord is where the stream's last record begins and ends, and whether it is an alert. Its end is
// behind the stream's tail if only a part of it was sent. In TLS 1.3 alerts are sealed, and known by
// their length: two bytes, the type, and the tag of 16 (RFC 8446, section 5.2). Of a record whose header
// is not whole the first byte and the end are known: offered is where the sender's last send would have
// ended.
//
// Story 196: three bytes of a close_notify fitted, and the rest stayed in OpenSSL. They were taken for
// nothing, and lighttpd was blamed for a link that it did not close.
func (s *stream) lastRecord(v model.Version, offered uint64) (start, end uint64, alert bool) {
	const sealed = wire.HeaderLen + 2 + 1 + 16
	start, end = s.recordStart, s.recordEnd
	for end < s.tail {
		n := s.recordAt(end)
		if n == 0 {
			n = int(max(offered, end+wire.HeaderLen) - end)
		}
		start, end = end, end+uint64(n)
	}
	if start == end {
		return start, end, false // nothing was sent
	}
	var head [wire.HeaderLen]byte
	s.copyOut(head[:], start)
	return start, end, head[0] == wire.TypeAlert || v == model.TLS13 && end-start == sealed
}

// output implements inside.
func (s *stranger) output() int { return 0 }

// shut implements inside.
func (s *stranger) shut() model.ShutState { return 0 }

// owed implements inside.
func (s *stranger) owed() string { return "" }

// detail implements inside.
func (s *stranger) detail() detail { return detail{} }

// savable implements inside.
func (s *stranger) savable() error {
	return fmt.Errorf("sim: got program %q, whose state can't be saved; want a pump", s.e.w.cfg.Program)
}

// snapshot implements inside.
func (s *stranger) snapshot(*model.Snapshot) {}
