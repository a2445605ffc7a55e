package sim

import (
	"errors"
	"fmt"
	"slices"

	"github.com/wantwrite/wantwrite/model/foreign"
	"github.com/wantwrite/wantwrite/model/oracle"
)

// In a world with a program most that looks wrong is only suspected at first. The run goes on,
// and when it is over each suspicion is compared with quiet runs, in the order in which they
// came: what the program does when nothing interferes is its way. So the run of a script is the
// same whatever quiet runs say, and a run without suspicions pays for none.

// A suspicion is a finding that is not judged yet, and how the world looked then.
type suspicion struct {
	finding oracle.Finding
	moment  oracle.Moment
	step    int    // see Violation.Step
	actions int    // how many there were of the workload
	since   uint64 // the tick
	until   uint64 // the tick at which it had gone; 0: it is still there
	ledger  oracle.Ledger
	event   int  // the number of events of the trace
	never   bool // quiet runs show it too, and that is no excuse
}

// liveness says whether the world was at rest.
func (s *suspicion) liveness() bool {
	return s.moment == oracle.AtWait || s.moment == oracle.AtQuiescence
}

// mostSuspicions is how many a run keeps: the first counts that is no program's way.
const mostSuspicions = 8

// suspect judges a moment of a link with a program.
func (w *World) suspect(e *endpoint, m oracle.Moment) {
	f, bad := w.ledger.Check(w.watch|fatal|hung, int(e.id), m)
	s := suspicion{finding: f, moment: m, step: w.steps, actions: len(w.actions), since: w.now}
	if s.liveness() {
		w.review(e, &f, bad)
	}
	switch {
	case !bad || w.quiet:
	case m == oracle.AtStep || m == oracle.AtTurn:
		w.find(f)
	case len(w.suspicions) < mostSuspicions && !w.suspected(&f):
		if s.liveness() && !w.settled() {
			return
		}
		s.ledger = w.ledger.Clone()
		if w.trace != nil {
			s.event = len(w.trace.Events)
		}
		w.suspicions = append(w.suspicions, s)
	}
	if e.acct.Mismatch != oracle.NoMismatch {
		w.over = true
	}
}

// settled asks the program to look closer whether all its threads wait, and only for this world.
func (w *World) settled() bool {
	err := w.parts.Program.Settled()
	if err != nil && !errors.Is(err, foreign.ErrOutside) {
		w.fail(err)
	}
	return err == nil
}

// suspected says whether the same was suspected before.
func (w *World) suspected(f *oracle.Finding) bool {
	return slices.ContainsFunc(w.suspicions, func(s suspicion) bool {
		return s.finding.Property == f.Property && s.finding.End == f.End && s.finding.Obligation == f.Obligation
	})
}

// review notes which stalls of the end's link have ended since the world was last at rest: only
// time has passed.
func (w *World) review(e *endpoint, now *oracle.Finding, bad bool) {
	for i := range w.suspicions {
		s := &w.suspicions[i]
		if s.liveness() && s.until == 0 && s.finding.End == int(e.id) &&
			(!bad || now.Property != s.finding.Property || now.Obligation != s.finding.Obligation) {
			s.until = w.now
		}
	}
}

// accuse judges the suspicions of a run that is over. The first that no quiet run shows is the
// finding.
func (w *World) accuse() {
	for i := range w.suspicions {
		s := &w.suspicions[i]
		if w.found || w.err != nil {
			return
		}
		if !w.excused(s) {
			w.convict(s)
			return
		}
	}
}

// excused says whether a quiet run of the same actions shows the same. What only took time is
// excused too if a quiet run had to wait for the same link, for whatever it was.
//
// Story 180: MB-53428 leaves each renegotiation unanswered, in quiet too, and that passed for the
// program's way.
func (w *World) excused(s *suspicion) bool {
	if s.finding.Obligation.Always() && s.until == 0 {
		return false
	}
	halved := s.halved()
	runs := w.quietRuns(w.actions[:s.actions])
	for i := range runs {
		r := &runs[i]
		if r.form == shaken {
			if r.Leaves(&s.finding, s.moment, &s.ledger) {
				return true
			}
			continue
		}
		if s.never = s.never || r.form != stifled && r.Repeats(&s.finding, s.moment, &s.ledger); !w.counts(r, halved) {
			continue
		}
		if r.Shows(&s.finding, s.moment, &s.ledger, r.form == atOnce) || r.form == stifled && r.Repeats(&s.finding, s.moment, &s.ledger) {
			return true
		}
		if _, waits := r.Check(hung, s.finding.End, s.moment); waits && s.until > 0 {
			return true
		}
	}
	return w.err != nil
}

// halved says whether answers were lost when our app had half-closed.
func (s *suspicion) halved() bool {
	ours := s.finding.End ^ 1
	return s.finding.Property == oracle.DataLoss && s.ledger.Ends[ours].HalfClosing
}

// counts says whether a quiet run can excuse a loss. Many programs take a half-close for a close, so
// what waits is lost: halved. One that does shows it when it is stifled. Where the dialogue says that
// all is answered, that is no excuse, and neither is what came at once.
func (w *World) counts(r *rest, halved bool) bool {
	finishes := w.parts.Dialogue != nil && w.parts.Dialogue.Finishes
	switch r.form {
	case stifled:
		return halved && !finishes
	case atOnce:
		return !halved || !finishes
	}
	return true
}

// convict makes a suspicion the finding, if it is watched. The accounts and the trace end where
// it arose.
func (w *World) convict(s *suspicion) {
	w.over = true
	if !w.watch.Has(s.finding.Property) {
		return
	}
	if s.until > 0 {
		late := fmt.Sprintf("until a timer of the program, %d ms", s.until-s.since)
		if s.finding.Detail != "" {
			late = s.finding.Detail + ", " + late
		}
		s.finding.Detail = late
	}
	if s.never {
		s.finding.Detail += ", and it is so when nothing interferes"
	}
	w.found, w.finding, w.at = true, s.finding, s.step
	copy(w.accounts[:], s.ledger.Ends)
	if w.trace != nil {
		w.trace.endAt(s.step, s.event)
	}
}
