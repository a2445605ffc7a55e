package story

import (
	"fmt"

	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/sim"
	"github.com/wantwrite/wantwrite/sim/script"
)

// A due is something that waits at an end after a step, and the wakeup that will move
// it.
type due struct {
	What oracle.Obligation
	// Bytes is how many bytes wait; 0 if it is not about bytes.
	Bytes int
	// Wakeup will move it. If it is lost, Wakeup says what would be needed.
	Wakeup string
	// Lost: no armed wakeup will move it.
	Lost bool
}

// Dues lists what waits at an end after a step, from output that has to leave to what
// the app must be told. An end that has closed its socket owes nothing.
func (s *Story) Dues(step int, end script.End) (all []due) {
	v, p := s.view(step, end), s.view(step, end.Peer())
	if v.Account.Gone {
		return nil
	}
	if s.Config.Foreign(end) {
		return s.programDues(step, end)
	}
	for o := oracle.EngineOutput; o <= oracle.SocketEnd; o++ {
		n, waits := waiting(o, v, p)
		if !waits {
			continue
		}
		d := due{What: o, Bytes: n, Wakeup: armed(o, v, p)}
		if d.Lost = d.Wakeup == ""; d.Lost {
			d.Wakeup = o.Wakeup()
		}
		all = append(all, d)
	}
	return all
}

// waiting says whether something of a kind waits at an end, and how many bytes.
func waiting(o oracle.Obligation, v, p *sim.View) (n int, waits bool) {
	a := &v.Account
	r := &a.Quiescence
	switch o {
	case oracle.UpdateAnswer:
		return 0, r.Deferred
	case oracle.CloseNotify:
		return 0, (a.Closing || a.HalfClosing) && r.Shut&model.SentClose == 0 && !r.Failed
	case oracle.HandshakeDone:
		return 0, !r.InitDone && !r.Failed && !a.Told
	case oracle.AppTurn:
		return int(a.Backlog), a.Backlog > 0 && a.Backpressure
	case oracle.SocketEnd:
		return 0, v.Account.Closing
	case oracle.AppEnd:
		return 0, !a.Told && (r.Failed || p.Account.Gone || v.FinSeen || v.ResetSeen)
	}
	n = map[oracle.Obligation]int{
		oracle.EngineOutput: r.Output, oracle.SealedOutput: r.Sealed,
		oracle.PumpPipe: int(a.PipeOut()), oracle.PumpQueue: int(a.Queue()),
		oracle.SocketInput: r.Unread, oracle.PumpInput: int(a.PipeIn()),
		oracle.EngineInput: r.Inside + r.Buffered, oracle.HeldData: int(a.Held()),
	}[o]
	return n, n > 0 || o == oracle.SocketInput && r.UnreadEnd
}

// armed is the wakeup that will move what waits; empty if there is none.
func armed(o oracle.Obligation, v, p *sim.View) string {
	r := &v.Account.Quiescence
	switch {
	case v.Ready&model.Woken != 0:
		return "woken by hand"
	case leaves(o) && r.Mask&model.Writable != 0 && r.Room > 0:
		return "write interest: there is room"
	case leaves(o) && r.Mask&model.Writable != 0:
		return "write interest, once there is room"
	case !leaves(o) && v.Account.Paused:
		return "the end of the app's pause"
	case !leaves(o) && v.Ready&model.Readable != 0:
		return "read interest: there is input"
	case v.Timer > 0 && (!v.Account.Closing || o == oracle.SocketEnd): // else it only gives up
		return fmt.Sprint("its timer, at tick ", v.Timer)
	case !leaves(o) && r.Mask&model.Readable != 0 && v.InFlight > 0:
		return "read interest: input is under way"
	case patient(o, v, p) && r.Mask&model.Readable != 0:
		return "read interest, if the peer sends"
	}
	return ""
}

// leaves says whether it is something that must go to the peer.
func leaves(o oracle.Obligation) bool {
	return o <= oracle.PumpQueue || o == oracle.CloseNotify || o == oracle.AppTurn
}

// patient says whether it can go on only after the peer has sent more: a handshake, a
// part of a record or of a message.
//
// Story 62: everything in the engine's input counted as a part of a record. When a whole
// record lay there and nobody asked the engine for it, the page said that all was well.
// Input to which the peer has nothing to add is whole.
func patient(o oracle.Obligation, v, p *sim.View) bool {
	switch o {
	case oracle.HandshakeDone:
		return true
	case oracle.EngineInput:
		r := &p.Account.Quiescence
		more := r.Output > 0 || r.Sealed > 0 || p.Account.PipeOut() > 0
		return v.Account.Quiescence.Inside == 0 && (more || v.Tainted)
	case oracle.HeldData:
		return v.Account.Frames
	}
	return false
}

// programDues is what a program would owe if nothing more could happen after a step. Which wakeup will
// move it nobody knows before that is so.
func (s *Story) programDues(step int, end script.End) []due {
	l := s.Trace.LedgerAt(&s.Config, step)
	f, owes := l.Check(oracle.PropertySet(0).With(oracle.Stall), int(end), oracle.AtQuiescence)
	switch {
	case !owes:
		return nil
	case step == s.Trace.Last() && s.Verdict.Wakeup != "":
		return []due{{f.Obligation, int(f.Bytes), s.Verdict.Wakeup, true}}
	}
	return []due{{f.Obligation, int(f.Bytes), "the program's next turn", false}}
}
