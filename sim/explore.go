package sim

import (
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/sim/script"
)

// Try does one action, which must be enabled, as a step of a workload. It says whether
// the run goes on. If not, Found says whether a watched property is violated. The world may
// be there in part, so an author's own properties are not judged; see TryOwn.
func (w *World) Try(a script.Action) (more bool) {
	defer w.recovered(&more)
	w.advance(a)
	return !w.over
}

// TryOwn judges the author's own safety properties. It says whether they hold; if not, see
// Found. The world must be there as a whole.
func (w *World) TryOwn() (more bool) {
	w.judgeOwn(false)
	return !w.over
}

// TryQuiesce ends a workload: the world quiesces and is judged. It says whether the run
// is clean; if not, see Found.
func (w *World) TryQuiesce() (more bool) {
	defer w.recovered(&more)
	w.quiesce()
	return !w.over
}

// recovered turns a panic of a single step into a finding. It is deferred.
func (w *World) recovered(more *bool) {
	if fault := recover(); fault != nil {
		w.crashed(fault)
		*more = false
	}
}

// Found says whether a watched property is violated.
func (w *World) Found() bool { return w.found }

// Violation is what was found last.
func (w *World) Violation() Violation { return Violation{w.finding, w.at} }

// Open is what the end's app can do, and spurious readiness, a bit a verb. It depends on
// the end's piece alone.
func (w *World) Open(id script.End) uint16 {
	e := &w.ends[id]
	if e.acct.Gone {
		return 0
	}
	return e.inside.choices()
}

// PublicOf is what a peer's verdicts depend on in an end's account, as bits.
func (w *World) PublicOf(id script.End) uint8 { return w.ends[id].public() }

func (e *endpoint) public() (p uint8) {
	a := e.acct
	p = uint8(a.Why) << 5
	for i, flag := range [...]bool{a.Closing, a.HalfClosing, a.Told, a.Gone,
		e.inside.shut()&model.SentClose != 0} {
		if flag {
			p |= 1 << i
		}
	}
	return p
}

// A Way is what an end's turn can see of the stream away from it.
type Way struct {
	// Room is how many bytes a Send would take.
	Room int
	// Fin and Reset: the stream has ended, or is broken.
	Fin, Reset bool
}

// Way is what the end sees.
func (w *World) Way(id script.End) Way {
	s := w.ends[id].out
	return Way{s.room(), s.fin, s.reset}
}

// SetWay gives the end an empty way that looks like this to its turns. SaveSent saves what
// the end then sends. Loading a FlightPiece makes the way whole again.
func (w *World) SetWay(id script.End, way Way) {
	s := w.ends[id].out
	s.tail, s.recordEnd = s.seen, s.seen
	s.flight, s.fin, s.reset = way.Room, way.Fin, way.Reset
}

// SaveSent appends what the end has sent since SetWay.
func (w *World) SaveSent(id script.End, dst []byte) []byte {
	w.snap.Write(dst)
	w.ends[id].out.snapshotSent(&w.snap)
	return w.snap.Data()
}

// Send appends what SaveSent has saved to what is in flight.
func (w *World) Send(id script.End, src []byte) {
	w.snap.Read(src)
	w.ends[id].out.snapshotSent(&w.snap)
}

// snapshotSent lists what was sent on a way that was empty. To read it back is to send it
// again.
func (s *stream) snapshotSent(snap *model.Snapshot) {
	fin, reset := s.fin, s.reset
	snap.Flags(&fin, &reset)
	s.spare = append(s.spare[:0], make([]byte, s.inFlight())...)
	s.copyOut(s.spare, s.seen)
	sent := snap.Held(s.spare)
	if !snap.Reading() {
		return
	}
	s.put(sent)
	s.fin = s.fin || fin
	if reset && !s.reset {
		s.sever()
	}
}

// Shut says whether the receive window of an end is closed for now.
func (w *World) Shut(id script.End) bool { return w.ends[id].in.shutUntil > w.now }
